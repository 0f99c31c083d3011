use http::Method;

use crate::{
    scheme::{
        Algorithm, Answer, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry,
        Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Xero: `x-xero-signature: <base64>` over the body.
///
/// # Source
///
/// <https://developer.xero.com/documentation/guides/webhooks/configuring-your-server/>, and
/// `xero-webhook-routing.ts` of `NangoHQ/nango`. Evidence: high for the construction; no vector is
/// published.
///
/// # What is signed
///
/// The body, a batch of events with their sequence numbers and a random `entropy`: equal bodies are
/// the same delivery and are deduplicated by content. There is no id of a
/// batch or an event.
///
/// # Pitfalls
///
/// - *Intent to receive* sends several requests without events, some with a wrong signature, and
///   wants 200 for the right and exactly 401 for the wrong ones, both without a body. The right
///   ones reach the handler with `"events": []`.
/// - The answer must have neither body nor cookies and is due within five seconds: keep session
///   middleware away from this route, and let the handler answer a bare 200.
/// - The key looks like base64 and is used as the text it is.
/// - Types differ within a batch, so none is given to the handler.
/// - Retries: for 24 hours, then the webhook is disabled (same page).
#[must_use]
pub fn xero() -> Scheme {
    Scheme {
        id: "xero".to_owned(),
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
                at: Locate::header("x-xero-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(24),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers {
            accepted: Answer::status(200),
            duplicate: Answer::status(200),
            refused: Answer::status(401),
        },
        handshakes: Vec::new(),
    }
}
