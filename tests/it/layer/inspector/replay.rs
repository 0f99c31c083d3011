//! A delivery that the operator hands to its handler once more.

use std::{
    future::{Ready, ready},
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, State},
    routing::post,
};
use axum_webhook::{
    Inspector, VerifiedWebhook, WebhookLayer, inspector, providers, replay::MemoryReplayStore,
    telemetry::Event,
};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tower::{Layer as _, Service};

use super::{
    super::{
        readiness::MustBeReady,
        support::{forged, layer, of_body, ok, request, send},
    },
    Page, replay,
};

/// What the handler saw, and what it answers.
#[derive(Clone)]
struct App {
    seen: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<u16>>,
}

async fn handle(
    State(app): State<App>,
    Path(name): Path<String>,
    Extension(outer): Extension<u8>,
    hook: VerifiedWebhook<Value>,
) -> StatusCode {
    let by = if hook.is_replayed_by_operator() {
        "operator"
    } else {
        "provider"
    };
    let guarded = hook.fence().is_some();
    let line = format!(
        "{by} {name} {outer} {} {:?} {guarded}",
        hook.payload["id"],
        hook.event_id()
    );
    app.seen.lock().unwrap().push(line);
    let status = *app.answer.lock().unwrap();
    StatusCode::from_u16(status).unwrap()
}

fn app(inspector: &Inspector) -> (Router, App) {
    let app = App {
        seen: Arc::default(),
        answer: Arc::new(Mutex::new(200)),
    };
    let layer = layer(&providers::stripe())
        .with_replay_store(MemoryReplayStore::default())
        .with_inspector(inspector);
    (router(&app, layer), app)
}

fn router(app: &App, layer: WebhookLayer) -> Router {
    Router::new()
        .route("/webhook/{name}", post(handle))
        .layer(layer)
        .layer(Extension(7_u8))
        .with_state(app.clone())
}

impl App {
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    fn answers(&self, status: u16) {
        *self.answer.lock().unwrap() = status;
    }
}

fn delivery(id: &str) -> axum_webhook::sign::Signed {
    of_body(
        &providers::stripe(),
        "/webhook/acme",
        format!(r#"{{"id":"{id}"}}"#),
    )
}

#[tokio::test]
async fn a_done_event_is_handled_once_more_and_the_handler_knows() {
    let inspector = inspector().dangerous_allow_replay();
    let (service, app) = app(&inspector);
    let page = Page::of(&inspector);
    send(&service, request(&delivery("evt_1"))).await;
    assert_eq!(
        app.seen(),
        [r#"provider acme 7 "evt_1" Some("evt_1") true"#]
    );
    assert_eq!(page.newest().await["not_replayable"], Value::Null);

    let (status, said) = page.replay(1).await;
    assert_eq!((status, said), (200, json!({ "id": 2, "status": 200 })));
    assert_eq!(
        app.seen(),
        [r#"operator acme 7 "evt_1" Some("evt_1") false"#]
    );
    let shown = page.newest().await;
    for (name, want) in [
        ("id", json!(2)),
        ("replay_of", json!(1)),
        ("state", json!("unguarded")),
        ("status", json!(200)),
        ("event_id", json!("evt_1")),
        ("target", json!("/webhook/acme")),
    ] {
        assert_eq!(shown[name], want, "{name}");
    }
    assert_eq!(shown["body"]["len"], delivery("evt_1").body.len());
    // The first one is as it was, and a replay can be replayed.
    assert_eq!(page.json("/deliveries/1").await["state"], "committed");
    assert_eq!(page.replay(2).await.1, json!({ "id": 3, "status": 200 }));
    assert_eq!(app.seen().len(), 1);
    // The provider's own repeat is a duplicate as ever.
    send(&service, request(&delivery("evt_1"))).await;
    assert_eq!(app.seen(), [""; 0]);
}

#[tokio::test]
async fn a_replay_that_succeeds_makes_a_failed_event_done() {
    let inspector = inspector().dangerous_allow_replay();
    let (service, app) = app(&inspector);
    let page = Page::of(&inspector);
    app.answers(500);
    send(&service, request(&delivery("evt_1"))).await;
    assert_eq!(page.newest().await["state"], "released");
    assert_eq!(page.replay(1).await.1["status"], 500);
    assert_eq!(page.newest().await["state"], "released");
    app.answers(200);
    assert_eq!(page.replay(1).await.1["status"], 200);
    assert_eq!(page.newest().await["state"], "committed");
    assert_eq!(app.seen().len(), 3);
    // So the provider's retry is not handled again.
    send(&service, request(&delivery("evt_1"))).await;
    assert_eq!(app.seen(), [""; 0]);
    assert_eq!(page.newest().await["state"], "duplicate");
    let (status, said) = page.replay(4).await;
    assert_eq!(
        (status, &said["error"]),
        (409, &json!("it did not come to a handler"))
    );
}

#[tokio::test]
async fn an_event_that_is_being_handled_is_not_handled_beside() {
    let inspector = inspector().dangerous_allow_replay();
    let release = Arc::new(tokio::sync::Notify::new());
    let started = super::super::support::Counter::default();
    let (wait, at) = (Arc::clone(&release), started.clone());
    let handler = super::super::support::handler(move |_| {
        at.add();
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            super::super::support::ok()
        }
    });
    let layer = layer(&providers::stripe())
        .with_replay_store(MemoryReplayStore::default())
        .with_inspector(&inspector);
    let service = tower::Layer::layer(&layer, handler);
    let page = Page::of(&inspector);
    let running = {
        let service = service.clone();
        tokio::spawn(async move { send(&service, request(&delivery("evt_1"))).await })
    };
    while started.count() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(page.replay(1).await.1, json!({ "id": 2, "status": 503 }));
    assert_eq!(page.newest().await["state"], "in-flight");
    assert_eq!(started.count(), 1);
    release.notify_one();
    running.await.unwrap().assert_handled("first");
}

#[tokio::test]
async fn what_is_forged_or_not_allowed_reaches_no_handler() {
    let scheme = providers::stripe();
    let allowed = inspector().dangerous_allow_replay();
    let (service, app) = app(&allowed);
    let page = Page::of(&allowed);
    let mut forgery = forged(&scheme);
    forgery.url = "https://example.com/webhook/acme".to_owned();
    send(&service, request(&forgery))
        .await
        .assert_refused("forged", "mismatch");
    let (status, said) = page.replay(1).await;
    let want = json!({ "error": "only a genuine delivery can be handed to a handler" });
    assert_eq!((status, said), (409, want));
    assert_eq!(page.replay(77).await.0, 404);

    // By default nothing can be replayed.
    let plain = inspector();
    let (service, other) = self::app(&plain);
    let page = Page::of(&plain);
    send(&service, request(&delivery("evt_1"))).await;
    assert_eq!(other.seen().len(), 1);
    let (status, said) = page.replay(1).await;
    assert_eq!(
        (status, said),
        (409, json!({ "error": "the inspector does not allow it" }))
    );
    assert_eq!(page.json("/deliveries").await["allows_replay"], false);
    assert_eq!((app.seen().len(), other.seen().len()), (0, 0));
}

#[tokio::test]
async fn only_the_page_itself_can_replay() {
    let inspector = inspector()
        .dangerous_allow_replay()
        .with_host("admin.example.com");
    let (service, app) = app(&inspector);
    let page = Page::of(&inspector);
    send(&service, request(&delivery("evt_1"))).await;
    app.seen();
    // The page's own request, but for these headers; `None` takes one away.
    let ask = |changes: &[(&'static str, Option<&str>)]| {
        let mut request = replay(1).body(Body::empty()).unwrap();
        for (name, value) in changes {
            request.headers_mut().remove(*name);
            if let Some(value) = value {
                request.headers_mut().insert(*name, value.parse().unwrap());
            }
        }
        request
    };
    let evil = "https://evil.example";
    for (name, changes) in [
        ("no origin", &[("origin", None)] as &[_]),
        ("null", &[("origin", Some("null"))]),
        ("another site", &[("origin", Some(evil))]),
        ("another port", &[("origin", Some("http://127.0.0.1:8000"))]),
        ("a form", &[("x-webhook-inspector", None)]),
        ("cross-site", &[("sec-fetch-site", Some("cross-site"))]),
        ("same-site", &[("sec-fetch-site", Some("same-site"))]),
        (
            "rebinding",
            &[("host", Some("evil.example")), ("origin", Some(evil))],
        ),
        (
            "another of our names",
            &[("origin", Some("https://admin.example.com"))],
        ),
    ] {
        assert_eq!(page.send(ask(changes)).await.status, 403, "{name}");
    }
    let mut doubled = ask(&[]);
    doubled
        .headers_mut()
        .append("origin", evil.parse().unwrap());
    assert_eq!(page.send(doubled).await.status, 403);
    let get = super::get("/deliveries/1/replay");
    assert_eq!(page.send(get).await.status, 405);
    assert_eq!(app.seen(), [""; 0]);
    let named = ask(&[
        ("host", Some("admin.example.com")),
        ("origin", Some("https://admin.example.com")),
    ]);
    assert_eq!(page.send(named).await.status, 200);
    assert_eq!(app.seen().len(), 1);
}

/// Nobody has polled it, for no request has come.
#[tokio::test]
async fn the_service_is_polled_ready_for_a_replay() {
    let inspector = inspector().dangerous_allow_replay();
    let page = Page::of(&inspector);
    let inner = MustBeReady::default();
    let runs = inner.runs.clone();
    let service = layer(&providers::stripe())
        .with_inspector(&inspector)
        .layer(inner);
    send(&service, request(&delivery("evt_1"))).await;
    assert_eq!(page.replay(1).await.1, json!({ "id": 2, "status": 200 }));
    assert_eq!(runs.count(), 2);
}

/// Is ready until it is broken.
#[derive(Clone, Default)]
struct Breaking(Arc<AtomicBool>);

impl Service<Request<Body>> for Breaking {
    type Response = Response<Body>;
    type Error = io::Error;
    type Future = Ready<Result<Response<Body>, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(if self.0.load(Ordering::SeqCst) {
            Err(io::ErrorKind::BrokenPipe.into())
        } else {
            Ok(())
        })
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        ready(Ok(ok()))
    }
}

/// It does not stand on the page as one that is still to come.
#[tokio::test]
async fn a_replay_ends_where_the_service_is_broken() {
    let inspector = inspector().dangerous_allow_replay();
    let page = Page::of(&inspector);
    let inner = Breaking::default();
    let service = layer(&providers::stripe())
        .with_inspector(&inspector)
        .layer(inner.clone());
    send(&service, request(&delivery("evt_1"))).await;
    inner.0.store(true, Ordering::SeqCst);
    assert_eq!(page.replay(1).await.1, json!({ "id": 2, "status": null }));
    let notes = json!(["the inner service failed"]);
    assert_eq!(page.newest().await["notes"], notes);
}

#[tokio::test]
async fn a_replay_is_heard_of() {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let inspector = inspector().dangerous_allow_replay();
    let app = App {
        seen: Arc::default(),
        answer: Arc::new(Mutex::new(200)),
    };
    let keep = Arc::clone(&heard);
    let layer = layer(&providers::stripe())
        .with_replay_store(MemoryReplayStore::default())
        .on_event(move |event| {
            keep.lock().unwrap().push(match event {
                Event::Verified(_) => "verified".to_owned(),
                Event::Replayed {
                    endpoint, provider, ..
                } => format!("replayed {endpoint} {provider}"),
                Event::Handled(handled) => format!("handled {}", handled.settlement.name()),
                other => format!("{other:?}"),
            });
        })
        .with_inspector(&inspector);
    let service = router(&app, layer);
    send(&service, request(&delivery("evt_1"))).await;
    #[cfg(feature = "tracing")]
    let log = super::super::support::Log::capture();
    Page::of(&inspector).replay(1).await;
    let want = [
        "verified",
        "handled committed",
        "replayed stripe stripe",
        "handled unguarded",
    ];
    assert_eq!(*heard.lock().unwrap(), want);
    #[cfg(feature = "tracing")]
    assert!(
        log.text()
            .contains("the operator hands a webhook to its handler once more"),
        "{}",
        log.text()
    );
}
