use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Retell AI: `X-Retell-Signature: v=<unix ms>,d=<hex>` over body and timestamp.
///
/// # Source
///
/// <https://docs.retellai.com/features/secure-webhook>, and `lib/webhook_auth` of the Python
/// library 6.2.13, which makes our vector, and of `retell-sdk` 5.66.1. Evidence: high.
///
/// # What is signed
///
/// `<body><v>`: the timestamp stands **behind** the body, with nothing between; its thirteen digits
/// are what tells them apart. There is no delivery id. The time is in milliseconds, so two requests
/// with equal content are the same and are deduplicated by content.
///
/// # Pitfalls
///
/// - The key is the **API key** that has the webhook badge in the dashboard.
/// - `v` is the time and no version.
/// - Tolerance: five minutes both ways, which is what the libraries check.
/// - Retries: up to three, so an event is remembered for our default of three days.
#[must_use]
pub fn retell_ai() -> Scheme {
    Scheme {
        id: "retell-ai".to_owned(),
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
                at: Locate::header("x-retell-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("d")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}{timestamp}")),
            timestamp: Some(TimestampField {
                at: Locate::item("v"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: None,
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
