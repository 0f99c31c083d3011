use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Cloudflare Stream: `Webhook-Signature: time=<unix>,sig1=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://developers.cloudflare.com/stream/manage-video-library/using-webhooks/#verify-webhook-authenticity>
/// (`using-webhooks.mdx` of `cloudflare/cloudflare-docs`). Evidence: high for the construction; no
/// vector is published.
///
/// # What is signed
///
/// `<time>.<body>`.
///
/// There is no delivery id. The body is the video in its state at that second (`uid`, `status`,
/// `modified`): equal signed content is the same delivery, and is deduplicated. That stops a replay
/// within the window, not a retry with a new timestamp.
///
/// # Pitfalls
///
/// - The secret is the text in the answer that made the webhook. It looks like hex and is not
///   decoded.
/// - The header is called like that of Standard Webhooks and has another grammar.
/// - Live inputs notify through Cloudflare Notifications: another scheme.
/// - The type is the video's state (`ready`, `error`).
/// - Tolerance: the documentation names no number; five minutes both ways.
/// - Retries: not documented, so our default of three days.
#[must_use]
pub fn cloudflare_stream() -> Scheme {
    Scheme {
        id: "cloudflare-stream".to_owned(),
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
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("sig1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("time"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: None,
            event_type: Some(Locate::json("/status/state")),
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
