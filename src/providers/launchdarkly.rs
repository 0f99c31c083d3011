use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// LaunchDarkly: `X-LD-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://launchdarkly.com/docs/home/infrastructure/webhooks>, and the receivers of Sentry and
/// others. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body. The entry's `_id` is in it, so it is signed, and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - Only webhooks with *Sign this webhook* have the header.
/// - Order is not promised: sort by `date`.
/// - Retries: one, so an event is remembered for our default of three days.
#[must_use]
pub fn launchdarkly() -> Scheme {
    Scheme {
        id: "launchdarkly".to_owned(),
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
                at: Locate::header("x-ld-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/_id")),
            event_type: Some(Locate::json("/kind")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
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
