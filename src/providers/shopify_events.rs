use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Shopify Events (developer preview): `Shopify-Hmac-Sha256: <base64>` over the body.
///
/// # Source
///
/// <https://shopify.dev/docs/apps/build/events/verify-deliveries>, and `shopify.webhooks.validate`
/// of `@shopify/shopify-api` 13.1.0, which accepts our vector as of the kind `events`. Evidence:
/// high for the construction; the product is a preview and may change.
///
/// # What is signed
///
/// The body. **Topic, action, shop and ids are headers and not signed**: whoever replays a delivery
/// can change all of them. There is no signed timestamp either.
///
/// # Pitfalls
///
/// - Ordinary webhooks have the same scheme with `X-Shopify-` headers: the preset `shopify`. The
///   two are kept apart, so that no sender can choose.
/// - Use one endpoint a topic, or take what the delivery is about from its body.
/// - Since no id is signed, and two topics can have equal bodies, nothing is deduplicated. The
///   handler gets `Shopify-Webhook-Id`.
/// - The secret is the app's client secret.
/// - Retries: not documented for the preview, so our default of three days.
#[must_use]
pub fn shopify_events() -> Scheme {
    Scheme {
        id: "shopify-events".to_owned(),
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
                at: Locate::header("shopify-hmac-sha256"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("shopify-webhook-id")),
            event_type: Some(Locate::header("shopify-topic")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
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
