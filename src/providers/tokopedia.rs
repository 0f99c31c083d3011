use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Tokopedia: `Authorization-Hmac: <hex>` over the body.
///
/// # Source
///
/// <https://developer.tokopedia.com/openapi/guide/guides/webhook-configuration/webhook-security>,
/// with samples in three languages. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body. No id, type or timestamp is documented.
///
/// # Pitfalls
///
/// - The header is `Authorization-Hmac`, not `Authorization`.
/// - The page's Node sample signs the body after parsing and printing it; the Go and Java samples
///   sign the bytes, and those are what counts.
/// - Registering a secret through the API without repeating the webhook URLs wipes the URLs.
/// - Without an id or a timestamp a replay can't be told from a repeated event, so nothing is
///   deduplicated unless the endpoint chooses `dedupe = "content"`.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn tokopedia() -> Scheme {
    Scheme {
        id: "tokopedia".to_owned(),
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
                at: Locate::header("authorization-hmac"),
                list: None,
                item: None,
                prefix: String::new(),
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
