use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Telegram Bot API: `X-Telegram-Bot-Api-Secret-Token`, the token given to `setWebhook`. **Nothing
/// is signed.**
///
/// # Source
///
/// <https://core.telegram.org/bots/api#setwebhook>, and `WebhookActor.cpp` of
/// `tdlib/telegram-bot-api`, which sends it. Evidence: high.
///
/// # What is signed
///
/// Nothing. The token says who sent the request; the body could be anything that its sender chose,
/// and whoever sees one request can send any other. Among requests that come from Telegram,
/// `update_id` is unique for the bot, and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - `setWebhook` without `secret_token` sends no header, and updates are refused. The token has 1
///   to 256 characters of `A-Z a-z 0-9 _ -`; make it long and random.
/// - One endpoint a bot: update ids of two bots can be equal.
/// - After a change of the token, updates on their way still have the old one: keep both.
/// - A 2xx whose JSON body has a `method` is *executed* as a call of the Bot API. Never echo
///   anything into that answer.
/// - The type is the name of the field beside `update_id`, so none is given to the handler.
/// - Retries: with growing pauses; an update is kept for 24 hours at most
///   (<https://core.telegram.org/bots/api#getting-updates>).
#[must_use]
pub fn telegram() -> Scheme {
    Scheme {
        id: "telegram".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::SharedToken,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Credential,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-telegram-bot-api-secret-token"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: Some(Locate::json("/update_id")),
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(24),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
