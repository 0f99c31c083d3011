//! The port: what a store of events must do, and its answers.

use std::{
    fmt,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

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

    /// Whether the store waits for nothing, so that each answer is there when it is first polled; no by default.
    ///
    /// The layer then asks without allocating. Where such a store waits all the same, what it was asked is
    /// dropped, and counts as an error.
    fn answers_at_once(&self) -> bool {
        false
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
#[derive(Clone, Debug)]
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

/// An answer that is there, or one that is to come.
pub(crate) enum Answer<T> {
    Now(Result<T, StoreError>),
    Later(Asked<T>),
}

impl<T: Send + 'static> Answer<T> {
    /// Asks a store that answers at once.
    fn at_once(asked: impl Future<Output = Result<T, StoreError>>) -> Self {
        let mut context = Context::from_waker(Waker::noop());
        Self::Now(match pin!(asked).poll(&mut context) {
            Poll::Ready(answer) => answer,
            Poll::Pending => Err(StoreError::new(
                "the replay store waits, although it says that it answers at once",
            )),
        })
    }

    pub(crate) fn then<U>(
        self,
        next: impl FnOnce(Result<T, StoreError>) -> Result<U, StoreError> + Send + 'static,
    ) -> Answer<U> {
        match self {
            Self::Now(answer) => Answer::Now(next(answer)),
            Self::Later(asked) => Answer::Later(Box::pin(async move { next(asked.await) })),
        }
    }

    pub(crate) async fn get(self) -> Result<T, StoreError> {
        match self {
            Self::Now(answer) => answer,
            Self::Later(asked) => asked.await,
        }
    }
}

/// [`ReplayStore`] as a trait object.
pub(crate) trait DynStore: fmt::Debug + Send + Sync {
    fn claim(self: Arc<Self>, key: ReplayKey, lease: Duration) -> Answer<Claim>;

    fn renew(self: Arc<Self>, key: ReplayKey, token: ClaimToken, lease: Duration) -> Answer<bool>;

    fn commit(self: Arc<Self>, key: ReplayKey, token: ClaimToken, ttl: Duration) -> Answer<bool>;

    fn release(self: Arc<Self>, key: ReplayKey, token: ClaimToken) -> Answer<bool>;

    fn check(self: Arc<Self>) -> Asked<()>;

    /// The store itself, for what only one kind of store can do.
    #[cfg(feature = "postgres")]
    fn as_any(&self) -> &dyn std::any::Any;
}

impl<S: ReplayStore> DynStore for S {
    fn claim(self: Arc<Self>, key: ReplayKey, lease: Duration) -> Answer<Claim> {
        if self.answers_at_once() {
            return Answer::at_once(ReplayStore::claim(&*self, &key, lease));
        }
        Answer::Later(Box::pin(async move {
            ReplayStore::claim(&*self, &key, lease).await
        }))
    }

    fn renew(self: Arc<Self>, key: ReplayKey, token: ClaimToken, lease: Duration) -> Answer<bool> {
        if self.answers_at_once() {
            return Answer::at_once(ReplayStore::renew(&*self, &key, token, lease));
        }
        Answer::Later(Box::pin(async move {
            ReplayStore::renew(&*self, &key, token, lease).await
        }))
    }

    fn commit(self: Arc<Self>, key: ReplayKey, token: ClaimToken, ttl: Duration) -> Answer<bool> {
        if self.answers_at_once() {
            return Answer::at_once(ReplayStore::commit(&*self, &key, token, ttl));
        }
        Answer::Later(Box::pin(async move {
            ReplayStore::commit(&*self, &key, token, ttl).await
        }))
    }

    fn release(self: Arc<Self>, key: ReplayKey, token: ClaimToken) -> Answer<bool> {
        if self.answers_at_once() {
            return Answer::at_once(ReplayStore::release(&*self, &key, token));
        }
        Answer::Later(Box::pin(async move {
            ReplayStore::release(&*self, &key, token).await
        }))
    }

    fn check(self: Arc<Self>) -> Asked<()> {
        Box::pin(async move { ReplayStore::check(&*self).await })
    }

    #[cfg(feature = "postgres")]
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{MemoryReplayStore, ShardedReplayStore};

    const KEY: ReplayKey = ReplayKey::from_bytes([7; 32]);
    const LEASE: Duration = Duration::from_secs(1);

    fn claim(store: impl ReplayStore) -> Answer<Claim> {
        DynStore::claim(Arc::new(store), KEY, LEASE)
    }

    /// Says that it answers at once, as `says`, and never does.
    #[derive(Debug)]
    struct Waiting {
        says: bool,
    }

    impl ReplayStore for Waiting {
        async fn claim(&self, _: &ReplayKey, _: Duration) -> Result<Claim, StoreError> {
            std::future::pending().await
        }

        async fn renew(
            &self,
            _: &ReplayKey,
            _: ClaimToken,
            _: Duration,
        ) -> Result<bool, StoreError> {
            std::future::pending().await
        }

        async fn commit(
            &self,
            _: &ReplayKey,
            _: ClaimToken,
            _: Duration,
        ) -> Result<bool, StoreError> {
            std::future::pending().await
        }

        async fn release(&self, _: &ReplayKey, _: ClaimToken) -> Result<bool, StoreError> {
            std::future::pending().await
        }

        fn answers_at_once(&self) -> bool {
            self.says
        }
    }

    #[test]
    fn what_is_in_memory_answers_without_a_box() {
        let memory = claim(MemoryReplayStore::new());
        assert!(matches!(memory, Answer::Now(Ok(Claim::New { .. }))));
        let sharded = ShardedReplayStore::new([MemoryReplayStore::new()]).expect("it has a shard");
        assert!(matches!(claim(sharded), Answer::Now(Ok(Claim::New { .. }))));
        let shards = [true, false].map(|says| Waiting { says });
        let waiting = ShardedReplayStore::new(shards).expect("it has shards");
        assert!(matches!(claim(waiting), Answer::Later(_)));
    }

    #[test]
    fn a_store_that_waits_although_it_says_otherwise_is_an_error() {
        assert!(matches!(claim(Waiting { says: true }), Answer::Now(Err(_))));
        assert!(matches!(claim(Waiting { says: false }), Answer::Later(_)));
    }
}
