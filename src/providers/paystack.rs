use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Paystack: `x-paystack-signature: <hex>`, HMAC-SHA512 over the body.
///
/// # Source
///
/// <https://paystack.com/docs/payments/webhooks/#verify-event-origin> and the samples in
/// `PaystackOSS/doc-code-snippets`. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body. There is no delivery id: `data.id` names the transaction, and several events have the
/// same one. There is no timestamp of the request.
///
/// # Pitfalls
///
/// - The key is the API secret key (`sk_live_…`, `sk_test_…`); there is no secret for webhooks
///   alone. While it is rolled, configure both.
/// - It is SHA-512, while most others use SHA-256.
/// - Paystack's Node sample signs the body after parsing and printing it; its PHP sample signs the
///   bytes, and those are what counts.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`. Go by `event` and `data.reference`.
/// - Retries: every three minutes at first, then hourly for 72 hours (the page above; not
///   rechecked), so 73 hours.
#[must_use]
pub fn paystack() -> Scheme {
    Scheme {
        id: "paystack".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha512,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-paystack-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(73),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
