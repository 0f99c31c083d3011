use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Shopify: `X-Shopify-Hmac-SHA256: <base64>` over the body.
///
/// # Source
///
/// <https://shopify.dev/docs/apps/build/webhooks/verify-deliveries>, and
/// `shopify.webhooks.validate` of `@shopify/shopify-api` 13.1.0, which accepts our vector.
/// Evidence: high.
///
/// # What is signed
///
/// The body. **Topic, shop and ids are headers and not signed**: whoever replays a delivery can
/// change all of them. There is no signed timestamp either.
///
/// # Pitfalls
///
/// - Use one endpoint a topic, or take what the delivery is about from its body: the same body
///   under another `X-Shopify-Topic` verifies too.
/// - The handler gets `X-Shopify-Webhook-Id` as the event's id. Shopify's page on duplicates names
///   `X-Shopify-Event-Id`, but several topics of one action share that one, so it would hide some
///   of them.
/// - Since no id is signed, and two topics can have equal bodies, nothing is deduplicated.
/// - The secret is the app's client secret, or the one shown in the shop's notification settings
///   for webhooks made there. After a rotation Shopify may sign with the old one for an hour: keep
///   both.
/// - The same secret signs other things of an app in base64, such as cookies. Expect JSON, and
///   don't take a verified body for a webhook merely because it verified.
/// - The privacy topics must be answered 401 when the signature is wrong
///   (<https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance>), which is what
///   happens.
/// - Retries: 8 within four hours
///   (<https://shopify.dev/changelog/updates-to-webhook-retry-mechanism>).
#[must_use]
pub fn shopify() -> Scheme {
    Scheme {
        id: "shopify".to_owned(),
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
                at: Locate::header("x-shopify-hmac-sha256"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-shopify-webhook-id")),
            event_type: Some(Locate::header("x-shopify-topic")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(4),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
