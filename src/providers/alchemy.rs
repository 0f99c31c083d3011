use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Alchemy Notify: `X-Alchemy-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://www.alchemy.com/docs/reference/notify-api-quickstart#webhook-signature--security>, and
/// Alchemy's own receivers in `alchemyplatform/webhook-examples`. Evidence: high for the
/// construction; no vector is published.
///
/// # What is signed
///
/// The body. The event's id (`id`, `whevt_…`) is in it, so it is signed; deliveries are
/// deduplicated by it.
///
/// # Pitfalls
///
/// - The key is the whole text of the *signing key* with `whsec_`: here it is not base64, and this
///   is not Standard Webhooks.
/// - Each webhook has its own key. Configure them all; each is tried.
/// - `createdAt` is when the event was made; nothing says when it was sent.
/// - Retries: three within eleven minutes according to the quickstart, more for larger plans
///   according to the FAQ, so our default of three days.
#[must_use]
pub fn alchemy() -> Scheme {
    Scheme {
        id: "alchemy".to_owned(),
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
                at: Locate::header("x-alchemy-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/type")),
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
