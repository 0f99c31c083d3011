//! A replay store that can't answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::replay::{Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore, StoreError};

/// A store that fails: at every step or at one, for ever or so many times. Clones are the same store.
///
/// Whatever does not fail, a [`MemoryReplayStore`] does, or another store that it is put [`over`](Self::over).
///
/// ```
/// use axum_webhook::{Secret, WebhookLayer, providers, testing::{FailingStore, StoreStep}};
///
/// let store = FailingStore::new().at(StoreStep::Claim).times(2);
/// let layer = WebhookLayer::new(providers::stripe(), Secret::new("whsec_x")?)?
///     .with_replay_store(store.clone());
/// // … the first two deliveries are answered 503, the provider sends them again …
/// assert_eq!(store.failures(), 0);
/// # drop(layer);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FailingStore<S = MemoryReplayStore> {
    inner: Arc<S>,
    step: Option<StoreStep>,
    /// How many failures are still to come.
    left: Arc<AtomicUsize>,
    failures: Arc<AtomicUsize>,
}

/// A step of a [`ReplayStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreStep {
    /// [`ReplayStore::claim`]: before the handler.
    Claim,
    /// [`ReplayStore::renew`]: while the handler runs.
    Renew,
    /// [`ReplayStore::commit`]: after a handler that succeeded.
    Commit,
    /// [`ReplayStore::release`]: after a handler that failed.
    Release,
}

impl FailingStore {
    /// Creates a store that fails at every step, until it [recovers](Self::recover).
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: Arc::new(MemoryReplayStore::new()),
            step: None,
            left: Arc::new(AtomicUsize::new(usize::MAX)),
            failures: Arc::default(),
        }
    }
}

/// Whatever the store below is.
impl<S> Clone for FailingStore<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            step: self.step,
            left: Arc::clone(&self.left),
            failures: Arc::clone(&self.failures),
        }
    }
}

impl Default for FailingStore {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> FailingStore<S> {
    /// Lets only this step fail.
    #[must_use]
    pub fn at(mut self, step: StoreStep) -> Self {
        self.step = Some(step);
        self
    }

    /// Lets it fail so many times, and then no more.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        self.left.store(times, Ordering::SeqCst);
        self
    }

    /// Puts it over another store, which does what does not fail.
    #[must_use]
    pub fn over<T: ReplayStore>(self, inner: T) -> FailingStore<T> {
        FailingStore {
            inner: Arc::new(inner),
            step: self.step,
            left: self.left,
            failures: self.failures,
        }
    }

    /// Ends its failing.
    pub fn recover(&self) {
        self.left.store(0, Ordering::SeqCst);
    }

    /// How many times it has failed.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.failures.load(Ordering::SeqCst)
    }

    fn check(&self, step: StoreStep) -> Result<(), StoreError> {
        let fails = self.step.is_none_or(|only| only == step);
        let take = |left: usize| match left {
            usize::MAX => Some(left),
            left => left.checked_sub(1),
        };
        let order = Ordering::SeqCst;
        if fails && self.left.fetch_update(order, order, take).is_ok() {
            self.failures.fetch_add(1, order);
            return Err(StoreError::new("the store of this test fails"));
        }
        Ok(())
    }
}

impl<S: ReplayStore> ReplayStore for FailingStore<S> {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        self.check(StoreStep::Claim)?;
        self.inner.claim(key, lease).await
    }

    async fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.check(StoreStep::Renew)?;
        self.inner.renew(key, token, lease).await
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.check(StoreStep::Commit)?;
        self.inner.commit(key, token, ttl).await
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        self.check(StoreStep::Release)?;
        self.inner.release(key, token).await
    }
}
