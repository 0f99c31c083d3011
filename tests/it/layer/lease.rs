//! The claim of a handler that takes long, whose client leaves, or whose store comes and goes.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::FromRequestParts as _, routing::post};
use axum_webhook::{
    Endpoint, Raw, VerifiedWebhook, WebhookLayer, providers,
    replay::{Claim, ClaimToken, MemoryReplayStore, Outcome, ReplayKey, ReplayStore, StoreError},
    sign::{Draft, Signed},
};
use http::StatusCode;
use tokio::time::{sleep, timeout};
use tower::Layer as _;

use super::support::{
    Answer, Counter, HANDLED, endpoint, handler, layer_for, now, ok, request, right, send, status,
};

const SECOND: Duration = Duration::from_secs(1);

/// A store that is away now and then, and takes its time.
#[derive(Debug, Default)]
struct Remote {
    inner: MemoryReplayStore,
    away: AtomicBool,
    delay: Mutex<Duration>,
    renewals: Counter,
    /// It has lost what it knew.
    is_emptied: AtomicBool,
    /// It says that it never waits.
    is_quick: AtomicBool,
}

impl Remote {
    fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    async fn reach(&self) -> Result<(), StoreError> {
        let delay = *self.delay.lock().unwrap();
        if !delay.is_zero() {
            sleep(delay).await;
        }
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::new("connection refused"));
        }
        Ok(())
    }
}

impl ReplayStore for Remote {
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
        self.renewals.add();
        self.reach().await?;
        if self.is_emptied.load(Ordering::SeqCst) {
            return Ok(false);
        }
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

    fn answers_at_once(&self) -> bool {
        self.is_quick.load(Ordering::SeqCst)
    }
}

fn stripe() -> Signed {
    let scheme = providers::stripe();
    Draft::new(r#"{"id":"evt_1"}"#)
        .with_timestamp(now())
        .sign(&scheme, right(&scheme))
        .unwrap()
}

/// A lease of ten seconds, renewed for a minute.
fn short() -> Endpoint {
    endpoint(&providers::stripe())
        .with_lease(10 * SECOND)
        .with_renewal(60 * SECOND)
}

fn on_remote(endpoint: Endpoint) -> (WebhookLayer, Arc<Remote>) {
    let store = Arc::new(Remote::default());
    let layer = layer_for(endpoint).with_shared_replay_store(Arc::clone(&store));
    (layer, store)
}

/// A layer around a handler that takes `time`, and counts its runs and those that came to their end.
fn taking(layer: &WebhookLayer, time: Duration) -> (impl AsyncFn() -> Answer, Counter, Counter) {
    let (runs, ends) = (Counter::default(), Counter::default());
    let (run, end) = (runs.clone(), ends.clone());
    let service = layer.layer(handler(move |_| {
        run.add();
        let end = end.clone();
        async move {
            sleep(time).await;
            end.add();
            ok()
        }
    }));
    let deliver = async move || send(&service, request(&stripe())).await;
    (deliver, runs, ends)
}

#[track_caller]
fn assert_duplicate(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));
}

// --- Renewal: T-R7.

#[tokio::test(start_paused = true)]
async fn t_r7_the_lease_of_a_long_handler_is_renewed_as_long_as_it_runs() {
    let (layer, store) = on_remote(short());
    let (deliver, runs, _) = taking(&layer, 55 * SECOND);
    let copies = async {
        for _ in 0..10 {
            sleep(5 * SECOND).await;
            let copy = deliver().await;
            copy.assert_try_again("a copy", "in-flight");
        }
    };
    let (first, ()) = tokio::join!(deliver(), copies);
    first.assert_handled("first");
    assert_duplicate(&deliver().await);
    assert_eq!((runs.count(), store.renewals.count()), (1, 10));
    // Nothing goes on behind a handler that has ended.
    sleep(60 * SECOND).await;
    assert_eq!(store.renewals.count(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_quicker_than_half_its_lease_is_not_renewed() {
    let (layer, store) = on_remote(short());
    let (deliver, ..) = taking(&layer, 4 * SECOND);
    deliver().await.assert_handled("quick");
    sleep(60 * SECOND).await;
    assert_eq!(store.renewals.count(), 0);
}

/// A handler that hangs may not keep its event for ever.
#[tokio::test(start_paused = true)]
async fn the_renewal_ends() {
    let (layer, _) = on_remote(short());
    let (deliver, runs, _) = taking(&layer, 1000 * SECOND);
    let hanging = deliver();
    let retry = async {
        sleep(65 * SECOND).await;
        let early = deliver().await;
        early.assert_try_again("its lease runs", "in-flight");
        sleep(6 * SECOND).await;
        timeout(SECOND, deliver()).await.unwrap_err();
    };
    let _ = timeout(100 * SECOND, async { tokio::join!(hanging, retry) }).await;
    assert_eq!(runs.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_tried_again_while_the_lease_runs() {
    let (layer, store) = on_remote(short());
    let (deliver, runs, _) = taking(&layer, 30 * SECOND);
    let outage = async {
        sleep(4 * SECOND).await;
        store.set_away(true);
        sleep(5 * SECOND).await;
        store.set_away(false);
        sleep(3 * SECOND).await;
        deliver().await
    };
    let (first, copy) = tokio::join!(deliver(), outage);
    copy.assert_try_again("renewed in time", "in-flight");
    first.assert_handled("first");
    assert_duplicate(&deliver().await);
    assert_eq!(runs.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn t_r6_a_handler_is_told_that_its_lease_is_lost() {
    let (layer, store) = on_remote(short());
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let app: Router = Router::new()
        .route(
            "/webhook",
            post(async move |hook: VerifiedWebhook| {
                for _ in 0..3 {
                    sleep(4 * SECOND).await;
                    heard.lock().unwrap().push(hook.is_lease_lost());
                }
                HANDLED
            }),
        )
        .layer(layer);
    let outage = async {
        sleep(SECOND).await;
        store.set_away(true);
    };
    let (first, ()) = tokio::join!(send(&app, request(&stripe())), outage);
    first.assert_handled("it is told, not ended");
    assert_eq!(*told.lock().unwrap(), [false, false, true]);
}

/// What a handler is told after each of so many seconds, and how it ends.
async fn told(layer: WebhookLayer, seconds: &'static [u32], is_done: bool) -> Vec<bool> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let service = layer.layer(handler(move |request| {
        let heard = Arc::clone(&heard);
        async move {
            let (mut parts, _) = request.into_parts();
            let hook = VerifiedWebhook::<Raw>::from_request_parts(&mut parts, &()).await;
            let hook = hook.unwrap();
            if is_done {
                assert!(hook.done().await.unwrap());
            }
            for pause in seconds {
                sleep(*pause * SECOND).await;
                heard.lock().unwrap().push(hook.is_lease_lost());
            }
            ok()
        }
    }));
    let answer = send(&service, request(&stripe())).await;
    answer.assert_handled("it is told, not ended");
    told.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn t_r6_a_handler_is_told_what_became_of_its_lease_and_no_more() {
    // The renewal of a lease of ten seconds is at the fifth.
    let (layer, store) = on_remote(short());
    assert_eq!(told(layer, &[6, 6, 20], false).await, [false; 3]);
    assert_eq!(store.renewals.count(), 6);

    let (layer, store) = on_remote(short());
    store.is_emptied.store(true, Ordering::SeqCst);
    let long_before_its_end = told(layer, &[4, 2], false).await;
    assert_eq!(long_before_its_end, [false, true]);

    let (layer, store) = on_remote(short());
    assert_eq!(told(layer, &[6, 6, 60], true).await, [false; 3]);
    assert_eq!(store.renewals.count(), 0, "what is done needs no lease");
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_behind_a_handler_whose_lease_was_renewed() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let (layer, store) = on_remote(short());
    let (deliver, ..) = taking(&layer, 6 * SECOND);
    let before = tasks();
    deliver().await.assert_handled("renewed once");
    assert_eq!(store.renewals.count(), 1);
    tokio::task::yield_now().await;
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn a_later_run_of_an_event_has_a_larger_fence() {
    let fences = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&fences);
    let (layer, _) = on_remote(short());
    let app: Router = Router::new()
        .route(
            "/webhook",
            post(async move |hook: VerifiedWebhook| {
                seen.lock().unwrap().push(hook.fence().unwrap());
                StatusCode::INTERNAL_SERVER_ERROR
            }),
        )
        .layer(layer);
    for _ in 0..3 {
        send(&app, request(&stripe())).await;
    }
    let fences = fences.lock().unwrap();
    assert_eq!(fences.len(), 3);
    assert!(fences.is_sorted_by(|a, b| a < b), "{fences:?}");
}

// --- Clients that leave: T-R12.

#[tokio::test(start_paused = true)]
async fn t_r12_a_handler_that_runs_to_the_end_does_so_without_its_client() {
    for to_the_end in [false, true] {
        let (mut layer, _) = on_remote(short());
        if to_the_end {
            layer = layer.run_to_the_end();
        }
        let (deliver, runs, ends) = taking(&layer, 30 * SECOND);
        timeout(SECOND, deliver()).await.unwrap_err();
        if to_the_end {
            // Its lease is renewed as that of any other.
            sleep(20 * SECOND).await;
            let early = deliver().await;
            early.assert_try_again("it still runs", "in-flight");
        }
        sleep(40 * SECOND).await;
        assert_eq!(ends.count(), usize::from(to_the_end));
        let retry = deliver().await;
        if to_the_end {
            assert_duplicate(&retry);
        } else {
            retry.assert_handled("retry");
        }
        assert_eq!(runs.count(), if to_the_end { 1 } else { 2 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_runs_to_the_end_and_fails_gives_its_event_back() {
    let (layer, _) = on_remote(short());
    let runs = Counter::default();
    let count = runs.clone();
    let service = layer.run_to_the_end().layer(handler(move |_| {
        let run = count.add();
        async move {
            sleep(2 * SECOND).await;
            assert_ne!(run, 1, "a panic that nobody waits for");
            if run == 2 { status(500) } else { ok() }
        }
    }));
    for _ in 0..2 {
        let answer = timeout(SECOND, send(&service, request(&stripe()))).await;
        assert!(answer.is_err());
        sleep(5 * SECOND).await;
    }
    send(&service, request(&stripe()))
        .await
        .assert_handled("third");
    assert_eq!(runs.count(), 3);
}

/// A claim that is made for a client that has left meanwhile is given back.
#[tokio::test(start_paused = true)]
async fn t_r12_a_client_that_leaves_during_the_claim_leaves_no_claim() {
    for to_the_end in [false, true] {
        let (mut layer, store) = on_remote(endpoint(&providers::stripe()));
        if to_the_end {
            layer = layer.run_to_the_end();
        }
        *store.delay.lock().unwrap() = 3 * SECOND;
        let (deliver, runs, _) = taking(&layer, SECOND);
        timeout(SECOND, deliver()).await.unwrap_err();
        sleep(10 * SECOND).await;
        assert_eq!((runs.count(), store.inner.len()), (0, 0));
        deliver().await.assert_handled("retry");
    }
}

// --- Stores that come and go: T-R10.

#[tokio::test(start_paused = true)]
async fn t_r10_the_end_of_a_handler_is_stored_once_the_store_is_back() {
    let (layer, store) = on_remote(endpoint(&providers::stripe()));
    let (deliver, runs, _) = taking(&layer, 2 * SECOND);
    let outage = async {
        sleep(SECOND).await;
        store.set_away(true);
    };
    let (first, ()) = tokio::join!(deliver(), outage);
    first.assert_handled("its answer stands");
    let copy = deliver().await;
    copy.assert_try_again("away", "store-unavailable");
    sleep(30 * SECOND).await;
    store.set_away(false);
    sleep(5 * SECOND).await;
    assert_duplicate(&deliver().await);
    // It counts as long as any other.
    sleep(600 * SECOND).await;
    assert_duplicate(&deliver().await);
    assert_eq!(runs.count(), 1);
}

/// It is told more often towards the end of the lease, after which it is in vain.
#[tokio::test(start_paused = true)]
async fn t_r10_the_end_of_a_handler_is_stored_if_the_store_is_back_just_before_the_lease_ends() {
    let (layer, store) = on_remote(short());
    let (deliver, runs, _) = taking(&layer, SECOND);
    let outage = async {
        sleep(SECOND / 2).await;
        store.set_away(true);
    };
    let (first, ()) = tokio::join!(deliver(), outage);
    first.assert_handled("its answer stands");
    sleep(8 * SECOND).await;
    store.set_away(false);
    sleep(2 * SECOND).await;
    assert_duplicate(&deliver().await);
    assert_eq!(runs.count(), 1);
}

/// A lease of the shortest pause is still time for one more attempt, after half of it.
#[tokio::test(start_paused = true)]
async fn t_r10_the_end_of_a_handler_is_told_again_while_a_tenth_of_a_second_is_left() {
    let tenth = SECOND / 10;
    let (layer, store) = on_remote(short().with_lease(tenth));
    let (runs, gone) = (Counter::default(), Arc::clone(&store));
    let count = runs.clone();
    let service = layer.layer(handler(move |_| {
        count.add();
        gone.set_away(true);
        async { ok() }
    }));
    let first = send(&service, request(&stripe())).await;
    first.assert_handled("its answer stands");
    sleep(tenth / 4).await;
    store.set_away(false);
    sleep(tenth / 2).await;
    assert_duplicate(&send(&service, request(&stripe())).await);
    assert_eq!(runs.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn t_r10_a_failed_event_is_given_back_once_the_store_is_back() {
    let (layer, store) = on_remote(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let (count, gone) = (runs.clone(), Arc::clone(&store));
    let service = layer.layer(handler(move |_| {
        let first = count.add() == 1;
        if first {
            gone.set_away(true);
        }
        async move { if first { status(500) } else { ok() } }
    }));
    assert_eq!(send(&service, request(&stripe())).await.status, 500);
    sleep(10 * SECOND).await;
    store.set_away(false);
    sleep(5 * SECOND).await;
    let retry = send(&service, request(&stripe())).await;
    retry.assert_handled("long before its lease runs out");
}

/// Whether the store says at once that it is away, or after a while.
#[tokio::test(start_paused = true)]
async fn t_r10_an_event_whose_client_has_left_is_given_back_once_the_store_is_back() {
    for (delay, is_quick) in [
        (Duration::ZERO, false),
        (Duration::ZERO, true),
        (SECOND, false),
    ] {
        let (layer, store) = on_remote(endpoint(&providers::stripe()));
        store.is_quick.store(is_quick, Ordering::SeqCst);
        let (deliver, runs, _) = taking(&layer, 10 * SECOND);
        let outage = async {
            sleep(SECOND).await;
            store.set_away(true);
            *store.delay.lock().unwrap() = delay;
        };
        let (left, ()) = tokio::join!(timeout(2 * SECOND, deliver()), outage);
        left.unwrap_err();
        sleep(10 * SECOND).await;
        store.set_away(false);
        sleep(10 * SECOND).await;
        let retry = deliver().await;
        retry.assert_handled("long before its lease runs out");
        assert_eq!(runs.count(), 2);
    }
}

// --- Which answers end an event.

#[tokio::test]
async fn the_endpoint_says_which_answers_end_an_event() {
    let judge = |status: StatusCode| match status {
        StatusCode::CONFLICT => Outcome::Retry,
        StatusCode::NOT_IMPLEMENTED => Outcome::Done,
        status => Outcome::of(status),
    };
    for (code, runs_wanted) in [(409, 2), (501, 1), (400, 1), (500, 2), (204, 1)] {
        let (layer, _) = on_remote(short().with_outcome(judge));
        let runs = Counter::default();
        let count = runs.clone();
        let service = layer.layer(handler(move |_| {
            count.add();
            async move { status(code) }
        }));
        for _ in 0..2 {
            send(&service, request(&stripe())).await;
        }
        assert_eq!(runs.count(), runs_wanted, "{code}");
    }
}

#[test]
fn of_the_answers_these_ask_for_a_retry() {
    let retry = |status: &StatusCode| Outcome::of(*status) == Outcome::Retry;
    let all = (100..600).filter_map(|code| StatusCode::from_u16(code).ok());
    let asked: Vec<u16> = all.filter(retry).map(|status| status.as_u16()).collect();
    let mut wanted = vec![404, 405, 408, 413, 415, 425, 429];
    wanted.extend(500..600);
    assert_eq!(asked, wanted);
}
