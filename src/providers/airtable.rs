use http::Method;

use crate::{
    scheme::{
        Algorithm, Answer, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry,
        Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Airtable: `X-Airtable-Content-MAC: hmac-sha256=<hex>` over the body.
///
/// # Source
///
/// <https://airtable.com/developers/web/api/webhooks-overview#webhook-notification-delivery>, and
/// `pyairtable` 3.5.0, the usual library of others, which accepts the tests' vector. Evidence: high
/// for the construction; no vector is published.
///
/// # What is signed
///
/// The body: a ping with base, webhook and its time in milliseconds, and without the changes. Equal
/// bodies are the same ping, and are deduplicated. A ping has no id of its own.
///
/// # Pitfalls
///
/// - The secret is `macSecretBase64` as the answer that made the webhook shows it; what it decodes
///   to is the key.
/// - Each webhook has its own secret. Configure them all; each is tried.
/// - A ping only says that there is something: fetch the changes with the cursor that you kept.
///   Pings may be joined or superfluous.
/// - Answer 200 or 204 **without a body**, within 25 seconds.
/// - Webhooks made with a personal token expire after seven days unless they are refreshed.
/// - Retries: up to 13, with growing pauses, for about a day.
#[must_use]
pub fn airtable() -> Scheme {
    Scheme {
        id: "airtable".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Base64,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-airtable-content-mac"),
                list: None,
                item: None,
                prefix: "hmac-sha256=".to_owned(),
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
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers {
            accepted: Answer::status(200),
            duplicate: Answer::status(200),
            refused: Answer::refusal(),
        },
        handshakes: Vec::new(),
    }
}
