use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// LINE Messaging API: `x-line-signature: <base64>` over the body.
///
/// # Source
///
/// <https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature>, and the tests of
/// `line/line-bot-sdk-nodejs`, whose vector is in ours. Evidence: high.
///
/// # What is signed
///
/// The body, which is a batch. Each event has its own id (`events[].webhookEventId`) and time, so
/// equal bodies are the same delivery and are deduplicated by content. A redelivery has the same
/// event ids but another `deliveryContext.isRedelivery`, so its content differs: go by
/// `webhookEventId` too.
///
/// # Pitfalls
///
/// - The secret is the channel secret as shown, not what its hex digits decode to. A new one
///   replaces the old at once.
/// - *Verify* in the console sends a signed body with `events: []`: answer 200 to it.
/// - LINE Login and LINE Pay use other schemes.
/// - Retries: only if redelivery is switched on in the console; for how long is not on the pages
///   that were read, so our default of three days.
#[must_use]
pub fn line() -> Scheme {
    Scheme {
        id: "line".to_owned(),
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
                at: Locate::header("x-line-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/events/0/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
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
