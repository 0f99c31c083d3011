use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Expect, Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape,
        Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Notion: `X-Notion-Signature: sha256=<hex>` over the body.
///
/// # Source
///
/// <https://developers.notion.com/reference/webhooks>, and `verifyWebhookSignature` of
/// `@notionhq/client` 5.26.0, which made our vector. Evidence: high.
///
/// # What is signed
///
/// The body. It has the event's id, so it is signed, and deliveries are deduplicated by it.
/// `timestamp` is the event's time, which can be long before the request's, so no age is checked.
///
/// # Pitfalls
///
/// - The secret is the `verification_token` (`secret_…`) that Notion posts once when the
///   subscription is made. Nothing signs that request, so only an endpoint that waits for its key
///   takes it: [`Endpoint::dangerous_pairing`](crate::Endpoint::dangerous_pairing). Paste the token
///   into Notion, which refuses one that is not its own, and into this configuration.
/// - A new subscription has a new token.
/// - That `id` stays the same while `attempt_number` counts is how the fields are described; no
///   page promises it.
/// - Retries: not documented in what we could read (eight within 24 hours circulate), so our
///   default of three days.
#[must_use]
pub fn notion() -> Scheme {
    Scheme {
        id: "notion".to_owned(),
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
                at: Locate::header("x-notion-signature"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
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
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: vec![Expect::absent(Locate::header("x-notion-signature"))],
            signed: false,
            pairs: true,
            challenge: Some(ChallengeField {
                at: Locate::json("/verification_token"),
                charset: Charset::Token,
                min: 16,
                max: 256,
            }),
            answer: HandshakeAnswer::empty(),
        }],
    }
}
