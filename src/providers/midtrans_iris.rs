use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Midtrans Payouts (Iris): `Iris-Signature: <hex>`, a **plain SHA-512** of the body and the
/// merchant key.
///
/// # Source
///
/// <https://docs.midtrans.com/reference/notification-payload-1>. Evidence: high for the
/// construction; no vector is published.
///
/// # What is signed
///
/// `<body><merchant key>`, hashed with SHA-512. It is no MAC; the key stands last, so the hash
/// can't be extended.
///
/// The body has `reference_no`, `status` and `updated_at`: equal bodies are the same event, and are
/// deduplicated by content. There is no id of an event.
///
/// # Pitfalls
///
/// - The secret is the Iris *merchant key* (`IRIS-merchant-…`), not the API keys of creator or
///   approver.
/// - The payment notifications of Midtrans are another scheme (`midtrans`).
/// - Retries: not documented, so an event is remembered for our default of three days.
///
/// # Warnings
///
/// - `weak-algorithm`: a hash with the key in it is what Midtrans chose.
#[must_use]
pub fn midtrans_iris() -> Scheme {
    Scheme {
        id: "midtrans-iris".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::Sha512,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("iris-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}{secret}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/status")),
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
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
