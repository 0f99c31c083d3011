use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Autodesk Platform Services: `x-adsk-signature: sha1hash=<hex>`, HMAC-SHA1 over the body.
///
/// # Source
///
/// <https://aps.autodesk.com/en/docs/webhooks/v1/developers_guide/callback-security/>, and
/// Autodesk's samples. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body. The delivery's id (`x-adsk-delivery-id`) is not signed, and there is no timestamp.
///
/// # Pitfalls
///
/// - The prefix is `sha1hash=`. Code with SHA-256 is wrong.
/// - The key is the token registered with `POST /webhooks/v1/tokens`, or the hook's own, and not
///   the client secret.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`.
/// - Retries: four over 48 hours, then the hook is disabled; three days.
#[must_use]
pub fn autodesk_aps() -> Scheme {
    Scheme {
        id: "autodesk-aps".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha1,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-adsk-signature"),
                list: None,
                item: None,
                prefix: "sha1hash=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-adsk-delivery-id")),
            event_type: Some(Locate::json("/hook/event")),
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
