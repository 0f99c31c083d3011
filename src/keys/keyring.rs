//! The keys of an endpoint, ready for its scheme.

use std::{fmt, sync::Arc};

#[cfg(feature = "remote-keys")]
use crate::keys::PublishedKey;
use crate::{
    keys::{Key, Secret, SecretError},
    scheme::Scheme,
    timestamp::Timestamp,
};

/// The most keys of one keyring. A forged request costs one MAC for each of them.
const MAX_KEYS: usize = 8;

/// One or more secrets, the current one first.
#[derive(Clone, Debug)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    pub(crate) fn all(&self) -> &[Secret] {
        &self.0
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Secret> {
        self.0.get(index)
    }
}

impl From<Secret> for Secrets {
    fn from(secret: Secret) -> Self {
        Self(vec![secret])
    }
}

impl From<Vec<Secret>> for Secrets {
    fn from(secrets: Vec<Secret>) -> Self {
        Self(secrets)
    }
}

impl<const N: usize> From<[Secret; N]> for Secrets {
    fn from(secrets: [Secret; N]) -> Self {
        Self(secrets.into())
    }
}

/// The keys of an endpoint, decoded and ready for its scheme.
///
/// Several can be live at once, so that a secret changes without a gap: the
/// provider's old and new one both verify until the old one is taken out.
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<[Key]>,
}

impl Keyring {
    /// Creates the keyring of `secrets`, the current one first, for `scheme`.
    ///
    /// # Errors
    ///
    /// If there is no secret or more than eight, two have the same id, or one is not
    /// what the scheme's secret format needs: not decodable, too short, without a named part.
    pub fn new(scheme: &Scheme, secrets: impl Into<Secrets>) -> Result<Self, KeyringError> {
        let Secrets(secrets) = secrets.into();
        if secrets.is_empty() {
            return Err(KeyringError::NoSecret);
        }
        if secrets.len() > MAX_KEYS {
            return Err(KeyringError::TooMany(secrets.len()));
        }
        let mut keys = Vec::with_capacity(secrets.len());
        for (index, secret) in secrets.iter().enumerate() {
            let id = match &secret.id {
                Some(id) => id.clone(),
                None => format!("key-{}", index + 1),
            };
            let made =
                Key::from_secret(scheme, secret, &id).map_err(|source| KeyringError::Secret {
                    id: id.clone(),
                    source,
                })?;
            for key in made {
                if keys.iter().any(|known: &Key| *known.id == *key.id) {
                    return Err(KeyringError::DuplicateId(key.id.to_string()));
                }
                keys.push(key);
            }
        }
        if keys.len() > MAX_KEYS {
            return Err(KeyringError::TooMany(keys.len()));
        }
        Ok(Self { keys: keys.into() })
    }

    /// The keyring of keys that were fetched, each for the secret that stands for it.
    ///
    /// Their ids may be the same: two secrets can share a key and differ in their parts.
    #[cfg(feature = "remote-keys")]
    pub(crate) fn published<'a>(
        keys: impl IntoIterator<Item = (usize, &'a Secret, &'a PublishedKey)>,
    ) -> Self {
        let keys = keys.into_iter();
        Self {
            keys: keys
                .map(|(place, secret, published)| Key::published(place, secret, published))
                .collect(),
        }
    }

    /// A keyring without a key, under which nothing verifies.
    pub(crate) fn none() -> Self {
        Self { keys: Arc::new([]) }
    }

    /// The ids of the keys, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &*key.id)
    }

    pub(crate) fn all(&self) -> &[Key] {
        &self.keys
    }

    /// Whether a key has this id.
    pub(crate) fn has_id(&self, id: &str) -> bool {
        self.ids().any(|known| known == id)
    }

    /// Whether any key has an id of its own, from its owner or its JWK, and not just its place.
    pub(crate) fn has_own_ids(&self) -> bool {
        self.keys.iter().any(Key::has_own_id)
    }

    /// The keys that are live at `now`, with their places.
    pub(crate) fn live(&self, now: Timestamp) -> impl Iterator<Item = (usize, &Key)> {
        self.keys
            .iter()
            .enumerate()
            .filter(move |(_, key)| key.is_live(now))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("ids", &self.ids().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Why secrets are not a keyring. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyringError {
    /// There is no secret at all.
    NoSecret,
    /// There are more secrets than eight.
    TooMany(usize),
    /// Two secrets have this id.
    DuplicateId(String),
    /// One is not what the scheme needs.
    Secret {
        /// Its id.
        id: String,
        /// Why.
        source: SecretError,
    },
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSecret => f.write_str("there is no secret"),
            Self::TooMany(count) => write!(f, "there are {count} secrets; at most {MAX_KEYS}"),
            Self::DuplicateId(id) => write!(f, "two secrets have the id {id:?}"),
            Self::Secret { id, source } => write!(f, "secret {id:?}: {source}"),
        }
    }
}

impl std::error::Error for KeyringError {}
