//! Each kind of document, and where it comes from.

use axum_webhook::{Endpoint, EndpointError, RemoteKeysError, Secret};
use http::{Method, Response};

use super::{
    HOST, JWK_SET, Receiver, delivery, jwk, jwk_set, key, scheme,
    server::{Authority, KeyServer},
    with_document,
};

#[tokio::test]
async fn a_jwk_set_is_fetched_when_a_request_needs_it() {
    let server = KeyServer::new().await;
    let (first, second) = (key(), key());
    let set = jwk_set(&[("a", &first), ("b", &second)]);
    server.reply(move |request| {
        assert_eq!(request.method(), Method::GET);
        assert_eq!(request.uri(), "/jwks.json");
        assert_eq!(request.headers()["host"], HOST);
        assert!(!request.headers().contains_key("accept-encoding"));
        Response::new(set.clone().into())
    });
    let receiver = Receiver::new(&scheme(JWK_SET), &server);
    assert_eq!(server.connections.count(), 0, "nothing is fetched before");
    receiver
        .send(delivery("a", &first, "1"))
        .await
        .assert_handled("a");
    receiver
        .send(delivery("b", &second, "2"))
        .await
        .assert_handled("b");
    assert_eq!(receiver.runs.count(), 2);
    assert_eq!(server.requests.count(), 1);
    let answer = receiver.send(delivery("a", &second, "3")).await;
    answer.assert_refused("the key of another id", "mismatch");
    assert_eq!(receiver.runs.count(), 2);
}

#[tokio::test]
async fn a_key_in_pem_is_fetched() {
    let server = KeyServer::new().await;
    let key = key();
    server.publish(key.public_key_pem());
    let receiver = Receiver::new(&with_document("\"pem\""), &server);
    receiver
        .send(delivery("any", &key, "1"))
        .await
        .assert_handled("PEM");
    assert_eq!(receiver.runs.count(), 1);
}

/// The document does not name it, so the operator may.
#[tokio::test]
async fn a_key_that_the_operator_names_is_for_requests_with_that_name() {
    let server = KeyServer::new().await;
    let key = key();
    server.publish(key.public_key_pem());
    let scheme = with_document("\"pem\"");
    let secret = Secret::remote().with_id("mine");
    let receiver = Receiver::with(&scheme, &server, secret, |source| source);
    let genuine = receiver.send(delivery("mine", &key, "1")).await;
    genuine.assert_handled("its name");
    let answer = receiver.send(delivery("another", &key, "2")).await;
    assert_eq!((answer.status.as_u16(), receiver.runs.count()), (401, 1));
}

#[tokio::test]
async fn a_key_in_pem_inside_json_is_fetched() {
    let server = KeyServer::new().await;
    let key = key();
    let document = serde_json::json!({ "data": { "public_key": key.public_key_pem() } });
    server.publish(document.to_string());
    let pointed = with_document("{ pem-at = \"/data/public_key\" }");
    let receiver = Receiver::new(&pointed, &server);
    receiver
        .send(delivery("any", &key, "1"))
        .await
        .assert_handled("PEM in JSON");
    let elsewhere = with_document("{ pem-at = \"/data/key\" }");
    let receiver = Receiver::new(&elsewhere, &server);
    let answer = receiver.send(delivery("any", &key, "1")).await;
    answer.assert_try_again("no PEM there", "keys-unavailable");
}

fn certified(trust: &str) -> axum_webhook::scheme::Scheme {
    with_document(&format!(
        "{{ certificate = {{ names = [\"sign.example.com\"], trust = \"{trust}\" }} }}"
    ))
}

#[tokio::test]
async fn a_certificate_is_fetched_and_its_time_and_name_count() {
    for (name, host, from, until, code) in [
        ("now and of that name", "sign.example.com", 2023, 2024, None),
        (
            "of another name",
            "other.example.com",
            2023,
            2024,
            Some("keys-unavailable"),
        ),
        (
            "expired",
            "sign.example.com",
            2022,
            2023,
            Some("key-not-found"),
        ),
        (
            "of the future",
            "sign.example.com",
            2024,
            2025,
            Some("no-live-key"),
        ),
    ] {
        let server = KeyServer::new().await;
        let key = key();
        server.publish(server.authority.certify(&key, host, from, until).pem());
        // The time of these tests is in November 2023.
        let receiver = Receiver::new(&certified("host"), &server);
        let answer = receiver.send(delivery("any", &key, "1")).await;
        match code {
            None => answer.assert_handled(name),
            Some("keys-unavailable") => answer.assert_try_again(name, "keys-unavailable"),
            Some(code) => answer.assert_refused(name, code),
        }
        assert_eq!(receiver.runs.count(), usize::from(code.is_none()), "{name}");
    }
}

#[tokio::test]
async fn t_d3_a_chain_leads_to_a_trusted_root_where_the_scheme_says_so() {
    let server = KeyServer::new().await;
    let key = key();
    let scheme = certified("public-roots");
    let genuine = server
        .authority
        .certify(&key, "sign.example.com", 2023, 2024)
        .pem();
    server.publish(genuine);
    let receiver = Receiver::new(&scheme, &server);
    receiver
        .send(delivery("any", &key, "1"))
        .await
        .assert_handled("a trusted root");

    let strangers = Authority::new()
        .certify(&key, "sign.example.com", 2023, 2024)
        .pem();
    server.publish(strangers.clone());
    let receiver = Receiver::new(&scheme, &server);
    let answer = receiver.send(delivery("any", &key, "1")).await;
    answer.assert_try_again("a stranger's root", "keys-unavailable");
    assert_eq!(receiver.runs.count(), 0);

    // Only the host vouches for it: then its chain is not looked at.
    server.publish(strangers);
    let receiver = Receiver::new(&certified("host"), &server);
    receiver
        .send(delivery("any", &key, "1"))
        .await
        .assert_handled("the host's word");
}

#[tokio::test]
async fn t_d6_a_text_of_many_certificates_is_refused() {
    let server = KeyServer::new().await;
    let key = key();
    let one = server
        .authority
        .certify(&key, "sign.example.com", 2023, 2024)
        .pem();
    server.publish(one.repeat(9));
    let receiver = Receiver::new(&certified("public-roots"), &server);
    let answer = receiver.send(delivery("any", &key, "1")).await;
    answer.assert_try_again("nine certificates", "keys-unavailable");
    assert_eq!(receiver.runs.count(), 0);
}

#[tokio::test]
async fn a_key_of_plaid_is_asked_for_with_the_secrets_of_the_account() {
    let server = KeyServer::new().await;
    let (good, old) = (key(), key());
    let plaid = scheme(&JWK_SET.replace("\"jwk-set\"", "\"plaid-key\"").replace(
        "secret = \"public-key\"",
        "secret = \"public-key\"\nsecret_parts = [\"client_id\", \"secret\"]",
    ));
    let answers = [
        (
            "good",
            serde_json::json!({ "key": with(jwk("good", &good), serde_json::Value::Null) }),
        ),
        (
            "old",
            serde_json::json!({ "key": with(jwk("old", &old), 1_600_000_000.into()) }),
        ),
    ];
    server.reply(move |request| {
        assert_eq!(request.method(), Method::POST);
        assert_eq!(request.headers()["content-type"], "application/json");
        let asked: serde_json::Value = serde_json::from_str(request.body()).unwrap();
        assert_eq!(asked["client_id"], "the-client");
        assert_eq!(asked["secret"], "the-secret");
        let found = answers.iter().find(|(id, _)| asked["key_id"] == *id);
        found.map_or_else(
            || super::server::status(400),
            |(_, answer)| Response::new(answer.to_string().into()),
        )
    });
    let secret = Secret::remote()
        .with_part("client_id", "the-client")
        .unwrap()
        .with_part("secret", "the-secret")
        .unwrap();
    let receiver = Receiver::with(&plaid, &server, secret, |source| source);
    receiver
        .send(delivery("good", &good, "1"))
        .await
        .assert_handled("good");
    receiver
        .send(delivery("good", &good, "2"))
        .await
        .assert_handled("again");
    assert_eq!(server.requests.count(), 1);
    let answer = receiver.send(delivery("old", &old, "3")).await;
    answer.assert_refused("out of use", "key-not-found");
    let answer = receiver.send(delivery("\"},", &good, "4")).await;
    answer.assert_refused("made up", "key-not-found");
    assert_eq!(receiver.runs.count(), 2);
}

fn with(mut jwk: serde_json::Value, expired_at: serde_json::Value) -> serde_json::Value {
    jwk["created_at"] = 1_500_000_000.into();
    jwk["expired_at"] = expired_at;
    jwk
}

#[tokio::test]
async fn another_document_on_the_same_host_can_be_said() {
    let server = KeyServer::new().await;
    let key = key();
    let set = jwk_set(&[("a", &key)]);
    server.reply(move |request| match request.uri().path() {
        "/eu/jwks.json" => Response::new(set.clone().into()),
        _ => super::server::status(404),
    });
    let secret = Secret::remote_at("https://keys.example.com/eu/jwks.json");
    let receiver = Receiver::with(&scheme(JWK_SET), &server, secret, |source| source);
    receiver
        .send(delivery("a", &key, "1"))
        .await
        .assert_handled("at another path");
}

#[test]
fn what_can_not_be_fetched_is_refused_when_the_endpoint_is_built() {
    let build = |scheme, secrets: Vec<Secret>| Endpoint::new(scheme, secrets).err();
    let remote = |error| Some(EndpointError::RemoteKeys(error));
    let github = axum_webhook::providers::github();
    assert_eq!(
        build(github, vec![Secret::remote()]),
        remote(RemoteKeysError::NotPublished)
    );
    let pasted = || Secret::new(include_str!("../../../keys/p256.pem")).unwrap();
    assert_eq!(build(scheme(JWK_SET), vec![pasted()]), None);
    assert_eq!(build(scheme(JWK_SET), vec![Secret::remote()]), None);
    assert_eq!(
        build(scheme(JWK_SET), vec![Secret::remote(), pasted()]),
        remote(RemoteKeysError::Mixed)
    );
    for url in [
        "http://keys.example.com/jwks.json",
        "https://evil.example/jwks.json",
        "https://keys.example.com:8443/jwks.json",
        "https://keys.example.com/jwks.json?x",
        "keys.example.com",
        "",
    ] {
        let error = remote(RemoteKeysError::Url(url.to_owned()));
        assert_eq!(
            build(scheme(JWK_SET), vec![Secret::remote_at(url)]),
            error,
            "{url}"
        );
    }
    let with_part = Secret::remote().with_part("unknown", "x").unwrap();
    let error = build(scheme(JWK_SET), vec![with_part]).unwrap().to_string();
    assert!(error.contains("unknown"), "{error}");
    let twice = vec![Secret::remote().with_id("a"), Secret::remote().with_id("a")];
    assert!(build(scheme(JWK_SET), twice).is_some());
}
