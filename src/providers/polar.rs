use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Polar: `webhook-signature: v1,<base64>` over id, timestamp and body, as in Standard Webhooks but
/// for the key.
///
/// # Source
///
/// <https://polar.sh/docs/integrate/webhooks/delivery>, and `validate_event` of the Python library
/// 1.0.2, which accepts our vector. Evidence: high.
///
/// # What is signed
///
/// `<webhook-id>.<webhook-timestamp>.<body>`. The id is signed, stays the same on a retry, and is
/// what deliveries are deduplicated by.
///
/// # Pitfalls
///
/// - The key is the **whole text** of the secret, with its prefix and not decoded. Libraries of
///   Standard Webhooks need it in base64 first.
/// - While a secret is rotated there are several entries, with a space between; any one will do.
///   Entries other than `v1` are skipped.
/// - Tolerance: five minutes both ways, which is what the libraries check.
/// - Retries: up to ten with growing gaps, so an event is remembered for our default of three days.
#[must_use]
pub fn polar() -> Scheme {
    Scheme {
        id: "polar".to_owned(),
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
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
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
