//! What is never fetched, and what is never believed.

use std::time::Duration;

use axum::body::Body;
use axum_webhook::scheme::Scheme;
use bytes::Bytes;
use http::{HeaderValue, Response, header};

use super::{
    HOST, JWK_SET, Receiver, delivery, jwk_set, key, scheme,
    server::{KeyServer, status},
};
use crate::layer::support::{Frames, Step};

/// A scheme whose requests name the URL of their key.
fn named() -> Scheme {
    scheme(&JWK_SET.replace(
        "url = \"https://keys.example.com/jwks.json\"",
        "url = { at = { header = \"x-key-url\" }, path = \"/certs/*\" }",
    ))
}

#[tokio::test]
async fn t_d1_a_url_that_is_not_the_providers_is_never_asked() {
    let server = KeyServer::of(&[HOST, "evil.example.com"]).await;
    let key = key();
    server.publish(jwk_set(&[("a", &key)]));
    let receiver = Receiver::new(&named(), &server);
    let port = server.address.port();
    for url in [
        "https://evil.example.com/certs/a",
        "http://keys.example.com/certs/a",
        "https://keys.example.com.evil.example.com/certs/a",
        "https://keys.example.com@evil.example.com/certs/a",
        "https://evil.example.com\\@keys.example.com/certs/a",
        "https://keys.example.com/other/a",
        "https://keys.example.com/certs/../other/a",
        "https://keys.example.com/certs/%2e%2e/a",
        "https://keys.example.com/certs/a?b",
        "https://keys.example.com/certs/a#b",
        "https://keys.example.com:443/certs/a",
        "https://keys.example.com./certs/a",
        "https://KEYS.example.com/certs/a",
        "//keys.example.com/certs/a",
        "file:///etc/passwd",
        "https://127.0.0.1/certs/a",
        &format!("https://127.0.0.1:{port}/certs/a"),
        &format!("https://keys.example.com:{port}/certs/a"),
    ] {
        let mut request = delivery("a", &key, "1");
        request
            .headers_mut()
            .insert("x-key-url", url.parse().unwrap());
        receiver
            .send(request)
            .await
            .assert_refused(url, "key-not-found");
    }
    let unnamed = receiver.send(delivery("a", &key, "1")).await;
    unnamed.assert_refused("no URL at all", "missing");
    assert_eq!(server.connections.count(), 0);
    assert_eq!(receiver.runs.count(), 0);

    let mut request = delivery("a", &key, "1");
    let url = HeaderValue::from_static("https://keys.example.com/certs/a");
    request.headers_mut().insert("x-key-url", url);
    receiver
        .send(request)
        .await
        .assert_handled("the provider's");
    assert_eq!(server.connections.count(), 1);
}

/// What the head says of the key is looked up before the body costs anything.
#[tokio::test]
async fn a_key_that_is_not_there_is_missed_with_the_body_unread() {
    let server = KeyServer::new().await;
    let key = key();
    server.publish(jwk_set(&[("a", &key)]));
    for (scheme, id) in [(scheme(JWK_SET), "b"), (named(), "a")] {
        let receiver = Receiver::new(&scheme, &server);
        let body = Frames::pieces(b"1", 1);
        let polls = body.polls.clone();
        let mut request = delivery(id, &key, "1").map(|_| Body::new(body));
        let url = HeaderValue::from_static("https://keys.example.com/other/a");
        request.headers_mut().insert("x-key-url", url);
        let answer = receiver.send(request).await;
        answer.assert_refused(id, "key-not-found");
        assert_eq!(polls.count(), 0, "{id}");
    }
}

#[tokio::test]
async fn a_request_that_fails_a_cheap_check_fetches_nothing() {
    let server = KeyServer::new().await;
    let key = key();
    server.publish(jwk_set(&[("a", &key)]));
    let receiver = Receiver::new(&scheme(JWK_SET), &server);
    let mut request = delivery("a", &key, "1");
    request
        .headers_mut()
        .insert("x-signature", HeaderValue::from_static("not base64"));
    receiver
        .send(request)
        .await
        .assert_refused("no base64", "signature-malformed");
    let mut request = delivery("a", &key, "1");
    request.headers_mut().remove("x-signature");
    receiver
        .send(request)
        .await
        .assert_refused("no signature", "missing");
    assert_eq!(server.connections.count(), 0);
}

/// That a delivery is answered 503, and why in the operator's words; the handler does not run.
async fn unavailable(name: &str, server: &KeyServer, why: &str) {
    let receiver = Receiver::with(
        &scheme(JWK_SET),
        server,
        axum_webhook::Secret::remote(),
        |source| source.with_timeout(Duration::from_millis(400)),
    );
    let answer = receiver.send(delivery("a", &key(), "1")).await;
    answer.assert_try_again(name, "keys-unavailable");
    let said = answer.rejection.as_ref().map(ToString::to_string).unwrap();
    assert!(said.contains(why), "{name}: {said}");
    assert!(answer.header("retry-after").is_some(), "{name}");
    assert_eq!(receiver.runs.count(), 0, "{name}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = KeyServer::new().await;
    for code in [301, 302, 303, 307, 308] {
        server.reply(move |_| {
            let mut response = status(code);
            let to = HeaderValue::from_static("https://keys.example.com/other.json");
            response.headers_mut().insert(header::LOCATION, to);
            response
        });
        let before = server.requests.count();
        unavailable("a redirect", &server, &code.to_string()).await;
        assert_eq!(server.requests.count(), before + 1, "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_success_is_not_believed() {
    let server = KeyServer::new().await;
    let set = jwk_set(&[("a", &key())]);
    for code in [201, 204, 206, 400, 401, 403, 404, 410, 429, 500, 503] {
        let set = set.clone();
        server.reply(move |_| {
            let mut response = status(code);
            if code != 204 {
                *response.body_mut() = set.clone().into();
            }
            response
        });
        unavailable("another status", &server, &code.to_string()).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let server = KeyServer::new().await;
    let large = " ".repeat(300 << 10);
    server.publish(format!("{}{large}", jwk_set(&[("a", &key())])));
    unavailable("with a length", &server, "too large").await;
    server.reply(|_| {
        let steps = (0..300).map(|_| Step::Data(Bytes::from(vec![b' '; 1 << 10])));
        Response::new(Body::new(Frames::new(steps)))
    });
    unavailable("in chunks", &server, "too large").await;
}

#[tokio::test]
async fn an_answer_that_is_slow_or_never_comes_is_given_up() {
    let server = KeyServer::new().await;
    server.reply(|_| Response::new(Body::new(Frames::new([Step::Hang]))));
    unavailable("never", &server, "in time").await;
    server.reply(|_| {
        let drip = (0..100).flat_map(|_| {
            [
                Step::Data(Bytes::from_static(b" ")),
                Step::Wait(Duration::from_millis(50)),
            ]
        });
        Response::new(Body::new(Frames::new(drip)))
    });
    unavailable("a byte at a time", &server, "in time").await;
    server.reply(|_| {
        let steps = [Step::Data(Bytes::from_static(b"{")), Step::Fail];
        Response::new(Body::new(Frames::new(steps)))
    });
    unavailable("broken off", &server, "broke off").await;
}

#[tokio::test]
async fn an_answer_that_is_no_key_is_refused() {
    let server = KeyServer::new().await;
    let (ec, p384) = (key(), include_str!("../../../keys/p384.pem"));
    let good = jwk_set(&[("a", &ec)]);
    let many: Vec<_> = (0..40).map(|number| (format!("k{number}"), &ec)).collect();
    let many: Vec<_> = many.iter().map(|(id, key)| (id.as_str(), *key)).collect();
    for (name, text) in [
        ("empty", String::new()),
        ("HTML", "<html></html>".to_owned()),
        ("JSON", "{}".to_owned()),
        ("no keys", r#"{"keys":[]}"#.to_owned()),
        ("cut off", good[..good.len() - 2].to_owned()),
        ("something behind", format!("{good}x")),
        ("a PEM where a set should be", ec.public_key_pem()),
        ("another curve", p384.to_owned()),
        ("for encryption", good.replace("\"sig\"", "\"enc\"")),
        (
            "T-C6, for another algorithm",
            good.replace("ES256", "ES384"),
        ),
        (
            "for signing only",
            good.replace("\"use\":\"sig\"", "\"key_ops\":[\"sign\"]"),
        ),
        ("too many", jwk_set(&many)),
    ] {
        server.publish(text);
        unavailable(name, &server, "the ").await;
    }
    server.reply(|_| {
        let mut response = Response::new(Body::from("{}"));
        let gzip = HeaderValue::from_static("gzip");
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, gzip);
        response
    });
    unavailable("compressed", &server, "compressed").await;
}

#[tokio::test]
async fn a_server_whose_certificate_is_wrong_is_not_asked() {
    for (name, host, from, until) in [
        ("for another name", "other.example.com", 2020, 2100),
        ("expired", HOST, 2020, 2021),
        ("of the future", HOST, 2090, 2100),
    ] {
        let server = KeyServer::showing(host, from, until).await;
        server.publish(jwk_set(&[("a", &key())]));
        unavailable(name, &server, "TLS").await;
        assert_eq!(server.requests.count(), 0, "{name}");
    }
    let mut server = KeyServer::new().await;
    server.authority = super::server::Authority::new();
    server.publish(jwk_set(&[("a", &key())]));
    unavailable("from a root that nobody trusts", &server, "TLS").await;
    assert_eq!(server.requests.count(), 0);
}
