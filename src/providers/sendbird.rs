use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Sendbird: `x-sendbird-signature: <hex>` over the body.
///
/// # Source
///
/// <https://sendbird.com/docs/chat/platform-api/v3/webhook/webhook-overview>. Evidence: medium. The
/// page speaks of SHA-256 encryption of body and token; that it is an HMAC in hex follows from
/// Sendbird's sample (`createHmac('sha256', token).update(body).digest('hex')`), of which several
/// copies agree. No vector is published.
///
/// # What is signed
///
/// The body. There is no timestamp and no delivery id outside it, so nothing is deduplicated unless
/// the endpoint chooses `dedupe = "content"`.
///
/// # Pitfalls
///
/// - The secret is the application's **master** API token: whoever has it can do everything.
///   Secondary tokens don't sign.
/// - The same header comes with business messaging and notifications.
/// - Answer within five seconds.
/// - Retries: the same request up to three times, so an hour is enough.
#[must_use]
pub fn sendbird() -> Scheme {
    Scheme {
        id: "sendbird".to_owned(),
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
                at: Locate::header("x-sendbird-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/category")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(1),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
