//! `VerifiedWebhook`: what a handler gets, and that nobody else can make one.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::Body,
    extract::{Extension, Request, State},
    middleware::{Next, from_fn},
    response::IntoResponse as _,
    routing::post,
};
use axum_webhook::{
    Authentic, Endpoint, Keyring, Rejection, Secret, Secrets, ShadowVerdict, VerifiedWebhook,
    WebhookLayer, WebhookRejection, WebhookService, providers,
    replay::{MemoryReplayStore, ReplayKey},
    scheme::{Coverage, Scheme},
    sign::{Draft, Signed},
};
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Deserialize;
use tower::Layer as _;

use super::support::{
    Answer, Counter, Frames, HANDLED, Step, counting, endpoint, forged, handler, layer, layer_for,
    now, of_body, ok, request, right, send, signed, with_body, with_header, without_header,
};

#[derive(Debug, Deserialize)]
struct Payment {
    id: String,
    amount: u64,
}

const PAYMENT: &str = r#"{"id":"evt_1","type":"paid","amount":250}"#;

fn payment(scheme: &Scheme) -> Signed {
    of_body(scheme, "/webhook", PAYMENT)
}

fn app(scheme: &Scheme, method: axum::routing::MethodRouter) -> Router {
    Router::new().route("/webhook", method).layer(layer(scheme))
}

// --- The payload.

#[tokio::test]
async fn json_is_read_as_the_handlers_type() {
    let on_payment = async |hook: VerifiedWebhook<Payment>| {
        format!("{} {}", hook.payload.id, hook.payload.amount)
    };
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/cloudevents+json",
        "text/plain",
    ] {
        let signed = with_header(&payment(&providers::stripe()), "content-type", kind);
        let answer = send(
            &app(&providers::stripe(), post(on_payment)),
            request(&signed),
        )
        .await;
        assert_eq!(answer.text(), "evt_1 250", "{kind}");
    }
    let signed = without_header(&payment(&providers::stripe()), "content-type");
    let answer = send(
        &app(&providers::stripe(), post(on_payment)),
        request(&signed),
    )
    .await;
    assert_eq!(answer.text(), "evt_1 250", "no content type");
}

#[tokio::test]
async fn a_form_is_read_as_the_handlers_type() {
    #[derive(Deserialize)]
    struct Slash {
        command: String,
        text: String,
        tag: Vec<String>,
    }
    let slack = providers::slack();
    let on_command = async |hook: VerifiedWebhook<Slash>| {
        let Slash { command, text, tag } = &hook.payload;
        format!("{command}|{text}|{tag:?}|{:?}", hook.event_type())
    };
    let body = "command=%2Fdeploy&text=a+b%26c&tag=1&tag=2&other=x";
    let signed = Draft::new(body)
        .with_content_type("application/x-www-form-urlencoded; charset=utf-8")
        .with_timestamp(now())
        .sign(&slack, right(&slack))
        .unwrap();
    let answer = send(&app(&slack, post(on_command)), request(&signed)).await;
    assert_eq!(answer.text(), r#"/deploy|a b&c|["1", "2"]|Some("/deploy")"#);
}

#[tokio::test]
async fn without_a_type_it_is_the_raw_body() {
    let echo = post(async |hook: VerifiedWebhook| hook.raw().clone());
    for body in [b"no JSON at all".to_vec(), vec![0xff, 0x00], Vec::new()] {
        let signed = of_body(&providers::github(), "/webhook", body.clone());
        let answer = send(&app(&providers::github(), echo.clone()), request(&signed)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, body);
    }
}

#[tokio::test]
async fn it_can_be_any_argument() {
    let stripe = providers::stripe();
    let handlers = [
        (
            "alone",
            post(async |hook: VerifiedWebhook<Payment>| hook.payload.id),
        ),
        (
            "first, with the body behind it",
            post(
                async |hook: VerifiedWebhook<Payment>, _: Method, body: Bytes| {
                    assert_eq!(body, hook.raw());
                    hook.payload.id
                },
            ),
        ),
        (
            "in the middle",
            post(
                async |_: Method, hook: VerifiedWebhook<Payment>, _: HeaderMap, body: String| {
                    assert_eq!(body.as_bytes(), hook.raw());
                    hook.payload.id
                },
            ),
        ),
        (
            "last",
            post(async |_: Method, _: HeaderMap, hook: VerifiedWebhook<Payment>| hook.payload.id),
        ),
        (
            "raw and last",
            post(async |_: Method, hook: VerifiedWebhook| hook.event_id().unwrap().to_owned()),
        ),
        (
            "before the whole request",
            post(async |hook: VerifiedWebhook, request: Request| {
                assert_eq!(request.uri(), "/webhook");
                hook.event_id().unwrap().to_owned()
            }),
        ),
        (
            "beside axum's own",
            post(
                async |hook: VerifiedWebhook, Json(payment): Json<Payment>| {
                    assert_eq!(hook.event_id(), Some(payment.id.as_str()));
                    payment.id
                },
            ),
        ),
        (
            "twice",
            post(
                async |raw: VerifiedWebhook, hook: VerifiedWebhook<Payment>| {
                    assert_eq!(raw.raw().as_ptr(), hook.raw().as_ptr());
                    hook.payload.id
                },
            ),
        ),
        (
            "with a result",
            post(
                async |hook: Result<VerifiedWebhook<Payment>, WebhookRejection>| {
                    hook.unwrap().payload.id
                },
            ),
        ),
    ];
    for (name, handler) in handlers {
        let answer = send(&app(&stripe, handler), request(&payment(&stripe))).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (200, "evt_1"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn it_stands_beside_a_state() {
    let stripe = providers::stripe();
    let runs = Counter::default();
    let app = Router::new()
        .route(
            "/webhook",
            post(
                async |State(runs): State<Counter>, hook: VerifiedWebhook<Payment>| {
                    runs.add();
                    hook.payload.id
                },
            ),
        )
        .layer(layer(&stripe))
        .with_state(runs.clone());
    let answer = send(&app, request(&payment(&stripe))).await;
    assert_eq!((answer.text(), runs.count()), ("evt_1", 1));
}

// --- What is known of the delivery.

/// The handler's checks are in the handler, so a wrong one panics there.
#[tokio::test]
async fn everything_known_of_a_delivery_can_be_asked() {
    let stripe = providers::stripe();
    let endpoint = endpoint(&stripe).with_name("payments");
    let app = Router::new()
        .route(
            "/webhook",
            post(async |hook: VerifiedWebhook<Payment>| {
                assert_eq!(hook.provider(), "stripe");
                assert_eq!(hook.endpoint(), "payments");
                assert_eq!(hook.event_id(), Some("evt_1"));
                assert_eq!(hook.event_type(), Some("paid"));
                assert_eq!(hook.timestamp(), Some(now()));
                assert_eq!(hook.key_id(), "key-1");
                assert_eq!(hook.coverage(), Coverage::Body);
                assert_eq!(hook.raw(), PAYMENT.as_bytes());
                assert_eq!(hook.payload.amount, 250);
                let debug = format!("{hook:?}");
                assert!(
                    debug.contains("payments") && debug.contains("evt_1"),
                    "{debug}"
                );
                assert!(!debug.contains("250"), "{debug}");
                assert!(!debug.contains("secret"), "{debug}");
                // Without a store nothing guards the event.
                assert!(hook.done().await.unwrap());
                assert!(!hook.retry_later());
                HANDLED
            }),
        )
        .layer(layer_for(endpoint));
    send(&app, request(&payment(&stripe)))
        .await
        .assert_handled("stripe");
}

#[tokio::test]
async fn what_a_delivery_does_not_have_is_none() {
    let github = providers::github();
    let ask = post(async |hook: VerifiedWebhook| {
        format!(
            "{:?} {:?} {:?} {:?}",
            hook.event_id(),
            hook.event_type(),
            hook.timestamp(),
            hook.coverage()
        )
    });
    let bare = Draft::new("{}").sign(&github, right(&github)).unwrap();
    let answer = send(&app(&github, ask.clone()), request(&bare)).await;
    assert_eq!(answer.text(), "None None None Body");

    let full = with_header(&bare, "x-github-delivery", "d-1");
    let full = with_header(&full, "x-github-event", "push");
    let answer = send(&app(&github, ask.clone()), request(&full)).await;
    assert_eq!(answer.text(), r#"Some("d-1") Some("push") None Body"#);

    // Two ids are none: nobody knows which one is meant.
    let mut twice = full;
    twice
        .headers
        .append("x-github-delivery", "d-2".parse().unwrap());
    let answer = send(&app(&github, ask), request(&twice)).await;
    assert_eq!(answer.text(), r#"None Some("push") None Body"#);
}

#[tokio::test]
async fn the_coverage_is_what_the_check_covered() {
    for (scheme, want) in [
        (providers::github(), "Body"),
        (providers::mailgun(), "Fields"),
        (providers::adyen(), "Fields"),
        (providers::telegram(), "Credential"),
        (providers::postmark(), "Credential"),
    ] {
        let ask = post(async |hook: VerifiedWebhook| format!("{:?}", hook.coverage()));
        let answer = send(&app(&scheme, ask), request(&signed(&scheme))).await;
        assert_eq!(answer.text(), want, "{}", scheme.id);
    }
}

/// During a rotation the handler sees which key it was.
#[tokio::test]
async fn the_key_that_matched_has_its_id() {
    let github = providers::github();
    let named = |seed: &str| super::support::secret(&github, seed).with_id(seed);
    let endpoint = Endpoint::new(github.clone(), [named("new"), named("old")]).unwrap();
    let app = Router::new()
        .route(
            "/webhook",
            post(async |hook: VerifiedWebhook| hook.key_id().to_owned()),
        )
        .layer(layer_for(endpoint));
    for key in ["new", "old"] {
        let signed = Draft::new("{}").sign(&github, named(key)).unwrap();
        assert_eq!(send(&app, request(&signed)).await.text(), key);
    }
    let signed = Draft::new("{}").sign(&github, named("older")).unwrap();
    send(&app, request(&signed))
        .await
        .assert_refused("older", "mismatch");
}

/// Inside a nest the request's URI is another one; the values in the query are the same.
#[tokio::test]
async fn a_delivery_inside_a_nest_is_read_like_any_other() {
    let stripe = providers::stripe();
    let inner = Router::new()
        .route(
            "/webhook",
            post(async |hook: VerifiedWebhook<Payment>| hook.payload.id),
        )
        .layer(layer(&stripe));
    let app = Router::new().nest("/in", inner);
    let answer = send(&app, request(&of_body(&stripe, "/in/webhook?a=b", PAYMENT))).await;
    assert_eq!(answer.text(), "evt_1");
}

// --- A payload that does not fit.

async fn unfit(body: &str) -> Answer {
    let stripe = providers::stripe();
    let app = app(&stripe, post(async |_: VerifiedWebhook<Payment>| HANDLED));
    let signed = Draft::new(body)
        .with_timestamp(now())
        .sign(&stripe, right(&stripe))
        .unwrap();
    send(&app, request(&signed)).await
}

#[tokio::test]
async fn a_payload_that_does_not_fit_is_answered_422_with_a_constant_text() {
    for body in [
        r#"{"id":"evt_1"}"#,
        r#"{"id":"evt_1","amount":"private"}"#,
        r#"{"id":"evt_1","amount":-250}"#,
        r#"{"id":["private"],"amount":1}"#,
        r#"{"id":"evt_1","amount":1} private"#,
        r#"{"id":"evt_1","amount":1"#,
        "private",
        "",
    ] {
        let answer = unfit(body).await;
        assert_eq!(answer.status, 422, "{body}");
        assert_eq!(
            answer.text(),
            "the payload is not what this endpoint expects\n",
            "{body}"
        );
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{body}"
        );
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=utf-8"),
            "{body}"
        );
    }
}

/// The reason says where, and never what.
#[tokio::test]
async fn the_reason_is_for_the_operator() {
    let stripe = providers::stripe();
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&reasons);
    let on_payment = post(
        async move |hook: Result<VerifiedWebhook<Payment>, WebhookRejection>| {
            let rejection = hook.unwrap_err();
            keep.lock().unwrap().push(rejection.to_string());
            rejection.into_response()
        },
    );
    let app = app(&stripe, on_payment);
    for (body, where_it_is) in [
        (
            r#"{"id":"evt_1","amount":"private-1"}"#,
            "`amount` (JSON type, line 1",
        ),
        (r#"{"id":"evt_1","amount":-77177}"#, "`amount` (JSON type"),
        (r#"{"id":{"private-2":1},"amount":1}"#, "`id`"),
        (r#"{"id":"evt_1","amount":1,}"#, "JSON syntax"),
        (r#"{"id":"evt_1","amount":"#, "JSON ends early"),
        (r#"{"id":"evt_1","amount":1} private-3"#, "JSON syntax"),
    ] {
        let signed = Draft::new(body)
            .with_timestamp(now())
            .sign(&stripe, right(&stripe))
            .unwrap();
        let response = tower::ServiceExt::oneshot(app.clone(), request(&signed))
            .await
            .unwrap();
        let kept = response
            .extensions()
            .get::<Arc<WebhookRejection>>()
            .cloned();
        assert_eq!(
            kept.map(|rejection| rejection.status().as_u16()),
            Some(422),
            "{body}"
        );
        let reason = reasons.lock().unwrap().pop().unwrap();
        assert!(reason.contains(where_it_is), "{body}: {reason}");
        assert!(
            !reason.contains("private") && !reason.contains("77177"),
            "{body}: {reason}"
        );
    }
}

#[cfg(feature = "tracing")]
#[tokio::test]
async fn the_reason_is_traced_without_the_body() {
    let log = super::support::Log::capture();
    let answer = unfit(r#"{"id":"private-1","amount":"private-2"}"#).await;
    assert_eq!(answer.status, 422);
    let text = log.text();
    assert!(text.contains("axum_webhook"), "{text}");
    assert!(text.contains("`amount` (JSON type"), "{text}");
    assert!(!text.contains("private"), "{text}");
}

// --- Nothing else makes one: T-L1, T-L3.

#[tokio::test]
async fn t_l1_without_the_layer_it_is_answered_500_that_names_the_layer() {
    let runs = Counter::default();
    let count = runs.clone();
    let bare = Router::new()
        .route("/raw", post(async |_: VerifiedWebhook| HANDLED))
        .route(
            "/typed",
            post(async move |_: VerifiedWebhook<Payment>| {
                count.add();
                HANDLED
            }),
        );
    for path in ["/raw", "/typed"] {
        let answer = send(
            &bare,
            request(&of_body(&providers::stripe(), path, PAYMENT)),
        )
        .await;
        assert_eq!(answer.status, 500, "{path}");
        assert!(
            answer.text().contains("`WebhookLayer`"),
            "{}",
            answer.text()
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(runs.count(), 0);
}

/// A neighbour's layer is no layer of ours.
#[tokio::test]
async fn the_layer_of_another_route_does_not_count() {
    let stripe = providers::stripe();
    let app = Router::new()
        .route("/guarded", post(async |_: VerifiedWebhook| HANDLED))
        .layer(layer(&stripe))
        .route("/bare", post(async |_: VerifiedWebhook| HANDLED));
    send(&app, request(&of_body(&stripe, "/guarded", PAYMENT)))
        .await
        .assert_handled("guarded");
    let answer = send(&app, request(&of_body(&stripe, "/bare", PAYMENT))).await;
    assert_eq!(answer.status, 500);
}

/// T-L3: whatever a layer or a client can put there proves nothing.
#[tokio::test]
async fn t_l3_an_extension_of_somebody_else_is_no_proof() {
    let stripe = providers::stripe();
    let rejection = send(
        &layer(&stripe).layer(handler(async |_| ok())),
        request(&forged(&stripe)),
    )
    .await
    .rejection
    .unwrap();
    let app = Router::new()
        .route("/webhook", post(async |_: VerifiedWebhook| HANDLED))
        .layer(from_fn(move |mut request: Request, next: Next| {
            let extensions = request.extensions_mut();
            extensions.insert(rejection.clone());
            extensions.insert(ReplayKey::from_bytes([1; 32]));
            extensions.insert(Bytes::from_static(PAYMENT.as_bytes()));
            extensions.insert(Arc::new(Bytes::from_static(PAYMENT.as_bytes())));
            extensions.insert("Verified");
            extensions.insert(true);
            next.run(request)
        }));
    for name in ["x-verified", "verified", "x-webhook-verified"] {
        let signed = with_header(&payment(&stripe), name, "true");
        let answer = send(&app, request(&signed)).await;
        assert_eq!(answer.status, 500, "{name}");
    }
}

/// A refused request leaves no proof behind that a later one could use.
#[tokio::test]
async fn a_genuine_delivery_proves_nothing_for_the_next() {
    let stripe = providers::stripe();
    let app = app(
        &stripe,
        post(async |hook: VerifiedWebhook<Payment>| hook.payload.id),
    );
    for _ in 0..3 {
        assert_eq!(send(&app, request(&payment(&stripe))).await.text(), "evt_1");
        send(&app, request(&forged(&stripe)))
            .await
            .assert_refused("forged", "mismatch");
    }
}

// --- Shadow mode.

/// The verdict as the handler sees it.
async fn verdict(Extension(verdict): Extension<ShadowVerdict>, body: Bytes) -> String {
    let code = verdict.rejection().map_or("genuine", Rejection::code);
    format!("{code} {}", body.len())
}

#[tokio::test]
async fn a_shadow_lets_every_request_through_and_says_what_it_is() {
    let stripe = providers::stripe();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let store = Arc::new(MemoryReplayStore::new());
    let layer = layer_for(endpoint(&stripe).with_shadow_mode())
        .with_shared_replay_store(Arc::clone(&store))
        .on_refusal(move |rejection| keep.lock().unwrap().push(rejection.code()));
    let app = Router::new().route("/webhook", post(verdict)).layer(layer);
    let genuine = payment(&stripe);
    let length = PAYMENT.len();
    let mut changed = genuine.clone();
    changed.body[0] = b'[';
    for (name, signed, want) in [
        ("genuine", genuine.clone(), "genuine"),
        ("again", genuine.clone(), "genuine"),
        (
            "no signature",
            without_header(&genuine, "stripe-signature"),
            "missing",
        ),
        (
            "no hex",
            with_header(&genuine, "stripe-signature", "t=1"),
            "signature-malformed",
        ),
        ("another body", changed, "mismatch"),
        (
            "packed",
            with_header(&genuine, "content-encoding", "gzip"),
            "content-encoding",
        ),
    ] {
        for body in [
            Body::from(signed.body.clone()),
            Body::new(Frames::pieces(&signed.body, 3)),
        ] {
            let answer = send(&app, with_body(&signed, body)).await;
            assert_eq!(answer.status, 200, "{name}");
            assert_eq!(answer.text(), format!("{want} {length}"), "{name}");
        }
    }
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "missing",
            "missing",
            "signature-malformed",
            "signature-malformed",
            "mismatch",
            "mismatch",
            "content-encoding",
            "content-encoding"
        ]
    );
    assert!(store.is_empty(), "a shadow looks for no replays");
}

#[tokio::test]
async fn a_shadow_never_makes_a_verified_webhook() {
    let stripe = providers::stripe();
    let runs = Counter::default();
    let count = runs.clone();
    let app = Router::new()
        .route(
            "/webhook",
            post(async move |_: VerifiedWebhook| {
                count.add();
                HANDLED
            }),
        )
        .layer(layer_for(endpoint(&stripe).with_shadow_mode()));
    for (name, signed) in [("genuine", payment(&stripe)), ("forged", forged(&stripe))] {
        let answer = send(&app, request(&signed)).await;
        assert_eq!(answer.status, 500, "{name}");
        assert!(
            answer.text().contains("shadow mode"),
            "{name}: {}",
            answer.text()
        );
    }
    assert_eq!(runs.count(), 0);
}

/// There is nothing to hand on.
#[tokio::test]
async fn a_shadow_refuses_a_body_that_breaks_off() {
    let stripe = providers::stripe();
    let runs = Counter::default();
    let service = layer_for(endpoint(&stripe).with_shadow_mode()).layer(counting(&runs));
    let broken = Frames::new([Step::Data("{".into()), Step::Fail]);
    let answer = send(&service, with_body(&payment(&stripe), broken)).await;
    answer.assert_is("broken", 400, "body-unreadable", "bad request\n");
    assert_eq!(runs.count(), 0);
}

/// An outer layer that does enforce does not lend its proof to a shadow of another endpoint.
#[tokio::test]
async fn a_shadow_inside_a_layer_that_enforces_makes_none_either() {
    let (github, stripe) = (providers::github(), providers::stripe());
    let inner = layer_for(endpoint(&stripe).with_shadow_mode());
    let app = Router::new()
        .route("/webhook", post(async |_: VerifiedWebhook| HANDLED))
        .layer(inner)
        .layer(layer(&github));
    let answer = send(&app, request(&payment(&github))).await;
    assert_eq!(answer.status, 500, "{}", answer.text());

    // The other way round the endpoint inside has verified it.
    let both = with_header(
        &payment(&stripe),
        "x-hub-signature-256",
        payment(&github).headers["x-hub-signature-256"]
            .to_str()
            .unwrap(),
    );
    let app = Router::new()
        .route(
            "/webhook",
            post(async |hook: VerifiedWebhook| hook.endpoint().to_owned()),
        )
        .layer(layer(&github))
        .layer(layer_for(endpoint(&stripe).with_shadow_mode()));
    assert_eq!(send(&app, request(&both)).await.text(), "github");
    let forged = without_header(&both, "x-hub-signature-256");
    send(&app, request(&forged))
        .await
        .assert_refused("forged", "missing");
}

#[tokio::test]
async fn a_handler_sees_no_verdict_where_the_layer_enforces() {
    let stripe = providers::stripe();
    let verdict = async |verdict: Option<Extension<ShadowVerdict>>| {
        assert!(verdict.is_none());
        HANDLED
    };
    let answer = send(&app(&stripe, post(verdict)), request(&payment(&stripe))).await;
    answer.assert_handled("enforced");
}

// --- What does not compile.

#[test]
fn what_would_be_a_hole_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// Fails to compile where the type has the trait: then there are two candidates for `item`.
macro_rules! assert_lacks {
    ($type:ty: $($trait:tt)+) => {{
        trait Ambiguous<Which> {
            fn item() {}
        }
        struct HasTheTrait;
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + $($trait)+> Ambiguous<HasTheTrait> for T {}
        let _ = <$type as Ambiguous<_>>::item;
    }};
}

/// Whoever can't write `==` compares in the one place that does so in constant time.
#[test]
fn t_b2_what_holds_a_secret_can_not_be_compared() {
    assert_lacks!(Secret: PartialEq);
    assert_lacks!(Keyring: PartialEq);
    assert_lacks!(Secrets: PartialEq);
}

/// What a type does not have can't be misused; a mistake breaks the build of this test.
#[test]
fn the_public_types_lack_what_would_be_a_hole() {
    assert_lacks!(Secret: Default);
    assert_lacks!(Secret: std::fmt::Display);
    assert_lacks!(Secret: serde::Serialize);
    assert_lacks!(Secret: AsRef<[u8]>);
    assert_lacks!(Secret: AsRef<str>);
    assert_lacks!(Keyring: Default);
    assert_lacks!(Keyring: std::fmt::Display);
    assert_lacks!(Keyring: serde::Serialize);
    assert_lacks!(Secrets: Default);
    assert_lacks!(Rejection: Default);
}

/// No way leads from "perhaps a secret" to a layer.
#[test]
fn t_a3_what_may_be_no_secret_is_none() {
    assert_lacks!(Option<Secret>: Into<Secrets>);
    assert_lacks!(&'static str: Into<Secrets>);
    assert_lacks!(String: Into<Secrets>);
    assert_lacks!((): Into<Secrets>);
    assert_lacks!(WebhookLayer: Default);
    assert_lacks!(Endpoint: Default);
}

/// No way leads to a witness but verification.
#[test]
fn t_l1_nothing_but_the_layer_makes_a_verified_webhook() {
    assert_lacks!(Authentic: Default);
    assert_lacks!(Authentic: serde::de::DeserializeOwned);
    assert_lacks!(VerifiedWebhook: Default);
    assert_lacks!(VerifiedWebhook: Clone);
    assert_lacks!(VerifiedWebhook: serde::de::DeserializeOwned);
    assert_lacks!(ShadowVerdict: Default);
}

#[test]
fn the_public_types_have_what_servers_need() {
    fn is_shared<T: Clone + std::fmt::Debug + Send + Sync + 'static>() {}
    fn is_sent<T: std::fmt::Debug + Send + Sync + 'static>() {}
    is_shared::<WebhookLayer>();
    is_shared::<WebhookService<Router>>();
    is_shared::<Endpoint>();
    is_shared::<Rejection>();
    is_shared::<Authentic>();
    is_shared::<Secret>();
    is_sent::<VerifiedWebhook<Payment>>();
    is_sent::<WebhookRejection>();
    is_sent::<MemoryReplayStore>();
}
