use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Frame.io: `X-Frameio-Signature: v0=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://developer.adobe.com/frameio/guides/Webhooks/>, and Frame.io's sample server. Evidence:
/// high for the construction; no vector is published.
///
/// # What is signed
///
/// `v0:<X-Frameio-Request-Timestamp>:<body>`. There is no delivery id: `resource.id` and `type` say
/// what happened to what.
///
/// # Pitfalls
///
/// - Code that checks `sha256=` over the body alone is wrong.
/// - Tolerance: five minutes both ways, which the page proposes.
/// - The time is in whole seconds and no id is signed, so nothing is deduplicated unless the
///   endpoint chooses `dedupe = "content"`.
/// - Retries: five, so an event is remembered for our default of three days.
#[must_use]
pub fn frameio() -> Scheme {
    Scheme {
        id: "frameio".to_owned(),
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
                at: Locate::header("x-frameio-signature"),
                list: None,
                item: None,
                prefix: "v0=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("v0:{timestamp}:{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-frameio-request-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: None,
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
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
