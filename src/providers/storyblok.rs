use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Storyblok: `webhook-signature: <hex>`, HMAC-SHA1 over the body.
///
/// # Source
///
/// <https://www.storyblok.com/docs/concepts/webhooks#securing-a-webhook> as used in several public
/// repositories. Evidence: medium, since the page was not read; no vector is published.
///
/// # What is signed
///
/// The body. There is no delivery id and no timestamp.
///
/// # Pitfalls
///
/// - The header has the name of the one of Standard Webhooks, and nothing else in common with it.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn storyblok() -> Scheme {
    Scheme {
        id: "storyblok".to_owned(),
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
                at: Locate::header("webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/action")),
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
