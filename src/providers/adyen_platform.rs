use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Adyen's platform, banking, management and tokenization webhooks: `HmacSignature: <base64>` over
/// the body.
///
/// # Source
///
/// <https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures>,
/// and `validateHMACSignature` of `@adyen/api-library` 32.1.0, whose test is in our vectors.
/// Evidence: high.
///
/// # What is signed
///
/// The body, which has the event's type, time and object but no id of the delivery.
///
/// # Pitfalls
///
/// - The standard payment webhooks sign fields inside the body: the preset `adyen`. Take the one
///   that the webhook is.
/// - The secret is the hexadecimal HMAC key of the Customer Area. After making a new one keep the
///   old beside it: both are used while the change spreads.
/// - The header `Protocol: HmacSHA256` is not read.
/// - Its times have seconds only, so two honest events could be equal and nothing is deduplicated:
///   go by `data`, `type` and `timestamp`.
/// - Retries: for up to 30 days
///   (<https://docs.adyen.com/development-resources/webhooks/troubleshoot>).
#[must_use]
pub fn adyen_platform() -> Scheme {
    Scheme {
        id: "adyen-platform".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Hex,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("hmacsignature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
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
        retry_horizon: Span::days(30),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
