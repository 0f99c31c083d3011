use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Langfuse: `x-langfuse-signature: t=<unix>,v1=<hex>` over timestamp and body.
///
/// # Source
///
/// `packages/shared/src/encryption/signature.ts` of `langfuse/langfuse`, which is the sender, and
/// <https://langfuse.com/docs/prompt-management/features/webhooks-slack-integrations>. Evidence:
/// high, read from the sender's code; no vector is published.
///
/// # What is signed
///
/// `<t>.<body>`. The body's `id` names the execution, so it is signed, and deliveries are
/// deduplicated by it.
///
/// # Pitfalls
///
/// - The key is the whole text with `lf-whsec_`.
/// - Tolerance: none is documented; five minutes both ways.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn langfuse() -> Scheme {
    Scheme {
        id: "langfuse".to_owned(),
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
                at: Locate::header("x-langfuse-signature"),
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
