use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Modern Treasury: `X-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://docs.moderntreasury.com/platform/docs/verify-webhooks>, and the tests of the Python
/// library 1.80.0, whose vectors are in ours. Evidence: high.
///
/// # What is signed
///
/// The body. Neither the delivery's id (`X-Webhook-ID`) nor the topic (`X-Topic`) is signed, and
/// there is no timestamp.
///
/// # Pitfalls
///
/// - `X-Signature` is everybody's name for a header: give this provider an endpoint of its own.
/// - `data.id` names the object and no event. Since no id is signed, deliveries are not
///   deduplicated unless the endpoint chooses `dedupe = "content"`.
/// - Retries: with growing gaps, numbers not documented, so an event is remembered for our default
///   of three days.
#[must_use]
pub fn modern_treasury() -> Scheme {
    Scheme {
        id: "modern-treasury".to_owned(),
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
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-webhook-id")),
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
