use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Castle: `X-Castle-Signature: <base64>` over the body.
///
/// # Source
///
/// <https://docs.castle.io/docs/webhooks>, and the tests of `castle/castle-ruby` and
/// `castle/castle-python`, whose vectors are in ours. Evidence: high.
///
/// # What is signed
///
/// The body, with `created_at` in milliseconds and `data.id` in it: equal bodies are the same event
/// and are deduplicated by content. There is no delivery id.
///
/// # Pitfalls
///
/// - The key is the API secret; there is no secret for webhooks alone.
/// - Very old versions of the Ruby library sign the user's id instead: not this scheme.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn castle() -> Scheme {
    Scheme {
        id: "castle".to_owned(),
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
                at: Locate::header("x-castle-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
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
