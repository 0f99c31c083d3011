use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// TikTok Shop: `Authorization: <hex>` over the app key and the body.
///
/// # Source
///
/// <https://partner.tiktokshop.com/docv2/page/tts-webhooks-overview>, `EcomPHP/tiktokshop-php` and
/// `hookdeck/webhook-skills`, which agree. Evidence: medium; no vector is published.
///
/// # What is signed
///
/// `<app key><body>`. The notification's id (`tts_notification_id`) is in the body, so it is
/// signed, and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - The secret is the app secret, and needs the part `app_key`, which is public.
/// - The header has the bare signature, without a word such as `Bearer`.
/// - TikTok for Developers (`TikTok-Signature`) and the signing of API requests are other schemes,
///   and many samples on the web are wrong.
/// - `type` in the body is a number.
/// - Retries: for up to 72 hours (not rechecked), so an event is remembered for our default of
///   three days.
#[must_use]
pub fn tiktok_shop() -> Scheme {
    Scheme {
        id: "tiktok-shop".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: vec!["app_key".to_owned()],
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("authorization"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{secret.app_key}{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/tts_notification_id")),
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
