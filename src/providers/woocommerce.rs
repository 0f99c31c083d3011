use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature,
        Template, UrlPorts, When,
    },
    units::Span,
};

/// WooCommerce: `X-WC-Webhook-Signature: <base64>` over the body.
///
/// # Source
///
/// <https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks>, whose example is a vector
/// in the tests, and the sender, `class-wc-webhook.php` of `woocommerce/woocommerce`. Evidence:
/// high.
///
/// # What is signed
///
/// The body. The topic (`X-WC-Webhook-Topic`) and the delivery's id (`X-WC-Webhook-Delivery-ID`,
/// made from the webhook and the second, and new each time) are not signed, and the body's `id` is
/// the object's, so nothing is deduplicated.
///
/// # Pitfalls
///
/// - On activation WooCommerce sends a form with only `webhook_id=<number>`, unsigned and without
///   its headers, and wants exactly 200. That question is answered here with its own number, and
///   reaches no handler.
/// - HTML entities in the secret are decoded before it signs: type `&`, not `&amp;`, into the
///   configuration.
/// - A store can change the hash (`woocommerce_webhook_hash_algorithm`); only SHA-256 is accepted.
/// - Retries: none. After more than five failures in a row the webhook is disabled. A person can
///   redeliver, so the horizon is our default of three days.
#[must_use]
pub fn woocommerce() -> Scheme {
    Scheme {
        id: "woocommerce".to_owned(),
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
                at: Locate::header("x-wc-webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-wc-webhook-delivery-id")),
            event_type: Some(Locate::header("x-wc-webhook-topic")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::New,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: Vec::new(),
            signed: false,
            pairs: false,
            challenge: Some(ChallengeField {
                at: Locate::only_form("webhook_id"),
                charset: Charset::Digits,
                min: 1,
                max: 20,
            }),
            answer: HandshakeAnswer::text("{challenge}"),
        }],
    }
}
