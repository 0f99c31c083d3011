//! The port: what a store of events must do, and its answers.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use crate::replay::ReplayKey;

/// Remembers which events are being handled and which are done.
///
/// Each method is one atomic step, also between instances. A store that can't
/// answer says so: the layer then answers 503 and the provider tries again.
///
/// [`store_contract!`](crate::store_contract) writes the tests that a store has to pass.
///
/// ```
/// use std::time::Duration;
/// use axum_webhook::replay::{Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore, StoreError};
///
/// /// Counts what another store does.
/// #[derive(Debug)]
/// struct Counting<S> {
///     inner: S,
///     claims: std::sync::atomic::AtomicUsize,
/// }
///
/// impl<S: ReplayStore> ReplayStore for Counting<S> {
///     async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
///         self.claims.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
///         self.inner.claim(key, lease).await
///     }
///
///     async fn renew(&self, key: &ReplayKey, token: ClaimToken, lease: Duration) -> Result<bool, StoreError> {
///         self.inner.renew(key, token, lease).await
///     }
///
///     async fn commit(&self, key: &ReplayKey, token: ClaimToken, ttl: Duration) -> Result<bool, StoreError> {
///         self.inner.commit(key, token, ttl).await
///     }
///
///     async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
///         self.inner.release(key, token).await
///     }
/// }
/// ```
pub trait ReplayStore: fmt::Debug + Send + Sync + 'static {
    /// Claims an event for `lease`.
    ///
    /// Of several that claim the same event at once, one gets [`Claim::New`].
    /// A claim whose lease has run out is as good as none.
    ///
    /// A store that asks a server again because the first answer was lost has to
    /// know its own claim again, by its token: a claim that nobody knows of blocks
    /// the event until its lease has run out.
    fn claim(
        &self,
        key: &ReplayKey,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// Lets the lease of a claim run for `lease` from now, if the claim is still this one's.
    ///
    /// Answers whether it was. A lease that has run out is not renewed, even if
    /// nobody has taken the event over.
    fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Marks an event as done for `ttl`, if the claim is still this one's.
    ///
    /// Answers whether it was.
    fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Gives a claim back, if it is still this one's.
    ///
    /// Answers whether it was.
    fn release(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Says whether it can be asked: for [`WebhookLayer::check_store`](crate::WebhookLayer::check_store).
    ///
    /// By default it gives back a claim that nobody has, which changes nothing.
    fn check(&self) -> impl Future<Output = Result<(), StoreError>> + Send {
        async {
            let (key, nobodys) = (ReplayKey::from_bytes([0; 32]), ClaimToken::new(0));
            self.release(&key, nobodys).await.map(drop)
        }
    }
}

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The event is this one's to handle, as long as the lease runs.
    New {
        /// Settles the claim.
        token: ClaimToken,
        /// A number that is larger for every later claim of the same event.
        fence: u64,
    },
    /// Another delivery of the event is being handled.
    InFlight {
        /// How long its lease still runs.
        remaining: Duration,
    },
    /// The event was handled.
    Done,
}

/// Proves whose a claim is. Every claim of a store has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimToken(u128);

impl ClaimToken {
    /// Creates a token from a number that the store has not used before.
    #[must_use]
    pub const fn new(token: u128) -> Self {
        Self(token)
    }

    /// The token's number.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0
    }
}

/// Why a store can't answer.
#[derive(Debug)]
pub struct StoreError {
    message: String,
}

impl StoreError {
    /// Creates an error with a message for the operator.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}

/// An answer of a store that needs nothing but itself, so that it can be awaited anywhere.
pub(crate) type Asked<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// [`ReplayStore`] as a trait object.
pub(crate) trait DynStore: fmt::Debug + Send + Sync {
    fn claim(self: Arc<Self>, key: ReplayKey, lease: Duration) -> Asked<Claim>;

    fn renew(self: Arc<Self>, key: ReplayKey, token: ClaimToken, lease: Duration) -> Asked<bool>;

    fn commit(self: Arc<Self>, key: ReplayKey, token: ClaimToken, ttl: Duration) -> Asked<bool>;

    fn release(self: Arc<Self>, key: ReplayKey, token: ClaimToken) -> Asked<bool>;

    fn check(self: Arc<Self>) -> Asked<()>;

    /// The store itself, for what only one kind of store can do.
    #[cfg(feature = "postgres")]
    fn as_any(&self) -> &dyn std::any::Any;
}

impl<S: ReplayStore> DynStore for S {
    fn claim(self: Arc<Self>, key: ReplayKey, lease: Duration) -> Asked<Claim> {
        Box::pin(async move { ReplayStore::claim(&*self, &key, lease).await })
    }

    fn renew(self: Arc<Self>, key: ReplayKey, token: ClaimToken, lease: Duration) -> Asked<bool> {
        Box::pin(async move { ReplayStore::renew(&*self, &key, token, lease).await })
    }

    fn commit(self: Arc<Self>, key: ReplayKey, token: ClaimToken, ttl: Duration) -> Asked<bool> {
        Box::pin(async move { ReplayStore::commit(&*self, &key, token, ttl).await })
    }

    fn release(self: Arc<Self>, key: ReplayKey, token: ClaimToken) -> Asked<bool> {
        Box::pin(async move { ReplayStore::release(&*self, &key, token).await })
    }

    fn check(self: Arc<Self>) -> Asked<()> {
        Box::pin(async move { ReplayStore::check(&*self).await })
    }

    #[cfg(feature = "postgres")]
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
