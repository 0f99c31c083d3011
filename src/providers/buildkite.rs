use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Buildkite: `X-Buildkite-Signature: timestamp=<unix>,signature=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://buildkite.com/docs/apis/webhooks/pipelines#webhook-signature>
/// (`pages/apis/webhooks/_webhook_signature.md` of `buildkite/docs`). Evidence: high for the
/// construction; no vector is published (the example's signature is no hex).
///
/// # What is signed
///
/// `<timestamp>.<body>`. The header `X-Buildkite-Event` is not signed; `event` in the body says the
/// same and is.
///
/// There is no delivery id. The body is the object in its state at that second: equal signed
/// content is the same delivery, and is deduplicated. That stops a replay within the window, not a
/// retry with a new timestamp.
///
/// # Pitfalls
///
/// - Choose *signature* in the notification service. Its default sends the token in clear in
///   `X-Buildkite-Token`, which is not read here.
/// - `ping`, sent when the settings change, is signed like an event.
/// - Tolerance: five minutes, the documentation's example; both ways.
/// - Retries: not documented, so our default of three days.
#[must_use]
pub fn buildkite() -> Scheme {
    Scheme {
        id: "buildkite".to_owned(),
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
                at: Locate::header("x-buildkite-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("signature")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("timestamp"),
                unit: TimeUnit::UnixSeconds,
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
