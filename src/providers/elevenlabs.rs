use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// ElevenLabs: `ElevenLabs-Signature: t=<unix>,v0=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://elevenlabs.io/docs/overview/administration/webhooks>, and `construct_event` of the
/// Python library 2.78.0 and of `@elevenlabs/elevenlabs-js` 2.73.0, which accept our vector.
/// Evidence: high; no vector is published.
///
/// # What is signed
///
/// `<t>.<body>`. There is no delivery id; the body has the type, its time and the conversation's
/// id, so two requests with equal content are the same and are deduplicated by content.
///
/// # Pitfalls
///
/// - The version is `v0`, not `v1`.
/// - The key is the whole text with `wsec_`.
/// - Tolerance: thirty minutes back, which is what the libraries check, since a repeated delivery
///   may have the first one's timestamp; five minutes ahead, which they do not check.
/// - A webhook is switched off after ten failures in a row if its last success is a week ago (same
///   page).
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn elevenlabs() -> Scheme {
    Scheme {
        id: "elevenlabs".to_owned(),
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
                at: Locate::header("elevenlabs-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("v0")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: None,
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::minutes(30), Span::minutes(5))),
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
