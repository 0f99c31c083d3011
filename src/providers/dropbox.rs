use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature,
        Template, UrlPorts, When,
    },
    units::Span,
};

/// Dropbox: `X-Dropbox-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://www.dropbox.com/developers/reference/webhooks>, and `app.py` of the official
/// `dropbox/mdwebhook`. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body, which only lists the accounts that changed. It has no id and no time, and the next
/// change of the same account sends the same bytes again, so nothing is deduplicated.
///
/// # Pitfalls
///
/// - The secret is the *App secret*.
/// - `GET …?challenge=` asks whether the URL is ours. It is unsigned; the challenge is echoed as
///   plain text with `nosniff`, if it has only characters that HTML would not care for.
/// - What changed is not in the body: ask the API with your cursor, which makes handling a delivery
///   twice harmless.
/// - Dropbox Sign (HelloSign) is another scheme.
/// - Retries: not documented in what we could read, so our default of three days.
#[must_use]
pub fn dropbox() -> Scheme {
    Scheme {
        id: "dropbox".to_owned(),
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
                at: Locate::header("x-dropbox-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
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
                at: Locate::query("challenge"),
                charset: Charset::Token,
                min: 1,
                max: 256,
            }),
            answer: HandshakeAnswer::text("{challenge}"),
        }],
    }
}
