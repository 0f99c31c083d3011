//! What it takes in memory, whoever sends.

use axum_webhook::{ByteSize, inspector, providers};
use tower::Layer as _;

use super::{
    super::support::{Counter, counting, forged, layer, of_body, request, send, with_header},
    Page,
};

#[tokio::test]
async fn the_oldest_make_room() {
    let scheme = providers::github();
    let inspector = inspector().with_limits(5, ByteSize::mebibytes(1));
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    for _ in 0..8 {
        send(&service, request(&of_body(&scheme, "/webhook", "{}"))).await;
    }
    let ids: Vec<_> = page
        .list()
        .await
        .iter()
        .map(|one| one["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [8, 7, 6, 5, 4]);
    assert_eq!(page.get("/deliveries/3").await.status, 404);
    assert_eq!(page.get("/deliveries/9").await.status, 404);
    assert_eq!(page.get("/deliveries/x").await.status, 404);
}

#[tokio::test]
async fn bytes_are_counted_and_never_more_than_the_limit() {
    let scheme = providers::github();
    let limit = 64 << 10;
    let inspector = inspector().with_limits(1000, ByteSize::bytes(limit));
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    for size in [10, 5_000, 20_000, 60_000, 63_000, 200_000, 10, 30_000] {
        let body = format!(r#"{{"a":"{}"}}"#, "x".repeat(size));
        send(&service, request(&of_body(&scheme, "/webhook", body))).await;
        // A head counts as well.
        let large = with_header(&forged(&scheme), "x-large", &"y".repeat(7_000));
        send(&service, request(&large)).await;
        let listing = page.json("/deliveries").await;
        let bytes = listing["bytes"].as_u64().unwrap();
        assert!(bytes <= limit, "{bytes}");
        let shown = listing["deliveries"].as_array().unwrap();
        assert_eq!(listing["held"], shown.len());
        if shown.is_empty() {
            assert_eq!(bytes, 0);
        } else {
            assert!(bytes >= 7_000, "{bytes}");
        }
    }
}

#[tokio::test]
async fn a_long_body_is_cut_and_says_so() {
    let scheme = providers::github();
    let inspector = inspector()
        .with_body_limit(ByteSize::bytes(100))
        .dangerous_allow_replay();
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    // The limit is in the middle of a character.
    let body = format!(r#"{{"ab":"{}"}}"#, "é".repeat(100));
    send(&service, request(&of_body(&scheme, "/webhook", body)))
        .await
        .assert_handled("long");
    let shown = page.newest().await;
    assert_eq!(shown["body"]["len"], 209);
    assert_eq!(shown["body"]["kept"], 100);
    assert_eq!(shown["body"]["kind"], "json");
    assert_eq!(shown["not_replayable"], "its body is too large to be kept");
    assert_eq!(page.replay(1).await.0, 409);
}

#[tokio::test]
async fn an_id_as_long_as_the_body_is_cut() {
    let scheme = providers::stripe();
    let inspector = inspector();
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let long = format!(r#"{{"id":"{}","type":"{0}"}}"#, "é".repeat(10_000));
    send(&service, request(&of_body(&scheme, "/webhook", long))).await;
    let shown = page.newest().await;
    assert_eq!(shown["event_id"], "é".repeat(200));
    assert_eq!(shown["event_type"], "é".repeat(200));
}

#[tokio::test]
async fn a_flood_of_forgeries_pushes_no_genuine_delivery_out() {
    let scheme = providers::github();
    let inspector = inspector().with_limits(10, ByteSize::mebibytes(1));
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    for _ in 0..5 {
        send(&service, request(&of_body(&scheme, "/webhook", "{}"))).await;
    }
    for _ in 0..100 {
        send(&service, request(&forged(&scheme))).await;
    }
    let list = page.list().await;
    let genuine = list.iter().filter(|one| one["state"] == "unguarded");
    assert_eq!((list.len(), genuine.count()), (10, 5));
    // Genuine ones take all of it, if they are the last.
    for _ in 0..20 {
        send(&service, request(&of_body(&scheme, "/webhook", "{}"))).await;
    }
    assert!(
        page.list()
            .await
            .iter()
            .all(|one| one["state"] == "unguarded")
    );
}

#[tokio::test]
async fn what_is_dropped_is_gone() {
    let scheme = providers::github();
    let dropped = Counter::default();
    let service = {
        let inspector = inspector().dangerous_allow_replay();
        let layer = layer(&scheme).with_inspector(&inspector);
        let guard = Dropped(dropped.clone());
        let kept = std::sync::Arc::new(guard);
        let service = layer.layer(super::super::support::handler(move |_| {
            let _ = &kept;
            async { super::super::support::ok() }
        }));
        send(&service, request(&of_body(&scheme, "/webhook", "{}"))).await;
        service
    };
    assert_eq!(dropped.count(), 0);
    drop(service);
    // The handler is in what could replay the delivery, and that is not in a ring with the log.
    assert_eq!(dropped.count(), 1);
}

struct Dropped(Counter);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.add();
    }
}
