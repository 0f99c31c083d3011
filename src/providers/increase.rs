use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Increase: `Increase-Webhook-Signature: t=<RFC 3339>,v1=<hex>` over time and body, or the headers
/// of Standard Webhooks.
///
/// # Source
///
/// <https://increase.com/documentation/webhooks>, the tests of older Python and Kotlin libraries,
/// whose vector is in ours, and `events.unwrap` of the Python library 0.552.0, which accepts the
/// other. Evidence: high for the first form; medium for the key of the second.
///
/// # What is signed
///
/// `<t>.<body>`, with the body's `id` in it; or `<webhook-id>.<webhook-timestamp>.<body>`. Either
/// way the id is signed, and deliveries are deduplicated by it.
///
/// Where both are there, the first form counts, whose key is beyond doubt.
///
/// # Pitfalls
///
/// - The key is the whole text of the subscription's shared secret, which may be of your own
///   choosing, also where it begins with `whsec_`. In the second form the library decodes a key
///   that is passed as text to `unwrap`, and not the one of `INCREASE_WEBHOOK_SECRET`; since a
///   shared secret need not be base64, the latter is followed here.
/// - `t` is a date and time, such as `2022-01-31T23:59:59Z`.
/// - Tolerance: five minutes both ways, which is what the libraries check.
/// - Retries: up to seven with growing gaps, so an event is remembered for our default of three
///   days.
#[must_use]
pub fn increase() -> Scheme {
    Scheme {
        id: "increase".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![
            Shape {
                when: When::header("increase-webhook-signature"),
                signature: Signature {
                    at: Locate::header("increase-webhook-signature"),
                    list: Some(List::pairs(",", "=")),
                    item: Some(ItemKey::name("v1")),
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("{timestamp}.{body}")),
                timestamp: Some(TimestampField {
                    at: Locate::item("t"),
                    unit: TimeUnit::Rfc3339,
                }),
                event_id: Some(Locate::json("/id")),
                event_type: Some(Locate::json("/category")),
                fields: Vec::new(),
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
            Shape {
                when: When::header("webhook-id"),
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
                event_type: Some(Locate::json("/category")),
                fields: Vec::new(),
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
        ],
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
