use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Customer.io: `X-CIO-Signature: <hex>` over timestamp and body.
///
/// # Source
///
/// <https://docs.customer.io/journeys/webhooks-action/#securely-verify-requests>. Evidence: medium.
/// The section was read in copies of its Go sample only; `async-customerio` 2.18.0, a library of
/// others, has a vector with its own key, which is in the tests.
///
/// # What is signed
///
/// `v0:<X-CIO-Timestamp>:<body>`. Reporting webhooks have their id (`event_id`) in the body, so it
/// is signed; deliveries are deduplicated by it. The body of a webhook *action* is what its author
/// wrote; without that id it is handled each time.
///
/// # Pitfalls
///
/// - As with Slack `v0:` is signed, but the header has no `v0=`.
/// - A webhook action whose body has an `event_id` that is not unique must not be used with this
///   scheme: choose `dedupe = "off"` there.
/// - The type is the metric (`opened`, `clicked` …) of `object_type`.
/// - Answer within four seconds.
/// - Tolerance: none is documented; five minutes both ways.
/// - Retries: for how long is not on the pages that were read, so our default of three days.
#[must_use]
pub fn customer_io() -> Scheme {
    Scheme {
        id: "customer-io".to_owned(),
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
                at: Locate::header("x-cio-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("v0:{timestamp}:{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-cio-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::json("/event_id")),
            event_type: Some(Locate::json("/metric")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
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
