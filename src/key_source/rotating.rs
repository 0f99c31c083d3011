//! Keys that change while the program runs.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{
    key_source::{KeyRequest, KeySource, KeySourceError},
    keys::{Keyring, KeyringError, Secrets},
    scheme::Scheme,
};

/// Keys that change while the program runs. Clones share them: one is the endpoint's, one is yours.
///
/// An endpoint that was built with secrets has such keys already, under its name:
/// [`WebhookHandle::rotate`](crate::WebhookHandle::rotate).
///
/// A change takes effect with the next request. What is in flight is verified by the keys that it
/// began with.
///
/// To change a secret without a gap: first rotate to the new and the old one, then tell the provider,
/// and rotate to the new one alone once [`VerifiedWebhook::key_id`](crate::VerifiedWebhook::key_id)
/// shows that the old one is no longer used.
///
/// ```
/// use axum_webhook::{Endpoint, RotatingKeys, Secret, WebhookLayer, providers};
///
/// let scheme = providers::github();
/// let old = || Secret::new("It's a Secret to Everybody").map(|secret| secret.with_id("2026-10"));
/// let keys = RotatingKeys::new(&scheme, old()?)?;
/// let endpoint = Endpoint::from_source(scheme, keys.clone())?;
/// let layer = WebhookLayer::for_endpoint(endpoint)?;
///
/// // Later, from wherever secrets come:
/// let new = Secret::new("and nobody knows this one yet")?.with_id("2026-11");
/// keys.rotate([new, old()?])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RotatingKeys {
    scheme: Arc<Scheme>,
    keyring: Arc<RwLock<Keyring>>,
}

impl RotatingKeys {
    /// Creates the keys of `secrets`, the current one first, for `scheme`.
    ///
    /// # Errors
    ///
    /// If the secrets are not what the scheme needs, as in [`Keyring::new`].
    pub fn new(scheme: &Scheme, secrets: impl Into<Secrets>) -> Result<Self, KeyringError> {
        Ok(Self::of(scheme, Keyring::new(scheme, secrets)?))
    }

    /// No keys, under which nothing verifies.
    pub(crate) fn none(scheme: &Scheme) -> Self {
        Self::of(scheme, Keyring::none())
    }

    fn of(scheme: &Scheme, keyring: Keyring) -> Self {
        Self {
            scheme: Arc::new(scheme.clone()),
            keyring: Arc::new(RwLock::new(keyring)),
        }
    }

    /// Replaces all keys by those of `secrets`, the current one first.
    ///
    /// # Errors
    ///
    /// If the secrets are not what the scheme needs. The keys then stay as they are.
    pub fn rotate(&self, secrets: impl Into<Secrets>) -> Result<(), KeyringError> {
        let keyring = Keyring::new(&self.scheme, secrets)?;
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = keyring;
        Ok(())
    }

    /// The keys of now.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        let keyring = self.keyring.read();
        keyring.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl KeySource for RotatingKeys {
    async fn keys(&self, _: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        Ok(self.keyring())
    }

    fn known(&self) -> Option<Keyring> {
        Some(self.keyring())
    }
}
