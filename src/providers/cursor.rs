use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Cursor's cloud agents: `X-Webhook-Signature: sha256=<hex>` over the body.
///
/// # Source
///
/// <https://cursor.com/docs/cloud-agent/api/webhooks> as retold in `hookdeck/webhook-skills`.
/// Evidence: medium; no vector is published.
///
/// # What is signed
///
/// The body, with its time in it. Neither the delivery's id (`X-Webhook-ID`) nor the event's type
/// (`X-Webhook-Event`) is signed.
///
/// # Pitfalls
///
/// - The names of the headers are everybody's: give this provider an endpoint of its own.
/// - The secret is the one given when the agent is launched, at least 32 characters.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn cursor() -> Scheme {
    Scheme {
        id: "cursor".to_owned(),
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
                at: Locate::header("x-webhook-signature"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-webhook-id")),
            event_type: Some(Locate::header("x-webhook-event")),
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
