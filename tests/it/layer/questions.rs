//! Questions that need no signature: X, whose answer is a MAC, and Microsoft Graph, whose answer is an echo.

use axum::body::Body;
use axum_webhook::{
    Endpoint, Secret, WebhookLayer, providers,
    scheme::{Expect, Handshake, HandshakeAnswer, Locate, Scheme},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, Request};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use sha2::Sha256;
use tower::Layer as _;

use super::support::{Answer, Counter, counting, layer, layer_for, request, send, signed};

const PLAIN: &str = "text/plain; charset=utf-8";

fn ask(method: Method, target: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(target)
        .body(Body::empty())
        .unwrap()
}

#[track_caller]
fn check_answer(answer: &Answer, name: &str, kind: &str, text: &str) {
    assert_eq!(answer.status, 200, "{name}: {:?}", answer.rejection);
    assert_eq!(answer.text(), text, "{name}");
    assert_eq!(answer.header("content-type"), Some(kind), "{name}");
    let nosniff = answer.header("x-content-type-options");
    assert_eq!(nosniff, Some("nosniff"), "{name}");
}

// --- X.

const CONSUMER_SECRET: &str = "xvz1evFS4wEEPTGEFPHBog-consumer-secret";

fn x() -> WebhookLayer {
    let secret = Secret::new(CONSUMER_SECRET).unwrap();
    layer_for(Endpoint::new(providers::x(), secret).unwrap())
}

/// What X's page says that the answer to a token is.
fn response_token(token: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(CONSUMER_SECRET.as_bytes()).unwrap();
    mac.update(token.as_bytes());
    format!("sha256={}", BASE64.encode(mac.finalize().into_bytes()))
}

fn x_delivery(body: &str, signature: &str) -> Request<Body> {
    Request::post("/webhook")
        .header("content-type", "application/json")
        .header("x-twitter-webhooks-signature", signature)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn x_gets_the_mac_of_its_token() {
    let runs = Counter::default();
    let service = x().layer(counting(&runs));
    let longest = "a".repeat(128);
    for token in [
        "challenge_string",
        "ZTM3NDI1ZTEtNjVkMy00MjQ5LTk2ZWUtMGQ0YjgxNGZlZGUx",
        &longest,
    ] {
        let answer = send(
            &service,
            ask(Method::GET, &format!("/webhook?crc_token={token}&nonce=1")),
        )
        .await;
        let want = format!(r#"{{"response_token":"{}"}}"#, response_token(token));
        check_answer(&answer, token, "application/json", &want);
    }
    assert_eq!(runs.count(), 0);
}

/// No token that a delivery could be is answered: not one with a brace, which every JSON object has.
#[tokio::test]
async fn x_gets_no_mac_of_what_is_no_token() {
    let runs = Counter::default();
    let service = x().layer(counting(&runs));
    let long = "a".repeat(129);
    for query in [
        "",
        "crc_token",
        "crc_token=",
        "crc_token=%7B%7D",
        "crc_token=%7B%22for_user_id%22%3A%221%22%7D",
        "crc_token=a%20b",
        "crc_token=a%0Ab",
        "crc_token=%C3%BC",
        "crc_token=a&crc_token=b",
        "CRC_TOKEN=a",
        &format!("crc_token={long}"),
    ] {
        let answer = send(&service, ask(Method::GET, &format!("/webhook?{query}"))).await;
        answer.assert_is(query, 405, "method", "method not allowed\n");
    }
    for method in [Method::HEAD, Method::PUT, Method::OPTIONS, Method::POST] {
        let answer = send(&service, ask(method.clone(), "/webhook?crc_token=a")).await;
        assert!(!answer.status.is_success(), "{method}");
        assert!(!answer.text().contains("response_token"), "{method}");
    }
    assert_eq!(runs.count(), 0);
}

/// T-L4: the answer to a question is under the key of deliveries, and is no signature of one.
#[tokio::test]
async fn t_l4_an_answer_to_x_is_never_the_signature_of_a_delivery() {
    let runs = Counter::default();
    let service = x().layer(counting(&runs));
    for token in [
        "challenge_string",
        "1",
        "true",
        "null",
        "0.5",
        "abc",
        "e30=",
        "~",
    ] {
        let target = format!("/webhook?crc_token={token}");
        let answer = send(&service, ask(Method::GET, &target)).await;
        let text = answer.text();
        let signature = text.split('"').nth(3).unwrap();
        assert_eq!(signature, response_token(token));
        let answer = send(&service, x_delivery(token, signature)).await;
        answer.assert_refused(token, "malformed");
    }
    assert_eq!(runs.count(), 0);
    // The same construction over an object is X's own delivery.
    let body = r#"{"for_user_id":"1"}"#;
    let answer = send(&service, x_delivery(body, &response_token(body))).await;
    answer.assert_handled("genuine");
}

proptest! {
    /// Whatever text the receiver is willing to answer, no delivery of that text is genuine, though
    /// its signature is right.
    #[test]
    fn t_l4_what_x_is_answered_for_is_no_delivery(text in "[ -~]{0,140}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let runs = Counter::default();
        let service = x().layer(counting(&runs));
        let encoded = percent_encode(text.as_bytes(), NON_ALPHANUMERIC);
        let target = format!("/webhook?crc_token={encoded}");
        let (asked, delivered) = runtime.block_on(async {
            let asked = send(&service, ask(Method::GET, &target)).await;
            let delivered = send(&service, x_delivery(&text, &response_token(&text))).await;
            (asked.status, delivered.status)
        });
        prop_assert!(asked != 200 || delivered == 401, "{text:?}: {asked} {delivered}");
    }
}

// --- Microsoft Graph.

#[tokio::test]
async fn graph_gets_its_token_back_decoded_as_text() {
    let scheme = providers::microsoft_graph();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let longest = "a".repeat(1024);
    for (query, want) in [
        (
            "validationToken=Validation%3a+Testing+client+application+reachability+for+subscription+Request-Id%3a+aaaa-bbbb",
            "Validation: Testing client application reachability for subscription Request-Id: aaaa-bbbb",
        ),
        ("validationToken=%7b%7d&x=1", "{}"),
        (&format!("validationToken={longest}"), &*longest),
    ] {
        let answer = send(&service, ask(Method::POST, &format!("/webhook?{query}"))).await;
        check_answer(&answer, query, PLAIN, want);
    }
    assert_eq!(runs.count(), 0);
}

#[tokio::test]
async fn graph_gets_nothing_back_that_is_no_token() {
    let scheme = providers::microsoft_graph();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let long = "a".repeat(1025);
    for query in [
        "validationToken=",
        "validationToken=%3Cscript%3Ealert(1)%3C/script%3E",
        "validationToken=%22",
        "validationToken=%26",
        "validationToken=a%0Ab",
        "validationToken=a%00",
        "validationToken=%C3%BC",
        "validationToken=%FF",
        "validationToken=a&validationToken=a",
        &format!("validationToken={long}"),
    ] {
        let answer = send(&service, ask(Method::POST, &format!("/webhook?{query}"))).await;
        answer.assert_refused(query, "malformed");
    }
    let answer = send(&service, ask(Method::GET, "/webhook?validationToken=a")).await;
    answer.assert_is("GET", 405, "method", "method not allowed\n");
    assert_eq!(runs.count(), 0);
}

/// Each item has to bring the credential, whatever the others have.
#[tokio::test]
async fn graph_s_batch_is_refused_where_one_item_has_another_client_state() {
    let scheme = providers::microsoft_graph();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let genuine = signed(&scheme);
    send(&service, request(&genuine))
        .await
        .assert_handled("genuine");
    let state = "right-secret-of-the-tests";
    let item = |state: &str| format!(r#"{{"changeType":"created","clientState":{state}}}"#);
    let right = item(&format!("{state:?}"));
    for (name, items, code) in [
        ("none", String::new(), "empty-batch"),
        (
            "other",
            format!("{right},{}", item("\"other\"")),
            "mismatch",
        ),
        (
            "first",
            format!("{},{right}", item("\"other\"")),
            "mismatch",
        ),
        ("null", format!("{right},{}", item("null")), "missing"),
        ("missing", format!("{right},{{}}"), "missing"),
        ("list", format!("{right},{}", item("[]")), "malformed"),
    ] {
        let mut forged = genuine.clone();
        forged.body = format!(r#"{{"value":[{items}]}}"#).into_bytes();
        let answer = send(&service, request(&forged)).await;
        answer.assert_refused(name, code);
    }
    assert_eq!(runs.count(), 1);
    let mut both = genuine;
    both.body = format!(r#"{{"value":[{right},{right}]}}"#).into_bytes();
    send(&service, request(&both)).await.assert_handled("both");
}

// --- Words for schemes of one's own.

/// Event Grid with `CloudEvents`: the recipe of `providers`, as a reader has it.
fn cloud_events() -> WebhookLayer {
    let scheme: Scheme = toml::from_str(
        r#"
        id = "event-grid"
        algorithm = "shared-token"
        coverage = "credential"
        signature = { at = { query = "token" }, encoding = "text" }
        event_id = { json = "/0/id" }
        event_type = { json = "/0/type" }
        secret_parts = ["token"]

        [[handshake]]
        method = "OPTIONS"
        signed = false
        when = [{ at = { query = "token" }, is = { secret = "token" } }]
        challenge = { at = { header = "webhook-request-origin" }, charset = "token", min = 1, max = 128 }

        [handshake.answer]
        status = 200
        headers = [
            { name = "webhook-allowed-origin", value = "{challenge}" },
            { name = "webhook-allowed-rate", value = "*" },
            { name = "allow", value = "POST" },
        ]
        body = ""
        "#,
    )
    .unwrap();
    let secret = Secret::new("a-long-random-token").unwrap();
    let secret = secret.with_part("token", "a-long-random-token").unwrap();
    layer_for(Endpoint::new(scheme, secret).unwrap())
}

#[tokio::test]
async fn cloud_events_find_the_url_behind_its_token() {
    let runs = Counter::default();
    let service = cloud_events().layer(counting(&runs));
    let question = |target: &str, origin: &[&str]| {
        let mut request = ask(Method::OPTIONS, target);
        for origin in origin {
            let origin = origin.parse().unwrap();
            request
                .headers_mut()
                .append("webhook-request-origin", origin);
        }
        request
    };
    let target = "/webhook?token=a-long-random-token";
    let answer = send(&service, question(target, &["eventgrid.azure.net"])).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, ""));
    for (name, value) in [
        ("webhook-allowed-origin", "eventgrid.azure.net"),
        ("webhook-allowed-rate", "*"),
        ("allow", "POST"),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    for (target, origin) in [
        ("/webhook", &["eventgrid.azure.net"][..]),
        ("/webhook?token=other", &["eventgrid.azure.net"]),
        (target, &[]),
        (target, &["eventgrid.azure.net", "evil.example"]),
        (target, &["<b>"]),
        (target, &["a b"]),
    ] {
        let answer = send(&service, question(target, origin)).await;
        answer.assert_is(target, 405, "method", "method not allowed\n");
        assert_eq!(answer.header("webhook-allowed-origin"), None);
    }
    assert_eq!(runs.count(), 0);
}

/// What has to be there, and what must not be.
#[tokio::test]
async fn a_question_can_be_told_by_what_is_there_and_what_is_not() {
    let mut scheme = providers::github();
    scheme.handshakes = vec![Handshake {
        method: Method::GET,
        when: vec![
            Expect::present(Locate::header("x-is")),
            Expect::absent(Locate::query("not")),
        ],
        signed: false,
        pairs: false,
        challenge: None,
        answer: HandshakeAnswer::empty(),
    }];
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    for (name, target, headers, status) in [
        ("as it should be", "/?a=b", &["x"][..], 200),
        ("not there", "/", &[], 405),
        ("empty", "/", &[""], 405),
        ("twice", "/", &["x", "x"], 405),
        ("there", "/?not=", &["x"], 405),
        ("there twice", "/?not=1&not=2", &["x"], 405),
    ] {
        let mut request = ask(Method::GET, target);
        for value in headers {
            request.headers_mut().append("x-is", value.parse().unwrap());
        }
        assert_eq!(send(&service, request).await.status, status, "{name}");
    }
    assert_eq!(runs.count(), 0);
}
