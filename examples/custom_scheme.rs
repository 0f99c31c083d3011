//! A provider of your own: the same scheme in Rust and in TOML, held against a delivery from its documentation.
//!
//! ```text
//! cargo run --example custom_scheme
//! ```
//!
//! [`custom_scheme.toml`](custom_scheme.toml) is the one, `acme` below the other. Take either.

mod support;

use std::error::Error;

use axum::{Router, http::Method, response::Response, routing::post};
use axum_webhook::{
    Span, Timestamp, VerifiedWebhook,
    config::Config,
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    testing::{Vectors, check_scheme, sample},
};

/// `Acme-Signature: t=<unix>,v1=<hex>` over timestamp and body.
///
/// Every field stands here, so that a missing timestamp can be seen.
fn acme() -> Result<Scheme, Box<dyn Error>> {
    Ok(Scheme {
        id: "acme".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("acme-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some("{timestamp}.{body}".parse::<Template>()?),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::minutes(5), Span::minutes(1))),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    })
}

/// A delivery that the provider's documentation prints. Anything but this crate may have signed it: what it has signed itself
/// shows only that it agrees with itself.
const DOCUMENTED: &str = r#"
[[vector]]
name = "the example of their page"
source = """printf %s '1700000000.{"id":"evt_1","type":"order.paid"}' | openssl dgst -sha256 -hmac only-for-trying-it-out"""
secret = "only-for-trying-it-out"
now = 1700000000
body = '{"id":"evt_1","type":"order.paid"}'
event_id = "evt_1"
event_type = "order.paid"

[vector.headers]
acme-signature = "t=1700000000,v1=bf1eb7e8978e9ea8b7fd4f0ab34fd1b58888c27cd9e5fa936948fe9012166fde"
"#;

async fn on_event(hook: VerifiedWebhook) -> Response {
    println!("{:?} {:?}", hook.event_type(), hook.event_id());
    hook.accepted()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::from_toml(include_str!("custom_scheme.toml"))?;
    let scheme = config
        .schemes()
        .next()
        .ok_or("the file has an endpoint")??;
    if scheme != acme()? {
        return Err("the scheme in TOML is not the one in Rust".into());
    }
    println!("the scheme in TOML is the one in Rust");
    // In your project it is a test, with `testing::assert_scheme`.
    let documented: Vectors = toml::from_str(DOCUMENTED)?;
    println!("{}", check_scheme(&scheme, &documented.vector)?);

    let listener = support::listen().await?;
    let url = format!("http://{}/webhooks/acme", listener.local_addr()?);
    // With the one in Rust it is `WebhookLayer::new(acme()?, secret)?`.
    let layer = config
        .layer()?
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let app = Router::new()
        .route("/webhooks/acme", post(on_event))
        .layer(layer);
    let signed = sample(&scheme, Timestamp::now()).sign(&scheme, config.secrets("acme")?)?;
    println!("\n# 200: an event\n{}", support::curl(&url, &signed)?);
    println!("\nlistening on {url}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
