use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Pusher Channels: `X-Pusher-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://pusher.com/docs/channels/server_api/webhooks/>, and the tests of
/// `pusher/pusher-http-node`, whose vector is in ours. Evidence: high.
///
/// # What is signed
///
/// The body, with its time in milliseconds (`time_ms`) and its events; equal bodies are the same
/// delivery, and are deduplicated. `X-Pusher-Key` is not signed.
/// A batch has no id of its own.
///
/// # Pitfalls
///
/// - A delivery is a batch: `events` may hold many.
/// - `X-Pusher-Key` names the app key. It is not read: all configured secrets are tried.
/// - Tolerance: the Python library allows five minutes both ways, but Pusher repeats the same body
///   for five minutes
///   (<https://docs.bird.com/pusher/channels/channels/webhooks/channels-webhook-timeouts-and-retries>),
///   so the last attempt would be lost. Ten minutes for the past, since equal content is
///   deduplicated.
/// - Retries: for five minutes, so an hour is enough.
#[must_use]
pub fn pusher() -> Scheme {
    Scheme {
        id: "pusher".to_owned(),
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
                at: Locate::header("x-pusher-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: Some(TimestampField {
                at: Locate::json("/time_ms"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: None,
            event_type: Some(Locate::json("/events/0/name")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::minutes(10), Span::minutes(5))),
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
