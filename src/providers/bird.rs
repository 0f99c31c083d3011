use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Bird (the notifications API that follows MessageBird's): `messagebird-signature: <base64>` over
/// timestamp, URL and the body's hash.
///
/// # Source
///
/// <https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions/verifying-a-webhook-subscription>,
/// with samples in PHP and Go. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<messagebird-request-timestamp>\n<url>\n` and then the 32 raw bytes of the body's SHA-256.
/// `messagebird-request-id` is not signed.
///
/// There is no signed delivery id. The body names the object and its state: equal content,
/// timestamp included, is the same delivery and is deduplicated. That stops a replay within the
/// window, not a retry with a new timestamp.
///
/// # Pitfalls
///
/// - `public_url` must be what the subscription was given.
/// - The secret is the `signingKey` that you gave the subscription. Without one nothing is signed,
///   and deliveries are refused.
/// - `MessageBird-Signature-JWT` of the older API is another scheme, although the header's name
///   begins alike.
/// - Tolerance: none is documented; five minutes both ways.
/// - Retries: not documented, so our default of three days.
#[must_use]
pub fn bird() -> Scheme {
    Scheme {
        id: "bird".to_owned(),
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
                at: Locate::header("messagebird-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{timestamp}\n{url}\n{body|sha256}")),
            timestamp: Some(TimestampField {
                at: Locate::header("messagebird-request-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::header("messagebird-request-id")),
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
