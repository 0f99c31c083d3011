//! Keys that an endpoint asks for: when, and what becomes of the answer.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum_webhook::{
    Endpoint, KeyRequest, KeySource, KeySourceError, Keyring, Secret, TenantFrom, providers,
    scheme::Scheme,
};
use bytes::Bytes;
use http::{HeaderValue, Request};
use tower::Layer as _;

use super::support::{
    Answer, Counter, Frames, Step, counting, forged, layer_for, of_body, request, right, send,
    signed, with_body, wrong,
};

/// A source that answers what it is told, and counts how often it is asked.
#[derive(Clone, Debug)]
struct Told {
    answer: Arc<Mutex<Result<Secret, KeySourceError>>>,
    newer: Arc<Mutex<Option<Secret>>>,
    asked: Counter,
}

impl Told {
    fn new(answer: Result<Secret, KeySourceError>) -> Self {
        Self {
            answer: Arc::new(Mutex::new(answer)),
            newer: Arc::default(),
            asked: Counter::default(),
        }
    }
}

impl KeySource for Told {
    async fn keys(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        self.asked.add();
        let secret = self.answer.lock().unwrap().clone()?;
        Ok(Keyring::new(request.scheme(), secret).unwrap())
    }

    async fn newer_keys(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        match self.newer.lock().unwrap().clone() {
            Some(secret) => Ok(Keyring::new(request.scheme(), secret).unwrap()),
            None => Err(KeySourceError::unavailable("there is nothing newer")),
        }
    }
}

async fn ask(scheme: &Scheme, source: &Told, request: Request<Body>) -> (Answer, usize) {
    let endpoint = Endpoint::from_source(scheme.clone(), source.clone()).unwrap();
    let runs = Counter::default();
    let layer = layer_for(endpoint);
    let service = layer.layer(counting(&runs));
    let answer = send(&service, request).await;
    (answer, runs.count())
}

#[tokio::test]
async fn the_keys_of_a_source_decide() {
    let scheme = providers::stripe();
    let source = Told::new(Ok(right(&scheme)));
    let (answer, runs) = ask(&scheme, &source, request(&signed(&scheme))).await;
    answer.assert_handled("genuine");
    assert_eq!((runs, source.asked.count()), (1, 1));
    let (answer, runs) = ask(&scheme, &source, request(&forged(&scheme))).await;
    answer.assert_refused("forged", "mismatch");
    assert_eq!(runs, 0);
}

#[tokio::test]
async fn an_unknown_key_is_a_forgery_and_a_source_that_fails_is_not() {
    let scheme = providers::stripe();
    let unknown = Told::new(Err(KeySourceError::unknown("no such tenant")));
    let (answer, runs) = ask(&scheme, &unknown, request(&signed(&scheme))).await;
    answer.assert_refused("unknown", "key-not-found");
    assert_eq!(runs, 0);
    let failing = Told::new(Err(KeySourceError::unavailable("the database is down")));
    let (answer, runs) = ask(&scheme, &failing, request(&signed(&scheme))).await;
    answer.assert_try_again("failing", "keys-unavailable");
    let said = answer.rejection.unwrap().to_string();
    assert!(said.contains("the database is down"), "{said}");
    assert_eq!(runs, 0);
}

#[tokio::test]
async fn a_source_is_asked_after_the_cheap_checks_and_before_the_body() {
    let scheme = providers::stripe();
    let source = Told::new(Ok(right(&scheme)));
    let mut malformed = request(&signed(&scheme));
    let value = HeaderValue::from_static("t=1,v1=zz");
    malformed.headers_mut().insert("stripe-signature", value);
    let (answer, _) = ask(&scheme, &source, malformed).await;
    assert_eq!(answer.status, 401);
    assert_eq!(source.asked.count(), 0);

    let failing = Told::new(Err(KeySourceError::unavailable("down")));
    let body = Frames::new([Step::Data(Bytes::from_static(b"{}"))]);
    let polls = body.polls.clone();
    let unread = with_body(&signed(&scheme), Body::new(body));
    let (answer, _) = ask(&scheme, &failing, unread).await;
    answer.assert_try_again("down", "keys-unavailable");
    assert_eq!(polls.count(), 0);
}

#[tokio::test]
async fn a_key_that_changed_meanwhile_is_asked_for_once_more() {
    let scheme = providers::stripe();
    let source = Told::new(Ok(wrong(&scheme)));
    let (answer, _) = ask(&scheme, &source, request(&signed(&scheme))).await;
    answer.assert_refused("nothing newer", "mismatch");
    *source.newer.lock().unwrap() = Some(right(&scheme));
    let (answer, runs) = ask(&scheme, &source, request(&signed(&scheme))).await;
    answer.assert_handled("with the newer key");
    assert_eq!(runs, 1);
    *source.newer.lock().unwrap() = Some(wrong(&scheme));
    let (answer, runs) = ask(&scheme, &source, request(&signed(&scheme))).await;
    answer.assert_refused("the newer is wrong too", "mismatch");
    assert_eq!(runs, 0);
}

/// A body that may be a question is no reason to ask again for what can't be had.
#[tokio::test]
async fn keys_that_can_not_be_had_are_asked_for_once() {
    let mut scheme = providers::stripe();
    scheme.handshakes = providers::monday().handshakes;
    let failing = Told::new(Err(KeySourceError::unavailable("the database is down")));
    let endpoint = Endpoint::from_source(scheme.clone(), failing.clone())
        .unwrap()
        .with_tenant(TenantFrom::unverified_body_field("/tenant").unwrap());
    let signed = of_body(
        &scheme,
        "/webhook",
        r#"{"tenant":"acme","challenge":"abc"}"#,
    );
    let service = layer_for(endpoint).layer(counting(&Counter::default()));
    let answer = send(&service, request(&signed)).await;
    answer.assert_try_again("down", "keys-unavailable");
    assert_eq!(failing.asked.count(), 1);
}

#[tokio::test]
async fn a_question_is_answered_with_the_keys_of_a_source() {
    let scheme = providers::meta();
    let asking = |token: &str| {
        Request::get(format!(
            "https://example.com/webhook?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1234"
        ))
        .body(Body::empty())
        .unwrap()
    };
    let source = Told::new(Ok(right(&scheme)));
    let (answer, runs) = ask(&scheme, &source, asking("the-verify_token")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.text(), runs),
        (200, "1234", 0)
    );
    let (answer, _) = ask(&scheme, &source, asking("a-guess")).await;
    assert_eq!(answer.status, 405);
    let unknown = Told::new(Err(KeySourceError::unknown("no such tenant")));
    let (answer, _) = ask(&scheme, &unknown, asking("the-verify_token")).await;
    assert_eq!(answer.status, 405);
    let failing = Told::new(Err(KeySourceError::unavailable("down")));
    let (answer, _) = ask(&scheme, &failing, asking("the-verify_token")).await;
    answer.assert_try_again("down", "keys-unavailable");
}
