//! The claim around a handler, which is settled whatever happens to it.

use std::{
    fmt,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::runtime::Handle;

use crate::replay::{BoxFuture, ClaimToken, DynStore, ReplayKey, StoreError};

const OPEN: u8 = 0;
const DONE: u8 = 1;
const RETRY: u8 = 2;
const SETTLED: u8 = 3;

/// A claim that is shared by the guard and the handler's `VerifiedWebhook`.
pub(crate) struct ClaimHandle {
    store: Arc<dyn DynStore>,
    key: ReplayKey,
    token: ClaimToken,
    ttl: Duration,
    state: AtomicU8,
}

impl ClaimHandle {
    /// Marks the event as done now; answers whether the claim was still held.
    pub(crate) async fn done(self: &Arc<Self>) -> Result<bool, StoreError> {
        if self
            .state
            .compare_exchange(OPEN, DONE, Ordering::AcqRel, Ordering::Acquire)
            .is_err()
        {
            return Ok(self.state.load(Ordering::Acquire) == DONE);
        }
        let claim = Arc::clone(self);
        to_the_end(Box::pin(async move {
            let committed = claim.commit().await;
            if committed.is_err() {
                // It is not stored, so the end of the handler decides, if that is still to come.
                let _ =
                    claim
                        .state
                        .compare_exchange(DONE, OPEN, Ordering::AcqRel, Ordering::Acquire);
            }
            committed
        }))
        .await
    }

    /// Asks for the provider's retry: the claim is released at the end, whatever the answer.
    pub(crate) fn retry_later(&self) -> bool {
        self.state
            .compare_exchange(OPEN, RETRY, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    fn commit(&self) -> BoxFuture<'static, Result<bool, StoreError>> {
        Arc::clone(&self.store).commit(self.key, self.token, self.ttl)
    }

    fn release(&self) -> BoxFuture<'static, Result<bool, StoreError>> {
        Arc::clone(&self.store).release(self.key, self.token)
    }
}

impl fmt::Debug for ClaimHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimHandle")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Settles a claim: by a call, or when it is dropped by a panic or a client that went away.
#[derive(Debug)]
pub(crate) struct ClaimGuard {
    claim: Arc<ClaimHandle>,
}

impl ClaimGuard {
    pub(crate) fn new(
        store: Arc<dyn DynStore>,
        key: ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Self {
        Self {
            claim: Arc::new(ClaimHandle {
                store,
                key,
                token,
                ttl,
                state: AtomicU8::new(OPEN),
            }),
        }
    }

    pub(crate) fn handle(&self) -> Arc<ClaimHandle> {
        Arc::clone(&self.claim)
    }

    /// Whether the handler asked for a retry.
    pub(crate) fn wants_retry(&self) -> bool {
        self.claim.state.load(Ordering::Acquire) == RETRY
    }

    /// Whether the handler said that the event is done.
    pub(crate) fn is_done(&self) -> bool {
        self.claim.state.load(Ordering::Acquire) == DONE
    }

    /// The handler has finished: commits or releases, unless it did so itself.
    ///
    /// Answers whether the claim was still this one's: a handler that outlived its
    /// lease may find it taken over.
    pub(crate) async fn settle(self, commit: bool) -> Result<bool, StoreError> {
        match self.claim.state.swap(SETTLED, Ordering::AcqRel) {
            DONE | SETTLED => Ok(true),
            OPEN if commit => to_the_end(self.claim.commit()).await,
            _ => to_the_end(self.claim.release()).await,
        }
    }
}

impl Drop for ClaimGuard {
    /// Releases what nobody settled. It neither fails nor waits: a store that is
    /// not ready at once is asked in the background, or the lease runs out.
    fn drop(&mut self) {
        let state = self.claim.state.swap(SETTLED, Ordering::AcqRel);
        if state == DONE || state == SETTLED {
            return;
        }
        let mut release = self.claim.release();
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Pending = release.as_mut().poll(&mut context)
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(release);
        }
    }
}

/// Asks the store, and goes on asking if whoever waits for the answer goes away: a
/// handler that has finished must not run again because its client did not wait.
async fn to_the_end(
    mut asked: BoxFuture<'static, Result<bool, StoreError>>,
) -> Result<bool, StoreError> {
    // A store in memory answers at once, and needs no task.
    let first = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context))).await;
    match (first, Handle::try_current()) {
        (Poll::Ready(answer), _) => answer,
        (Poll::Pending, Ok(runtime)) => runtime
            .spawn(asked)
            .await
            .unwrap_or_else(|error| Err(StoreError::new(error.to_string()))),
        (Poll::Pending, Err(_)) => asked.await,
    }
}
