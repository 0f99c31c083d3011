use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, List, Locate, OnRetry,
        Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Mollie's next-gen webhooks: `X-Mollie-Signature: sha256=<hex>` over the body.
///
/// # Source
///
/// <https://docs.mollie.com/reference/webhooks-new>, whose steps for a manual check are quoted by
/// `hookdeck/webhook-skills` (`skills/mollie-webhooks/references/verification.md`), and
/// `SignatureValidator` of `mollie/mollie-api-php` and of `mollie-api-typescript` 1.12.28, which made
/// our vectors. Evidence: high for header, prefix, hash and key; the two libraries also take the text
/// without its prefix, which no page says is sent.
///
/// # What is signed
///
/// The body. The event's id is in it, so it is signed, and deliveries are deduplicated by it. Mollie
/// signs no time of sending.
///
/// # Pitfalls
///
/// - **Classic webhooks (a form with `id=tr_…`) are not signed** and are refused here. Give them a URL
///   of their own, and fetch the payment by that id.
/// - After a secret was changed, the header comes twice for 24 hours, once for each secret; a proxy may
///   join the two with a comma. Any one that matches will do.
/// - The sample on Mollie's page of best practices compares the whole header with bare hex, which the
///   prefix makes impossible. Without `sha256=` a signature is refused.
/// - Answer within 15 seconds.
/// - Retries: up to ten within about 26 hours, says the skill; two days to be safe.
#[must_use]
pub fn mollie() -> Scheme {
    Scheme {
        id: "mollie".to_owned(),
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
                at: Locate::RepeatedHeader(http::HeaderName::from_static("x-mollie-signature")),
                list: Some(List {
                    sets: None,
                    items: ", ".to_owned(),
                    pair: None,
                }),
                item: None,
                prefix: "sha256=".to_owned(),
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
        retry_horizon: Span::days(2),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
