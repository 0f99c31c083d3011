use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// GoCardless: `Webhook-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://developer.gocardless.com/api-reference/#webhooks-overview>, and the tests of
/// `gocardless/gocardless-pro-python`, whose vector is in ours; `gocardless-nodejs` 10.1.2 accepts
/// the other. Evidence: high.
///
/// # What is signed
///
/// The body, a batch of up to 250 events. The webhook's id is in it (`meta.webhook_id`), so it is
/// signed, and deliveries are deduplicated by it; one without it is handled each time.
///
/// # Pitfalls
///
/// - An event can come in two webhooks: make handling each `events[].id` twice harmless.
/// - Types differ within a batch, so none is given to the handler: read `resource_type` and
///   `action` of each event.
/// - The secret is the webhook endpoint's; each has its own.
/// - GoCardless proposes the status 498 for a wrong signature; like every refusal here it is a 401.
/// - Retries: not documented in what we could read, so our default of three days.
#[must_use]
pub fn gocardless() -> Scheme {
    Scheme {
        id: "gocardless".to_owned(),
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
                at: Locate::header("webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/meta/webhook_id")),
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
