use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// BigCommerce: `webhook-signature: v1,<base64>` over id, timestamp and body, as in Standard
/// Webhooks.
///
/// # Source
///
/// <https://developer.bigcommerce.com/docs/integrations/webhooks/https-webhook-overview#webhook-signature>
/// (`https-webhook-overview.mdx` of `bigcommerce/docs`, April 2026). Evidence: high for the
/// construction; no vector is published.
///
/// # What is signed
///
/// `<webhook-id>.<webhook-timestamp>.<body>`. The id is signed, and deliveries are deduplicated by
/// it. The body's `hash` also tells duplicates of one event.
///
/// # Pitfalls
///
/// - The secret is the *client secret* of the API account that made the webhook, as text. The
///   documentation encodes it as base64 only because the libraries decode it again: don't do that
///   here.
/// - Older webhooks were not signed, and many guides still say so; headers that you chose for a
///   webhook are not read here.
/// - Tolerance: five minutes both ways, which the libraries of Standard Webhooks use.
/// - Retries: eleven, the last about 48 hours after the first attempt; then the webhook is switched
///   off. Below 90 % successes in two minutes a host is blocked for three.
#[must_use]
pub fn bigcommerce() -> Scheme {
    Scheme {
        id: "bigcommerce".to_owned(),
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
                at: Locate::header("webhook-signature"),
                list: Some(List {
                    sets: None,
                    items: " ".to_owned(),
                    pair: Some(",".to_owned()),
                }),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{id}.{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("webhook-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::header("webhook-id")),
            event_type: Some(Locate::json("/scope")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
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
