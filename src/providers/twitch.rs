use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Expect, Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape,
        Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Twitch EventSub: `Twitch-Eventsub-Message-Signature: sha256=<hex>` over id, timestamp and body.
///
/// # Source
///
/// <https://dev.twitch.tv/docs/eventsub/handling-webhook-events/>, and `twitchdev/twitch-cli`,
/// which signs. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<Twitch-Eventsub-Message-Id><Twitch-Eventsub-Message-Timestamp><body>`, with nothing between.
/// The id is signed, stays the same when Twitch sends a message again
/// (<https://dev.twitch.tv/docs/eventsub>), and deliveries are deduplicated by it. The event's type
/// and the kind of message (`Twitch-Eventsub-Message-Type`) are headers and not signed;
/// `subscription.type` in the body is.
///
/// # Pitfalls
///
/// - Nothing separates the three values. The timestamp has one strict form from its year to its
///   `Z`, and the body is a JSON object, so there is no second reading of an honest delivery.
/// - The timestamp has nanoseconds and is signed as it stands.
/// - `webhook_callback_verification` is signed like an event and answered only then. `revocation`
///   is a delivery like any other: look at `Twitch-Eventsub-Message-Type`.
/// - Each subscription has the secret that it was made with, 10 to 100 characters.
/// - Tolerance: ten minutes for the past, the limit of `@twurple/eventsub-http`; whether a repeated
///   message has a new timestamp is not said, and the signed id stops the replay. Five minutes for
///   the future.
/// - Retries: not documented, so our default of three days. Too many failures revoke the
///   subscription.
///
/// # Warnings
///
/// - `no-separator`: nothing stands between id, time and body. The time has one strict form with
///   `Z` at its end, and a body begins with a brace.
#[must_use]
pub fn twitch() -> Scheme {
    Scheme {
        id: "twitch".to_owned(),
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
                at: Locate::header("twitch-eventsub-message-signature"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{id}{timestamp}{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("twitch-eventsub-message-timestamp"),
                unit: TimeUnit::Rfc3339,
            }),
            event_id: Some(Locate::header("twitch-eventsub-message-id")),
            event_type: Some(Locate::json("/subscription/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::minutes(10), Span::minutes(5))),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: vec![Expect::text(
                Locate::header("twitch-eventsub-message-type"),
                "webhook_callback_verification",
            )],
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
