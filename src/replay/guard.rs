//! The claim around a handler, which is settled whatever happens to it.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use crate::{
    replay::{
        ReplayKey,
        store::{Answer, Claim, ClaimToken, DynStore, StoreError},
    },
    task,
    telemetry::{Event, Reporter},
};

const OPEN: u8 = 0;
const DONE: u8 = 1;
const RETRY: u8 = 2;
const SETTLED: u8 = 3;
/// A transaction of the handler decides.
#[cfg(feature = "postgres")]
const IN_TRANSACTION: u8 = 4;

/// After this long, a store that could not be told how a handler ended is told again; then after twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// For how long a claim, and the mark "done", count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// How long a claim counts without a word from its owner.
    pub(crate) lease: Duration,
    /// For how long its owner renews it.
    pub(crate) renewal: Duration,
    /// For how long "done" counts.
    pub(crate) ttl: Duration,
}

/// What a claim found.
pub(crate) enum Taken {
    /// The event is this one's.
    New(ClaimGuard),
    InFlight(Duration),
    Done,
}

/// Claims an event.
///
/// Whoever waits for the answer may go away: a claim that is made nevertheless is given back.
pub(crate) async fn claim(
    store: &Arc<dyn DynStore>,
    reporter: Reporter,
    key: ReplayKey,
    terms: Terms,
) -> Result<Taken, StoreError> {
    let store = Arc::clone(store);
    // What a store counts begins later than this, so a lease is never thought longer than it is.
    let began = Instant::now();
    let asked = Arc::clone(&store).claim(key, terms.lease);
    to_the_end(asked.then(move |claim| {
        Ok(match claim? {
            Claim::New { token, fence } => Taken::New(ClaimGuard {
                claim: Arc::new(ClaimHandle {
                    store,
                    reporter,
                    key,
                    token,
                    fence,
                    terms,
                    began,
                    runs_until: Mutex::new(began + terms.lease),
                    state: AtomicU8::new(OPEN),
                    lost: AtomicBool::new(false),
                }),
            }),
            Claim::InFlight { remaining } => Taken::InFlight(remaining),
            Claim::Done => Taken::Done,
        })
    }))
    .await
}

/// A claim that is shared by the guard, the heartbeat and the handler's `VerifiedWebhook`.
pub(crate) struct ClaimHandle {
    store: Arc<dyn DynStore>,
    reporter: Reporter,
    key: ReplayKey,
    token: ClaimToken,
    fence: u64,
    terms: Terms,
    began: Instant,
    /// When the lease ends, as far as we know.
    runs_until: Mutex<Instant>,
    state: AtomicU8,
    lost: AtomicBool,
}

impl ClaimHandle {
    pub(crate) const fn reporter(&self) -> &Reporter {
        &self.reporter
    }

    pub(crate) const fn fence(&self) -> u64 {
        self.fence
    }

    pub(crate) const fn terms(&self) -> Terms {
        self.terms
    }

    pub(crate) const fn began(&self) -> Instant {
        self.began
    }

    pub(crate) fn runs_until(&self) -> Instant {
        *self
            .runs_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the lease ran out, or another delivery has taken the event over.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
            || (self.state.load(Ordering::Acquire) == OPEN && Instant::now() >= self.runs_until())
    }

    pub(crate) fn set_lost(&self) {
        self.lost.store(true, Ordering::Release);
    }

    /// Whether the handler, or its transaction, has settled it already.
    pub(crate) fn is_decided(&self) -> bool {
        !matches!(self.state.load(Ordering::Acquire), OPEN | RETRY)
    }

    /// Lets the lease run on from now; answers whether the claim was still this one's.
    pub(crate) async fn renew(&self) -> Result<bool, StoreError> {
        let asked = Instant::now();
        let lease = self.terms.lease;
        let renewed = Arc::clone(&self.store)
            .renew(self.key, self.token, lease)
            .get()
            .await;
        if matches!(renewed, Ok(true)) {
            *self
                .runs_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = asked + lease;
        }
        renewed
    }

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
        to_the_end(self.ask(Settle::Commit).then(move |committed| {
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

    /// Whether the claim is one of an `S`.
    #[cfg(feature = "postgres")]
    pub(crate) fn is_kept_by<S: 'static>(&self) -> bool {
        self.store.as_any().is::<S>()
    }

    /// Leaves it to a transaction of the handler whether the event is done; answers what
    /// marks it there. `None` where it is decided already.
    #[cfg(feature = "postgres")]
    pub(crate) fn leave_to_transaction(&self) -> Option<(ReplayKey, ClaimToken, Duration)> {
        let left =
            self.state
                .compare_exchange(OPEN, IN_TRANSACTION, Ordering::AcqRel, Ordering::Acquire);
        // A second one after the first was rolled back is as good.
        matches!(left, Ok(_) | Err(IN_TRANSACTION)).then_some((
            self.key,
            self.token,
            self.terms.ttl,
        ))
    }

    /// Takes back what [`leave_to_transaction`](Self::leave_to_transaction) said: nothing was marked.
    #[cfg(feature = "postgres")]
    pub(crate) fn take_from_transaction(&self) {
        let _ =
            self.state
                .compare_exchange(IN_TRANSACTION, OPEN, Ordering::AcqRel, Ordering::Acquire);
    }

    fn ask(&self, settle: Settle) -> Answer<bool> {
        let store = Arc::clone(&self.store);
        match settle {
            Settle::Commit => store.commit(self.key, self.token, self.terms.ttl),
            Settle::Release => store.release(self.key, self.token),
        }
    }

    /// Tells the store in the background how the handler ended, as long as the lease runs. A copy
    /// of the event waits that long, so one that comes after the store is back finds it done.
    fn insist(self: Arc<Self>, settle: Settle) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        task::spawn(&runtime, async move {
            let mut pause = FIRST_PAUSE;
            loop {
                // More often towards the end of the lease: what comes after it is in vain.
                let left = self.runs_until().saturating_duration_since(Instant::now());
                if left < FIRST_PAUSE {
                    return;
                }
                sleep(pause.min(left / 2)).await;
                pause = LONGEST_PAUSE.min(2 * pause);
                if let Ok(held) = self.ask(settle).get().await {
                    self.reporter.emit(&Event::SettledLate {
                        endpoint: &self.reporter.endpoint,
                        provider: &self.reporter.provider,
                        held,
                    });
                    return;
                }
            }
        });
    }
}

/// How a claim ends.
#[derive(Clone, Copy, Debug)]
enum Settle {
    Commit,
    Release,
}

/// Settles a claim: by a call, or when it is dropped by a panic or a client that went away.
pub(crate) struct ClaimGuard {
    claim: Arc<ClaimHandle>,
}

/// How a claim was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// It is done.
    Committed,
    /// It was given back.
    Released,
    /// Not at all: the handler outlived its lease, and the event may have been taken over.
    TooLate,
    /// The transaction that should have marked the event as done was not committed.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code))]
    RolledBack,
}

impl ClaimGuard {
    pub(crate) fn handle(&self) -> Arc<ClaimHandle> {
        Arc::clone(&self.claim)
    }

    /// Whether the handler asked for a retry.
    pub(crate) fn wants_retry(&self) -> bool {
        self.claim.state.load(Ordering::Acquire) == RETRY
    }

    /// The handler has finished: commits or releases, unless it did so itself.
    pub(crate) async fn settle(self, commit: bool) -> Result<Settled, StoreError> {
        let settle = match self.claim.state.swap(SETTLED, Ordering::AcqRel) {
            DONE | SETTLED => return Ok(Settled::Committed),
            #[cfg(feature = "postgres")]
            IN_TRANSACTION => {
                // What is done stays done, so this gives back only what was rolled back.
                let given_back = to_the_end(self.claim.ask(Settle::Release)).await;
                return given_back.map(|given_back| {
                    if given_back {
                        Settled::RolledBack
                    } else {
                        Settled::Committed
                    }
                });
            }
            OPEN if commit => Settle::Commit,
            _ => Settle::Release,
        };
        match to_the_end(self.claim.ask(settle)).await {
            Ok(true) => Ok(match settle {
                Settle::Commit => Settled::Committed,
                Settle::Release => Settled::Released,
            }),
            Ok(false) => Ok(Settled::TooLate),
            Err(error) => {
                Arc::clone(&self.claim).insist(settle);
                Err(error)
            }
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
        let claim = Arc::clone(&self.claim);
        let mut release = match claim.ask(Settle::Release) {
            Answer::Now(Ok(_)) => return,
            Answer::Now(Err(_)) => return claim.insist(Settle::Release),
            Answer::Later(release) => release,
        };
        let mut context = Context::from_waker(Waker::noop());
        match release.as_mut().poll(&mut context) {
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(_)) => claim.insist(Settle::Release),
            Poll::Pending => {
                if let Ok(runtime) = Handle::try_current() {
                    task::spawn(&runtime, async move {
                        if release.await.is_err() {
                            claim.insist(Settle::Release);
                        }
                    });
                }
            }
        }
    }
}

/// Asks the store, and goes on asking if whoever waits for the answer goes away: a
/// handler that has finished must not run again because its client did not wait.
async fn to_the_end<T: Send + 'static>(asked: Answer<T>) -> Result<T, StoreError> {
    let mut asked = match asked {
        Answer::Now(answer) => return answer,
        Answer::Later(asked) => asked,
    };
    // A store that has the answer needs no task.
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
