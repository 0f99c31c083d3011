//! Tokens whose keys are published: the vectors of the catalogue, with their keys on a server.

use axum_webhook::{Secret, Timestamp, providers, testing::FixedClock};
use http::{Method, Request, Response, Uri, header::AUTHORIZATION};
use toml::Table;

use super::{
    Receiver,
    server::{KeyServer, status},
};

/// The first vector of a provider.
fn vector(id: &str) -> Table {
    let path = format!("{}/tests/vectors/{id}.toml", env!("CARGO_MANIFEST_DIR"));
    let file: Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file["vector"][0].as_table().unwrap().clone()
}

fn text<'v>(vector: &'v Table, key: &str) -> &'v str {
    vector[key].as_str().unwrap()
}

fn request(vector: &Table) -> Request<axum::body::Body> {
    let mut request = Request::post("https://example.com/webhook");
    for (name, value) in vector["headers"].as_table().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    request
        .body(text(vector, "body").to_owned().into())
        .unwrap()
}

/// A receiver at the vector's time, which fetches the keys of `id` from `server`.
fn receiver(id: &str, vector: &Table, server: &KeyServer, parts: &[(&str, &str)]) -> Receiver {
    let secret = parts
        .iter()
        .fold(Secret::remote(), |secret, (name, value)| {
            secret.with_part(*name, *value).unwrap()
        });
    let scheme = providers::find(id).unwrap();
    let mut receiver = Receiver::with(&scheme, server, secret, |source| source);
    if let Some(now) = vector.get("now") {
        let now = Timestamp::from_unix_seconds(now.as_integer().unwrap());
        receiver.layer = receiver.layer.clone().with_clock(FixedClock::new(now));
    }
    receiver
}

async fn publishing(host: &str, vector: &Table) -> KeyServer {
    let server = KeyServer::of(&[host]).await;
    server.publish(text(vector, "secret"));
    server
}

#[tokio::test]
async fn a_tokens_key_is_looked_up_in_the_set_that_its_provider_publishes() {
    for (id, host) in [
        ("azure-event-grid", "login.microsoftonline.com"),
        ("fireblocks", "keys.fireblocks.io"),
        ("google-gemini-dynamic", "generativelanguage.googleapis.com"),
        ("google-pubsub-push", "www.googleapis.com"),
    ] {
        let vector = vector(id);
        let server = publishing(host, &vector).await;
        let parts: Vec<_> = vector
            .get("parts")
            .and_then(toml::Value::as_table)
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let receiver = receiver(id, &vector, &server, &parts);
        let answer = receiver.send(request(&vector)).await;
        answer.assert_handled(id);
        assert_eq!(
            (receiver.runs.count(), server.requests.count()),
            (1, 1),
            "{id}"
        );
    }
}

#[tokio::test]
async fn t_d5_a_token_with_a_made_up_key_id_fetches_no_more() {
    let vector = vector("google-pubsub-push");
    let server = publishing("www.googleapis.com", &vector).await;
    let parts = [
        ("audience", "https://example.com/push"),
        ("email", "push@myproject.iam.gserviceaccount.com"),
    ];
    let receiver = receiver("google-pubsub-push", &vector, &server, &parts);
    let genuine = request(&vector);
    let token = genuine.headers()[AUTHORIZATION]
        .to_str()
        .unwrap()
        .to_owned();
    receiver.send(genuine).await.assert_handled("genuine");
    let (_, rest) = token.split_once('.').unwrap();
    for number in 0..100 {
        let header = format!(r#"{{"alg":"RS256","kid":"made-up-{number}","typ":"JWT"}}"#);
        let header =
            base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header);
        let mut forged = request(&vector);
        let forged_token = format!("Bearer {header}.{rest}");
        forged
            .headers_mut()
            .insert(AUTHORIZATION, forged_token.parse().unwrap());
        let answer = receiver.send(forged).await;
        assert_eq!(answer.status, 401, "{number}");
    }
    // One for the genuine one, and at most one to look for an id that may be new.
    assert_eq!(receiver.runs.count(), 1);
    assert!(server.requests.count() <= 2, "{}", server.requests.count());
}

#[tokio::test]
async fn plaids_key_is_asked_for_by_the_id_in_the_token() {
    let vector = vector("plaid");
    let server = KeyServer::of(&["production.plaid.com"]).await;
    let key = format!(r#"{{"key":{}}}"#, text(&vector, "secret"));
    server.reply(move |request| {
        assert_eq!(request.method(), Method::POST);
        assert_eq!(
            request.uri(),
            &Uri::from_static("/webhook_verification_key/get")
        );
        let names_it = request
            .body()
            .contains("bfbd5111-8e33-4643-8ced-b2e642a72f3c");
        if names_it {
            Response::new(key.clone().into())
        } else {
            status(400)
        }
    });
    let parts = [("client_id", "the-client"), ("secret", "the-secret")];
    let receiver = receiver("plaid", &vector, &server, &parts);
    let answer = receiver.send(request(&vector)).await;
    answer.assert_handled("genuine");
    let mut changed = vector.clone();
    changed["body"] = format!("{} ", text(&vector, "body")).into();
    let answer = receiver.send(request(&changed)).await;
    answer.assert_refused("another body", "claim-mismatch");
    assert_eq!((receiver.runs.count(), server.requests.count()), (1, 1));
}
