use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// AfterShip Tracking: `aftership-hmac-sha256: <base64>` over the body.
///
/// # Source
///
/// <https://www.aftership.com/docs/tracking/webhook/webhook-signature>. Evidence: high; no vector
/// is published.
///
/// # What is signed
///
/// The body. The event's id is in it, so it is signed, and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - Returns and Warranty are other schemes: `as-signature-hmac-sha256`, and `am-webhook-signature`
///   with a prefix for older organisations.
/// - Retries: up to 14 with doubling gaps, which comes to about eleven days; twelve.
#[must_use]
pub fn aftership() -> Scheme {
    Scheme {
        id: "aftership".to_owned(),
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
                at: Locate::header("aftership-hmac-sha256"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/event_id")),
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(12),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
