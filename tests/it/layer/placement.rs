//! Where the layer can stand: on every place that axum and tower have for one.

use std::{
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    routing::{post, post_service},
};
use axum_webhook::providers;
use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _};
use tower_http::{catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer};

use super::support::{
    Answer, Counter, HANDLED, REFUSED, Wire, answer, counting, forged_to, handler, layer, of_body,
    ok, request, send, serve, signed_to, wire_text,
};

/// That a genuine delivery to `path` is handled once, and a forged one not at all.
async fn check<S>(service: S, runs: &Counter, path: &str)
where
    S: Service<Request, Response = Response<Body>, Error = Infallible> + Clone,
{
    let scheme = providers::github();
    let genuine = send(&service, request(&signed_to(&scheme, path))).await;
    genuine.assert_handled("genuine");
    assert_eq!(runs.count(), 1);

    let forged = send(&service, request(&forged_to(&scheme, path))).await;
    forged.assert_refused("forged", "mismatch");
    let mut bare = request(&signed_to(&scheme, path));
    bare.headers_mut().clear();
    let bare = send(&service, bare).await;
    bare.assert_refused("without a signature", "missing");
    assert_eq!(runs.count(), 1);

    send(&service, request(&signed_to(&scheme, path)))
        .await
        .assert_handled("genuine, after forged ones");
    assert_eq!(runs.count(), 2);
}

fn route(runs: &Counter) -> axum::routing::MethodRouter {
    post_service(counting(runs))
}

#[tokio::test]
async fn on_a_router() {
    let runs = Counter::default();
    let app = Router::new()
        .route("/a", route(&runs))
        .layer(layer(&providers::github()));
    check(app, &runs, "/a").await;
}

#[tokio::test]
async fn on_the_routes_of_a_router() {
    let runs = Counter::default();
    let app = Router::new()
        .route("/a", route(&runs))
        .route_layer(layer(&providers::github()));
    check(app, &runs, "/a").await;
}

#[tokio::test]
async fn on_one_route() {
    let runs = Counter::default();
    let open = Counter::default();
    let app = Router::new()
        .route("/a", route(&runs).layer(layer(&providers::github())))
        .route("/open", route(&open));
    check(app.clone(), &runs, "/a").await;
    // The neighbour is not the layer's business.
    send(&app, request(&forged_to(&providers::github(), "/open")))
        .await
        .assert_handled("another route");
    assert_eq!(open.count(), 1);
}

#[tokio::test]
async fn on_the_methods_of_one_route() {
    let runs = Counter::default();
    let app = Router::new().route("/a", route(&runs).route_layer(layer(&providers::github())));
    check(app, &runs, "/a").await;
}

#[tokio::test]
async fn inside_a_nest() {
    let runs = Counter::default();
    let inner = Router::new()
        .route("/a", route(&runs))
        .layer(layer(&providers::github()));
    check(Router::new().nest("/hooks", inner), &runs, "/hooks/a").await;
}

#[tokio::test]
async fn inside_a_nest_in_a_nest() {
    let runs = Counter::default();
    let inner = Router::new()
        .route("/a", route(&runs))
        .layer(layer(&providers::github()));
    let app = Router::new().nest("/x", Router::new().nest("/y", inner));
    check(app, &runs, "/x/y/a").await;
}

#[tokio::test]
async fn around_a_nest() {
    let runs = Counter::default();
    let app = Router::new()
        .nest("/hooks", Router::new().route("/a", route(&runs)))
        .layer(layer(&providers::github()));
    check(app, &runs, "/hooks/a").await;
}

#[tokio::test]
async fn on_a_nested_service() {
    let runs = Counter::default();
    let service = layer(&providers::github()).layer(counting(&runs));
    check(
        Router::new().nest_service("/hooks", service),
        &runs,
        "/hooks/a",
    )
    .await;
}

#[tokio::test]
async fn on_a_router_that_is_nested_as_a_service() {
    let runs = Counter::default();
    let inner = Router::new()
        .route("/a", route(&runs))
        .layer(layer(&providers::github()));
    check(
        Router::new().nest_service("/hooks", inner),
        &runs,
        "/hooks/a",
    )
    .await;
}

#[tokio::test]
async fn on_a_fallback() {
    let runs = Counter::default();
    let app = Router::new()
        .fallback_service(counting(&runs))
        .layer(layer(&providers::github()));
    check(app, &runs, "/anything").await;
}

#[tokio::test]
async fn around_the_whole_router() {
    let runs = Counter::default();
    let router: Router = Router::new().route("/a", route(&runs));
    check(layer(&providers::github()).layer(router), &runs, "/a").await;
}

#[tokio::test]
async fn in_a_service_builder_with_layers_that_need_axums_body() {
    let runs = Counter::default();
    let inside = Counter::default();
    let seen = inside.clone();
    let app = Router::new().route("/a", route(&runs)).layer(
        ServiceBuilder::new()
            .layer(layer(&providers::github()))
            .layer(from_fn(move |request: Request, next: Next| {
                seen.add();
                next.run(request)
            })),
    );
    check(app, &runs, "/a").await;
    assert_eq!(
        inside.count(),
        2,
        "what stands inside sees genuine requests only"
    );
}

#[tokio::test]
async fn between_layers_that_change_the_types_of_bodies() {
    let runs = Counter::default();
    let app = Router::new().route("/a", route(&runs)).layer(
        ServiceBuilder::new()
            .layer(RequestBodyLimitLayer::new(1 << 20))
            .layer(CatchPanicLayer::new())
            .layer(layer(&providers::github()))
            .layer(RequestBodyLimitLayer::new(1 << 20))
            .layer(CatchPanicLayer::new()),
    );
    check(app, &runs, "/a").await;
}

#[tokio::test]
async fn in_front_of_a_handler_that_panics() {
    let service = ServiceBuilder::new()
        .layer(layer(&providers::github()))
        .layer(CatchPanicLayer::new())
        .service(handler(|_| async {
            panic!("the handler panics on purpose")
        }));
    let scheme = providers::github();
    let genuine = send(&service, request(&signed_to(&scheme, "/a"))).await;
    assert_eq!(genuine.status, 500);
    assert!(genuine.rejection.is_none());
    let forged = send(&service, request(&forged_to(&scheme, "/a"))).await;
    forged.assert_refused("forged", "mismatch");
}

#[tokio::test]
async fn on_a_tower_service_without_axums_router() {
    let runs = Counter::default();
    check(
        layer(&providers::github()).layer(counting(&runs)),
        &runs,
        "/a",
    )
    .await;
}

#[tokio::test]
async fn on_a_tower_service_behind_hyper_and_a_socket() {
    let scheme = providers::github();
    let runs = Counter::default();
    let address = serve(layer(&scheme).layer(counting(&runs))).await;

    let mut wire = Wire::connect(address).await;
    wire.write(wire_text(&signed_to(&scheme, "/a?b=c"))).await;
    let genuine = wire.response().await.unwrap();
    assert_eq!((genuine.status, genuine.body.as_str()), (200, HANDLED));

    let mut wire = Wire::connect(address).await;
    wire.write(wire_text(&forged_to(&scheme, "/a?b=c"))).await;
    let forged = wire.response().await.unwrap();
    assert_eq!((forged.status, forged.body.as_str()), (401, REFUSED));
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn behind_axum_serve_and_a_socket() {
    let scheme = providers::github();
    let runs = Counter::default();
    let app = Router::new()
        .route("/a", route(&runs))
        .layer(layer(&scheme));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());

    for (name, signed, status) in [
        ("genuine", signed_to(&scheme, "/a"), 200),
        ("forged", forged_to(&scheme, "/a"), 401),
    ] {
        let mut wire = Wire::connect(address).await;
        wire.write(wire_text(&signed)).await;
        assert_eq!(wire.response().await.unwrap().status, status, "{name}");
    }
    assert_eq!(runs.count(), 1);
}

/// A service that is called by hyper with hyper's own body: the layer's type says nothing of it.
#[test]
fn any_body_of_bytes_will_do() {
    fn takes<S: Service<http::Request<Incoming>>>(_: &S) {}
    fn takes_full<S: Service<http::Request<http_body_util::Full<Bytes>>>>(_: &S) {}
    let service = layer(&providers::github()).layer(counting(&Counter::default()));
    takes(&service);
    takes_full(&service);
}

#[derive(Debug, PartialEq)]
enum Broken {
    NotReady,
    Failed,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

/// A service whose errors are its own.
#[derive(Clone)]
struct Breaks {
    ready: bool,
}

impl Service<Request> for Breaks {
    type Response = Response<http_body_util::Full<Bytes>>;
    type Error = Broken;
    type Future = std::future::Ready<Result<Self::Response, Broken>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Poll::Ready(if self.ready {
            Ok(())
        } else {
            Err(Broken::NotReady)
        })
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let fails = request.uri().path() == "/fails";
        std::future::ready(if fails {
            Err(Broken::Failed)
        } else {
            Ok(Response::new(HANDLED.into()))
        })
    }
}

/// An error of the inner service comes out as it is, and a refusal is no error.
#[tokio::test]
async fn the_error_type_is_the_inner_services() {
    let scheme = providers::github();
    let service = layer(&scheme).layer(Breaks { ready: true });
    let send = |signed| service.clone().oneshot(request(&signed));

    let failed: Result<_, Broken> = send(signed_to(&scheme, "/fails")).await;
    assert_eq!(failed.unwrap_err(), Broken::Failed);
    let refused: Answer = answer(send(forged_to(&scheme, "/fails")).await.unwrap()).await;
    refused.assert_refused("forged", "mismatch");
    let handled: Answer = answer(send(signed_to(&scheme, "/")).await.unwrap()).await;
    handled.assert_handled("genuine");

    let service = layer(&scheme).layer(Breaks { ready: false });
    let not_ready = service.oneshot(request(&signed_to(&scheme, "/"))).await;
    assert_eq!(not_ready.unwrap_err(), Broken::NotReady);
}

/// One layer may be put on several routes: they share its store and nothing else.
#[tokio::test]
async fn on_several_routes_at_once() {
    let (a, b) = (Counter::default(), Counter::default());
    let layer = layer(&providers::github());
    let app: Router = Router::new()
        .route("/a", route(&a).layer(layer.clone()))
        .route("/b", route(&b).layer(layer))
        .route("/c", post(async || "open"));
    check(app.clone(), &a, "/a").await;
    check(app, &b, "/b").await;
    assert_eq!((a.count(), b.count()), (2, 2));
}

/// Two layers around each other both have to be content.
#[tokio::test]
async fn one_inside_another() {
    let (github, stripe) = (providers::github(), providers::stripe());
    let runs = Counter::default();
    let service = layer(&github).layer(layer(&stripe).layer(counting(&runs)));
    let genuine = signed_to(&stripe, "/a");
    send(&service, request(&genuine))
        .await
        .assert_refused("stripe alone", "missing");
    send(&service, request(&signed_to(&github, "/a")))
        .await
        .assert_refused("github alone", "missing");
    assert_eq!(runs.count(), 0);

    let mut same = of_body(&stripe, "/a", r#"{"id":"evt_1"}"#);
    same.headers
        .extend(of_body(&github, "/a", r#"{"id":"evt_1"}"#).headers);
    send(&service, request(&same)).await.assert_handled("both");
    assert_eq!(runs.count(), 1);
}

/// What a layer makes of a body.
type Change = fn(&[u8]) -> Vec<u8>;

async fn change_body(State(change): State<Change>, request: Request, next: Next) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = Body::from(change(&body));
    next.run(Request::from_parts(parts, body)).await
}

fn parse_and_print(body: &[u8]) -> Vec<u8> {
    let value: serde_json::Value = serde_json::from_slice(body).unwrap();
    serde_json::to_vec(&value).unwrap()
}

/// T-L2: a layer outside that changes the body leaves nothing that was signed; inside it may do as it likes.
#[tokio::test]
async fn t_l2_a_layer_that_changes_the_body_belongs_inside() {
    const BODY: &str = r#"{ "type": "paid", "id": "evt_1", "amount": 1.50, "name": "Zo\u00eb" }"#;
    let changes: [(&str, Change, bool); 4] = [
        ("buffers it", <[u8]>::to_vec, true),
        ("parses and prints it", parse_and_print, false),
        ("adds a line end", |body| [body, b"\n"].concat(), false),
        ("eats it", |_| Vec::new(), false),
    ];
    for scheme in [providers::github(), providers::stripe()] {
        let signed = of_body(&scheme, "/a", BODY);
        assert_eq!(signed.body, BODY.as_bytes());
        for (name, change, harmless) in changes {
            let name = format!("{}: {name}", scheme.id);
            let seen = Arc::new(Mutex::new(Vec::new()));
            let log = Arc::clone(&seen);
            let router = Router::new().route(
                "/a",
                post_service(handler(move |request| {
                    let log = Arc::clone(&log);
                    async move {
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        log.lock().unwrap().push(body);
                        ok()
                    }
                })),
            );
            let seen = || std::mem::take(&mut *seen.lock().unwrap());
            let changing = || from_fn_with_state(change, change_body);

            let outside = router.clone().layer(layer(&scheme)).layer(changing());
            let answer = send(&outside, request(&signed)).await;
            if harmless {
                answer.assert_handled(&name);
                assert_eq!(seen(), [BODY], "{name}");
            } else {
                answer.assert_refused(&name, "mismatch");
                assert!(seen().is_empty(), "{name}");
            }

            let inside = router.layer(changing()).layer(layer(&scheme));
            send(&inside, request(&signed)).await.assert_handled(&name);
            assert_eq!(seen(), [change(BODY.as_bytes())], "{name}");
            let forged = send(&inside, request(&forged_to(&scheme, "/a"))).await;
            forged.assert_refused(&name, "mismatch");
            assert!(seen().is_empty(), "{name}");
        }
    }
}
