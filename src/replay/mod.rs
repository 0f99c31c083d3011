//! Nothing is handled twice: the store that remembers events, and the claim around a handler.
//!
//! A verified delivery *claims* its event before the handler runs. The claim is
//! a lease with a token: it ends as **done** when the handler answers 2xx, 3xx
//! or 4xx, is **released** on 5xx, an error, a panic or a dropped future, and
//! **lapses** when the process dies. Some of 4xx release it too: those that ask for
//! another try (408, 425, 429), and those with which no handler judged the event
//! (404, 405, 413, 415, and the 422 of [`VerifiedWebhook`](crate::VerifiedWebhook) itself). So a provider's retry is accepted exactly
//! when the first attempt did not finish.
//!
//! This is at-least-once across crashes: a process that dies after the
//! handler's last effect and before "done" is stored runs the handler again.

mod guard;
mod key;
mod memory;

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

pub(crate) use self::{
    guard::{ClaimGuard, ClaimHandle},
    key::replay_key,
};
pub use self::{key::ReplayKey, memory::MemoryReplayStore};

/// Remembers which events are being handled and which are done.
///
/// Each method is one atomic step, also between instances. A store that can't
/// answer says so: the layer then answers 503 and the provider tries again.
pub trait ReplayStore: fmt::Debug + Send + Sync + 'static {
    /// Claims an event for `lease`.
    ///
    /// Of several that claim the same event at once, one gets [`Claim::New`].
    /// A claim whose lease has run out is as good as none.
    fn claim(
        &self,
        key: &ReplayKey,
        lease: Duration,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

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
}

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The event is this one's to handle, as long as the lease runs.
    New(ClaimToken),
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

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`ReplayStore`] as a trait object.
pub(crate) trait DynStore: fmt::Debug + Send + Sync {
    fn claim<'a>(
        &'a self,
        key: &'a ReplayKey,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, StoreError>>;

    fn commit(
        self: Arc<Self>,
        key: ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> BoxFuture<'static, Result<bool, StoreError>>;

    fn release(
        self: Arc<Self>,
        key: ReplayKey,
        token: ClaimToken,
    ) -> BoxFuture<'static, Result<bool, StoreError>>;
}

impl<S: ReplayStore> DynStore for S {
    fn claim<'a>(
        &'a self,
        key: &'a ReplayKey,
        lease: Duration,
    ) -> BoxFuture<'a, Result<Claim, StoreError>> {
        Box::pin(ReplayStore::claim(self, key, lease))
    }

    fn commit(
        self: Arc<Self>,
        key: ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        Box::pin(async move { ReplayStore::commit(&*self, &key, token, ttl).await })
    }

    fn release(
        self: Arc<Self>,
        key: ReplayKey,
        token: ClaimToken,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        Box::pin(async move { ReplayStore::release(&*self, &key, token).await })
    }
}
