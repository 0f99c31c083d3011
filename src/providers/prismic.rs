use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Prismic: the field `secret` in the JSON body, the secret itself. **Nothing is signed.**
///
/// # Source
///
/// <https://prismic.io/docs/webhooks> and several receivers in public repositories. Evidence:
/// medium, since the page was not read.
///
/// # What is signed
///
/// Nothing. The secret says who sent the request; the body could be anything that its sender chose.
///
/// So no id is signed either.
///
/// # Pitfalls
///
/// - The secret is in the body: do not log it, and do not store it with the payload.
/// - Without a secret in the webhook's settings every delivery is refused.
/// - Read the documents from the API; the body only says that something changed.
/// - There is no id, so nothing is deduplicated.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn prismic() -> Scheme {
    Scheme {
        id: "prismic".to_owned(),
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
                at: Locate::json("/secret"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/type")),
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
