//! Nothing genuine is lost, and nothing is handled twice.

use std::{
    convert::Infallible,
    fmt,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::Request, routing::post};
use axum_webhook::{
    Endpoint, Timestamp, VerifiedWebhook, WebhookLayer, providers,
    replay::{Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore, StoreError},
    scheme::{Answer as ProviderAnswer, Dedupe, Locate, Scheme, Tolerance},
    sign::{Draft, Signed},
    testing::{self, FixedClock},
};
use bytes::Bytes;
use http::Response;
use tokio::{
    sync::Notify,
    task::{JoinSet, yield_now},
    time::{sleep, timeout},
};
use tower::{
    Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn, timeout::TimeoutLayer,
};
use tower_http::catch_panic::CatchPanicLayer;

use super::support::{
    Answer, Counter, Frames, HANDLED, Step, Wire, answer, counting, endpoint, forged, handler,
    layer, layer_for, now, of_body, ok, request, right, send, serve, signed, status, wire_text,
    with_body, with_header,
};

const SECOND: Duration = Duration::from_secs(1);

/// A layer with a store.
fn guarded(endpoint: Endpoint) -> (WebhookLayer, Arc<MemoryReplayStore>) {
    let store = Arc::new(MemoryReplayStore::new());
    let layer = layer_for(endpoint).with_shared_replay_store(Arc::clone(&store));
    (layer, store)
}

/// A delivery of the event `id`, as the provider sends it `offset` seconds after [`now`].
fn event(scheme: &Scheme, id: &str, offset: i64) -> Signed {
    Draft::new(r#"{"message":"hello"}"#)
        .with_timestamp(Timestamp::from_unix_seconds(now().unix_seconds() + offset))
        .with_id(id)
        .sign(scheme, right(scheme))
        .unwrap()
}

fn stripe(id: &str) -> Signed {
    event(&providers::stripe(), id, 0)
}

/// A handler that answers these statuses one after the other, and then 200.
fn scripted(
    runs: &Counter,
    statuses: &[u16],
) -> impl Service<Request, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static
+ use<> {
    let (runs, statuses) = (runs.clone(), statuses.to_vec());
    handler(move |_| {
        let run = runs.add();
        let answer = statuses.get(run - 1).map_or_else(ok, |code| status(*code));
        async { answer }
    })
}

/// That the answer is the provider's success, without a run of the handler.
#[track_caller]
fn assert_duplicate(answer: &Answer, name: &str) {
    assert_eq!(answer.status, 200, "{name}: {:?}", answer.rejection);
    assert_eq!(answer.text(), "", "{name}");
    assert!(answer.rejection.is_none(), "{name}: {:?}", answer.rejection);
}

// --- Poisoning: T-R1.

#[tokio::test]
async fn t_r1_forged_ids_leave_the_store_empty_and_block_nobody() {
    let scheme = providers::standard_webhooks();
    let (layer, store) = guarded(endpoint(&scheme));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let genuine = event(&scheme, "msg_1", 0);
    let forgery = with_header(&forged(&scheme), "webhook-id", "msg_1");
    for number in 0..10_000 {
        let id = format!("msg_{number}");
        let answer = send(&service, request(&with_header(&forgery, "webhook-id", &id))).await;
        assert_eq!(answer.status, 401);
    }
    assert!(store.is_empty());
    assert_eq!(runs.count(), 0);

    send(&service, request(&genuine))
        .await
        .assert_handled("genuine");
    for _ in 0..3 {
        send(&service, request(&forgery))
            .await
            .assert_refused("forged", "mismatch");
        assert_duplicate(&send(&service, request(&genuine)).await, "genuine, again");
    }
    assert_eq!((runs.count(), store.len()), (1, 1));
}

/// A forgery that comes while the genuine one is handled learns nothing and changes nothing.
#[tokio::test(start_paused = true)]
async fn a_forgery_does_not_touch_a_claim() {
    let scheme = providers::standard_webhooks();
    let (layer, store) = guarded(endpoint(&scheme));
    let service = layer.layer(handler(async |_| {
        sleep(10 * SECOND).await;
        ok()
    }));
    let forgery = with_header(&forged(&scheme), "webhook-id", "msg_1");
    let genuine = send(&service, request(&event(&scheme, "msg_1", 0)));
    let attack = async {
        sleep(SECOND).await;
        send(&service, request(&forgery)).await
    };
    let (genuine, attack) = tokio::join!(genuine, attack);
    genuine.assert_handled("genuine");
    attack.assert_refused("forged", "mismatch");
    assert_eq!(store.len(), 1);
}

// --- What an event is: T-R2, T-R3, T-G9.

/// Of a batch, what is signed in each item counts, and not what the first one says.
#[tokio::test]
async fn batches_that_differ_in_any_item_are_events_of_their_own() {
    let scheme = providers::adyen();
    let batch = |references: &[&str]| {
        let item = |reference: &&str| {
            serde_json::json!({ "NotificationRequestItem": {
                "pspReference": reference,
                "merchantAccountCode": "shop",
                "merchantReference": "order",
                "amount": { "value": 100, "currency": "EUR" },
                "eventCode": "AUTHORISATION",
                "success": "true",
                "additionalData": {},
            }})
        };
        let items: Vec<_> = references.iter().map(item).collect();
        let body = serde_json::json!({ "live": "false", "notificationItems": items });
        of_body(&scheme, "/webhook", body.to_string())
    };
    let (layer, store) = guarded(endpoint(&scheme));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let batches = [
        &["a", "b"][..],
        &["a", "c"],
        &["b", "a"],
        &["a"],
        &["a", "a"],
    ];
    for references in batches {
        let name = format!("{references:?}");
        let answer = send(&service, request(&batch(references))).await;
        answer.assert_handled(&name);
    }
    for references in batches {
        let answer = send(&service, request(&batch(references))).await;
        assert!(answer.rejection.is_none(), "{references:?}");
    }
    assert_eq!((runs.count(), store.len()), (batches.len(), batches.len()));
}

/// An unsigned id proves nothing: whoever replays a delivery can write another one.
#[tokio::test]
async fn t_r2_an_unsigned_id_neither_hides_nor_makes_a_duplicate() {
    let mut tested = Vec::new();
    for (id, scheme) in crate::signable() {
        let Some(Locate::Header(name)) = scheme.shapes[0].event_id.clone() else {
            continue;
        };
        // Signed, but not what tells events apart: a new one on each retry, or one that is joined
        // with other headers by a text that may stand in them.
        let shape = &scheme.shapes[0];
        let content = shape.content.as_ref().map(ToString::to_string);
        let is_signed = shape.signed_headers.is_some()
            || content.is_some_and(|content| content.contains("{id}"));
        if is_signed || endpoint(&scheme).with_dedupe(Dedupe::Id).is_ok() {
            continue;
        }
        tested.push(id);
        let (layer, store) = guarded(endpoint(&scheme).with_dedupe(Dedupe::Content).unwrap());
        let runs = Counter::default();
        let service = layer.layer(counting(&runs));
        let mut captured = signed(&scheme);
        captured.headers.insert(&name, "id-1".parse().unwrap());
        send(&service, request(&captured)).await.assert_handled(id);

        let mut without = captured.clone();
        without.headers.remove(&name);
        let mut other = captured.clone();
        other.headers.insert(&name, "id-2".parse().unwrap());
        let mut twice = captured.clone();
        twice.headers.append(&name, "id-3".parse().unwrap());
        for replay in [captured.clone(), without, other, twice] {
            assert_duplicate(&send(&service, request(&replay)).await, id);
        }
        assert_eq!((runs.count(), store.len()), (1, 1), "{id}");

        // An honest event of another content, to which somebody gave the same id.
        let then = Timestamp::from_unix_seconds(now().unix_seconds() + 1);
        let mut honest = testing::sample(&scheme, then)
            .with_url("https://example.com/webhook?other")
            .sign(&scheme, right(&scheme))
            .unwrap();
        if !honest.url.contains("bodySHA256") && scheme.id != "linear" {
            honest = of_body(&scheme, "/webhook", r#"{"message":"another"}"#);
        }
        honest.headers.insert(&name, "id-1".parse().unwrap());
        send(&service, request(&honest)).await.assert_handled(id);
        assert_eq!(runs.count(), 2, "{id}");
    }
    assert_eq!(
        tested,
        [
            "autodesk-aps",
            "bird",
            "bitbucket",
            "cursor",
            "forgejo",
            "gitea",
            "github",
            "gogs",
            "jira",
            "linear",
            "modern-treasury",
            "razorpay",
            "sanity",
            "sentry",
            "shopify",
            "shopify-events",
            "sonatype-nexus",
            "twilio",
            "woocommerce",
            "zendesk"
        ]
    );
}

/// Where a provider signs an id, a retry is the same event although it is signed anew.
#[tokio::test]
async fn a_signed_id_makes_an_event() {
    for scheme in [
        providers::stripe(),
        providers::standard_webhooks(),
        providers::svix(),
        providers::gitlab(),
        providers::slack(),
        providers::paddle(),
        providers::persona(),
        providers::quicknode(),
        providers::telegram(),
        providers::square(),
    ] {
        let id = &scheme.id;
        let (layer, _) = guarded(endpoint(&scheme));
        let runs = Counter::default();
        let service = layer.layer(counting(&runs));
        send(&service, request(&event(&scheme, "1001", 0)))
            .await
            .assert_handled(id);
        for offset in [0, 1, 60] {
            let retry = event(&scheme, "1001", offset);
            assert_duplicate(&send(&service, request(&retry)).await, id);
        }
        send(&service, request(&event(&scheme, "1002", 0)))
            .await
            .assert_handled(id);
        assert_eq!(runs.count(), 2, "{id}");
    }
}

/// Svix signs the same bytes under two sets of header names: renaming them is no new event.
#[tokio::test]
async fn another_shape_of_the_same_bytes_is_the_same_event() {
    let scheme = providers::svix();
    let (layer, _) = guarded(endpoint(&scheme));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let captured = event(&scheme, "msg_1", 0);
    send(&service, request(&captured))
        .await
        .assert_handled("svix");
    let mut renamed = captured.clone();
    for name in ["id", "timestamp", "signature"] {
        let value = renamed.headers.remove(format!("svix-{name}")).unwrap();
        let new: http::HeaderName = format!("webhook-{name}").parse().unwrap();
        renamed.headers.insert(new, value);
    }
    assert_duplicate(&send(&service, request(&renamed)).await, "renamed");
    assert_eq!(runs.count(), 1);
}

/// What the signature's text looks like is no part of an event: T-G6.
#[tokio::test]
async fn another_text_of_the_signature_is_the_same_event() {
    let scheme = providers::standard_webhooks();
    let (layer, _) = guarded(endpoint(&scheme));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let captured = event(&scheme, "msg_1", 0);
    let signature = captured.headers["webhook-signature"]
        .to_str()
        .unwrap()
        .to_owned();
    send(&service, request(&captured))
        .await
        .assert_handled("first");
    for text in [
        format!("{signature} {signature}"),
        format!("v2,AAAA {signature}"),
        format!("{signature} v1,AAAA"),
        signature.replace('=', ""),
        signature.replace('+', "-").replace('/', "_"),
    ] {
        let answer = send(
            &service,
            request(&with_header(&captured, "webhook-signature", &text)),
        )
        .await;
        assert!([200, 401].contains(&answer.status.as_u16()), "{text}");
        assert_eq!(runs.count(), 1, "{text}");
    }
}

#[tokio::test]
async fn a_delivery_without_an_id_is_handled_each_time() {
    let scheme = providers::stripe();
    let (layer, store) = guarded(endpoint(&scheme));
    let service = layer.layer(counting(&Counter::default()));
    for body in ["{}", r#"{"id":""}"#, r#"{"id":null}"#, "no JSON"] {
        let bare = Draft::new(body)
            .with_timestamp(now())
            .sign(&scheme, right(&scheme))
            .unwrap();
        for _ in 0..2 {
            send(&service, request(&bare)).await.assert_handled(body);
        }
    }
    assert!(store.is_empty());
}

/// T-R3: an id means something at one endpoint only, also in a store that they share.
#[tokio::test]
async fn t_r3_the_same_id_at_two_endpoints_is_two_events() {
    let (stripe, paddle) = (providers::stripe(), providers::standard_webhooks());
    let store = Arc::new(MemoryReplayStore::new());
    let layer = WebhookLayer::by_path(vec![
        endpoint(&stripe).with_path("/a").with_name("a"),
        endpoint(&stripe).with_path("/b").with_name("b"),
        endpoint(&paddle).with_path("/c").with_name("c"),
    ])
    .unwrap()
    .with_clock(FixedClock::new(now()))
    .with_shared_replay_store(Arc::clone(&store));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let to = |scheme: &Scheme, path: &str| {
        Draft::new(r#"{"message":"hello"}"#)
            .with_url(format!("https://example.com{path}"))
            .with_timestamp(now())
            .with_id("evt_1")
            .sign(scheme, right(scheme))
            .unwrap()
    };
    let deliveries = [to(&stripe, "/a"), to(&stripe, "/b"), to(&paddle, "/c")];
    for delivery in &deliveries {
        send(&service, request(delivery))
            .await
            .assert_handled(&delivery.url);
    }
    for delivery in &deliveries {
        assert_duplicate(&send(&service, request(delivery)).await, &delivery.url);
    }
    assert_eq!((runs.count(), store.len()), (3, 3));

    // Another layer with the same store is another endpoint, if it has another name.
    let other = layer_for(endpoint(&stripe).with_name("d")).with_shared_replay_store(store);
    let service = other.layer(counting(&runs));
    send(&service, request(&to(&stripe, "/a")))
        .await
        .assert_handled("d");
}

// --- How a handler ends: T-R4, T-R13, T-R15.

/// A provider's retry is accepted exactly where the first attempt did not finish.
#[tokio::test]
async fn t_r4_the_answer_of_the_handler_decides_whether_a_retry_is_handled() {
    for (code, is_done) in [
        (200, true),
        (201, true),
        (202, true),
        (204, true),
        (304, true),
        (302, true),
        (400, true),
        (401, true),
        (409, true),
        (410, true),
        (422, true),
        (404, false),
        (405, false),
        (408, false),
        (413, false),
        (415, false),
        (425, false),
        (429, false),
        (500, false),
        (501, false),
        (502, false),
        (503, false),
        (504, false),
        (599, false),
    ] {
        let (layer, store) = guarded(endpoint(&providers::stripe()));
        let runs = Counter::default();
        let service = layer.layer(scripted(&runs, &[code]));
        let first = send(&service, request(&stripe("evt_1"))).await;
        assert_eq!(first.status.as_u16(), code);
        assert_eq!(store.len(), usize::from(is_done), "{code}");
        let second = send(&service, request(&stripe("evt_1"))).await;
        if is_done {
            assert_duplicate(&second, &code.to_string());
            assert_eq!(runs.count(), 1, "{code}");
        } else {
            second.assert_handled(&code.to_string());
            assert_eq!(runs.count(), 2, "{code}");
        }
        // Either way it is done by now.
        assert_duplicate(&send(&service, request(&stripe("evt_1"))).await, "third");
    }
}

/// The next release may have the right type, so the event must not be lost by then.
#[tokio::test]
async fn a_payload_of_another_type_gives_the_event_back() {
    #[derive(serde::Deserialize)]
    struct Other {
        #[expect(dead_code, reason = "it is never there")]
        missing: String,
    }
    let (layer, store) = guarded(endpoint(&providers::stripe()));
    let app = axum::Router::new()
        .route(
            "/webhook",
            axum::routing::post(async |_: axum_webhook::VerifiedWebhook<Other>| "handled"),
        )
        .layer(layer);
    let signed = stripe("evt_1");
    let answer = send(&app, request(&signed)).await;
    assert_eq!(answer.status, 422);
    assert_eq!(store.len(), 0);
}

#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

#[tokio::test]
async fn an_error_of_the_inner_service_gives_the_event_back() {
    let (layer, store) = guarded(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let count = runs.clone();
    let service = layer.layer(service_fn(move |_: Request| {
        let run = count.add();
        async move { if run == 1 { Err(Broken) } else { Ok(ok()) } }
    }));
    let first = tower::ServiceExt::oneshot(service.clone(), request(&stripe("evt_1"))).await;
    assert!(matches!(first, Err(Broken)));
    assert!(store.is_empty());
    send(&service, request(&stripe("evt_1")))
        .await
        .assert_handled("retry");
    assert_duplicate(&send(&service, request(&stripe("evt_1"))).await, "third");
    assert_eq!(runs.count(), 2);
}

/// A time limit inside ends with an error, and one outside drops the whole.
#[tokio::test(start_paused = true)]
async fn a_handler_that_runs_into_a_time_limit_gives_the_event_back() {
    for inside in [false, true] {
        let (layer, store) = guarded(endpoint(&providers::stripe()));
        let runs = Counter::default();
        let count = runs.clone();
        let slow = handler(move |_| {
            let run = count.add();
            async move {
                if run == 1 {
                    pending::<()>().await;
                }
                ok()
            }
        });
        let limit = TimeoutLayer::new(10 * SECOND);
        let deliver = || request(&stripe("evt_1"));
        let (first, retry) = if inside {
            let service = ServiceBuilder::new()
                .layer(layer)
                .layer(limit)
                .service(slow);
            let first = service.clone().oneshot(deliver()).await;
            assert!(store.is_empty());
            (first, service.oneshot(deliver()).await)
        } else {
            let service = ServiceBuilder::new()
                .layer(limit)
                .layer(layer)
                .service(slow);
            let first = service.clone().oneshot(deliver()).await;
            assert!(store.is_empty());
            (first, service.oneshot(deliver()).await)
        };
        assert!(first.is_err(), "inside: {inside}");
        answer(retry.unwrap()).await.assert_handled("the retry");
        assert_eq!((runs.count(), store.len()), (2, 1));
    }
}

/// T-R13.
#[tokio::test]
async fn t_r13_a_panic_of_the_handler_gives_the_event_back() {
    for inside in [false, true] {
        let (layer, store) = guarded(endpoint(&providers::stripe()));
        let runs = Counter::default();
        let count = runs.clone();
        let panics = handler(move |_| {
            let run = count.add();
            async move {
                yield_now().await;
                assert!(run > 1, "the handler panics on purpose");
                ok()
            }
        });
        let first;
        let retry;
        if inside {
            let service = ServiceBuilder::new()
                .layer(layer)
                .layer(CatchPanicLayer::new())
                .service(panics);
            first = send(&service, request(&stripe("evt_1"))).await;
            retry = send(&service, request(&stripe("evt_1"))).await;
        } else {
            let service = ServiceBuilder::new()
                .layer(axum::middleware::map_response(
                    async |response: Response<_>| response.map(Body::new),
                ))
                .layer(CatchPanicLayer::new())
                .layer(layer)
                .service(panics);
            first = send(&service, request(&stripe("evt_1"))).await;
            assert!(store.is_empty());
            retry = send(&service, request(&stripe("evt_1"))).await;
        }
        assert_eq!(first.status, 500, "inside: {inside}");
        retry.assert_handled("the retry");
        assert_eq!((runs.count(), store.len()), (2, 1));
    }
}

#[tokio::test]
async fn t_r15_a_duplicate_gets_the_answer_that_its_provider_wants() {
    let mut own = providers::stripe();
    own.answers.duplicate = ProviderAnswer::text(202, "seen");
    for (scheme, code, text) in [
        (providers::adyen(), 200, "[accepted]"),
        (providers::stripe(), 200, ""),
        (own, 202, "seen"),
    ] {
        let id = &scheme.id;
        let (layer, _) = guarded(endpoint(&scheme));
        let runs = Counter::default();
        let service = layer.layer(counting(&runs));
        send(&service, request(&signed(&scheme)))
            .await
            .assert_handled(id);
        for _ in 0..3 {
            let answer = send(&service, request(&signed(&scheme))).await;
            assert_eq!(
                (answer.status.as_u16(), answer.text()),
                (code, text),
                "{id}"
            );
            assert!(answer.rejection.is_none(), "{id}: it is no refusal");
            if !text.is_empty() {
                assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            }
        }
        assert_eq!(runs.count(), 1, "{id}");
    }
}

/// No provider hears of a conflict, or that the endpoint is gone.
#[tokio::test]
async fn every_provider_hears_success_for_a_duplicate() {
    for (id, scheme) in crate::signable() {
        if scheme.dedupe == Dedupe::Off {
            continue;
        }
        let (layer, store) = guarded(endpoint(&scheme));
        let runs = Counter::default();
        let service = layer.layer(counting(&runs));
        send(&service, request(&signed(&scheme)))
            .await
            .assert_handled(id);
        let again = send(&service, request(&signed(&scheme))).await;
        assert!(again.status.is_success(), "{id}: {}", again.status);
        assert_eq!((runs.count(), store.len()), (1, 1), "{id}");
    }
}

// --- What a handler can say itself.

fn with_handler<H, T>(layer: WebhookLayer, handler: H) -> Router
where
    H: axum::handler::Handler<T, ()>,
    T: 'static,
{
    Router::new().route("/webhook", post(handler)).layer(layer)
}

#[tokio::test]
async fn an_event_that_is_marked_as_done_is_not_run_again_whatever_the_handler_answers() {
    for code in [200, 429, 500] {
        let (layer, store) = guarded(endpoint(&providers::stripe()));
        let (runs, held) = (Counter::default(), store.clone());
        let count = runs.clone();
        let app = with_handler(layer, async move |hook: VerifiedWebhook| {
            count.add();
            assert!(hook.done().await.unwrap());
            assert!(hook.done().await.unwrap(), "twice is once");
            assert!(!hook.retry_later(), "it is too late");
            assert_eq!(held.len(), 1);
            status(code)
        });
        let first = send(&app, request(&stripe("evt_1"))).await;
        assert_eq!(first.status.as_u16(), code);
        assert!(first.rejection.is_none(), "{code}");
        assert_duplicate(&send(&app, request(&stripe("evt_1"))).await, "retry");
        assert_eq!(runs.count(), 1, "{code}");
    }
}

#[tokio::test]
async fn an_event_that_is_marked_as_done_survives_a_panic() {
    let (layer, store) = on_faulty(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let count = runs.clone();
    let app = with_handler(layer, async move |hook: VerifiedWebhook| -> &'static str {
        count.add();
        assert!(hook.done().await.unwrap());
        panic!("the handler panics on purpose")
    })
    .layer(CatchPanicLayer::new());
    assert_eq!(send(&app, request(&stripe("evt_1"))).await.status, 500);
    assert_duplicate(&send(&app, request(&stripe("evt_1"))).await, "retry");
    assert_eq!((store.commits.count(), store.releases.count()), (1, 0));
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn a_handler_can_ask_for_a_retry_whatever_it_answers() {
    for (code, want) in [(200, 503), (204, 503), (404, 503), (500, 500), (502, 502)] {
        let (layer, store) = guarded(endpoint(&providers::stripe()));
        let runs = Counter::default();
        let count = runs.clone();
        let app = with_handler(layer, async move |hook: VerifiedWebhook| {
            if count.add() == 1 {
                assert!(hook.retry_later());
                status(code)
            } else {
                ok()
            }
        });
        let first = send(&app, request(&stripe("evt_1"))).await;
        assert_eq!(first.status.as_u16(), want, "{code}");
        if want == 503 {
            first.assert_try_again("asked", "retry-asked");
        }
        assert!(store.is_empty(), "{code}");
        send(&app, request(&stripe("evt_1")))
            .await
            .assert_handled("retry");
        assert_duplicate(&send(&app, request(&stripe("evt_1"))).await, "third");
        assert_eq!(runs.count(), 2, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_learns_that_it_outlived_its_lease() {
    let stalled = endpoint(&providers::stripe()).with_lease(10 * SECOND);
    let (layer, store) = guarded(stalled.with_renewal(Duration::ZERO));
    let app = with_handler(layer, async |hook: VerifiedWebhook| {
        sleep(9 * SECOND).await;
        assert!(!hook.is_lease_lost());
        sleep(2 * SECOND).await;
        assert!(hook.is_lease_lost());
        assert!(!hook.done().await.unwrap());
        HANDLED
    });
    send(&app, request(&stripe("evt_1")))
        .await
        .assert_handled("late");
    // Nothing was stored by the one that came too late.
    assert_eq!(store.len(), 1);
    send(&app, request(&stripe("evt_1")))
        .await
        .assert_handled("not done");
}

// --- At the same time: T-R6, T-R7, T-R8.

#[tokio::test(start_paused = true)]
async fn t_r7_a_copy_that_comes_meanwhile_is_asked_to_come_again() {
    let (layer, _) = guarded(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let count = runs.clone();
    let service = layer.layer(handler(move |_| {
        count.add();
        async {
            sleep(60 * SECOND).await;
            ok()
        }
    }));
    let first = send(&service, request(&stripe("evt_1")));
    let copies = async {
        for (wait, left) in [(1, "119"), (29, "90"), (29, "61")] {
            sleep(wait * SECOND).await;
            let copy = send(&service, request(&stripe("evt_1"))).await;
            copy.assert_try_again("a copy", "in-flight");
            assert_eq!(copy.header("retry-after"), Some(left));
        }
    };
    let (first, ()) = tokio::join!(first, copies);
    first.assert_handled("first");
    assert_duplicate(
        &send(&service, request(&stripe("evt_1"))).await,
        "afterwards",
    );
    assert_eq!(runs.count(), 1);
}

/// Two runs of one event: the first stalls past its lease, the second takes over.
async fn stall(first_status: u16) -> (usize, Answer, Answer, Answer, Answer) {
    let stalled = endpoint(&providers::stripe()).with_lease(60 * SECOND);
    let (layer, _) = guarded(stalled.with_renewal(Duration::ZERO));
    let runs = Counter::default();
    let count = runs.clone();
    let service = layer.layer(handler(move |_| {
        let run = count.add();
        async move {
            match run {
                1 => {
                    sleep(80 * SECOND).await;
                    status(first_status)
                }
                _ => {
                    sleep(40 * SECOND).await;
                    ok()
                }
            }
        }
    }));
    let at = async |seconds: u32| {
        sleep(seconds * SECOND).await;
        send(&service, request(&stripe("evt_1"))).await
    };
    let (early, stale, owner, after_stale) = tokio::join!(at(30), at(0), at(61), at(81));
    early.assert_try_again("within the lease", "in-flight");
    let last = send(&service, request(&stripe("evt_1"))).await;
    (runs.count(), stale, owner, after_stale, last)
}

#[tokio::test(start_paused = true)]
async fn t_r6_a_handler_that_outlived_its_lease_settles_nothing() {
    for first_status in [200, 500] {
        let (runs, stale, owner, after_stale, last) = stall(first_status).await;
        assert_eq!(stale.status.as_u16(), first_status);
        owner.assert_handled("the one that took over");
        // Neither "done" nor "given back" by the stale one.
        after_stale.assert_try_again("the claim of the new owner stands", "in-flight");
        assert_duplicate(&last, "in the end");
        assert_eq!(runs, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn t_r5_a_lease_of_a_dead_process_runs_out() {
    let (layer, store) = guarded(endpoint(&providers::stripe()));
    let service = layer.layer(counting(&Counter::default()));
    // Another process claimed the event and died: nobody will ever settle it.
    let probe = layer.layer(handler(async |_| {
        pending::<()>().await;
        ok()
    }));
    let mut dead = Box::pin(send(&probe, request(&stripe("evt_1"))));
    assert!(timeout(SECOND, &mut dead).await.is_err());
    std::mem::forget(dead);
    assert_eq!(store.len(), 1);

    sleep(110 * SECOND).await;
    let early = send(&service, request(&stripe("evt_1"))).await;
    early.assert_try_again("before the lease is over", "in-flight");
    sleep(10 * SECOND).await;
    send(&service, request(&stripe("evt_1")))
        .await
        .assert_handled("afterwards");
}

/// T-R8.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t_r8_of_many_copies_at_once_one_is_handled() {
    const ROUNDS: usize = 200;
    const COPIES: usize = 64;
    let (layer, _) = guarded(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let most = Arc::new(AtomicUsize::new(0));
    let (count, high, running) = (runs.clone(), Arc::clone(&most), Counter::default());
    let service = layer.layer(handler(move |_| {
        count.add();
        high.fetch_max(running.add(), Ordering::SeqCst);
        let running = running.clone();
        async move {
            for _ in 0..20 {
                yield_now().await;
            }
            running.sub();
            ok()
        }
    }));
    for round in 0..ROUNDS {
        let event = stripe(&format!("evt_{round}"));
        let mut copies = JoinSet::new();
        for _ in 0..COPIES {
            let (service, request) = (service.clone(), request(&event));
            copies.spawn(async move { send(&service, request).await });
        }
        let mut handled = 0;
        for copy in copies.join_all().await {
            match (copy.status.as_u16(), copy.text()) {
                (200, HANDLED) => handled += 1,
                (200, "") => assert_duplicate(&copy, "done by then"),
                _ => copy.assert_try_again("in flight", "in-flight"),
            }
        }
        assert_eq!((handled, runs.count()), (1, round + 1), "round {round}");
    }
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

// --- Clients that go away: T-R12.

#[tokio::test(start_paused = true)]
async fn t_r12_a_client_that_leaves_while_it_sends_has_claimed_nothing() {
    let scheme = providers::stripe();
    let (layer, store) = guarded(endpoint(&scheme));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let event = stripe("evt_1");
    let half = Bytes::copy_from_slice(&event.body[..5]);
    let body = Frames::new([Step::Data(half), Step::Hang]);
    let sending = send(&service, with_body(&event, body));
    assert!(timeout(SECOND, sending).await.is_err());
    assert!(store.is_empty());
    send(&service, request(&event))
        .await
        .assert_handled("retry");
    assert_eq!(runs.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn t_r12_a_client_that_leaves_while_the_handler_runs_gives_the_event_back() {
    let (layer, store) = guarded(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let count = runs.clone();
    let service = layer.layer(handler(move |_| {
        let run = count.add();
        async move {
            if run == 1 {
                pending::<()>().await;
            }
            ok()
        }
    }));
    let waiting = send(&service, request(&stripe("evt_1")));
    assert!(timeout(SECOND, waiting).await.is_err());
    assert!(store.is_empty());
    send(&service, request(&stripe("evt_1")))
        .await
        .assert_handled("retry");
    assert_duplicate(&send(&service, request(&stripe("evt_1"))).await, "third");
    assert_eq!(runs.count(), 2);
}

/// What is committed stays so, whether or not the answer arrives.
#[tokio::test(start_paused = true)]
async fn t_r12_a_client_that_leaves_while_the_answer_is_written_changes_nothing() {
    let (layer, _) = guarded(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let count = runs.clone();
    let service = layer.layer(handler(move |_| {
        count.add();
        let body = Frames::new([Step::Data("part".into()), Step::Hang]);
        async { Response::new(Body::new(body)) }
    }));
    let response = tower::ServiceExt::oneshot(service.clone(), request(&stripe("evt_1")))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    drop(response);
    assert_duplicate(&send(&service, request(&stripe("evt_1"))).await, "retry");
    assert_eq!(runs.count(), 1);
}

/// The same over a socket, where hyper drops the handler's future.
#[tokio::test]
async fn t_r12_a_broken_connection_gives_the_event_back() {
    let scheme = providers::stripe();
    let (layer, store) = guarded(endpoint(&scheme));
    let (runs, started) = (Counter::default(), Arc::new(Notify::new()));
    let (count, start) = (runs.clone(), Arc::clone(&started));
    let address = serve(layer.layer(handler(move |_| {
        let run = count.add();
        start.notify_one();
        async move {
            if run == 1 {
                pending::<()>().await;
            }
            ok()
        }
    })))
    .await;
    let event = wire_text(&stripe("evt_1"));
    let mut wire = Wire::connect(address).await;
    wire.write(&event).await;
    let soon = Duration::from_secs(10);
    timeout(soon, started.notified())
        .await
        .expect("the handler starts");
    assert_eq!(store.len(), 1);
    drop(wire);
    let given_back = async {
        while !store.is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(soon, given_back)
        .await
        .expect("the event is given back");

    let mut wire = Wire::connect(address).await;
    wire.write(&event).await;
    let retry = wire.response().await.unwrap();
    assert_eq!((retry.status, retry.body.as_str()), (200, HANDLED));
    assert_eq!(runs.count(), 2);
}

// --- Stores that fail or are slow: T-R10.

/// A store that does what it is told.
#[derive(Debug, Default)]
struct Faulty {
    inner: MemoryReplayStore,
    claim_fails: AtomicBool,
    renew_fails: AtomicBool,
    commit_fails: AtomicBool,
    release_fails: AtomicBool,
    /// How long a commit and a release take.
    delay: Mutex<Duration>,
    renewals: Counter,
    commits: Counter,
    releases: Counter,
}

impl Faulty {
    fn check(fails: &AtomicBool) -> Result<(), StoreError> {
        if fails.load(Ordering::SeqCst) {
            Err(StoreError::new("connection refused"))
        } else {
            Ok(())
        }
    }

    async fn wait(&self) {
        let delay = *self.delay.lock().unwrap();
        if !delay.is_zero() {
            sleep(delay).await;
        }
    }
}

impl ReplayStore for Faulty {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        Self::check(&self.claim_fails)?;
        self.inner.claim(key, lease).await
    }

    async fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.renewals.add();
        Self::check(&self.renew_fails)?;
        self.inner.renew(key, token, lease).await
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.commits.add();
        self.wait().await;
        Self::check(&self.commit_fails)?;
        self.inner.commit(key, token, ttl).await
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        self.releases.add();
        self.wait().await;
        Self::check(&self.release_fails)?;
        self.inner.release(key, token).await
    }
}

fn on_faulty(endpoint: Endpoint) -> (WebhookLayer, Arc<Faulty>) {
    let store = Arc::new(Faulty::default());
    let layer = layer_for(endpoint).with_shared_replay_store(Arc::clone(&store));
    (layer, store)
}

/// A store that is only slow, not broken.
fn on_slow(endpoint: Endpoint) -> (WebhookLayer, Arc<Faulty>) {
    let (layer, store) = on_faulty(endpoint);
    *store.delay.lock().unwrap() = 2 * SECOND;
    (layer, store)
}

#[tokio::test]
async fn t_r10_a_store_that_is_down_refuses_deliveries_and_loses_none() {
    let (layer, store) = on_faulty(endpoint(&providers::stripe()));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&heard);
    let layer = layer.on_refusal(move |rejection| keep.lock().unwrap().push(rejection.to_string()));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    store.claim_fails.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let answer = send(&service, request(&stripe("evt_1"))).await;
        answer.assert_try_again("down", "store-unavailable");
        assert_eq!(answer.rejection.unwrap().endpoint(), Some("stripe"));
    }
    // It is no help to a forger, either.
    let forgery = send(&service, request(&forged(&providers::stripe()))).await;
    forgery.assert_refused("forged", "mismatch");
    assert_eq!(runs.count(), 0);
    assert!(heard.lock().unwrap()[0].contains("connection refused"));

    store.claim_fails.store(false, Ordering::SeqCst);
    send(&service, request(&stripe("evt_1")))
        .await
        .assert_handled("it is back");
    assert_duplicate(
        &send(&service, request(&stripe("evt_1"))).await,
        "and works",
    );
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn an_endpoint_that_fails_open_handles_unguarded_and_still_verifies() {
    let endpoint = endpoint(&providers::stripe()).dangerous_fail_open();
    let (layer, store) = on_faulty(endpoint);
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    store.claim_fails.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        send(&service, request(&stripe("evt_1")))
            .await
            .assert_handled("unguarded");
    }
    let forgery = send(&service, request(&forged(&providers::stripe()))).await;
    forgery.assert_refused("forged", "mismatch");
    assert_eq!((runs.count(), store.commits.count()), (2, 0));

    store.claim_fails.store(false, Ordering::SeqCst);
    send(&service, request(&stripe("evt_1")))
        .await
        .assert_handled("it is back");
    assert_duplicate(
        &send(&service, request(&stripe("evt_1"))).await,
        "and works",
    );
    assert_eq!(runs.count(), 3);
}

/// The handler has done its work, so its answer stands; the lease says until when a copy waits.
#[tokio::test(start_paused = true)]
async fn a_store_that_fails_at_the_end_does_not_change_the_answer() {
    let (layer, store) = on_faulty(endpoint(&providers::stripe()));
    let service = layer.layer(scripted(&Counter::default(), &[200, 500]));
    store.commit_fails.store(true, Ordering::SeqCst);
    store.release_fails.store(true, Ordering::SeqCst);
    for (id, code) in [("evt_1", 200), ("evt_2", 500)] {
        let answer = send(&service, request(&stripe(id))).await;
        assert_eq!(answer.status.as_u16(), code, "{id}");
        let copy = send(&service, request(&stripe(id))).await;
        copy.assert_try_again(id, "in-flight");
    }
    // It stays away for as long as the leases run.
    sleep(121 * SECOND).await;
    store.commit_fails.store(false, Ordering::SeqCst);
    store.release_fails.store(false, Ordering::SeqCst);
    for id in ["evt_1", "evt_2"] {
        send(&service, request(&stripe(id)))
            .await
            .assert_handled(id);
    }
}

/// Where "done" can't be stored, the end of the handler decides, as if it had not been said.
#[tokio::test(start_paused = true)]
async fn a_done_that_fails_is_told_and_tried_again_at_the_end() {
    let (layer, store) = on_faulty(endpoint(&providers::stripe()));
    let broken = Arc::clone(&store);
    let app = with_handler(layer, async move |hook: VerifiedWebhook| {
        broken.commit_fails.store(true, Ordering::SeqCst);
        let error = hook.done().await.unwrap_err();
        assert_eq!(error.to_string(), "connection refused");
        broken.commit_fails.store(false, Ordering::SeqCst);
        HANDLED
    });
    send(&app, request(&stripe("evt_1")))
        .await
        .assert_handled("first");
    assert_duplicate(&send(&app, request(&stripe("evt_1"))).await, "second");
}

/// What a store says of the time that is left is rounded up, and never "at once".
#[tokio::test]
async fn retry_after_is_in_whole_seconds() {
    #[derive(Debug)]
    struct Busy(Duration);

    impl ReplayStore for Busy {
        async fn claim(&self, _: &ReplayKey, _: Duration) -> Result<Claim, StoreError> {
            Ok(Claim::InFlight { remaining: self.0 })
        }

        async fn renew(
            &self,
            _: &ReplayKey,
            _: ClaimToken,
            _: Duration,
        ) -> Result<bool, StoreError> {
            Ok(false)
        }

        async fn commit(
            &self,
            _: &ReplayKey,
            _: ClaimToken,
            _: Duration,
        ) -> Result<bool, StoreError> {
            Ok(false)
        }

        async fn release(&self, _: &ReplayKey, _: ClaimToken) -> Result<bool, StoreError> {
            Ok(false)
        }
    }

    for (millis, want) in [
        (0, "1"),
        (1, "1"),
        (1000, "1"),
        (1001, "2"),
        (119_500, "120"),
    ] {
        let service = layer(&providers::stripe())
            .with_replay_store(Busy(Duration::from_millis(millis)))
            .layer(counting(&Counter::default()));
        let answer = send(&service, request(&stripe("evt_1"))).await;
        answer.assert_try_again("busy", "in-flight");
        assert_eq!(answer.header("retry-after"), Some(want), "{millis}");
    }
}

/// A handler that has finished has finished, also if the client leaves before that is stored.
#[tokio::test(start_paused = true)]
async fn a_commit_that_was_begun_is_carried_out_although_the_client_leaves() {
    let (layer, store) = on_slow(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let waiting = send(&service, request(&stripe("evt_1")));
    assert!(timeout(SECOND, waiting).await.is_err());
    assert_eq!((runs.count(), store.commits.count()), (1, 1));
    sleep(5 * SECOND).await;
    assert_duplicate(&send(&service, request(&stripe("evt_1"))).await, "retry");
    // Nor is it forgotten when the lease is over.
    sleep(200 * SECOND).await;
    assert_duplicate(
        &send(&service, request(&stripe("evt_1"))).await,
        "late retry",
    );
    assert_eq!(runs.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_release_that_was_begun_is_carried_out_although_the_client_leaves() {
    let (layer, _) = on_slow(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let service = layer.layer(scripted(&runs, &[500]));
    let waiting = send(&service, request(&stripe("evt_1")));
    assert!(timeout(SECOND, waiting).await.is_err());
    sleep(5 * SECOND).await;
    send(&service, request(&stripe("evt_1")))
        .await
        .assert_handled("retry");
}

#[tokio::test(start_paused = true)]
async fn a_slow_store_gets_the_release_of_a_dropped_handler() {
    let (layer, store) = on_slow(endpoint(&providers::stripe()));
    let runs = Counter::default();
    let count = runs.clone();
    let service = layer.layer(handler(move |_| {
        let run = count.add();
        async move {
            if run == 1 {
                pending::<()>().await;
            }
            ok()
        }
    }));
    let waiting = send(&service, request(&stripe("evt_1")));
    assert!(timeout(SECOND, waiting).await.is_err());
    sleep(5 * SECOND).await;
    assert_eq!(store.releases.count(), 1);
    send(&service, request(&stripe("evt_1")))
        .await
        .assert_handled("retry");
}

/// A handler that does not wait for `done` has said it all the same.
#[tokio::test(start_paused = true)]
async fn a_done_that_is_not_awaited_to_its_end_is_carried_out() {
    for code in [200, 500] {
        let (layer, _) = on_slow(endpoint(&providers::stripe()));
        let runs = Counter::default();
        let count = runs.clone();
        let app = with_handler(layer, async move |hook: VerifiedWebhook| {
            count.add();
            assert!(timeout(SECOND, hook.done()).await.is_err());
            status(code)
        });
        assert_eq!(
            send(&app, request(&stripe("evt_1"))).await.status.as_u16(),
            code
        );
        sleep(5 * SECOND).await;
        assert_duplicate(&send(&app, request(&stripe("evt_1"))).await, "retry");
        sleep(200 * SECOND).await;
        assert_duplicate(&send(&app, request(&stripe("evt_1"))).await, "late retry");
        assert_eq!(runs.count(), 1, "{code}");
    }
}

/// T-R14, through the layer.
#[tokio::test(start_paused = true)]
async fn t_r14_a_full_store_refuses_new_events_and_forgets_no_old_one() {
    let scheme = providers::stripe();
    let store = Arc::new(MemoryReplayStore::with_capacity(64));
    let layer = layer_for(endpoint(&scheme)).with_shared_replay_store(Arc::clone(&store));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let mut handled = Vec::new();
    let mut refused = Vec::new();
    for number in 0..500 {
        let id = format!("evt_{number}");
        let answer = send(&service, request(&stripe(&id))).await;
        if answer.status == 200 {
            handled.push(id);
        } else {
            answer.assert_try_again(&id, "store-unavailable");
            refused.push(id);
        }
    }
    assert!(refused.len() >= 500 - 64, "{}", refused.len());
    assert_eq!((runs.count(), store.len()), (handled.len(), handled.len()));
    for id in &handled {
        assert_duplicate(&send(&service, request(&stripe(id))).await, id);
    }
    // Their time over, there is room again; nothing that was refused is lost.
    sleep(Duration::from_hours(96)).await;
    let answer = send(&service, request(&stripe(&refused[0]))).await;
    answer.assert_handled("a retry of what was refused");
}

// --- Time: T-F8, T-F9, and for how long "done" counts.

/// A delivery from as far ahead as is allowed, replayed each second until it is stale.
#[tokio::test(start_paused = true)]
async fn t_f9_a_replay_at_any_second_of_the_window_is_not_handled() {
    let scheme = providers::standard_webhooks();
    let tolerance = Tolerance::five_minutes();
    let clock = FixedClock::new(now());
    // As short as it can be set: the window has to be covered all the same.
    let endpoint = endpoint(&scheme)
        .with_tolerance(tolerance)
        .unwrap()
        .with_done_ttl(Duration::ZERO);
    let (layer, _) = guarded(endpoint);
    let runs = Counter::default();
    let service = layer.with_clock(clock.clone()).layer(counting(&runs));
    let captured = event(&scheme, "msg_1", 300);
    send(&service, request(&captured))
        .await
        .assert_handled("first");
    let mut last = None;
    for second in 0..=601 {
        let answer = send(&service, request(&captured)).await;
        assert_eq!(runs.count(), 1, "after {second} s");
        if answer.status == 200 {
            assert_duplicate(&answer, "within the window");
            last = Some(second);
        } else {
            answer.assert_refused("beyond", "stale");
        }
        tokio::time::advance(SECOND).await;
        clock.advance(SECOND);
    }
    assert_eq!(last, Some(600), "the window is as long as it should be");
}

/// The same for a handler that takes its time, so that "done" begins late.
#[tokio::test(start_paused = true)]
async fn a_replay_is_not_handled_after_a_slow_handler_either() {
    let scheme = providers::standard_webhooks();
    let clock = FixedClock::new(now());
    let (layer, _) = guarded(endpoint(&scheme).with_done_ttl(Duration::ZERO));
    let runs = Counter::default();
    let count = runs.clone();
    let service = layer.with_clock(clock.clone()).layer(handler(move |_| {
        count.add();
        async {
            sleep(100 * SECOND).await;
            ok()
        }
    }));
    let captured = event(&scheme, "msg_1", 300);
    let first = send(&service, request(&captured));
    let replays = async {
        for _ in 0..65 {
            sleep(10 * SECOND).await;
            clock.advance(10 * SECOND);
            let answer = send(&service, request(&captured)).await;
            assert_ne!(answer.text(), HANDLED);
        }
    };
    let (first, ()) = tokio::join!(first, replays);
    first.assert_handled("first");
    assert_eq!(runs.count(), 1);
}

/// T-F8: a clock that is set back or ahead brings no event back.
#[tokio::test(start_paused = true)]
async fn t_f8_a_clock_that_jumps_reopens_nothing() {
    let scheme = providers::standard_webhooks();
    let clock = FixedClock::new(now());
    let (layer, store) = guarded(endpoint(&scheme));
    let runs = Counter::default();
    let service = layer.with_clock(clock.clone()).layer(counting(&runs));
    let captured = event(&scheme, "msg_1", 0);
    send(&service, request(&captured))
        .await
        .assert_handled("first");
    for jump in [
        -600,
        600,
        -86_400,
        86_400,
        -290,
        290,
        0,
        -86_400 * 365,
        86_400 * 365,
        0,
    ] {
        clock.set(Timestamp::from_unix_seconds(now().unix_seconds() + jump));
        let answer = send(&service, request(&captured)).await;
        if jump.abs() <= 300 {
            assert_duplicate(&answer, &jump.to_string());
        } else {
            assert_eq!(answer.status, 401, "{jump}");
        }
        assert_eq!((runs.count(), store.len()), (1, 1), "{jump}");
    }
}

/// An event is remembered for as long as its provider may send it again.
#[tokio::test(start_paused = true)]
async fn done_counts_for_the_retry_horizon() {
    // Square signs no timestamp, so only the memory stands against a replay.
    let scheme = providers::square();
    let (layer, _) = guarded(endpoint(&scheme));
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    let event = of_body(&scheme, "/webhook", r#"{"event_id":"1"}"#);
    send(&service, request(&event))
        .await
        .assert_handled("first");
    let hour = 3600 * SECOND;
    for _ in 0..71 {
        sleep(hour).await;
        assert_duplicate(&send(&service, request(&event)).await, "within three days");
    }
    assert_eq!(runs.count(), 1);
    sleep(2 * hour).await;
    send(&service, request(&event))
        .await
        .assert_handled("forgotten");
}

#[tokio::test(start_paused = true)]
async fn the_time_of_done_can_be_set_but_not_below_the_window() {
    for (scheme, ttl, remembered, forgotten) in [
        (providers::square(), 60, 59, 62),
        (providers::stripe(), 60, 599, 700),
        (providers::stripe(), 1000, 999, 1002),
    ] {
        let id = &scheme.id;
        let clock = FixedClock::new(now());
        let ttl = Duration::from_secs(ttl);
        let (layer, store) = guarded(endpoint(&scheme).with_done_ttl(ttl));
        let service = layer.with_clock(clock).layer(counting(&Counter::default()));
        let event = event(&scheme, "evt_1", 0);
        send(&service, request(&event)).await.assert_handled(id);
        sleep(Duration::from_secs(remembered)).await;
        assert_duplicate(&send(&service, request(&event)).await, id);
        sleep(Duration::from_secs(forgotten - remembered)).await;
        send(&service, request(&event)).await.assert_handled(id);
        assert_eq!(store.len(), 1);
    }
}

/// A wider window that is set later makes "done" count longer, too.
#[tokio::test(start_paused = true)]
async fn done_outlives_a_window_that_is_set_wider() {
    let scheme = providers::svix();
    let wide = Tolerance::new("20d".parse().unwrap(), "20d".parse().unwrap());
    let clock = FixedClock::new(now());
    let (layer, _) = guarded(endpoint(&scheme).with_tolerance(wide).unwrap());
    let runs = Counter::default();
    let service = layer.with_clock(clock.clone()).layer(counting(&runs));
    let day = Duration::from_hours(24);
    let captured = event(&scheme, "msg_1", 20 * 86_400);
    send(&service, request(&captured))
        .await
        .assert_handled("first");
    for _ in 0..40 {
        sleep(day).await;
        clock.advance(day);
        assert_duplicate(&send(&service, request(&captured)).await, "within");
    }
    sleep(day).await;
    clock.advance(day);
    send(&service, request(&captured))
        .await
        .assert_refused("beyond", "stale");
    assert_eq!(runs.count(), 1);
}

// --- Without a store, and without a choice.

#[tokio::test]
async fn without_a_store_each_delivery_is_handled() {
    let service = layer(&providers::stripe()).layer(counting(&Counter::default()));
    for _ in 0..3 {
        send(&service, request(&stripe("evt_1")))
            .await
            .assert_handled("again");
    }
}

/// Two honest events of equal content are two events, unless the endpoint says otherwise.
#[tokio::test]
async fn equal_bodies_of_a_provider_without_signed_ids_are_two_events() {
    let scheme = providers::github();
    let (layer, store) = guarded(endpoint(&scheme));
    let service = layer.layer(counting(&Counter::default()));
    for delivery in ["d-1", "d-2", "d-1"] {
        let signed = with_header(&signed(&scheme), "x-github-delivery", delivery);
        send(&service, request(&signed))
            .await
            .assert_handled(delivery);
    }
    assert!(store.is_empty());
}

/// A dedupe that the scheme can't keep is refused when the endpoint is built.
#[test]
fn deduplication_by_what_is_not_signed_is_refused() {
    for scheme in [
        providers::github(),
        providers::gitea(),
        providers::shopify(),
        providers::twilio(),
        providers::zoom(),
    ] {
        let error = endpoint(&scheme).with_dedupe(Dedupe::Id).unwrap_err();
        assert!(error.to_string().contains("dedupe-unsigned-id"), "{error}");
    }
    for scheme in [providers::telegram(), providers::postmark()] {
        let error = endpoint(&scheme).with_dedupe(Dedupe::Content).unwrap_err();
        assert!(error.to_string().contains("dedupe-no-content"), "{error}");
    }
}

/// By content the whole of it counts, and nothing but that.
#[tokio::test]
async fn deduplication_by_content_is_by_every_signed_byte() {
    let scheme = providers::github();
    let (layer, _) = guarded(endpoint(&scheme).with_dedupe(Dedupe::Content).unwrap());
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    for body in [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":1} "#, ""] {
        let signed = of_body(&scheme, "/webhook", body);
        send(&service, request(&signed)).await.assert_handled(body);
        assert_duplicate(&send(&service, request(&signed)).await, body);
        // GitHub signs no path.
        let elsewhere = of_body(&scheme, "/another/path", body);
        assert_duplicate(&send(&service, request(&elsewhere)).await, body);
    }
    assert_eq!(runs.count(), 4);
}
