//! Without tokio's runtime: nothing can run in the background, and all else is as ever.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum_webhook::{
    providers,
    replay::{Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore, StoreError},
    sign::Signed,
};
use tower::Layer as _;

use super::support::{Counter, handler, layer, of_body, ok, request, send};

/// A store that answers when it is asked the second time, or not at all.
#[derive(Debug, Default)]
struct Slow {
    inner: MemoryReplayStore,
    is_away: AtomicBool,
}

impl Slow {
    async fn reach(&self) -> Result<(), StoreError> {
        wait().await;
        if self.is_away.load(Ordering::SeqCst) {
            return Err(StoreError::new("connection refused"));
        }
        Ok(())
    }
}

impl ReplayStore for Slow {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        self.reach().await?;
        self.inner.claim(key, lease).await
    }

    async fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.reach().await?;
        self.inner.renew(key, token, lease).await
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.reach().await?;
        self.inner.commit(key, token, ttl).await
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        self.reach().await?;
        self.inner.release(key, token).await
    }
}

/// Is there when it is polled for the second time.
async fn wait() {
    let mut was_polled = false;
    poll_fn(|_| {
        if std::mem::replace(&mut was_polled, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// Polls a future so many times at most.
fn poll<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

fn event() -> Signed {
    of_body(&providers::stripe(), "/webhook", r#"{"id":"evt_1"}"#)
}

/// A layer around a handler that waits, and counts its runs.
fn waiting(store: &Arc<Slow>, runs: &Counter) -> impl Fn(usize) -> Option<(u16, String)> + use<> {
    let count = runs.clone();
    let layer = layer(&providers::stripe()).with_shared_replay_store(Arc::clone(store));
    let service = layer.layer(handler(move |_| {
        count.add();
        async {
            // The one that keeps its lease polls it twice.
            wait().await;
            wait().await;
            ok()
        }
    }));
    move |times| {
        let answer = poll(times, send(&service, request(&event())))?;
        Some((answer.status.as_u16(), answer.text().to_owned()))
    }
}

#[test]
fn a_store_and_a_handler_may_wait() {
    let (store, runs) = (Arc::default(), Counter::default());
    let deliver = waiting(&store, &runs);
    assert_eq!(deliver(100), Some((200, "handled".to_owned())));
    let duplicate = Some((200, String::new()));
    assert_eq!(deliver(100), duplicate);
    assert_eq!(runs.count(), 1);
}

/// Nobody can give it back, so a copy waits for the end of its lease.
#[test]
fn an_event_that_is_dropped_is_in_flight_until_its_lease_ends() {
    let (store, runs) = (Arc::default(), Counter::default());
    let deliver = waiting(&store, &runs);
    let times = (1..100).find(|times| {
        assert_eq!(deliver(*times), None);
        runs.count() == 1
    });
    assert!(times.is_some());
    assert_eq!(deliver(100).map(|(status, _)| status), Some(503));
    assert_eq!(runs.count(), 1);
}

#[test]
fn an_end_that_can_not_be_stored_is_no_panic() {
    let (store, runs) = (Arc::<Slow>::default(), Counter::default());
    let gone = Arc::clone(&store);
    let layer = layer(&providers::stripe()).with_shared_replay_store(Arc::clone(&store));
    let count = runs.clone();
    let service = layer.layer(handler(move |_| {
        count.add();
        gone.is_away.store(true, Ordering::SeqCst);
        async { ok() }
    }));
    let answer = poll(100, send(&service, request(&event())));
    answer.unwrap().assert_handled("its answer stands");
    assert_eq!(runs.count(), 1);
}
