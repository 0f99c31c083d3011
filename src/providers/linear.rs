use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::{ByteSize, Span},
};

/// Linear: `Linear-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://linear.app/developers/webhooks>, and `LinearWebhookClient` of `@linear/sdk` 98.0.0,
/// which accepts our vector. Evidence: high.
///
/// # What is signed
///
/// The body, with `webhookTimestamp` (milliseconds, "when the webhook was sent") in it. Neither
/// `Linear-Delivery` nor `Linear-Event` is signed, and the header `Linear-Timestamp` is ignored, as
/// in the SDK.
///
/// `webhookId` names the webhook and no event, so no id is signed. The body has a time in
/// milliseconds, the action and the entity: equal bodies are the same event and are deduplicated by
/// content.
///
/// # Pitfalls
///
/// - Tolerance: five minutes back, one minute ahead. Linear's page and its SDK say one minute both
///   ways, which is less than many clocks are off. That a retry (after 1 minute, 1 hour and 6 hours)
///   has a new timestamp is inferred from this; no page says so.
/// - The timestamp is read from the body, so it is checked after the signature.
/// - Only a 200 counts as success.
/// - Bodies up to 5 MiB are taken, which is the SDK's limit.
/// - Retries: three, the last about seven hours after the first attempt (same page), so eight
///   hours.
#[must_use]
pub fn linear() -> Scheme {
    Scheme {
        id: "linear".to_owned(),
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
                at: Locate::header("linear-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: Some(TimestampField {
                at: Locate::json("/webhookTimestamp"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: Some(Locate::header("linear-delivery")),
            event_type: Some(Locate::header("linear-event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::minutes(5), Span::minutes(1))),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(8),
        content_encoding: ContentEncoding::Identity,
        body_limit: Some(ByteSize::mebibytes(5)),
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
