use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Expect, Handshake, HandshakeAnswer, Locate, MediaType, OnRetry, Scheme, SecretFormat,
        Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Slack: `X-Slack-Signature: v0=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://docs.slack.dev/authentication/verifying-requests-from-slack/>, whose vector is in the
/// tests of `slackapi/python-slack-sdk` and in ours. Evidence: high.
///
/// # What is signed
///
/// `v0:<X-Slack-Request-Timestamp>:<body>`, for JSON (events) and forms (slash commands,
/// interactivity) alike.
///
/// The body has the id, so it is signed: `event_id` of an event, which stays the same on a retry,
/// and `trigger_id` of a slash command. Deliveries are deduplicated by it. Interactivity has its
/// `trigger_id` inside the JSON of the field `payload`, so such deliveries have no id here and are
/// handled each time.
///
/// # Pitfalls
///
/// - The secret is the app's *signing secret*: the text, not what its hex digits decode to. The
///   `token` in the body is retired.
/// - `url_verification` is signed like an event and answered only then.
/// - `ssl_check=1` requests are unsigned and only try the connection. They are refused like
///   anything unsigned, where Slack's library `@slack/bolt` answers 200.
/// - Answer within three seconds, or the event comes again.
/// - Tolerance: five minutes both ways, as documented.
/// - Retries: at once, after 1 and after 5 minutes (<https://docs.slack.dev/apis/events-api/>). An
///   event is remembered for a day all the same, because that page was read at second hand only.
#[must_use]
pub fn slack() -> Scheme {
    Scheme {
        id: "slack".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![
            Shape {
                when: When::content_type(MediaType::Json),
                signature: Signature {
                    at: Locate::header("x-slack-signature"),
                    list: None,
                    item: None,
                    prefix: "v0=".to_owned(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("v0:{timestamp}:{body}")),
                timestamp: Some(TimestampField {
                    at: Locate::header("x-slack-request-timestamp"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::json("/event_id")),
                event_type: Some(Locate::json("/event/type")),
                fields: Vec::new(),
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
            Shape {
                when: When::content_type(MediaType::Form),
                signature: Signature {
                    at: Locate::header("x-slack-signature"),
                    list: None,
                    item: None,
                    prefix: "v0=".to_owned(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("v0:{timestamp}:{body}")),
                timestamp: Some(TimestampField {
                    at: Locate::header("x-slack-request-timestamp"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::form("trigger_id")),
                event_type: Some(Locate::form("command")),
                fields: Vec::new(),
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
        ],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(24),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: vec![Expect::text(Locate::json("/type"), "url_verification")],
            signed: true,
            pairs: false,
            challenge: Some(ChallengeField {
                at: Locate::json("/challenge"),
                charset: Charset::Token,
                min: 1,
                max: 256,
            }),
            answer: HandshakeAnswer::text("{challenge}"),
        }],
    }
}
