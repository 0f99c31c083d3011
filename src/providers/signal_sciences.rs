use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Signal Sciences, now Fastly Next-Gen WAF: `X-SigSci-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://www.fastly.com/documentation/guides/next-gen-waf/integrations/generic-webhooks/>, with
/// samples in Go and Python. Evidence: high; no vector is published.
///
/// # What is signed
///
/// The body, with `created` in nanoseconds in it: equal bodies are the same event and are
/// deduplicated by content. There is no delivery id.
///
/// # Pitfalls
///
/// - The key is the signing key's text, which can be rotated in the integration's settings.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn signal_sciences() -> Scheme {
    Scheme {
        id: "signal-sciences".to_owned(),
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
                at: Locate::header("x-sigsci-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
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
