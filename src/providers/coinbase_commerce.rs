use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Coinbase Commerce: `X-CC-Webhook-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://docs.cdp.coinbase.com/commerce/api-arcitecture/webhooks-security>, and the tests of
/// `coinbase/coinbase-commerce-node`, whose vector is in ours. Evidence: high.
///
/// # What is signed
///
/// The body. The event's id is in it (`event.id`), so it is signed, and deliveries are deduplicated
/// by it. The `id` at the top is the delivery's.
///
/// # Pitfalls
///
/// - The secret is the webhook's *shared secret* in Settings, a UUID used as the text it is.
/// - The Developer Platform (CDP) signs otherwise: the preset `coinbase-cdp`.
/// - Retries: not documented in what we could read, so our default of three days.
#[must_use]
pub fn coinbase_commerce() -> Scheme {
    Scheme {
        id: "coinbase-commerce".to_owned(),
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
                at: Locate::header("x-cc-webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/event/id")),
            event_type: Some(Locate::json("/event/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
