use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature,
        Template, UrlPorts, When,
    },
    units::Span,
};

/// Nylas v3: `X-Nylas-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://developer.nylas.com/docs/v3/notifications/webhooks/>, and `verify_webhook_signature` of
/// the Python library 5.14.1 (v2, the same construction). Evidence: high; no vector is published.
///
/// # What is signed
///
/// The body as delivered. The notification's id is in it, so it is signed; it is the same on a
/// retry, and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - The key is the `webhook_secret` that is shown once, as text; in v2 it was the application's
///   client secret.
/// - A rotated secret stops at once.
/// - To verify the URL, Nylas sends a GET with `?challenge=`; the answer is that value and nothing
///   else.
/// - With `compressed_delivery` the body is gzip and the signature is over the compressed bytes.
///   Such deliveries are answered 415: leave it off.
/// - `time` in the body is the event's and not the attempt's, so its age is not checked.
/// - Retries: with growing gaps, numbers not rechecked, so an event is remembered for our default
///   of three days.
#[must_use]
pub fn nylas() -> Scheme {
    Scheme {
        id: "nylas".to_owned(),
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
                at: Locate::header("x-nylas-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
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
