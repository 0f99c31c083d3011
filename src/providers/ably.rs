use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Ably's batched webhooks: `X-Ably-Signature: <base64>` over the body.
///
/// # Source
///
/// <https://ably.com/docs/platform/integrations/webhooks#security>
/// (`src/pages/docs/platform/integrations/webhooks/index.mdx` of `ably/docs`). Evidence: high for
/// the construction; no vector is published.
///
/// # What is signed
///
/// The body: a batch whose items have a time in milliseconds and a serial. Equal bodies are the
/// same delivery, and are deduplicated. `X-Ably-Key` is not signed.
/// A batch has no id of its own.
///
/// # Pitfalls
///
/// - Only **batched** requests are signed, and only where the rule names a key to sign with. Single
///   requests are unsigned and refused: use a batched rule, or a secret header of your own.
/// - The secret is the part of the API key after the colon. `X-Ably-Key` names the part before; it
///   is not read: all configured secrets are tried.
/// - The body may be MessagePack: then there is no event type here.
/// - Retries: with growing pauses for five minutes, so an hour is enough.
#[must_use]
pub fn ably() -> Scheme {
    Scheme {
        id: "ably".to_owned(),
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
                at: Locate::header("x-ably-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/items/0/source")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(1),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
