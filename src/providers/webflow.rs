use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Webflow: `x-webflow-signature: <hex>` over timestamp and body.
///
/// # Source
///
/// <https://developers.webflow.com/data/docs/working-with-webhooks#validating-request-signatures>,
/// and `webflow-api` 3.3.4 for Node, which accepts the tests' vector. Evidence: high for the
/// construction; no vector is published.
///
/// # What is signed
///
/// `<x-webflow-timestamp>:<body>`, the timestamp in milliseconds.
///
/// There is no delivery id. Equal content, with its time in milliseconds, is the same delivery, and
/// is deduplicated. That stops a replay within the window, not a retry with a new timestamp.
///
/// # Pitfalls
///
/// - Webhooks of an OAuth app are signed with its *client secret*; those made by API with a site
///   token, since 2025, with the `secretKey` of the answer. Those made in the dashboard are not
///   signed and are refused.
/// - The library checks only the signature, not the age, and its example prints the parsed body
///   again.
/// - Tolerance: five minutes, as documented; both ways.
/// - Retries: not on the pages that were read, so our default of three days.
#[must_use]
pub fn webflow() -> Scheme {
    Scheme {
        id: "webflow".to_owned(),
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
                at: Locate::header("x-webflow-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}:{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-webflow-timestamp"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: None,
            event_type: Some(Locate::json("/triggerType")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
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
