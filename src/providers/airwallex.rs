use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Airwallex: `x-signature: <hex>` over timestamp and body.
///
/// # Source
///
/// <https://www.airwallex.com/docs/developer-tools/webhooks/listen-for-webhook-events>, with a
/// sample in Java. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<x-timestamp><body>`, with nothing between. The event's id is in the body, so it is signed; it
/// stays the same on a retry, and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - `x-timestamp` is in milliseconds: thirteen digits, which is what tells it from the body.
/// - Each notification URL has its own secret, used as text.
/// - Tolerance: the page asks for a check and names no number; five minutes both ways.
/// - Only a 200 counts as success.
/// - Retries: over about three days
///   (<https://www.airwallex.com/docs/developer-tools/webhooks/webhooks-overview>), so four.
#[must_use]
pub fn airwallex() -> Scheme {
    Scheme {
        id: "airwallex".to_owned(),
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
                at: Locate::header("x-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-timestamp"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/name")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(4),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
