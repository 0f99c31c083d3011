use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Wise: `X-Signature-SHA256: <base64>`, RSA with SHA-256 over the body.
///
/// # Source
///
/// <https://docs.wise.com/guides/developer/webhooks/event-handling> and
/// `transferwise/digital-signatures-examples`, whose vector is in the tests. Evidence: high.
///
/// # What is signed
///
/// The body, with `sent_at` in it. Neither the delivery's id (`X-Delivery-Id`) nor the mark of a
/// test (`X-Test-Notification`) is signed.
///
/// # Pitfalls
///
/// - Needs a release with public keys. The secret is Wise's public key (SPKI, PEM); sandbox and
///   production have their own.
/// - `X-Signature` (SHA-1) is sent too and is never accepted here.
/// - Packages that verify an HMAC are wrong.
/// - Times in the body are in whole seconds and no id is signed, so nothing is deduplicated unless
///   the endpoint chooses `dedupe = "content"`.
/// - Retries: up to 25 over two weeks
///   (<https://docs.wise.com/guides/developer/webhooks/event-handling>), so 15 days.
#[must_use]
pub fn wise() -> Scheme {
    Scheme {
        id: "wise".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::RsaPkcs1Sha256,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-signature-sha256"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-delivery-id")),
            event_type: Some(Locate::json("/event_type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(15),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
