use http::Method;

use crate::{
    scheme::{
        Algorithm, AnswerHeader, Answers, ChallengeField, Charset, ContentEncoding, Coverage,
        Dedupe, Encoding, Expect, Handshake, HandshakeAnswer, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Asana: `X-Hook-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://developers.asana.com/docs/webhooks-guide>, and `python/webhooks_v5/server.py` of
/// `Asana/devrel-examples`. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body, a list of events; their types, times and objects are in it. No delivery has an id or a
/// timestamp of its own.
///
/// # Pitfalls
///
/// - The secret is the text of `X-Hook-Secret`, which Asana sends once while the webhook is being
///   created and wants back in a header of the answer. Anybody could send such a header, so only an
///   endpoint that waits for its key answers it:
///   [`Endpoint::dangerous_pairing`](crate::Endpoint::dangerous_pairing). Asana's answer to your
///   request for the webhook says whether its own key came back.
/// - Each webhook has its own secret: list them all, or give each webhook its own path.
/// - Heartbeats (`{"events":[]}`) are signed and equal each time, so nothing is deduplicated, and
///   they reach the handler. Answer them 2xx, or the webhook is deleted.
/// - An answer is due within ten seconds.
/// - Retries: for 24 hours, then Asana gives up (same page).
#[must_use]
pub fn asana() -> Scheme {
    Scheme {
        id: "asana".to_owned(),
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
                at: Locate::header("x-hook-signature"),
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
        retry_horizon: Span::hours(24),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: vec![Expect::absent(Locate::header("x-hook-signature"))],
            signed: false,
            pairs: true,
            challenge: Some(ChallengeField {
                at: Locate::header("x-hook-secret"),
                charset: Charset::Token,
                min: 16,
                max: 256,
            }),
            answer: HandshakeAnswer::empty()
                .with_header(AnswerHeader::new("x-hook-secret", "{challenge}")),
        }],
    }
}
