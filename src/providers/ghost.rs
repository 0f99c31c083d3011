use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Ghost: `X-Ghost-Signature: sha256=<hex>, t=<unix ms>` over body and timestamp.
///
/// # Source
///
/// `ghost/core/core/server/services/webhooks/webhook-trigger.js` of `TryGhost/Ghost`, which is the
/// sender, and <https://ghost.org/docs/webhooks/>. Evidence: high for the construction, which is
/// read from the sender's code; no vector is published.
///
/// # What is signed
///
/// `<body><t>`: the timestamp stands **behind** the body, with nothing between; its thirteen digits
/// are what tells them apart. There is no id. A retry repeats the whole request, so equal content
/// is the same event and is deduplicated.
///
/// # Pitfalls
///
/// - Older versions of Ghost did not sign the timestamp: samples that sign the bare body are for
///   those.
/// - Without a secret there is no header, and every delivery is refused.
/// - Which event it is only the URL says: give each an endpoint of its own.
/// - A 410 deletes the webhook.
/// - Tolerance: none is documented; five minutes both ways. A retry has the first attempt's
///   timestamp, but comes within minutes.
/// - Retries: at most five, one right after the other (same file), so an hour is plenty.
#[must_use]
pub fn ghost() -> Scheme {
    Scheme {
        id: "ghost".to_owned(),
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
                at: Locate::header("x-ghost-signature"),
                list: Some(List::pairs(", ", "=")),
                item: Some(ItemKey::name("sha256")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}{timestamp}")),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: None,
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(1),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
