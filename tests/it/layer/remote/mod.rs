//! Published keys, fetched from a server on this machine whose certificates come from an authority of the tests.

mod cache;
mod documents;
mod providers;
mod refusals;
mod server;
mod tokens;

use std::time::Duration;

use axum_webhook::{Endpoint, RemoteKeySource, Secret, scheme::Scheme};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http::Request;
use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};

use self::server::KeyServer;
use super::support::{Answer, Counter, counting, layer_for, send};

/// The host that publishes keys in these tests.
const HOST: &str = "keys.example.com";

/// A scheme whose keys are a JWK set, and whose requests name one.
const JWK_SET: &str = r#"
    id = "acme"
    algorithm = "ecdsa-p256-sha256"
    secret = "public-key"
    content = "{body}"
    key_id = { header = "x-key" }
    signature = { at = { header = "x-signature" }, encoding = "base64" }
    [remote_keys]
    url = "https://keys.example.com/jwks.json"
    hosts = ["keys.example.com"]
    document = "jwk-set"
"#;

fn scheme(text: &str) -> Scheme {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A scheme whose document is of another kind.
fn with_document(document: &str) -> Scheme {
    scheme(&JWK_SET.replace("\"jwk-set\"", document))
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

/// A JWK set of these keys, by their ids.
fn jwk_set(keys: &[(&str, &KeyPair)]) -> String {
    let keys: Vec<_> = keys.iter().map(|(id, key)| jwk(id, key)).collect();
    serde_json::json!({ "keys": keys }).to_string()
}

fn jwk(id: &str, key: &KeyPair) -> serde_json::Value {
    let number = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let point = key.der_bytes();
    serde_json::json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": id,
        "x": number(&point[1..33]), "y": number(&point[33..65]),
    })
}

/// A delivery of `body`, signed with `key`, which it calls `id`.
fn delivery(id: &str, key: &KeyPair, body: &str) -> Request<axum::body::Body> {
    Request::post("https://example.com/webhook")
        .header("x-key", id)
        .header(
            "x-signature",
            BASE64.encode(key.sign(body.as_bytes()).unwrap()),
        )
        .body(body.to_owned().into())
        .unwrap()
}

/// A receiver of the scheme's deliveries, which fetches its keys from `server`.
struct Receiver {
    layer: axum_webhook::WebhookLayer,
    runs: Counter,
}

impl Receiver {
    fn new(scheme: &Scheme, server: &KeyServer) -> Self {
        Self::with(scheme, server, Secret::remote(), |source| source)
    }

    fn with(
        scheme: &Scheme,
        server: &KeyServer,
        secrets: impl Into<axum_webhook::Secrets>,
        change: impl FnOnce(RemoteKeySource) -> RemoteKeySource,
    ) -> Self {
        let source = RemoteKeySource::new(scheme, secrets)
            .unwrap()
            .with_root_certificate(&server.authority.pem)
            .unwrap();
        let source = server.hosts.iter().fold(source, |source, host| {
            source.with_address(host, server.address)
        });
        let endpoint = Endpoint::from_source(scheme.clone(), change(source)).unwrap();
        Self {
            layer: layer_for(endpoint),
            runs: Counter::default(),
        }
    }

    async fn send(&self, request: Request<axum::body::Body>) -> Answer {
        let service = tower::Layer::layer(&self.layer, counting(&self.runs));
        send(&service, request).await
    }
}

/// Lets time pass without waiting for it.
async fn later(by: Duration) {
    tokio::time::pause();
    tokio::time::advance(by).await;
    tokio::time::resume();
}
