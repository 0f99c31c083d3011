//! Where keys come from when they are not there from the start: a call for each request, mostly to a cache.

#[cfg(feature = "remote-keys")]
mod cache;
mod error;
mod files;
#[cfg(feature = "remote-keys")]
mod remote;
mod request;
mod rotating;
mod tenants;

use std::{fmt, pin::Pin, sync::Arc};

#[cfg(feature = "remote-keys")]
pub use self::remote::RemoteKeySource;
pub use self::{
    error::{KeySourceError, RemoteKeysError},
    files::FileKeys,
    request::KeyRequest,
    rotating::RotatingKeys,
    tenants::{TenantFilesError, TenantKeys},
};
use crate::keys::Keyring;

/// Gives the keys for a request, where an endpoint does not have them from the start.
///
/// It is asked once the cheap checks of the request's head have passed, and before its body is
/// read; where the scheme's key URL stands in the body, after that. It is on the way of every
/// request, so it should answer from a cache.
///
/// ```
/// use axum_webhook::{Endpoint, KeyRequest, KeySource, KeySourceError, Keyring, Secret, providers};
///
/// /// A secret for each region, which stands in the path.
/// #[derive(Debug)]
/// struct Regions;
///
/// impl KeySource for Regions {
///     async fn keys(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
///         let secret = match request.uri().path() {
///             "/webhooks/eu" => Secret::new("only-for-tests-eu"),
///             "/webhooks/us" => Secret::new("only-for-tests-us"),
///             _ => return Err(KeySourceError::unknown("there is no such region")),
///         };
///         let secret = secret.map_err(|error| KeySourceError::unavailable(error.to_string()))?;
///         Keyring::new(request.scheme(), secret)
///             .map_err(|error| KeySourceError::unavailable(error.to_string()))
///     }
/// }
///
/// let endpoint = Endpoint::from_source(providers::github(), Regions)?;
/// # Ok::<(), axum_webhook::EndpointError>(())
/// ```
pub trait KeySource: fmt::Debug + Send + Sync + 'static {
    /// The keys for a request.
    ///
    /// Its values are not verified yet: they may look a key up, and nothing else.
    fn keys(
        &self,
        request: &KeyRequest<'_>,
    ) -> impl Future<Output = Result<Keyring, KeySourceError>> + Send;

    /// Keys that are newer than those which did not fit, in case a key has changed.
    ///
    /// It is asked after a signature matched none of the keys. Whoever sends forgeries can make
    /// that happen at will, so whatever this costs needs a limit. By default there are none.
    fn newer_keys(
        &self,
        request: &KeyRequest<'_>,
    ) -> impl Future<Output = Result<Keyring, KeySourceError>> + Send {
        let _ = request;
        async { Err(KeySourceError::unknown("there are no newer keys")) }
    }

    /// The keys that are known without a request, for diagnoses and
    /// [`WebhookLayer::report`](crate::WebhookLayer::report). By default there are none.
    fn known(&self) -> Option<Keyring> {
        None
    }
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`KeySource`] as a trait object.
pub(crate) trait DynKeySource: fmt::Debug + Send + Sync {
    fn keys<'a>(
        &'a self,
        request: &'a KeyRequest<'a>,
    ) -> BoxFuture<'a, Result<Keyring, KeySourceError>>;

    fn newer_keys<'a>(
        &'a self,
        request: &'a KeyRequest<'a>,
    ) -> BoxFuture<'a, Result<Keyring, KeySourceError>>;

    fn known(&self) -> Option<Keyring>;
}

impl<S: KeySource> DynKeySource for S {
    fn keys<'a>(
        &'a self,
        request: &'a KeyRequest<'a>,
    ) -> BoxFuture<'a, Result<Keyring, KeySourceError>> {
        Box::pin(KeySource::keys(self, request))
    }

    fn newer_keys<'a>(
        &'a self,
        request: &'a KeyRequest<'a>,
    ) -> BoxFuture<'a, Result<Keyring, KeySourceError>> {
        Box::pin(KeySource::newer_keys(self, request))
    }

    fn known(&self) -> Option<Keyring> {
        KeySource::known(self)
    }
}

/// The keys of an endpoint.
#[derive(Clone)]
pub(crate) enum Keys {
    /// They are the endpoint's own: there from the start, and changed by name.
    Own(RotatingKeys),
    /// They are asked for, for each request.
    Source(Arc<dyn DynKeySource>),
}

impl Keys {
    /// The keys that are known without a request.
    pub(crate) fn known(&self) -> Option<Keyring> {
        match self {
            Self::Own(keys) => Some(keys.keyring()),
            Self::Source(source) => source.known(),
        }
    }

    /// The keys for a request.
    pub(crate) async fn get(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        match self {
            Self::Own(keys) => Ok(keys.keyring()),
            Self::Source(source) => source.keys(request).await,
        }
    }
}

/// The ids of the keys, or where they come from.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(keys) => keys.keyring().fmt(f),
            Self::Source(source) => source.fmt(f),
        }
    }
}
