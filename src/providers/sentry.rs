use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Sentry's integration platform: `Sentry-Hook-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://docs.sentry.io/organization/integrations/integration-platform/webhooks/>, and the
/// sender, `app_platform_event.py` of `getsentry/sentry`. Evidence: high for the construction; no
/// vector is published.
///
/// # What is signed
///
/// The body. `Sentry-Hook-Timestamp`, `Sentry-Hook-Resource` and `Request-ID` are **not** signed,
/// and the body has no id of the delivery: there is no window here and nothing is deduplicated.
///
/// # Pitfalls
///
/// - The secret is the *Client Secret* of the integration.
/// - The sample in the documentation signs the body after parsing and printing it; the bytes are
///   what counts.
/// - The type is the resource (`issue`, `event_alert` …); what happened to it is `action` in the
///   body.
/// - Retries: not documented, so our default of three days.
#[must_use]
pub fn sentry() -> Scheme {
    Scheme {
        id: "sentry".to_owned(),
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
                at: Locate::header("sentry-hook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("request-id")),
            event_type: Some(Locate::header("sentry-hook-resource")),
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
