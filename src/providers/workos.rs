use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// WorkOS: `WorkOS-Signature: t=<unix ms>, v1=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://workos.com/docs/events/data-syncing/webhooks>, and `workos` 10.8.0 for Python, which
/// accepts the tests' vector. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<t>.<body>`, with `t` in milliseconds. The event's id (`id`) is in the body, so it is signed;
/// deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - A comma **and a space** stand between the two items.
/// - The Node library signs the body after parsing and printing it; the bytes are what counts.
/// - Actions use the same header but want a *signed answer* and 30 seconds: another use, not this
///   one.
/// - Tolerance: three minutes both ways, which is the Python library's.
/// - Retries: up to twelve, over three days.
#[must_use]
pub fn workos() -> Scheme {
    Scheme {
        id: "workos".to_owned(),
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
                at: Locate::header("workos-signature"),
                list: Some(List::pairs(", ", "=")),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::minutes(3), Span::minutes(3))),
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
