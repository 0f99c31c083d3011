use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Checkr: `X-Checkr-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://docs.checkr.com/apis/webhooks>. Evidence: medium. Only the page's beginning was read; a
/// dated review of its section on validation by another project, and several receivers, agree on
/// HMAC-SHA256 in hex without a prefix. No vector is published.
///
/// # What is signed
///
/// The body. The event's id (`id`) is in it, so it is signed; deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - The secret is the account's secret **API key**; there is no webhook secret. Who rotates the
///   key has to change it here too: keep both meanwhile. For partner applications the sources
///   disagree.
/// - `sns://` endpoints are another scheme.
/// - A URL that fails for 60 days is removed.
/// - Retries: not on the page that was read, so our default of three days.
#[must_use]
pub fn checkr() -> Scheme {
    Scheme {
        id: "checkr".to_owned(),
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
                at: Locate::header("x-checkr-signature"),
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
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
