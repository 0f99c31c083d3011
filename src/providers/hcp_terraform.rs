use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// HCP Terraform and Terraform Enterprise, notifications: `X-TFE-Notification-Signature: <hex>`,
/// HMAC-SHA512 over the body.
///
/// # Source
///
/// <https://developer.hashicorp.com/terraform/cloud-docs/api-docs/notification-configurations#notification-authenticity>,
/// and the receivers of AWS and Port. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body. There is no delivery id: `run_id` and the trigger name an event.
///
/// # Pitfalls
///
/// - It is SHA-512, while most others use SHA-256.
/// - When a notification is switched on, a signed one with the trigger `verification` must be
///   answered with a 2xx; it reaches your handler.
/// - Run tasks are another scheme (`X-TFC-Task-Signature`).
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn hcp_terraform() -> Scheme {
    Scheme {
        id: "hcp-terraform".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha512,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-tfe-notification-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/notifications/0/trigger")),
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
