use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Sonatype Nexus Repository: `X-Nexus-Webhook-Signature: <hex>`, HMAC-SHA1 over the body.
///
/// # Source
///
/// <https://help.sonatype.com/en/working-with-hmac-payloads.html>, and the receiver of Flux
/// (`fluxcd/notification-controller`). Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body. Neither the delivery's id (`X-Nexus-Webhook-Delivery`) nor the event's type
/// (`X-Nexus-Webhook-Id`) is signed.
///
/// # Pitfalls
///
/// - `X-Nexus-Webhook-Id` is the event's type and no id.
/// - The sample signs the body after parsing and printing it; the bytes are what counts.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn sonatype_nexus() -> Scheme {
    Scheme {
        id: "sonatype-nexus".to_owned(),
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
                at: Locate::header("x-nexus-webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-nexus-webhook-delivery")),
            event_type: Some(Locate::header("x-nexus-webhook-id")),
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
