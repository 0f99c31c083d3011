use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Typeform: `Typeform-Signature: sha256=<base64>` over the body.
///
/// # Source
///
/// <https://www.typeform.com/developers/webhooks/secure-your-webhooks/>, whose sample exists in
/// four languages, and `TypeformTriggerHelpers.js` of `n8n-nodes-base` 2.41.2. Evidence: high for
/// the construction; no vector is published.
///
/// # What is signed
///
/// The body. It has the event's id (`event_id`), so it is signed, and deliveries are deduplicated
/// by it. There is no timestamp of the request.
///
/// # Pitfalls
///
/// - The prefix is that of GitHub, but what follows is base64 and not hex.
/// - Without a secret the webhook sends no header, and is refused.
/// - A 404 or 410 is said to disable the webhook at once.
/// - Retries: not documented in what we could read (ten hours circulate), so our default of three
///   days.
#[must_use]
pub fn typeform() -> Scheme {
    Scheme {
        id: "typeform".to_owned(),
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
                at: Locate::header("typeform-signature"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/event_id")),
            event_type: Some(Locate::json("/event_type")),
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
        handshakes: Vec::new(),
    }
}
