//! What is kept of each way that a request can go.

use axum_webhook::{
    DiagnosisLevel, Tenant, TenantFrom, TenantKeys, WebhookLayer, inspector, providers,
    replay::MemoryReplayStore,
};
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use tower::Layer as _;

use super::{
    super::support::{
        Counter, Frames, Step, counting, endpoint, forged, handler, layer, layer_for, of_body, ok,
        request, right, send, signed, status,
    },
    Page,
};

#[tokio::test]
async fn a_genuine_delivery_has_its_verdict_key_times_and_end() {
    let scheme = providers::stripe();
    let inspector = inspector();
    let layer = layer(&scheme)
        .with_replay_store(MemoryReplayStore::default())
        .with_inspector(&inspector);
    let service = layer.layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let body = r#"{"id":"evt_1","type":"charge.paid","amount":1200}"#;
    send(&service, request(&of_body(&scheme, "/webhook", body)))
        .await
        .assert_handled("first");

    let shown = page.newest().await;
    for (name, want) in [
        ("state", json!("committed")),
        ("verdict", json!("verified")),
        ("endpoint", json!("stripe")),
        ("provider", json!("stripe")),
        ("method", json!("POST")),
        ("target", json!("/webhook")),
        ("event_id", json!("evt_1")),
        ("event_type", json!("charge.paid")),
        ("key_id", json!("key-1")),
        ("skew_seconds", json!(0.0)),
        ("status", json!(200)),
        ("bytes", json!(body.len())),
        ("at", json!(1_700_000_000_000_i64)),
        ("reason", Value::Null),
        ("findings", json!([])),
    ] {
        assert_eq!(shown[name], want, "{name}: {shown:#}");
    }
    assert_eq!(shown["body"]["kind"], "json");
    assert!(
        shown["body"]["text"]
            .as_str()
            .unwrap()
            .contains("\n  \"amount\": 1200")
    );
    for time in ["verify_ms", "handler_ms", "total_ms"] {
        assert!(shown[time].as_f64().unwrap() > 0.0, "{time}");
    }

    send(&service, request(&of_body(&scheme, "/webhook", body))).await;
    let states: Vec<_> = page
        .list()
        .await
        .iter()
        .map(|one| one["state"].clone())
        .collect();
    assert_eq!(states, ["duplicate", "committed"]);
    assert_eq!(page.newest().await["event_id"], "evt_1");
}

#[tokio::test]
async fn a_refusal_says_why() {
    let scheme = providers::github();
    let inspector = inspector();
    let layer = layer(&scheme).with_inspector(&inspector);
    let layer = layer.with_diagnosis(DiagnosisLevel::Trials);
    let service = layer.layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let mut signed = signed(&scheme);
    signed.body.push(b'\n');
    send(&service, request(&signed))
        .await
        .assert_refused("newline", "mismatch");

    let shown = page.newest().await;
    assert_eq!(shown["state"], "refused");
    assert_eq!(shown["verdict"], "refused");
    assert_eq!(shown["code"], "mismatch");
    assert_eq!(shown["status"], 401);
    assert_eq!(shown["findings"][0]["code"], "body-newline", "{shown:#}");
    assert_eq!(shown["findings"][0]["is_proven"], true);
    assert_eq!(page.found("body-newline").await, [1]);
}

#[tokio::test]
async fn each_end_has_its_state() {
    let scheme = providers::stripe();
    let inspector = inspector();
    let layer = layer(&scheme)
        .with_replay_store(MemoryReplayStore::default())
        .with_inspector(&inspector);
    let page = Page::of(&inspector);
    let failing = layer.layer(handler(|_| async { status(500) }));
    let panics = handler(|_| async {
        tokio::task::yield_now().await;
        panic!("the handler is broken")
    });
    let panicking = layer.layer(panics);

    let delivery = |id: &str| request(&of_body(&scheme, "/webhook", format!(r#"{{"id":"{id}"}}"#)));
    send(&failing, delivery("evt_1")).await;
    assert_eq!(page.newest().await["state"], "released");
    assert_eq!(page.newest().await["status"], 500);

    let second = delivery("evt_2");
    let panicked = tokio::spawn(async move { send(&panicking, second).await }).await;
    assert!(panicked.is_err());
    assert_eq!(page.newest().await["state"], "abandoned");
    assert_eq!(
        page.newest().await["notes"],
        json!(["the handler panicked"])
    );

    let service = layer.layer(counting(&Counter::default()));
    let body = Frames::new([Step::Data(Bytes::from_static(b"{")), Step::Hang]);
    let hanging = super::super::support::with_body(&signed(&scheme), body);
    let sent = tokio::time::timeout(
        std::time::Duration::from_millis(20),
        send(&service, hanging),
    );
    assert!(sent.await.is_err());
    let shown = page.newest().await;
    assert_eq!(
        (&shown["state"], &shown["verdict"]),
        (&json!("broken-off"), &json!("none"))
    );
    assert_eq!(shown["bytes"], 1);
    assert_eq!(
        shown["notes"],
        json!(["the client went away before it had an answer"])
    );

    let get = Request::get("/webhook")
        .body(axum::body::Body::empty())
        .unwrap();
    send(&service, get).await;
    assert_eq!(page.newest().await["code"], "method");
}

#[tokio::test]
async fn a_delivery_is_there_while_its_handler_works_and_so_is_its_copy() {
    let scheme = providers::stripe();
    let inspector = inspector();
    let layer = layer(&scheme)
        .with_replay_store(MemoryReplayStore::default())
        .with_inspector(&inspector);
    let page = Page::of(&inspector);
    let (started, release) = (
        Counter::default(),
        std::sync::Arc::new(tokio::sync::Notify::new()),
    );
    let (at, wait) = (started.clone(), std::sync::Arc::clone(&release));
    let service = layer.layer(handler(move |_| {
        at.add();
        let wait = std::sync::Arc::clone(&wait);
        async move {
            wait.notified().await;
            ok()
        }
    }));
    let first = of_body(&scheme, "/webhook", r#"{"id":"evt_1"}"#);
    let (background, copy) = (service.clone(), request(&first));
    let running = tokio::spawn(async move { send(&background, copy).await });
    while started.count() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(page.newest().await["state"], "handling");
    send(&service, request(&first))
        .await
        .assert_try_again("copy", "in-flight");
    let states = |list: Vec<Value>| {
        list.iter()
            .map(|one| one["state"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(states(page.list().await), ["in-flight", "handling"]);
    assert_eq!(page.newest().await["verdict"], "verified");
    release.notify_one();
    running.await.unwrap().assert_handled("first");
    assert_eq!(states(page.list().await), ["in-flight", "committed"]);
}

#[tokio::test]
async fn an_endpoint_that_observes_shows_what_it_would_refuse() {
    let scheme = providers::github();
    let inspector = inspector().dangerous_allow_replay();
    let layer = layer_for(endpoint(&scheme).with_shadow_mode()).with_inspector(&inspector);
    let service = layer.layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    send(&service, request(&forged(&scheme))).await;
    let shown = page.newest().await;
    assert_eq!(shown["state"], "would-be-refused");
    assert_eq!(shown["verdict"], "would-be-refused");
    assert_eq!(shown["code"], "mismatch");
    send(&service, request(&signed(&scheme))).await;
    let shown = page.newest().await;
    assert_eq!(
        (&shown["state"], &shown["verdict"]),
        (&json!("unguarded"), &json!("verified"))
    );
    assert_eq!(page.replay(2).await.0, 409);
}

#[tokio::test]
async fn a_tenant_and_the_endpoint_are_named_and_an_unknown_path_has_neither() {
    let scheme = providers::github();
    let secret = right(&scheme);
    let keys = TenantKeys::new(&scheme, move |tenant: Tenant| {
        let secret = secret.clone();
        async move { Ok::<_, String>((tenant.as_str() == "acme").then_some(secret)) }
    });
    let endpoint = axum_webhook::Endpoint::from_source(scheme.clone(), keys)
        .unwrap()
        .with_path("/t/{tenant}")
        .with_tenant(TenantFrom::path("/t/{tenant}").unwrap());
    let inspector = inspector();
    let layer = WebhookLayer::by_path(vec![endpoint])
        .unwrap()
        .with_inspector(&inspector);
    let service = layer.layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let delivery = super::super::support::signed_to(&scheme, "/t/acme");
    send(&service, request(&delivery))
        .await
        .assert_handled("acme");
    assert_eq!(page.newest().await["tenant"], "acme");
    let delivery = super::super::support::signed_to(&scheme, "/elsewhere");
    send(&service, request(&delivery)).await;
    let shown = page.newest().await;
    assert_eq!(
        (&shown["endpoint"], &shown["code"]),
        (&Value::Null, &json!("no-endpoint"))
    );
    // Whose signature it is can't be told, so its name decides.
    let headers = shown["headers"].as_array().unwrap();
    let signature = headers
        .iter()
        .find(|header| header["name"] == "x-hub-signature-256");
    assert_eq!(signature.unwrap()["value"], Value::Null);
}
