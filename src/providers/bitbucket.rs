use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Bitbucket Cloud: `X-Hub-Signature: sha256=<hex>` over the body.
///
/// # Source
///
/// <https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/> and
/// <https://bitbucket.org/blog/enhanced-webhook-security>; the vector is Atlassian's, quoted by
/// several public test suites. Evidence: medium, since the page with the vector could not be read.
///
/// # What is signed
///
/// The body. Neither the event's type (`X-Event-Key`) nor the request's id (`X-Request-UUID`) is
/// signed, and there is no timestamp.
///
/// # Pitfalls
///
/// - GitHub uses the same header name for SHA-1. Here it is SHA-256, and nothing else is accepted.
/// - A webhook without a secret has no such header: its deliveries are refused.
/// - Since the id is not signed, deliveries are not deduplicated unless the endpoint chooses
///   `dedupe = "content"`. `X-Hook-UUID` is the webhook's id and never a delivery's.
/// - Bitbucket Data Center signs alike, but calls the id `X-Request-Id`, and its connection test
///   (`diagnostics:ping`) may come unsigned.
/// - Cloud sends at most 256 KB and silently drops what is larger
///   (<https://support.atlassian.com/bitbucket-cloud/docs/troubleshoot-webhooks/>). Data Center is
///   not held to that, so our own limit stays.
/// - Retries: two more attempts after a 5xx (same page). A person can resend at any time, so the
///   horizon is our default of three days.
#[must_use]
pub fn bitbucket() -> Scheme {
    Scheme {
        id: "bitbucket".to_owned(),
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
                at: Locate::header("x-hub-signature"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-request-uuid")),
            event_type: Some(Locate::header("x-event-key")),
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
