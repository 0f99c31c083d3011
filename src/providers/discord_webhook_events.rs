use http::Method;

use crate::{
    scheme::{
        Algorithm, Answer, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Expect, Handshake,
        HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, Template,
        TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Discord's webhook events: `X-Signature-Ed25519: <hex>`, an Ed25519 signature over timestamp and
/// body.
///
/// # Source
///
/// <https://docs.discord.com/developers/events/webhook-events>, read in `discord/discord-api-docs`,
/// and `verifyKey` of `discord-interactions` 4.4.0, which accepts our vectors. Evidence: high; no
/// vector is published, since the library's tests make their keys at run time.
///
/// # What is signed
///
/// `<X-Signature-Timestamp><body>`, with nothing between: the timestamp has ten digits.
///
/// There is no delivery id. The body has the event and its time in microseconds: equal requests are
/// the same event and are deduplicated by content. A retry with a new timestamp would not be equal;
/// go by `event.type`, `event.timestamp` and the object's id.
///
/// # Pitfalls
///
/// - The secret is the application's *Public Key*, 64 hex digits, of the developer portal. It is no
///   secret, but nothing else may be put there.
/// - `PING` has the type 0 here and 1 in interactions, and another answer: take the preset of the
///   URL that you registered.
/// - Discord sends wrong signatures on purpose, when the URL is saved and later, and wants a 401
///   for them, which is what happens. Whoever gives another answer has the URL removed.
/// - Answer 204 without a body, within three seconds.
/// - Tolerance: Discord asks for none; five minutes both ways, on the reading that the *request's*
///   timestamp is new on each attempt.
/// - Retries: with growing pauses for ten minutes (same page); an event is remembered for an hour.
#[must_use]
pub fn discord_webhook_events() -> Scheme {
    Scheme {
        id: "discord-webhook-events".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::Ed25519,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-signature-ed25519"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-signature-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: None,
            event_type: Some(Locate::json("/event/type")),
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
        answers: Answers {
            accepted: Answer::status(204),
            duplicate: Answer::status(204),
            refused: Answer::refusal(),
        },
        handshakes: vec![Handshake {
            method: Method::POST,
            when: vec![Expect::text(Locate::json("/type"), "0")],
            signed: true,
            pairs: false,
            challenge: None,
            answer: HandshakeAnswer {
                status: 204,
                content_type: String::new(),
                headers: Vec::new(),
                body: Template::literal(""),
            },
        }],
    }
}
