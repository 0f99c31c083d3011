use http::{HeaderName, Method};

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Box: `BOX-SIGNATURE-PRIMARY: <base64>`, or `BOX-SIGNATURE-SECONDARY`, over body and timestamp.
///
/// # Source
///
/// <https://developer.box.com/guides/webhooks/v2/signatures-v2/>, and the tests of `box-node-sdk`
/// 10.12.0, whose vectors are in ours and which accepts the others. Evidence: high.
///
/// # What is signed
///
/// `<body><BOX-DELIVERY-TIMESTAMP>`, with nothing between; the timestamp is the header's text. The
/// body has the event's id, which stays the same on a retry while `BOX-DELIVERY-ID` changes;
/// deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - An app has two keys, and each signs its own header. Both headers are tried with every key that
///   is configured; one match will do. Rotate one at a time.
/// - The key is the text that the console shows, although it looks like base64.
/// - Box escapes everything outside ASCII and every slash in the body: the bytes as they arrive are
///   what counts.
/// - The timestamp follows the body without a separator. A body ends with a brace and a timestamp
///   begins with a year, so nothing can move between the two unseen.
/// - `BOX-SIGNATURE-VERSION` and `BOX-SIGNATURE-ALGORITHM` are always `1` and `HmacSHA256`, and not
///   read.
/// - Tolerance: ten minutes for the past, as documented. For the future five minutes, where the
///   library allows nothing, not even a clock that is a second off.
/// - Retries: up to 12 within two hours, "subject to change"
///   (<https://developer.box.com/guides/webhooks/v2/>), so a day.
///
/// # Warnings
///
/// - `no-separator`: nothing stands between body and time. A body ends with a brace and the time
///   begins with a year, so no byte can move.
#[must_use]
pub fn box_webhooks() -> Scheme {
    Scheme {
        id: "box".to_owned(),
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
                at: Locate::Headers(vec![
                    HeaderName::from_static("box-signature-primary"),
                    HeaderName::from_static("box-signature-secondary"),
                ]),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}{timestamp}")),
            timestamp: Some(TimestampField {
                at: Locate::header("box-delivery-timestamp"),
                unit: TimeUnit::Rfc3339,
            }),
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/trigger")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::minutes(10), Span::minutes(5))),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(24),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
