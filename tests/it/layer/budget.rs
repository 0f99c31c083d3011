//! The bytes of all bodies together: when they are used up, who gets in nevertheless, and when they are free again.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{body::Body, extract::Request};
use axum_webhook::{WebhookLayer, providers, sign::Signed};
use http::Response;
use tokio::{sync::Semaphore, task::yield_now};
use tower::{Layer as _, Service};

use super::support::{
    Answer, Counter, Frames, HANDLED, Step, counting, endpoint, handler, layer_for, of_body, ok,
    request, send, with_body, with_header,
};

const KIB: usize = 1 << 10;

/// Bodies of up to 100 KiB, 400 KiB of them at once: 300 of those of more than 64.
fn bounded() -> WebhookLayer {
    limited().with_body_budget("1B".parse().unwrap())
}

fn limited() -> WebhookLayer {
    layer_for(endpoint(&providers::github()).with_body_limit("100KiB".parse().unwrap()))
}

fn body_of(size: usize) -> Signed {
    of_body(&providers::github(), "/", vec![b'x'; size])
}

/// One that sends all but its last byte, and then nothing.
fn hanging(signed: &Signed) -> Request<Frames> {
    let most = signed.body[..signed.body.len() - 1].to_vec();
    with_body(signed, Frames::new([Step::Data(most.into()), Step::Hang]))
}

/// Handlers that wait for a permit each, and count that they have begun.
fn waiting(
    begun: &Counter,
    permits: &Arc<Semaphore>,
) -> impl Service<Request, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static
+ use<> {
    let (begun, permits) = (begun.clone(), Arc::clone(permits));
    handler(move |_| {
        begun.add();
        let permits = Arc::clone(&permits);
        async move {
            permits.acquire().await.unwrap().forget();
            ok()
        }
    })
}

#[track_caller]
fn assert_full(answer: &Answer) {
    answer.assert_try_again("full", "body-budget-full");
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(answer.header("connection"), Some("close"));
}

/// Polls what runs in the background as far as it comes.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn slow_large_bodies_leave_room_for_small_ones_and_are_cut_off() {
    let (runs, observed) = (Counter::default(), Counter::default());
    let seen = observed.clone();
    let layer = bounded().on_refusal(move |rejection| {
        if rejection.code() == "body-budget-full" {
            seen.add();
            let found = rejection.diagnoses();
            assert!(found[0].to_string().contains("`body_budget`"), "{found:?}");
        }
    });
    let service = layer.layer(counting(&runs));
    let (large, small) = (body_of(100 * KIB), body_of(10 * KIB));
    let mut slow = Vec::new();
    for _ in 0..3 {
        let (service, large) = (service.clone(), large.clone());
        slow.push(tokio::spawn(async move {
            send(&service, hanging(&large)).await
        }));
    }
    settle().await;
    assert_full(&send(&service, request(&large)).await);
    assert_eq!(observed.count(), 1);
    for _ in 0..50 {
        send(&service, request(&small))
            .await
            .assert_handled("a small one");
    }
    for one in slow {
        one.await
            .unwrap()
            .assert_is("slow", 408, "body-timeout", "request timeout\n");
    }
    for _ in 0..50 {
        send(&service, request(&large))
            .await
            .assert_handled("all is free");
    }
    assert_eq!((runs.count(), observed.count()), (100, 1));
}

/// A handler has the body, so it counts as long as the handler runs, and no longer: also where the client goes away.
#[tokio::test]
async fn a_body_counts_until_its_request_ends() {
    let (begun, permits) = (Counter::default(), Arc::new(Semaphore::new(0)));
    let service = bounded().layer(waiting(&begun, &permits));
    let large = body_of(100 * KIB);
    let deliver = || {
        let (service, large) = (service.clone(), large.clone());
        tokio::spawn(async move { send(&service, request(&large)).await })
    };
    let mut held: Vec<_> = (0..3).map(|_| deliver()).collect();
    settle().await;
    assert_eq!(begun.count(), 3);
    assert_full(&send(&service, request(&large)).await);

    held.pop().unwrap().abort();
    settle().await;
    held.push(deliver());
    settle().await;
    assert_eq!(begun.count(), 4);
    assert_full(&send(&service, request(&large)).await);

    permits.add_permits(4);
    for one in held {
        assert_eq!(one.await.unwrap().text(), HANDLED);
    }
    send(&service, request(&large))
        .await
        .assert_handled("all is free");
}

/// A length is a word; what counts is what arrives.
#[tokio::test(start_paused = true)]
async fn a_length_that_is_only_announced_takes_nothing() {
    let runs = Counter::default();
    let service = bounded().layer(counting(&runs));
    let large = with_header(&body_of(100 * KIB), "content-length", "102400");
    let mut silent = Vec::new();
    for _ in 0..100 {
        let service = service.clone();
        let body = Frames::new([Step::Hang]).with_length(100 * KIB);
        let silence = with_body(&large, body);
        silent.push(tokio::spawn(async move { send(&service, silence).await }));
    }
    settle().await;
    send(&service, request(&large))
        .await
        .assert_handled("nobody has sent anything");
    for one in silent {
        assert_eq!(one.await.unwrap().status, 408);
    }
}

#[tokio::test]
async fn clones_of_a_layer_share_a_budget_and_others_do_not() {
    let (begun, permits) = (Counter::default(), Arc::new(Semaphore::new(0)));
    let layer = bounded();
    let (one, other) = (
        layer.clone().layer(waiting(&begun, &permits)),
        layer.with_body_timeouts(Duration::from_secs(1), Duration::from_secs(2)),
    );
    let other = other.layer(counting(&begun));
    let apart = bounded().layer(counting(&begun));
    let large = body_of(100 * KIB);
    let held: Vec<_> = (0..3)
        .map(|_| {
            let (one, large) = (one.clone(), large.clone());
            tokio::spawn(async move { send(&one, request(&large)).await })
        })
        .collect();
    settle().await;
    assert_full(&send(&other, request(&large)).await);
    send(&apart, request(&large)).await.assert_handled("apart");
    permits.add_permits(3);
    for one in held {
        one.await.unwrap().assert_handled("held");
    }
    send(&other, request(&large)).await.assert_handled("free");
}

#[tokio::test]
async fn with_room_for_all_nobody_is_refused() {
    for layer in [limited(), bounded().dangerous_without_body_budget()] {
        let (begun, permits) = (Counter::default(), Arc::new(Semaphore::new(0)));
        let service = layer.layer(waiting(&begun, &permits));
        let held: Vec<_> = (0..100)
            .map(|_| {
                let (service, large) = (service.clone(), body_of(100 * KIB));
                tokio::spawn(async move { send(&service, request(&large)).await })
            })
            .collect();
        settle().await;
        assert_eq!(begun.count(), 100);
        permits.add_permits(100);
        for one in held {
            one.await.unwrap().assert_handled("held");
        }
    }
}
