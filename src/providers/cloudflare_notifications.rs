use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Cloudflare Notifications: `cf-webhook-auth`, the secret of the webhook. **Nothing is signed.**
///
/// # Source
///
/// <https://developers.cloudflare.com/notifications/get-started/configure-webhooks/>
/// (`configure-webhooks.mdx` of `cloudflare/cloudflare-docs`). Evidence: high.
///
/// # What is signed
///
/// Nothing. The secret says who sent the request; the body could be anything that its sender chose,
/// and whoever sees one request can send any other. The ids in the body depend on the kind of
/// alert, so nothing is deduplicated.
///
/// # Pitfalls
///
/// - Without a secret the header is missing, and notifications are refused.
/// - *Save and Test* sends a request with only a `text`, and with the header: it reaches the
///   handler, which should answer 2xx.
/// - The secret can't be changed: make a new webhook, and keep both secrets meanwhile.
/// - Stream signs its webhooks, but live inputs notify by this scheme.
/// - Retries: not documented, so our default of three days.
#[must_use]
pub fn cloudflare_notifications() -> Scheme {
    Scheme {
        id: "cloudflare-notifications".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::SharedToken,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Credential,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("cf-webhook-auth"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/alert_type")),
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
