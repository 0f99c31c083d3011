//! The handle: what can be changed while the layer is in use.

use std::{fmt, sync::Arc};

use crate::{
    endpoint::Endpoint,
    key_source::Keys,
    keys::{KeyringError, Secrets},
};

/// Changes the secrets of endpoints while their layer is in use: [`WebhookLayer::handle`](crate::WebhookLayer::handle).
///
/// ```
/// use axum_webhook::{Secret, config::Config};
///
/// # let config = r#"
/// #     [[endpoint]]
/// #     name = "payments"
/// #     provider = "stripe"
/// #     secrets = [{ id = "2026-10", value = "plain:whsec_the_one_of_last_month" }]
/// # "#;
/// let layer = Config::from_toml(config)?.layer()?;
/// let handle = layer.handle();
///
/// // Later, from wherever secrets come: both count until the old one is no longer used.
/// let old = Secret::new("whsec_the_one_of_last_month")?.with_id("2026-10");
/// let new = Secret::new("whsec_the_one_of_this_month")?.with_id("2026-11");
/// handle.rotate("payments", [new, old])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct WebhookHandle {
    endpoints: Arc<[Endpoint]>,
}

impl WebhookHandle {
    pub(super) const fn new(endpoints: Arc<[Endpoint]>) -> Self {
        Self { endpoints }
    }

    /// Replaces all secrets of the endpoint called `name`, the current one first.
    ///
    /// It takes effect with the next request. What is in flight is verified by the keys that it
    /// began with. A clone of the endpoint in another layer changes too.
    ///
    /// # Errors
    ///
    /// If no endpoint is called that, its keys come from a source (files, a URL, a
    /// [`KeySource`](crate::KeySource) of yours) or it waits for a key, or the secrets are not what
    /// its scheme needs. Its keys then stay as they are.
    pub fn rotate(&self, name: &str, secrets: impl Into<Secrets>) -> Result<(), RotateError> {
        let mut endpoints = self.endpoints.iter();
        let endpoint = endpoints
            .find(|endpoint| &*endpoint.name == name)
            .ok_or_else(|| RotateError::NoEndpoint(name.to_owned()))?;
        match &endpoint.keys {
            Keys::Own(keys) if endpoint.pairing.is_none() => {
                keys.rotate(secrets).map_err(RotateError::Keyring)
            }
            _ => Err(RotateError::NotItsOwn(name.to_owned())),
        }
    }
}

impl fmt::Debug for WebhookHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.endpoints.iter()).finish()
    }
}

/// Why the secrets of an endpoint stay as they are. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotateError {
    /// No endpoint is called this.
    NoEndpoint(String),
    /// The endpoint of this name has no secrets of its own.
    NotItsOwn(String),
    /// The secrets are not what the scheme needs.
    Keyring(KeyringError),
}

impl fmt::Display for RotateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEndpoint(name) => write!(f, "no endpoint is called {name:?}"),
            Self::NotItsOwn(name) => write!(
                f,
                "endpoint {name:?} has no secrets of its own: its keys come from a source, such as files, \
                 or it waits for one"
            ),
            Self::Keyring(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RotateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Keyring(error) => Some(error),
            _ => None,
        }
    }
}
