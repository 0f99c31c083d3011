use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::{ByteSize, Span},
};

/// GitHub: `X-Hub-Signature-256: sha256=<hex>` over the body.
///
/// # Source
///
/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>, whose
/// vector is in the tests, and the tests of `octokit/webhooks-methods.js`. Evidence: high.
///
/// # What is signed
///
/// The body, whatever its content type: for form deliveries the raw form text.
/// Neither the event's type (`X-GitHub-Event`) nor the delivery's id
/// (`X-GitHub-Delivery`) is signed, and there is no timestamp.
///
/// # Pitfalls
///
/// - `X-Hub-Signature` (SHA-1) is sent too and is never accepted here.
/// - Since the id is not signed, deliveries are not deduplicated unless the
///   endpoint chooses `dedupe = "content"`.
/// - Retries: none by itself; a person or the API redelivers, for three days.
/// - Bodies are up to 25 MB, above axum's own limit of 2 MB.
#[must_use]
pub fn github() -> Scheme {
    Scheme {
        id: "github".to_owned(),
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
                at: Locate::header("x-hub-signature-256"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-github-delivery")),
            event_type: Some(Locate::header("x-github-event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: Some(ByteSize::mebibytes(25)),
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
