use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature,
        Template, UrlPorts, When,
    },
    units::Span,
};

/// X (Twitter): `x-twitter-webhooks-signature: sha256=<base64>` over the body.
///
/// # Source
///
/// <https://docs.x.com/x-api/webhooks/quickstart> (`x-api/webhooks/quickstart.mdx` of
/// `xdevplatform/docs`). Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body. There is no timestamp and no id at its top, so nothing is deduplicated.
///
/// # Pitfalls
///
/// - The prefix is `sha256=`, and base64 follows.
/// - The secret is the app's *consumer secret* (API secret key), no bearer or access token.
/// - The challenge-response check is answered for whoever asks: X signs no question, and the answer
///   is an HMAC under the **same key**. So a `crc_token` is held to at most 128 letters, digits and
///   `- _ . ~ + / =`, and a delivery is refused unless its body is a JSON object, so that no answer
///   is the signature of a delivery.
/// - X asks when the webhook is made, on demand, and about once an hour. The URL must not have a
///   port.
/// - The sample of the documentation handles a POST without verifying it.
/// - Retries: not documented; missed events can be replayed on demand, so our default of three
///   days.
#[must_use]
pub fn x() -> Scheme {
    Scheme {
        id: "x".to_owned(),
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
                at: Locate::header("x-twitter-webhooks-signature"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body|json}")),
            timestamp: None,
            event_id: None,
            event_type: None,
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
            when: Vec::new(),
            signed: false,
            pairs: false,
            challenge: Some(ChallengeField {
                at: Locate::query("crc_token"),
                charset: Charset::Token,
                min: 1,
                max: 128,
            }),
            answer: HandshakeAnswer::json(
                r#"{{"response_token":"sha256={challenge|hmac|base64}"}}"#,
            ),
        }],
    }
}
