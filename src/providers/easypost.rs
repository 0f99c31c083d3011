use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// EasyPost: `X-Hmac-Signature: hmac-sha256-hex=<hex>` over the body.
///
/// # Source
///
/// <https://docs.easypost.com/docs/webhooks>, and `easypost` 10.7.0 for Python, which accepts the
/// tests' vectors; one of them is the example of `EasyPost/examples`. Evidence: high.
///
/// # What is signed
///
/// The body. The event's id (`id`, `evt_…`) is in it, so it is signed; deliveries are deduplicated
/// by it.
///
/// # Pitfalls
///
/// - The secret is normalised to NFKD before it is a key: with letters outside ASCII the feature
///   `nfkd` is needed.
/// - The Node library rewrites `"weight": 614` to `614.0` before it compares, to undo what a parser
///   did; the bytes need no such repair.
/// - `X-Hmac-Signature-V2` with `X-Timestamp` and `X-Path` is not read: no library of EasyPost
///   knows it yet.
/// - Answer within seven seconds.
/// - Retries: how often is not on the pages that were read, so our default of three days.
#[must_use]
pub fn easypost() -> Scheme {
    Scheme {
        id: "easypost".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Nfkd,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-hmac-signature"),
                list: None,
                item: None,
                prefix: "hmac-sha256-hex=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/description")),
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
