//! A key that a provider sends by itself: handed on once, used by nobody, and never answered where there is one.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum_webhook::{Endpoint, EndpointError, WebhookLayer, providers, scheme::Scheme};
use http::{HeaderMap, Request};
use tower::Layer as _;

use super::support::{
    Counter, counting, endpoint, layer, layer_for, request, right, secret, send, signed,
};

const KEY: &str = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81";

type Keys = Arc<Mutex<Vec<String>>>;

/// An endpoint that waits for its key, and the keys that were handed on.
fn waiting(scheme: Scheme) -> (WebhookLayer, Keys) {
    let keys = Keys::default();
    let kept = Arc::clone(&keys);
    let endpoint = Endpoint::dangerous_pairing(scheme, move |key| {
        assert_eq!(format!("{key:?}"), "PairedKey([redacted])");
        kept.lock().unwrap().push(key.reveal().to_owned());
    });
    (layer_for(endpoint.unwrap()), keys)
}

/// The request in which each provider sends a key.
fn bringing(provider: &str, key: &str) -> Request<Body> {
    let request = Request::post("/webhook").header("content-type", "application/json");
    match provider {
        "asana" => request.header("x-hook-secret", key).body(Body::from("{}")),
        _ => request.body(Body::from(format!(
            r#"{{"verification_token":"{key}","webhook_subscription_uuid":"u"}}"#
        ))),
    }
    .unwrap()
}

const PROVIDERS: [providers::Entry; 3] = [
    ("asana", providers::asana),
    ("gusto", providers::gusto),
    ("notion", providers::notion),
];

#[test]
fn the_providers_that_send_a_key_are_the_known_ones() {
    let pairing = providers::ALL.iter().filter(|(_, describe)| {
        let handshakes = describe().handshakes;
        handshakes.iter().any(|handshake| handshake.pairs)
    });
    let pairing: Vec<_> = pairing.map(|(id, _)| *id).collect();
    assert_eq!(pairing, PROVIDERS.map(|(id, _)| id));
    let refused = Endpoint::dangerous_pairing(providers::github(), |_| {});
    assert_eq!(
        refused.unwrap_err(),
        EndpointError::NoPairing("github".to_owned())
    );
}

#[tokio::test]
async fn the_first_key_is_handed_on_and_no_other() {
    for (id, scheme) in PROVIDERS {
        let runs = Counter::default();
        let (layer, keys) = waiting(scheme());
        let service = layer.layer(counting(&runs));
        let answer = send(&service, bringing(id, KEY)).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, ""), "{id}");
        let mut want = HeaderMap::new();
        if id == "asana" {
            want.insert("x-hook-secret", KEY.parse().unwrap());
        }
        assert_eq!(answer.headers, want, "{id}");
        // Also the same one again: the provider sends it once.
        for key in [KEY, "another-key-of-somebody-else"] {
            let answer = send(&service, bringing(id, key)).await;
            answer.assert_refused(id, "missing");
        }
        assert_eq!(*keys.lock().unwrap(), [KEY], "{id}");
        assert_eq!(runs.count(), 0, "{id}");
    }
}

/// The key that came is not used: until the endpoint is built with one, nothing is genuine.
#[tokio::test]
async fn no_delivery_is_accepted_while_an_endpoint_waits() {
    for (id, scheme) in PROVIDERS {
        let scheme = scheme();
        let runs = Counter::default();
        let (layer, keys) = waiting(scheme.clone());
        let service = layer.layer(counting(&runs));
        let text = "right-secret-of-the-tests";
        for _ in 0..2 {
            let answer = send(&service, request(&signed(&scheme))).await;
            answer.assert_refused(id, "no-live-key");
            send(&service, bringing(id, text)).await;
        }
        assert_eq!(*keys.lock().unwrap(), [text], "{id}");
        assert_eq!(runs.count(), 0, "{id}");
    }
}

#[tokio::test]
async fn what_is_no_key_is_not_handed_on() {
    for (id, scheme) in PROVIDERS {
        let (layer, keys) = waiting(scheme());
        let service = layer.layer(counting(&Counter::default()));
        let long = "a".repeat(257);
        for key in [
            "",
            "short",
            "a key with spaces in it",
            "<script>alert(1)</script>",
            &long,
        ] {
            let answer = send(&service, bringing(id, key)).await;
            answer.assert_refused(id, "missing");
        }
        // Beside a signature it is a delivery, and those can't be verified yet.
        let mut signed = bringing(id, KEY);
        let name = format!("x-{}-signature", if id == "asana" { "hook" } else { id });
        let name: http::HeaderName = name.parse().unwrap();
        signed.headers_mut().insert(name, "00".parse().unwrap());
        let answer = send(&service, signed).await;
        answer.assert_refused(id, "signature-malformed");
        assert!(keys.lock().unwrap().is_empty(), "{id}");
    }
}

/// Where there is a key, no other is taken, echoed or even looked at.
#[tokio::test]
async fn an_endpoint_with_a_key_never_pairs() {
    for (id, scheme) in PROVIDERS {
        let scheme = scheme();
        let service = layer(&scheme).layer(counting(&Counter::default()));
        let answer = send(&service, bringing(id, KEY)).await;
        answer.assert_refused(id, "missing");
        assert_eq!(answer.header("x-hook-secret"), None, "{id}");
    }
}

/// Two endpoints of one layer wait for themselves; clones of one wait together.
#[tokio::test]
async fn clones_of_an_endpoint_take_one_key() {
    let keys = Keys::default();
    let kept = Arc::clone(&keys);
    let waiting = Endpoint::dangerous_pairing(providers::asana(), move |key| {
        kept.lock().unwrap().push(key.reveal().to_owned());
    });
    let waiting = waiting.unwrap().with_path("/webhook");
    let other = endpoint(&providers::notion()).with_path("/other");
    let layers = [waiting.clone(), waiting]
        .map(|endpoint| WebhookLayer::by_path(vec![endpoint, other.clone()]).unwrap());
    for layer in layers {
        let service = layer.layer(counting(&Counter::default()));
        send(&service, bringing("asana", KEY)).await;
    }
    assert_eq!(keys.lock().unwrap().len(), 1);
}

/// What the operator does then.
#[tokio::test]
async fn an_endpoint_that_is_built_with_the_key_verifies() {
    let (layer, keys) = waiting(providers::asana());
    let service = layer.layer(counting(&Counter::default()));
    send(&service, bringing("asana", KEY)).await;
    let key = keys.lock().unwrap().pop().unwrap();
    let scheme = providers::asana();
    let paired = axum_webhook::Secret::new(key).unwrap();
    let service = layer_for(Endpoint::new(scheme.clone(), paired.clone()).unwrap())
        .layer(counting(&Counter::default()));
    let by = |secret| {
        let draft = axum_webhook::sign::Draft::new(r#"{"events":[]}"#);
        request(&draft.sign(&scheme, secret).unwrap())
    };
    send(&service, by(paired)).await.assert_handled("paired");
    let answer = send(&service, by(right(&scheme))).await;
    answer.assert_refused("another", "mismatch");
    let answer = send(&service, by(secret(&scheme, "third"))).await;
    answer.assert_refused("a third", "mismatch");
}
