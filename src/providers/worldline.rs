use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature,
        Template, UrlPorts, When,
    },
    units::Span,
};

/// Worldline (Connect, Online Payments Direct; once Ingenico): `X-GCS-Signature: <base64>` over the
/// body.
///
/// # Source
///
/// <https://docs.direct.worldline-solutions.com/en/integration/api-developer-guide/webhooks>, and
/// the validators of `onlinepayments-sdk-nodejs` 6.2.0 and `connect-sdk-nodejs` 5.2.0, which accept
/// our vector. Evidence: high; no vector is published.
///
/// # What is signed
///
/// The body. The event's id is in it, so it is signed, and deliveries are deduplicated by it. The
/// key's id (`X-GCS-KeyId`) is not signed.
///
/// # Pitfalls
///
/// - `X-GCS-KeyId` says which key was used. Here all configured ones are tried, so it need not be
///   given.
/// - To verify the URL, Worldline sends a GET whose **header**
///   `X-GCS-Webhooks-Endpoint-Verification` has a value, which is the answer.
/// - A duplicated signature header is refused, as in the libraries.
/// - Retries: five over hours (not rechecked), so an event is remembered for our default of three
///   days.
#[must_use]
pub fn worldline() -> Scheme {
    Scheme {
        id: "worldline".to_owned(),
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
                at: Locate::header("x-gcs-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
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
                at: Locate::header("x-gcs-webhooks-endpoint-verification"),
                charset: Charset::Token,
                min: 1,
                max: 256,
            }),
            answer: HandshakeAnswer::text("{challenge}"),
        }],
    }
}
