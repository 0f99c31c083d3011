use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Expect, Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape,
        Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Zoom: `x-zm-signature: v0=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://developers.zoom.us/docs/api/webhooks/>, and `index.js` of `zoom/webhook-sample`.
/// Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `v0:<x-zm-request-timestamp>:<body>`.
///
/// There is no delivery id. The body has the event, its time in milliseconds (`event_ts`) and its
/// object: two requests that are equal are the same, so they are deduplicated by content. That
/// stops a replay within the window, not a retry with a new timestamp: go by `event`, `event_ts`
/// and `payload.object.uuid`.
///
/// # Pitfalls
///
/// - The secret is the app's *Secret Token*; the verification token in `Authorization` is retired.
/// - Zoom's sample signs the body after parsing and printing it; the bytes are what counts.
/// - `endpoint.url_validation`, sent at first and every 72 hours, is signed like an event and
///   answered only then.
/// - The header is in seconds, while `event_ts` is in milliseconds.
/// - Tolerance: none is documented; five minutes both ways, on the reading that the *request's*
///   timestamp is new on each attempt.
/// - Retries: 5, 20 and 60 minutes after the attempt before
///   (<https://developers.zoom.us/blog/webhook-delays>), so two hours.
#[must_use]
pub fn zoom() -> Scheme {
    Scheme {
        id: "zoom".to_owned(),
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
                at: Locate::header("x-zm-signature"),
                list: None,
                item: None,
                prefix: "v0=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("v0:{timestamp}:{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-zm-request-timestamp"),
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
        retry_horizon: Span::hours(2),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: vec![Expect::text(
                Locate::json("/event"),
                "endpoint.url_validation",
            )],
            signed: true,
            pairs: false,
            challenge: Some(ChallengeField {
                at: Locate::json("/payload/plainToken"),
                charset: Charset::Token,
                min: 1,
                max: 128,
            }),
            answer: HandshakeAnswer::json(
                r#"{{"plainToken":"{challenge}","encryptedToken":"{challenge|hmac|hex}"}}"#,
            ),
        }],
    }
}
