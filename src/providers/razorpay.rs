use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Razorpay: `X-Razorpay-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://razorpay.com/docs/webhooks/validate-test/>, and the tests of `razorpay` for Node 2.9.8
/// and Python 2.0.1, whose vectors are in ours. Evidence: high.
///
/// # What is signed
///
/// The body, which has the event, its time and the whole payment, order or subscription: equal
/// bodies are the same event and are deduplicated by content. `x-razorpay-event-id` is not signed.
///
/// # Pitfalls
///
/// - The secret is the one typed in when the webhook was made, not the API key's. Without it
///   nothing is signed, and deliveries are refused.
/// - After a change of the secret, retries of older events are said to be still signed with the old
///   one: keep both for a day.
/// - The signature that Checkout returns to the browser is another thing.
/// - Retries: for 24 hours, then the webhook is disabled (<https://razorpay.com/docs/webhooks/>).
#[must_use]
pub fn razorpay() -> Scheme {
    Scheme {
        id: "razorpay".to_owned(),
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
                at: Locate::header("x-razorpay-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-razorpay-event-id")),
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(24),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
