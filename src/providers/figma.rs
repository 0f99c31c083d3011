use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Expect, Handshake,
        HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Figma: `passcode` in the JSON body, the text given when the webhook was made. **Nothing is
/// signed.**
///
/// # Source
///
/// <https://developers.figma.com/docs/rest-api/webhooks-security/>, and `WebhookBasePayload` of
/// `@figma/rest-api-spec` 0.43.0. Evidence: high.
///
/// # What is signed
///
/// Nothing. The passcode says who sent the request; the rest of the body could be anything that its
/// sender chose, and whoever sees one request can send any other.
///
/// So no id is signed either.
///
/// # Pitfalls
///
/// - The passcode stands in the body, so it reaches the handler too: don't log bodies. It has at
///   most 100 characters; make it long and random, and use HTTPS only.
/// - `PING`, sent when the webhook is made, is checked like an event and answered only then; it
///   does not reach the handler.
/// - A wrong passcode is answered 401. Figma's page proposes 400, which stops the webhook at once:
///   one wrong secret on our side would then lose everything that follows.
/// - There is no delivery id (`webhook_id` is the webhook's), so nothing is deduplicated.
/// - Retries: not documented in what we could read (5 minutes, 30 minutes and 3 hours circulate),
///   so our default of three days.
#[must_use]
pub fn figma() -> Scheme {
    Scheme {
        id: "figma".to_owned(),
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
                at: Locate::json("/passcode"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/event_type")),
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
            method: Method::POST,
            when: vec![Expect::text(Locate::json("/event_type"), "PING")],
            signed: true,
            pairs: false,
            challenge: None,
            answer: HandshakeAnswer::empty(),
        }],
    }
}
