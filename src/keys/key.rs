//! One key of a keyring, and how a secret becomes it.

#[cfg(any(feature = "ed25519", feature = "public-key"))]
use std::sync::Arc;

use zeroize::Zeroizing;

#[cfg(any(feature = "ed25519", feature = "public-key"))]
use crate::crypto::public::{self, PublicKey};
use crate::{
    crypto::{Hasher, Tag, sha256},
    keys::{Doubt, KeyId, Secret, SecretError, doubt::doubts, secret::Value},
    scheme::{Algorithm, Family, Scheme, SecretFormat, decode_base64, decode_hex_key},
    timestamp::Timestamp,
};

/// The fewest bytes that an encoded secret decodes to.
// ref: Standard Webhooks asks for 24 to 64; 16 is where guessing stops being an option.
pub(super) const MIN_DECODED_LEN: usize = 16;

/// A key of a keyring.
pub(crate) struct Key {
    pub(crate) id: KeyId,
    has_own_id: bool,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    parts: Vec<(String, Zeroizing<String>)>,
    material: Material,
    /// The secret as it was given, where a diagnosis may try to read it in another way.
    given: Option<Secret>,
    /// What tells that two secrets are the same one: their text, or the key that they encode.
    fingerprints: [Option<Tag>; 2],
    doubts: Vec<Doubt>,
}

/// What a key does.
enum Material {
    /// It starts a MAC.
    Mac(Hasher),
    /// It stands in a text that is hashed.
    InText {
        hasher: Hasher,
        secret: Zeroizing<Vec<u8>>,
    },
    /// It checks a signature.
    #[cfg(any(feature = "ed25519", feature = "public-key"))]
    Public(Arc<PublicKey>),
    /// It is compared, as a hash of fixed length so that its own length does not show.
    Token([u8; 32]),
}

impl Key {
    /// The keys of a secret: one, but for a JWK set.
    pub(super) fn from_secret(
        scheme: &Scheme,
        secret: &Secret,
        id: &str,
    ) -> Result<Vec<Self>, SecretError> {
        check_parts(scheme, secret)?;
        if secret.is_remote() {
            return Err(SecretError::Remote);
        }
        let doubts = doubts(scheme, secret);
        let key = |own: Option<&str>, material| Self {
            id: own.unwrap_or(id).into(),
            has_own_id: own.is_some() || secret.id.is_some(),
            not_before: secret.not_before,
            not_after: secret.not_after,
            parts: secret.parts.clone(),
            material,
            given: None,
            fingerprints: [Tag::new(&sha256(secret.expose())), None],
            doubts: doubts.clone(),
        };
        let algorithm = scheme.algorithm.primitive();
        let family = algorithm.family();
        if family == Family::PublicKey {
            let keys = public_keys(algorithm, secret)?;
            let named = keys.into_iter();
            return Ok(named
                .map(|(own, material)| key(own.as_deref(), material))
                .collect());
        }
        let kind = doubts.iter().find_map(|doubt| match doubt {
            Doubt::Kind(kind) => Some(*kind),
            _ => None,
        });
        let bytes = decode(scheme, &secret.value).map_err(|error| match (error, kind) {
            (SecretError::NotHex | SecretError::NotBase64, Some(kind)) => {
                SecretError::OtherKind(kind)
            }
            (error, _) => error,
        })?;
        // A MAC pads its key with zero bytes, so that these are the empty key.
        if bytes.iter().all(|byte| *byte == 0) {
            return Err(SecretError::OnlyZeros);
        }
        let fingerprint = Tag::new(&sha256(&bytes));
        let material = match family {
            Family::Credential | Family::PublicKey | Family::Token | Family::Needs(_) => {
                Material::Token(sha256(&bytes))
            }
            Family::Hmac => Hasher::keyed(algorithm, &bytes)
                .map(Material::Mac)
                .expect("the family is HMAC"),
            Family::KeyedHash => Material::InText {
                hasher: Hasher::plain(algorithm).expect("the family is a plain hash"),
                secret: bytes,
            },
        };
        let is_credential = matches!(material, Material::Token(_));
        let mut key = key(None, material);
        key.given = (!is_credential).then(|| secret.clone());
        key.fingerprints[1] = fingerprint;
        Ok(vec![key])
    }

    /// One that was fetched, for the secret at this place that stands for it.
    #[cfg(feature = "remote-keys")]
    pub(super) fn published(place: usize, secret: &Secret, published: &PublishedKey) -> Self {
        Self {
            id: match (&published.id, &secret.id) {
                (Some(id), _) | (None, Some(id)) => id.as_str().into(),
                (None, None) => KeyId::from(&*format!("key-{}", place + 1)),
            },
            has_own_id: published.id.is_some() || secret.id.is_some(),
            not_before: secret.not_before.max(published.not_before),
            not_after: match (secret.not_after, published.not_after) {
                (Some(own), Some(theirs)) => Some(own.min(theirs)),
                (own, theirs) => own.or(theirs),
            },
            parts: secret.parts.clone(),
            material: Material::Public(Arc::clone(&published.key)),
            given: None,
            fingerprints: [None; 2],
            doubts: Vec::new(),
        }
    }

    /// Whether somebody gave it its id: its owner, or a JWK.
    pub(super) const fn has_own_id(&self) -> bool {
        self.has_own_id
    }

    /// The MAC or hash at the start of a message; `None` for credentials.
    pub(crate) fn hasher(&self) -> Option<&Hasher> {
        match &self.material {
            Material::Mac(hasher) | Material::InText { hasher, .. } => Some(hasher),
            Material::Token(_) => None,
            #[cfg(any(feature = "ed25519", feature = "public-key"))]
            Material::Public(_) => None,
        }
    }

    /// Whether the key checks signatures.
    pub(crate) const fn is_public(&self) -> bool {
        match self.material {
            #[cfg(any(feature = "ed25519", feature = "public-key"))]
            Material::Public(_) => true,
            _ => false,
        }
    }

    /// Whether `signature` is this key's over `message`.
    #[cfg(any(feature = "ed25519", feature = "public-key"))]
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        matches!(&self.material, Material::Public(key) if key.verify(message, signature))
    }

    /// Whether `signature` is this key's over `message`: no key checks any without the features.
    #[cfg(not(any(feature = "ed25519", feature = "public-key")))]
    #[expect(clippy::unused_self, reason = "with the features it is used")]
    pub(crate) const fn verify(&self, _: &[u8], _: &[u8]) -> bool {
        false
    }

    /// The hash of the credential.
    pub(crate) fn token_hash(&self) -> Option<&[u8; 32]> {
        match &self.material {
            Material::Token(hash) => Some(hash),
            _ => None,
        }
    }

    /// The secret itself, where the scheme hashes it in a text.
    pub(crate) fn text(&self) -> &[u8] {
        match &self.material {
            Material::InText { secret, .. } => secret,
            _ => &[],
        }
    }

    pub(crate) fn part(&self, name: &str) -> Option<&str> {
        self.parts
            .iter()
            .find(|(part, _)| part == name)
            .map(|(_, value)| value.as_str())
    }

    /// The secret as it was given; `None` for public keys and credentials.
    pub(crate) const fn given(&self) -> Option<&Secret> {
        self.given.as_ref()
    }

    /// The text of the secret as it was given.
    pub(crate) fn given_text(&self) -> Option<&str> {
        std::str::from_utf8(self.given()?.expose()).ok()
    }

    /// What makes the secret look wrong.
    pub(crate) fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// Whether both were made of the same secret.
    pub(crate) fn is_same_secret(&self, other: &Self) -> bool {
        let mut pairs = self.fingerprints.iter().zip(&other.fingerprints);
        pairs.any(|(own, other)| match (own, other) {
            (Some(own), Some(other)) => own.matches(other),
            _ => false,
        })
    }

    pub(crate) const fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    pub(crate) const fn not_after(&self) -> Option<Timestamp> {
        self.not_after
    }

    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|from| from <= now) && self.not_after.is_none_or(|to| now < to)
    }
}

/// Checks that a secret has the named parts that its scheme needs, and no others.
pub(crate) fn check_parts(scheme: &Scheme, secret: &Secret) -> Result<(), SecretError> {
    for (name, _) in &secret.parts {
        if !scheme.secret_parts.contains(name) {
            return Err(SecretError::UnknownPart(name.clone()));
        }
    }
    for name in &scheme.secret_parts {
        // What only a fetch needs is not asked of a key that is pasted.
        let is_needed = secret.is_remote() || !scheme.needs_part_to_fetch(name);
        if is_needed && !secret.parts.iter().any(|(part, _)| part == name) {
            return Err(SecretError::MissingPart(name.clone()));
        }
    }
    Ok(())
}

/// A public key as its provider publishes it.
#[cfg(feature = "remote-keys")]
#[derive(Clone)]
pub(crate) struct PublishedKey {
    pub(crate) id: Option<String>,
    pub(crate) key: Arc<PublicKey>,
    /// From when and until when it is valid, where it says so.
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) not_after: Option<Timestamp>,
}

/// The public keys in a secret, each with the id that its JWK gives it.
#[cfg(any(feature = "ed25519", feature = "public-key"))]
fn public_keys(
    algorithm: Algorithm,
    secret: &Secret,
) -> Result<Vec<(Option<String>, Material)>, SecretError> {
    let text = std::str::from_utf8(secret.expose()).map_err(|_| SecretError::NotText)?;
    let keys = public::parse(algorithm, text).map_err(|error| SecretError::PublicKey {
        reason: error.to_string(),
    })?;
    Ok(keys
        .into_iter()
        .map(|named| (named.id, Material::Public(Arc::new(named.key))))
        .collect())
}

#[cfg(not(any(feature = "ed25519", feature = "public-key")))]
fn public_keys(_: Algorithm, _: &Secret) -> Result<Vec<(Option<String>, Material)>, SecretError> {
    Err(SecretError::NotText)
}

/// The bytes of the key.
fn decode(scheme: &Scheme, value: &Value) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let text = match value {
        Value::Bytes(bytes) => return Ok(bytes.clone()),
        Value::Remote(_) => return Err(SecretError::Remote),
        Value::Text(text) => text.as_str(),
        #[cfg(any(feature = "ed25519", feature = "public-key"))]
        Value::Pair(public, _) => public.as_str(),
    };
    let long_enough = |bytes: Vec<u8>| {
        let bytes = Zeroizing::new(bytes);
        if bytes.len() < MIN_DECODED_LEN {
            Err(SecretError::TooShort { len: bytes.len() })
        } else {
            Ok(bytes)
        }
    };
    let base64 = |text: &str| decode_base64(text.as_bytes()).ok_or(SecretError::NotBase64);
    match scheme.secret {
        SecretFormat::Text | SecretFormat::PublicKey => {
            if scheme.algorithm == Algorithm::BasicAuth
                && !text
                    .split_once(':')
                    .is_some_and(|(user, password)| !user.is_empty() && !password.is_empty())
            {
                return Err(SecretError::NotUserPassword);
            }
            Ok(Zeroizing::new(text.as_bytes().to_vec()))
        }
        SecretFormat::Hex => {
            long_enough(decode_hex_key(text.as_bytes()).ok_or(SecretError::NotHex)?)
        }
        SecretFormat::Base64 => long_enough(base64(text)?),
        SecretFormat::Whsec => {
            let text = text.strip_prefix("v1,").unwrap_or(text);
            long_enough(base64(text.strip_prefix("whsec_").unwrap_or(text))?)
        }
        SecretFormat::Sha1 => {
            let mut hasher = Hasher::plain(Algorithm::Sha1).expect("SHA-1 is a plain hash");
            hasher.update(text.as_bytes());
            Ok(Zeroizing::new(hasher.finish().as_bytes().to_vec()))
        }
        SecretFormat::Nfkd => nfkd(text),
    }
}

#[cfg(feature = "nfkd")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it can fail")]
fn nfkd(text: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    use unicode_normalization::UnicodeNormalization as _;
    let normalised = Zeroizing::new(text.nfkd().collect::<String>());
    Ok(Zeroizing::new(normalised.as_bytes().to_vec()))
}

#[cfg(not(feature = "nfkd"))]
fn nfkd(text: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    // ASCII is its own normal form.
    if text.is_ascii() {
        Ok(Zeroizing::new(text.as_bytes().to_vec()))
    } else {
        Err(SecretError::NeedsNfkd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{keys::Keyring, providers};

    /// Whoever asks for them has looked before; the answer of those who have not is no key.
    #[test]
    fn what_is_to_be_fetched_has_no_bytes() {
        let secret = Secret::remote();
        assert!(secret.expose().is_empty());
        let decoded = decode(&providers::github(), &secret.value);
        assert_eq!(decoded.err(), Some(SecretError::Remote));
    }

    #[test]
    fn a_key_that_starts_a_mac_stands_in_no_text() -> Result<(), Box<dyn std::error::Error>> {
        let secret = Secret::new("It's a Secret to Everybody")?;
        let keyring = Keyring::new(&providers::github(), secret)?;
        assert!(keyring.all().iter().all(|key| key.text().is_empty()));
        Ok(())
    }

    #[cfg(feature = "ed25519")]
    #[test]
    fn the_public_half_of_a_pair_is_a_text_to_those_who_need_one()
    -> Result<(), Box<dyn std::error::Error>> {
        let pair = crate::testing::secret(&providers::discord_interactions());
        let decoded = decode(&providers::github(), &pair.value)?;
        assert_eq!(*decoded, pair.expose());
        Ok(())
    }

    #[cfg(feature = "remote-keys")]
    #[test]
    fn a_published_key_is_live_as_long_as_both_say() -> Result<(), Box<dyn std::error::Error>> {
        let at = Timestamp::from_unix_seconds;
        let pair = crate::testing::secret(&providers::sendgrid());
        let text = std::str::from_utf8(pair.expose())?;
        let named = public::parse(Algorithm::EcdsaP256Sha256, text)
            .map_err(|error| error.to_string())?
            .remove(0);
        let published = PublishedKey {
            id: None,
            key: Arc::new(named.key),
            not_before: Some(at(100)),
            not_after: Some(at(400)),
        };
        for (from, to, live) in [(200, 300, 200..300), (0, 500, 100..400)] {
            let secret = Secret::remote()
                .with_not_before(at(from))
                .with_not_after(at(to));
            let keyring = Keyring::published([(0, &secret, &published)]);
            for time in [0, 99, 100, 199, 200, 299, 300, 399, 400, 500] {
                let is_live = keyring.live(at(time)).next().is_some();
                assert_eq!(is_live, live.contains(&time), "{time} of {live:?}");
            }
        }
        Ok(())
    }

    /// No way leads there, since no scheme of theirs passes the linter.
    #[cfg(not(any(feature = "ed25519", feature = "public-key")))]
    #[test]
    fn without_the_features_no_key_signs_or_checks_a_signature()
    -> Result<(), Box<dyn std::error::Error>> {
        let secret = Secret::new("It's a Secret to Everybody")?;
        assert_eq!(secret.sign(b""), None);
        let read = public_keys(Algorithm::Ed25519, &secret);
        assert_eq!(read.err(), Some(SecretError::NotText));
        let keyring = Keyring::new(&providers::github(), secret)?;
        assert!(!keyring.all().iter().any(|key| key.verify(b"", b"")));
        Ok(())
    }
}
