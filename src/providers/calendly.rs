use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Calendly: `Calendly-Webhook-Signature: t=<unix>,v1=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures>, read in part;
/// `calendly-webhook-routing.ts` of `NangoHQ/nango`, `CalendlyTriggerHelpers.js` of
/// `n8n-nodes-base` 2.41.2 and several public receivers agree. Evidence: medium; no vector is
/// published.
///
/// # What is signed
///
/// `<t>.<body>`.
///
/// There is no delivery id. The body has the event, its time and the invitee's own URI: equal
/// requests are the same and are deduplicated by content. That stops a replay within the window,
/// not a retry with a new timestamp: go by `event`, `payload.uri` and `created_at`.
///
/// # Pitfalls
///
/// - The secret is the `signing_key` of the subscription. One made without it is not signed, and is
///   refused.
/// - An OAuth app has one key for all its webhooks.
/// - Tolerance: three minutes, which Calendly's sample uses for the past; the same for the future,
///   which it does not check. That a retry has a new timestamp is our reading.
/// - Retries: not documented in what we could read (24 hours circulate), so our default of three
///   days.
#[must_use]
pub fn calendly() -> Scheme {
    Scheme {
        id: "calendly".to_owned(),
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
                at: Locate::header("calendly-webhook-signature"),
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
            event_id: None,
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::minutes(3), Span::minutes(3))),
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
