use http::Method;

use crate::{
    scheme::{
        Algorithm, Answer, Answers, Batch, ChallengeField, Charset, ContentEncoding, Coverage,
        Dedupe, Encoding, Handshake, HandshakeAnswer, JsonPointer, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Microsoft Graph change notifications: `clientState` in each item of the body. **Nothing is
/// signed.**
///
/// # Source
///
/// <https://learn.microsoft.com/graph/change-notifications-delivery-webhooks>
/// (`concepts/change-notifications-delivery-webhooks.md` of
/// `microsoftgraph/microsoft-graph-docs-contrib`). Evidence: high.
///
/// # What is signed
///
/// Nothing. `clientState`, which you chose for the subscription, says who sent each item; the body
/// could be anything that its sender chose. Items of a batch may belong to several subscriptions,
/// and each must have a configured one. There is no stable id, so nothing is deduplicated.
///
/// # Pitfalls
///
/// - On making and renewing a subscription Graph posts `?validationToken=…` and wants it back,
///   decoded, as plain text within ten seconds. The question is unsigned; only printable text is
///   echoed.
/// - `clientState` has at most 128 characters; make it long and random.
/// - Rich notifications also bring JWTs (`validationTokens`) and encrypted content: those are not
///   looked at here.
/// - Answer within three seconds; 202 is enough.
/// - Retries: for up to four hours.
#[must_use]
pub fn microsoft_graph() -> Scheme {
    Scheme {
        id: "microsoft-graph".to_owned(),
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
                at: Locate::json("/clientState"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/changeType")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: Some(Batch {
                array: JsonPointer::literal("/value"),
                item: JsonPointer::literal(""),
            }),
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(4),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers {
            accepted: Answer::status(202),
            duplicate: Answer::status(202),
            refused: Answer::refusal(),
        },
        handshakes: vec![Handshake {
            method: Method::POST,
            when: Vec::new(),
            signed: false,
            pairs: false,
            challenge: Some(ChallengeField {
                at: Locate::query("validationToken"),
                charset: Charset::Printable,
                min: 1,
                max: 1024,
            }),
            answer: HandshakeAnswer::text("{challenge}"),
        }],
    }
}
