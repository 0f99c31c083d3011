//! A provider's question whether the URL is ours: answered where it should be, and nobody's echo: T-L4.

use std::sync::Arc;

use axum::{Router, body::Body, routing::post_service};
use axum_webhook::{
    Endpoint, Secret, WebhookLayer, providers,
    replay::MemoryReplayStore,
    scheme::Scheme,
    sign::{Draft, Signed},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, Request};
use sha2::Sha256;
use tower::Layer as _;

use super::support::{
    Answer, Counter, counting, endpoint, hex, layer, layer_for, now, request, right, secret, send,
    without_header, wrong,
};

fn sign(scheme: &Scheme, body: &str, secret: Secret) -> Signed {
    Draft::new(body)
        .with_timestamp(now())
        .sign(scheme, secret)
        .unwrap()
}

#[track_caller]
fn check_answer(answer: &Answer, name: &str, kind: &str, text: &str) {
    assert_eq!(answer.status, 200, "{name}: {:?}", answer.rejection);
    assert_eq!(answer.text(), text, "{name}");
    assert_eq!(answer.header("content-type"), Some(kind), "{name}");
    assert_eq!(
        answer.header("x-content-type-options"),
        Some("nosniff"),
        "{name}"
    );
    assert!(answer.rejection.is_none(), "{name}");
}

const PLAIN: &str = "text/plain; charset=utf-8";

// --- Slack.

const SLACK: &str =
    r#"{"token":"t","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd","type":"url_verification"}"#;

#[tokio::test]
async fn slack_gets_its_challenge_back_where_it_is_signed() {
    let scheme = providers::slack();
    let (runs, store) = (Counter::default(), Arc::new(MemoryReplayStore::new()));
    let service = layer(&scheme)
        .with_shared_replay_store(Arc::clone(&store))
        .layer(counting(&runs));
    for _ in 0..2 {
        let answer = send(&service, request(&sign(&scheme, SLACK, right(&scheme)))).await;
        check_answer(&answer, "signed", PLAIN, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd");
    }
    assert_eq!(runs.count(), 0, "a question is no event");
    assert!(store.is_empty());
}

#[tokio::test]
async fn slack_gets_no_challenge_back_where_it_is_not_signed() {
    let scheme = providers::slack();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let genuine = sign(&scheme, SLACK, right(&scheme));
    let mut changed = genuine.clone();
    changed.body = SLACK.replace("3eZ", "XXX").into_bytes();
    for (name, signed, code) in [
        (
            "unsigned",
            without_header(&genuine, "x-slack-signature"),
            "missing",
        ),
        (
            "no time",
            without_header(&genuine, "x-slack-request-timestamp"),
            "missing",
        ),
        ("forged", sign(&scheme, SLACK, wrong(&scheme)), "mismatch"),
        ("changed", changed, "mismatch"),
    ] {
        let answer = send(&service, request(&signed)).await;
        answer.assert_refused(name, code);
    }
    assert_eq!(runs.count(), 0);
}

/// What is no challenge is a delivery like any other, and echoed by nobody.
#[tokio::test]
async fn slack_gets_nothing_echoed_that_is_not_a_challenge() {
    let scheme = providers::slack();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let long = "x".repeat(257);
    let mut delivered = 0;
    for challenge in [
        r#""<script>alert(1)</script>""#,
        r#""a b""#,
        r#""a\nb""#,
        r#""\u003cb\u003e""#,
        r#""é""#,
        r#""""#,
        r#"["a"]"#,
        "null",
        &format!("{long:?}"),
    ] {
        let body = format!(r#"{{"challenge":{challenge},"type":"url_verification"}}"#);
        let answer = send(&service, request(&sign(&scheme, &body, right(&scheme)))).await;
        answer.assert_handled(challenge);
        delivered += 1;
        assert_eq!(runs.count(), delivered, "{challenge}");
    }
    for body in [
        r#"{"challenge":"abc","type":"event_callback"}"#,
        r#"{"challenge":"abc"}"#,
        r#"{"challenge":"abc","type":"url_verification","type":"url_verification"}"#,
        r#"{"challenge":"abc","challenge":"abd","type":"url_verification"}"#,
        r#"{"challenge":"abc","type":"URL_VERIFICATION"}"#,
    ] {
        let answer = send(&service, request(&sign(&scheme, body, right(&scheme)))).await;
        answer.assert_handled(body);
    }
}

// --- Zoom.

fn hmac_hex(key: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes())
}

fn zoom_body(token: &str) -> String {
    format!(
        r#"{{"event":"endpoint.url_validation","payload":{{"plainToken":"{token}"}},"event_ts":1700000000000}}"#
    )
}

#[tokio::test]
async fn zoom_gets_its_token_back_with_its_hash() {
    let scheme = providers::zoom();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let token = "qgg8vlvZRS6UYooatFL8Aw";
    let signed = sign(&scheme, &zoom_body(token), right(&scheme));
    let answer = send(&service, request(&signed)).await;
    let hash = hmac_hex("right-secret-of-the-tests", token);
    let want = format!(r#"{{"plainToken":"{token}","encryptedToken":"{hash}"}}"#);
    check_answer(&answer, "zoom", "application/json", &want);

    let unsigned = without_header(&signed, "x-zm-signature");
    let answer = send(&service, request(&unsigned)).await;
    answer.assert_refused("unsigned", "missing");
    let forged = sign(&scheme, &zoom_body(token), wrong(&scheme));
    let answer = send(&service, request(&forged)).await;
    answer.assert_refused("forged", "mismatch");
    assert_eq!(runs.count(), 0);
}

/// During a rotation the answer is made with the key that signed the question.
#[tokio::test]
async fn zoom_gets_the_hash_by_the_key_that_it_asked_with() {
    let scheme = providers::zoom();
    let secrets = [secret(&scheme, "new"), secret(&scheme, "old")];
    let endpoint = Endpoint::new(scheme.clone(), secrets).unwrap();
    let service = layer_for(endpoint).layer(counting(&Counter::default()));
    for seed in ["new", "old"] {
        let signed = sign(&scheme, &zoom_body("abc"), secret(&scheme, seed));
        let answer = send(&service, request(&signed)).await;
        let hash = hmac_hex(&format!("{seed}-secret-of-the-tests"), "abc");
        assert!(answer.text().contains(&hash), "{seed}: {}", answer.text());
    }
}

/// The hash is no signature of a delivery: what Zoom signs has colons, and a token has none.
#[tokio::test]
async fn zoom_does_not_hash_what_could_be_a_delivery() {
    let scheme = providers::zoom();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    for token in ["v0:1700000000:x", "a:b", "a b", "{}", &"x".repeat(129), ""] {
        let signed = sign(&scheme, &zoom_body(token), right(&scheme));
        let answer = send(&service, request(&signed)).await;
        answer.assert_handled(token);
    }
    assert_eq!(runs.count(), 6);
}

// --- Braintree.

/// The keys and the challenge of `braintree_python`'s own tests.
fn braintree() -> WebhookLayer {
    let secret = Secret::new("integration_private_key")
        .unwrap()
        .with_part("public_key", "integration_public_key")
        .unwrap();
    layer_for(Endpoint::new(providers::braintree(), secret).unwrap())
}

const CHALLENGE: &str = "20f9f8ed05f77439fe955c977e4c8a53";

fn get(target: &str) -> Request<Body> {
    Request::get(target).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn braintree_gets_the_answer_to_its_challenge() {
    let runs = Counter::default();
    let service = braintree().layer(counting(&runs));
    for target in [
        format!("/webhook?bt_challenge={CHALLENGE}"),
        format!("/?a=b&bt_challenge={CHALLENGE}&c"),
    ] {
        let answer = send(&service, get(&target)).await;
        let want = "integration_public_key|d9b899556c966b3f06945ec21311865d35df3ce4";
        check_answer(&answer, &target, PLAIN, want);
    }
    assert_eq!(runs.count(), 0);
}

#[tokio::test]
async fn braintree_gets_no_answer_to_anything_else() {
    let runs = Counter::default();
    let service = braintree().layer(counting(&runs));
    let upper = CHALLENGE.to_uppercase();
    for query in [
        "",
        "?",
        "?bt_challenge",
        "?bt_challenge=",
        &format!("?bt_challenge={}", &CHALLENGE[..19]),
        &format!("?bt_challenge={CHALLENGE}0"),
        &format!("?bt_challenge={upper}"),
        &format!("?bt_challenge={CHALLENGE}%0a"),
        &format!("?bt_challenge={CHALLENGE}&bt_challenge={CHALLENGE}"),
        &format!("?BT_CHALLENGE={CHALLENGE}"),
        "?bt_challenge=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "?bt_challenge=PG5vdGlmaWNhdGlvbj48L25vdGlmaWNhdGlvbj4%3D",
    ] {
        let answer = send(&service, get(&format!("/webhook{query}"))).await;
        answer.assert_is(query, 405, "method", "method not allowed\n");
    }
    for method in [Method::POST, Method::PUT, Method::HEAD, Method::OPTIONS] {
        let mut request = get(&format!("/webhook?bt_challenge={CHALLENGE}"));
        *request.method_mut() = method.clone();
        let answer = send(&service, request).await;
        assert!([401, 405].contains(&answer.status.as_u16()), "{method}");
        assert!(!answer.text().contains("integration"), "{method}");
    }
    assert_eq!(runs.count(), 0);
}

/// Whoever asks for an answer gets no signature of a notification with it.
#[tokio::test]
async fn the_answer_to_a_challenge_is_no_signature() {
    let runs = Counter::default();
    let service = braintree().layer(counting(&runs));
    for length in 20..=32 {
        let payload = &CHALLENGE[..length];
        let answer = send(&service, get(&format!("/?bt_challenge={payload}"))).await;
        let signature = answer.text().replace('|', "%7C");
        let forgery = Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!(
                "bt_signature={signature}&bt_payload={payload}"
            )))
            .unwrap();
        let answer = send(&service, forgery).await;
        answer.assert_refused(payload, "malformed");
    }
    assert_eq!(runs.count(), 0);
}

// --- Mandrill.

#[tokio::test]
async fn mandrill_finds_the_url_with_a_head_and_nothing_else() {
    let scheme = providers::mandrill();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    for target in ["/webhook", "/webhook?x=%3Cb%3E"] {
        let head = Request::head(target).body(Body::empty()).unwrap();
        let answer = send(&service, head).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
        assert!(answer.headers.is_empty(), "{:?}", answer.headers);
    }
    for method in [Method::GET, Method::OPTIONS, Method::PUT] {
        let mut request = get("/webhook");
        *request.method_mut() = method.clone();
        let answer = send(&service, request).await;
        assert_eq!(answer.status, 405, "{method}");
    }
    // The key that everybody knows.
    let known = Draft::new("mandrill_events=%5B%5D")
        .with_content_type("application/x-www-form-urlencoded")
        .sign(&scheme, Secret::new("test-webhook").unwrap())
        .unwrap();
    let answer = send(&service, request(&known)).await;
    answer.assert_refused("the test key", "mismatch");
    assert_eq!(runs.count(), 0);
}

// --- Where the layer stands.

/// A question comes with a method that the handler's route need not have, so it is answered
/// wherever the layer sees that method: not where it stands on the route's own methods alone.
#[tokio::test]
async fn questions_are_answered_where_the_layer_sees_their_method() {
    let runs = Counter::default();
    let route = || post_service(counting(&runs));
    let target = format!("/webhook?bt_challenge={CHALLENGE}");
    for (name, app) in [
        (
            "router",
            Router::new().route("/webhook", route()).layer(braintree()),
        ),
        (
            "routes",
            Router::new()
                .route("/webhook", route())
                .route_layer(braintree()),
        ),
        (
            "route",
            Router::new().route("/webhook", route().layer(braintree())),
        ),
        (
            "service",
            Router::new().route_service("/webhook", braintree().layer(counting(&runs))),
        ),
    ] {
        let answer = send(&app, get(&target)).await;
        assert_eq!(answer.status, 200, "{name}");
        assert!(
            answer.text().starts_with("integration_public_key|"),
            "{name}"
        );
    }
    let app = Router::new().route("/webhook", route().route_layer(braintree()));
    let answer = send(&app, get(&target)).await;
    assert_eq!(answer.status, 405, "axum answers before the layer");
    assert!(answer.rejection.is_none());
    assert_eq!(runs.count(), 0);
}

/// A shadow answers questions too, or the provider would turn the endpoint off.
#[tokio::test]
async fn a_shadow_answers_questions() {
    let scheme = providers::slack();
    let runs = Counter::default();
    let service = layer_for(endpoint(&scheme).with_shadow_mode()).layer(counting(&runs));
    let answer = send(&service, request(&sign(&scheme, SLACK, right(&scheme)))).await;
    check_answer(&answer, "shadow", PLAIN, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd");
    assert_eq!(runs.count(), 0);
    // And does not answer what nobody signed: that goes on to the handler.
    let answer = send(&service, request(&sign(&scheme, SLACK, wrong(&scheme)))).await;
    answer.assert_handled("forged");
}
