//! What broke in other crates of this field, by the number that `PEERS.md` gives it. Each failed there.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn},
    routing::post,
};
use axum_webhook::{Endpoint, VerifiedWebhook, providers, replay::MemoryReplayStore, sign::Draft};
use bytes::Bytes;
use tokio::task::JoinSet;
use tower::{Layer as _, ServiceBuilder, limit::ConcurrencyLimitLayer};

use super::support::{
    Counter, Frames, HANDLED, Step, Wire, counting, endpoint, forged, handler, layer, layer_for,
    now, of_body, request, right, secret, send, serve, signed, signed_to, status, wire_head,
    with_body, with_header, without_header,
};

/// The layer "drops straight into `Router::layer`", and needs no `HandleErrorLayer`.
#[tokio::test]
async fn b1_the_layer_goes_on_an_axum_router() {
    let scheme = providers::github();
    let app: Router = Router::new()
        .route("/a", post(async |_: VerifiedWebhook| HANDLED))
        .layer(layer(&scheme))
        .layer(from_fn(|request: Request, next: Next| next.run(request)));
    send(&app, request(&signed_to(&scheme, "/a")))
        .await
        .assert_handled("on a router");
    // What a server wants of it.
    let _make_service = app.into_make_service();
}

#[tokio::test]
async fn b2_a_body_without_end_is_cut_at_the_limit() {
    let scheme = providers::stripe();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let piece = Bytes::from(vec![b'x'; 1 << 16]);
    let body = Frames::new((0..1_000_000).map(|_| Step::Data(piece.clone())));
    let polls = body.polls.clone();
    let answer = send(&service, with_body(&signed(&scheme), body)).await;
    answer.assert_is("endless", 413, "body-too-large", "payload too large\n");
    assert_eq!((runs.count(), polls.count()), (0, 17));
}

#[tokio::test]
async fn b3_a_concurrency_limit_inside_does_not_panic() {
    let scheme = providers::github();
    let runs = Counter::default();
    let service = ServiceBuilder::new()
        .layer(layer(&scheme))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(counting(&runs));
    let mut deliveries = JoinSet::new();
    for _ in 0..10 {
        let (service, request) = (service.clone(), request(&signed(&scheme)));
        deliveries.spawn(async move { send(&service, request).await });
    }
    for answer in deliveries.join_all().await {
        answer.assert_handled("limited");
    }
    assert_eq!(runs.count(), 10);
}

#[tokio::test]
async fn b5_several_secrets_count_and_a_refusal_can_be_seen() {
    let scheme = providers::github();
    let secrets = [secret(&scheme, "new"), secret(&scheme, "old")];
    let seen = Counter::default();
    let count = seen.clone();
    let layer =
        layer_for(Endpoint::new(scheme.clone(), secrets).unwrap()).on_refusal(move |rejection| {
            assert_eq!(rejection.code(), "mismatch");
            assert!(
                rejection
                    .diagnoses()
                    .iter()
                    .any(|found| found.message().contains("key-1, key-2"))
            );
            count.add();
        });
    let service = layer.layer(counting(&Counter::default()));
    for seed in ["new", "old"] {
        let signed = Draft::new("{}")
            .sign(&scheme, secret(&scheme, seed))
            .unwrap();
        send(&service, request(&signed)).await.assert_handled(seed);
    }
    let answer = send(&service, request(&forged(&scheme))).await;
    answer.assert_refused("forged", "mismatch");
    assert!(!answer.body.is_empty());
    assert_eq!(seen.count(), 1);
}

#[tokio::test]
async fn b6_a_body_over_two_mebibytes_neither_panics_nor_is_refused() {
    let scheme = providers::github();
    let app = Router::new()
        .route(
            "/a",
            post(async |hook: VerifiedWebhook| hook.raw().len().to_string()),
        )
        .layer(layer(&scheme));
    let size = 3 << 20;
    let genuine = of_body(&scheme, "/a", vec![b'x'; size]);
    for app in [
        app.clone(),
        app.clone().layer(DefaultBodyLimit::max(10 << 20)),
        app.clone().layer(DefaultBodyLimit::max(1024)),
    ] {
        let answer = send(&app, request(&genuine)).await;
        assert_eq!(answer.text(), size.to_string());
    }
    // Nor without any header.
    let bare = Request::post("/a").body(Body::from(genuine.body)).unwrap();
    send(&app, bare).await.assert_refused("bare", "missing");
}

/// The limit is the endpoint's, raised or lowered.
#[tokio::test]
async fn b6_the_limit_that_is_set_is_the_limit() {
    let scheme = providers::github();
    for (limit, size, status) in [
        ("4MiB", 3 << 20, 200),
        ("2MiB", 3 << 20, 413),
        ("1KiB", 1025, 413),
    ] {
        let endpoint = endpoint(&scheme).with_body_limit(limit.parse().unwrap());
        let service = layer_for(endpoint).layer(counting(&Counter::default()));
        let signed = of_body(&scheme, "/", vec![b'x'; size]);
        let answer = send(&service, request(&signed)).await;
        assert_eq!(answer.status.as_u16(), status, "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn b7_a_chunked_request_that_never_ends_is_answered() {
    let scheme = providers::github();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let body = Frames::new([Step::Data("{".into()), Step::Hang]);
    let polls = body.polls.clone();
    let answer = send(&service, with_body(&signed(&scheme), body)).await;
    answer.assert_is("never", 408, "body-timeout", "request timeout\n");
    assert_eq!(runs.count(), 0);
    // It waits, and does not spin.
    assert!(polls.count() < 10, "{}", polls.count());
}

#[tokio::test]
async fn b7_a_chunked_request_over_a_socket_is_answered() {
    let scheme = providers::github();
    let idle = Duration::from_millis(200);
    let layer = layer(&scheme).with_body_timeouts(idle, 2 * idle);
    let address = serve(layer.layer(counting(&Counter::default()))).await;
    let genuine = signed(&scheme);
    let head = wire_head(&genuine, &["transfer-encoding: chunked"]);
    for (name, chunks, status) in [
        (
            "whole",
            format!(
                "{:x}\r\n{}\r\n0\r\n\r\n",
                genuine.body.len(),
                std::str::from_utf8(&genuine.body).unwrap()
            ),
            200,
        ),
        ("forged", "2\r\n{}\r\n0\r\n\r\n".to_owned(), 401),
        ("without an end", "2\r\n{}\r\n".to_owned(), 408),
    ] {
        let mut wire = Wire::connect(address).await;
        wire.write(format!("{head}\r\n{chunks}")).await;
        assert_eq!(wire.response().await.unwrap().status, status, "{name}");
    }
}

#[tokio::test]
async fn b8_a_body_that_is_no_text_does_not_panic() {
    for scheme in [providers::slack(), providers::github(), providers::stripe()] {
        let id = &scheme.id;
        let runs = Counter::default();
        let service = layer(&scheme).layer(counting(&runs));
        let genuine = Draft::new([0xff, 0xfe])
            .with_timestamp(now())
            .sign(&scheme, right(&scheme))
            .unwrap();
        send(&service, request(&genuine)).await.assert_handled(id);
        let forged = Draft::new([0xff, 0xfe])
            .with_timestamp(now())
            .sign(&scheme, secret(&scheme, "wrong"))
            .unwrap();
        let answer = send(&service, request(&forged)).await;
        answer.assert_refused(id, "mismatch");
        assert_eq!(runs.count(), 1, "{id}");
    }
}

/// Only the past was looked at.
#[tokio::test]
async fn b8_both_sides_of_the_window_are_checked() {
    let scheme = providers::slack();
    let service = layer(&scheme).layer(counting(&Counter::default()));
    for (offset, status) in [
        (-301, 401),
        (-300, 200),
        (0, 200),
        (300, 200),
        (301, 401),
        (86_400, 401),
    ] {
        let time = axum_webhook::Timestamp::from_unix_seconds(now().unix_seconds() + offset);
        let signed = Draft::new("{}")
            .with_timestamp(time)
            .sign(&scheme, right(&scheme))
            .unwrap();
        let answer = send(&service, request(&signed)).await;
        assert_eq!(answer.status.as_u16(), status, "{offset}");
    }
}

#[tokio::test]
async fn b10_an_extractor_without_a_verified_signature_extracts_nothing() {
    let scheme = providers::github();
    let runs = Counter::default();
    let count = runs.clone();
    let route = post(async move |_: VerifiedWebhook| {
        count.add();
        HANDLED
    });
    let delivery = with_header(&signed_to(&scheme, "/a"), "x-github-event", "push");
    let bare = Router::new().route("/a", route.clone());
    assert_eq!(send(&bare, request(&delivery)).await.status, 500);
    let guarded = Router::new().route("/a", route).layer(layer(&scheme));
    let unsigned = without_header(&delivery, "x-hub-signature-256");
    let answer = send(&guarded, request(&unsigned)).await;
    answer.assert_refused("unsigned", "missing");
    assert_eq!(runs.count(), 0);
    send(&guarded, request(&delivery))
        .await
        .assert_handled("signed");
}

/// A conflict would count as a failure, and the provider would turn the endpoint off.
#[tokio::test]
async fn b14_a_duplicate_is_answered_as_a_success() {
    let scheme = providers::stripe();
    let service = layer(&scheme)
        .with_replay_store(MemoryReplayStore::new())
        .layer(counting(&Counter::default()));
    send(&service, request(&signed(&scheme)))
        .await
        .assert_handled("first");
    let answer = send(&service, request(&signed(&scheme))).await;
    assert!(answer.status.is_success(), "{}", answer.status);
}

/// An event whose process died, or whose handler failed, comes back.
#[tokio::test(start_paused = true)]
async fn b14_an_event_that_was_not_finished_is_not_lost() {
    let scheme = providers::stripe();
    let store = Arc::new(MemoryReplayStore::new());
    let layer = layer(&scheme).with_shared_replay_store(Arc::clone(&store));
    let dies = layer.layer(handler(async |_| {
        std::future::pending::<()>().await;
        status(200)
    }));
    let mut death = Box::pin(send(&dies, request(&signed(&scheme))));
    let second = Duration::from_secs(1);
    assert!(tokio::time::timeout(second, &mut death).await.is_err());
    // The process is gone: nothing of it runs any more, not even a destructor.
    std::mem::forget(death);
    assert_eq!(store.len(), 1);

    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let answer = send(&service, request(&signed(&scheme))).await;
    answer.assert_try_again("it may still run", "in-flight");
    tokio::time::sleep(121 * second).await;
    send(&service, request(&signed(&scheme)))
        .await
        .assert_handled("minutes later, not a day");
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn b14_two_honest_deliveries_of_equal_bodies_are_both_handled() {
    let scheme = providers::github();
    let runs = Counter::default();
    let service = layer(&scheme)
        .with_replay_store(MemoryReplayStore::new())
        .layer(counting(&runs));
    for delivery in ["d-1", "d-2"] {
        let signed = with_header(&signed(&scheme), "x-github-delivery", delivery);
        send(&service, request(&signed))
            .await
            .assert_handled(delivery);
    }
    assert_eq!(runs.count(), 2);
}

#[tokio::test]
async fn b14_a_body_that_is_too_large_is_answered_413() {
    let scheme = providers::stripe();
    let service = layer(&scheme).layer(counting(&Counter::default()));
    let length = (2 << 20).to_string();
    let signed = with_header(&signed(&scheme), "content-length", &length);
    assert_eq!(send(&service, request(&signed)).await.status, 413);
}

/// Interactivity comes as a form, whose id is inside a field's JSON.
#[tokio::test]
async fn b14_a_slack_form_without_an_event_id_is_handled() {
    let scheme = providers::slack();
    let service = layer(&scheme)
        .with_replay_store(MemoryReplayStore::new())
        .layer(counting(&Counter::default()));
    for body in [
        "payload=%7B%22type%22%3A%22block_actions%22%2C%22trigger_id%22%3A%221.2%22%7D",
        "command=%2Fdeploy&trigger_id=13345224609.738474920.8088930838d88f008e0",
        "ssl_check=1&token=x",
    ] {
        let signed = Draft::new(body)
            .with_content_type("application/x-www-form-urlencoded")
            .with_timestamp(now())
            .sign(&scheme, right(&scheme))
            .unwrap();
        send(&service, request(&signed)).await.assert_handled(body);
    }
}

/// A body that can't be read is the sender's mistake, not a fault of the server.
#[tokio::test]
async fn b16_a_body_that_breaks_off_is_answered_400() {
    let scheme = providers::github();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let body = Frames::new([Step::Data("{".into()), Step::Fail]);
    let answer = send(&service, with_body(&signed(&scheme), body)).await;
    answer.assert_is("broken", 400, "body-unreadable", "bad request\n");
    assert_eq!(runs.count(), 0);
}

/// The limit holds although no extractor of axum reads the body.
#[tokio::test]
async fn b17_the_body_is_limited_outside_of_axums_extractors() {
    let scheme = providers::stripe();
    let app = Router::new()
        .route("/webhook", post(async || HANDLED))
        .layer(layer(&scheme))
        .layer(DefaultBodyLimit::disable());
    let body = Frames::new((0..100).map(|_| Step::Data(vec![b'x'; 1 << 16].into())));
    let polls = body.polls.clone();
    let answer = send(&app, with_body(&signed(&scheme), Body::new(body))).await;
    assert_eq!(answer.status, 413);
    assert_eq!(polls.count(), 17);
}
