use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Heroku app webhooks: `Heroku-Webhook-Hmac-SHA256: <base64>` over the body.
///
/// # Source
///
/// <https://devcenter.heroku.com/articles/app-webhooks#securing-webhook-requests>, and Sentry's
/// Heroku plugin, which verifies it. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body. The event's id (`webhook_metadata.event.id`,
/// <https://devcenter.heroku.com/articles/webhook-events>) is in it, so it is signed; deliveries
/// are deduplicated by it. Delivery and attempt have ids of their own beside it.
///
/// # Pitfalls
///
/// - The secret is the one that the subscription was made with; without one Heroku chooses it and
///   shows it once.
/// - `authorization` of a subscription is repeated in clear in the header `Authorization`; it is
///   not read here.
/// - Retries: at level `sync` for up to 72 hours; at level `notify` none.
#[must_use]
pub fn heroku() -> Scheme {
    Scheme {
        id: "heroku".to_owned(),
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
                at: Locate::header("heroku-webhook-hmac-sha256"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/webhook_metadata/event/id")),
            event_type: Some(Locate::json("/webhook_metadata/event/include")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
