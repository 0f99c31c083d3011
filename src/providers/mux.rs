use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Mux: `Mux-Signature: t=<unix>,v1=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://docs.mux.com/guides/verify-webhook-signatures>, and `@mux/mux-node` 15.3.0, which
/// accepts the tests' vector. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<t>.<body>`. The event's id (`id`) is in the body, so it is signed; deliveries are deduplicated
/// by it.
///
/// # Pitfalls
///
/// - Each endpoint has its own secret, used as text.
/// - There may be several `v1`; any one will do.
/// - Tolerance: five minutes, which is the library's for the past; the same for the future, which
///   it does not check.
/// - Retries: for 24 hours (<https://docs.mux.com/guides/system/listen-for-webhooks>). Duplicates
///   may come even after a 2xx, so an event is remembered for our default of three days.
#[must_use]
pub fn mux() -> Scheme {
    Scheme {
        id: "mux".to_owned(),
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
                at: Locate::header("mux-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/type")),
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
