use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Expect, Handshake,
        HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, Template,
        TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Discord's interactions: `X-Signature-Ed25519: <hex>`, an Ed25519 signature over timestamp and
/// body.
///
/// # Source
///
/// <https://docs.discord.com/developers/interactions/overview>, read in `discord/discord-api-docs`,
/// and `verifyKey` of `discord-interactions` 4.4.0, which accepts our vectors. Evidence: high; no
/// vector is published, since the library's tests make their keys at run time.
///
/// # What is signed
///
/// `<X-Signature-Timestamp><body>`, with nothing between: the timestamp has ten digits.
///
/// The body has the interaction's id, so it is signed, and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - The secret is the application's *Public Key*, 64 hex digits, of the developer portal. It is no
///   secret, but nothing else may be put there.
/// - `PING` has the type 1 here and 0 in webhook events, and another answer: take the preset of the
///   URL that you registered.
/// - Discord sends wrong signatures on purpose, when the URL is saved and later, and wants a 401
///   for them, which is what happens.
/// - The response *is* the interaction's answer and is due within three seconds.
/// - The event's type is the interaction's number: 2 a command, 3 a component, 4 an autocompletion,
///   5 a modal.
/// - Tolerance: Discord asks for none; five minutes both ways, since nothing is ever sent twice.
/// - Retries: none. The horizon is the 15 minutes for which an interaction's token lives.
#[must_use]
pub fn discord_interactions() -> Scheme {
    Scheme {
        id: "discord-interactions".to_owned(),
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
        retry_horizon: Span::minutes(15),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: vec![Expect::text(Locate::json("/type"), "1")],
            signed: true,
            pairs: false,
            challenge: None,
            answer: HandshakeAnswer::json(r#"{{"type":1}}"#),
        }],
    }
}
