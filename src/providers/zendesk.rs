use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Zendesk: `X-Zendesk-Webhook-Signature: <base64>` over timestamp and body.
///
/// # Source
///
/// <https://developer.zendesk.com/documentation/webhooks/verifying/>. Evidence: high for the
/// construction; no vector is published.
///
/// # What is signed
///
/// `<X-Zendesk-Webhook-Signature-Timestamp><body>`, with nothing between.
/// `X-Zendesk-Webhook-Invocation-Id` is not signed.
///
/// The body of a trigger's or automation's webhook is whatever an administrator wrote, perhaps the
/// same for two tickets, so nothing is deduplicated. Webhooks that subscribe to events have a
/// signed `id` in the body: for those set `event_id = { json = "/id" }` and `dedupe = "id"` in a
/// scheme of your own.
///
/// # Pitfalls
///
/// - The timestamp is ISO 8601 text in one strict form that ends in `Z`, so what follows it is the
///   body.
/// - The secret is the text as shown. It looks like base64 and is not decoded.
/// - *Test webhook*, before the webhook exists, signs with a secret that is printed in the
///   documentation and the same for everybody. **Never** configure that one.
/// - Only POST is accepted. A webhook may be set to other methods, and to send no body.
/// - Tolerance: the page names none; five minutes both ways.
/// - Retries: on certain statuses
///   (<https://developer.zendesk.com/api-reference/webhooks/introduction>); for how long was not
///   read, so our default of three days.
///
/// # Warnings
///
/// - `no-separator`: nothing stands between time and body. The time ends in `Z`, and a body begins
///   with a brace.
#[must_use]
pub fn zendesk() -> Scheme {
    Scheme {
        id: "zendesk".to_owned(),
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
                at: Locate::header("x-zendesk-webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{timestamp}{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-zendesk-webhook-signature-timestamp"),
                unit: TimeUnit::Rfc3339,
            }),
            event_id: Some(Locate::header("x-zendesk-webhook-invocation-id")),
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
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
