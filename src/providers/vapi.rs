use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Vapi, with a server secret: `X-Vapi-Secret: <secret>`. **Nothing is signed.**
///
/// # Source
///
/// <https://docs.vapi.ai/server-url/server-authentication> and many receivers in public
/// repositories. Evidence: medium.
///
/// # What is signed
///
/// Nothing. The secret says who sent the request; the body could be anything that its sender chose.
///
/// So no id is signed either.
///
/// # Pitfalls
///
/// - Vapi's HMAC credentials cover the body and are better, but you choose their header, encoding
///   and content yourself: write a scheme with the same words. What Vapi proposes is `x-signature`
///   over `{timestamp}.{body}` with `x-timestamp`.
/// - A bearer credential comes in `Authorization`: a scheme with `shared-token` at `"bearer"`.
/// - `tool-calls` and `assistant-request` are questions: your answer is their result.
/// - There is no delivery id, so nothing is deduplicated.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn vapi() -> Scheme {
    Scheme {
        id: "vapi".to_owned(),
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
                at: Locate::header("x-vapi-secret"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/message/type")),
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
        handshakes: Vec::new(),
    }
}
