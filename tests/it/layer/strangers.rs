//! What a request brings along to be followed or believed: T-D, for schemes with a shared secret.

use axum::body::Body;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tower::Layer as _;

use super::support::{Counter, counting, forged, layer, of_body, request, send};

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// T-D2: no URL that stands in a request is ever called, wherever it stands, signed or not.
#[tokio::test]
async fn t_d2_no_url_of_a_request_is_called() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/latest/meta-data", listener.local_addr().unwrap());
    let names = [
        "url",
        "SubscribeURL",
        "SigningCertURL",
        "validationUrl",
        "callback_url",
        "key_url",
        "jku",
    ];
    let members: serde_json::Map<_, _> = names
        .iter()
        .map(|name| ((*name).to_owned(), json!(url)))
        .collect();
    let body = Value::Object(members).to_string();
    for (id, scheme) in crate::signable() {
        let service = layer(&scheme).layer(counting(&Counter::default()));
        let query = names
            .map(|name| format!("{name}={}", encoded(&url)))
            .join("&");
        for (kind, body) in [
            ("application/json", body.clone()),
            ("application/x-www-form-urlencoded", query.clone()),
        ] {
            let mut forged = request(&forged(&scheme)).map(|_| Body::from(body));
            forged
                .headers_mut()
                .insert("content-type", kind.parse().unwrap());
            for name in [
                "signingcerturl",
                "paypal-cert-url",
                "x-key-url",
                "jku",
                "origin",
                "referer",
            ] {
                forged.headers_mut().insert(name, url.parse().unwrap());
            }
            *forged.uri_mut() = format!("/webhook?{query}").parse().unwrap();
            let answer = send(&service, forged).await;
            assert!(!answer.status.is_success(), "{id}");
        }
        // Genuine as well: a handler may follow it, the layer does not.
        let takes_body = scheme.shapes.iter().all(|shape| {
            shape.each.is_none() && shape.fields.is_empty() && shape.when.content_type.is_none()
        });
        if takes_body {
            send(
                &service,
                request(&of_body(&scheme, "/webhook", body.clone())),
            )
            .await;
        }
    }
    let nobody = listener.accept().map(drop).map_err(|error| error.kind());
    assert_eq!(nobody, Err(std::io::ErrorKind::WouldBlock));
}

/// T-D4: a key that a request brings along is not looked at.
#[tokio::test]
async fn t_d4_a_key_in_a_request_is_not_used() {
    for (id, scheme) in crate::signable() {
        let runs = Counter::default();
        let service = layer(&scheme).layer(counting(&runs));
        let own = "wrong-secret-of-the-tests";
        let mut forged = request(&forged(&scheme));
        for name in [
            "webhook-secret",
            "webhook-public-key",
            "x-webhook-secret",
            "x-hook-secret",
            "x-key",
            "x-public-key",
            "x-signing-key",
            "x-api-key",
            "jwk",
        ] {
            if !forged.headers().contains_key(name) {
                forged.headers_mut().insert(name, own.parse().unwrap());
            }
        }
        let answer = send(&service, forged).await;
        assert!(!answer.status.is_success(), "{id}");
        assert_eq!(runs.count(), 0, "{id}");
    }
}
