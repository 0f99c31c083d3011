use http::{HeaderName, Method};

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Bolt: `X-Bolt-Hmac-Sha256: <base64>` over the body.
///
/// # Source
///
/// <https://help.bolt.com/developers/guides/webhooks/hook-verification/>, Bolt's plugin for
/// Magento, and the specs of `solidus_bolt`. Evidence: medium; no vector is published.
///
/// # What is signed
///
/// The body. There is no delivery id and no timestamp.
///
/// # Pitfalls
///
/// - While the signing secret is rotated, `X-Bolt-Hmac-Sha256-Pending` has the signature of the
///   incoming one. Configure both: either header will do.
/// - Samples sign the body after parsing and printing it; the bytes are what counts.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`. Go by the transaction's reference and `type`.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn bolt() -> Scheme {
    Scheme {
        id: "bolt".to_owned(),
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
                at: Locate::Headers(vec![
                    HeaderName::from_static("x-bolt-hmac-sha256"),
                    HeaderName::from_static("x-bolt-hmac-sha256-pending"),
                ]),
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
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
