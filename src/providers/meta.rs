use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Expect, Expected, Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape,
        Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Meta (Facebook, Messenger, Instagram, WhatsApp Cloud API, Threads):
/// `X-Hub-Signature-256: sha256=<hex>` over the body.
///
/// # Source
///
/// <https://developers.facebook.com/docs/graph-api/webhooks/getting-started/>, and Meta's own
/// archived package `whatsapp`, which checks the same header. Evidence: high for the construction;
/// no vector is published.
///
/// # What is signed
///
/// The body. There is no timestamp outside it and no delivery id: the ids
/// (`entry[].changes[].value.messages[].id`, `entry[].messaging[].message.mid`) stand inside lists
/// of a batch, and thin notifications have none, so nothing is deduplicated unless the endpoint
/// chooses `dedupe = "content"`.
///
/// # Pitfalls
///
/// - The secret is the app secret as shown, not what its hex digits decode to. An app with
///   Instagram login is said to sign with the *Instagram* app secret: if nothing verifies, try that
///   one.
/// - `verify_token` is a second secret, which you type into the app dashboard. It is a part of the
///   secret here, compared in constant time, and `hub.challenge` is answered only if it is right
///   and the challenge is a number.
/// - Meta signs text in which letters outside ASCII are escaped (`\u00e4`). Whoever prints the
///   parsed body again gets another text.
/// - `X-Hub-Signature` (SHA-1) is sent too and is never accepted here.
/// - One delivery may be a batch of changes.
/// - Retries: with growing pauses, for how long is not documented on the page that was read (36
///   hours and seven days are named elsewhere), so our default of three days.
#[must_use]
pub fn meta() -> Scheme {
    Scheme {
        id: "meta".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: vec!["verify_token".to_owned()],
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-hub-signature-256"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/object")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::GET,
            when: vec![
                Expect::text(Locate::query("hub.mode"), "subscribe"),
                Expect {
                    at: Locate::query("hub.verify_token"),
                    is: Expected::Secret {
                        secret: "verify_token".to_owned(),
                    },
                },
            ],
            signed: false,
            pairs: false,
            challenge: Some(ChallengeField {
                at: Locate::query("hub.challenge"),
                charset: Charset::Digits,
                min: 1,
                max: 20,
            }),
            answer: HandshakeAnswer::text("{challenge}"),
        }],
    }
}
