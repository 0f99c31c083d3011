use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Cal.com: `X-Cal-Signature-256: <hex>` over the body.
///
/// # Source
///
/// <https://cal.com/docs/developing/guides/automation/webhooks>, and `createWebhookSignature` in
/// `packages/features/webhooks/lib/sendPayload.ts` of `calcom/cal.com`. Evidence: high for the
/// construction, which is read from the sender's code; no vector is published.
///
/// # What is signed
///
/// The body. It has the event (`triggerEvent`), its time in milliseconds and the booking, but no id
/// of the delivery.
///
/// # Pitfalls
///
/// - A webhook without a secret still sends the header, with the text `no-secret-provided`. That
///   never matches.
/// - A custom payload template makes the body any text, perhaps the same one each time, and its
///   `Content-Type` a form's: so nothing is deduplicated, and the type may be missing. With the
///   default payload an endpoint can choose `dedupe = "content"`.
/// - `PING` is signed like an event and reaches the handler.
/// - Retries: none in the sender's code, so our default of three days.
#[must_use]
pub fn cal_com() -> Scheme {
    Scheme {
        id: "cal-com".to_owned(),
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
                at: Locate::header("x-cal-signature-256"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/triggerEvent")),
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
