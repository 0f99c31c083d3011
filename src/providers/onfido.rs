use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Onfido (Entrust): `X-SHA2-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://documentation.onfido.com/api/latest/#webhooks>, and the tests of
/// `onfido/onfido-python`, whose vectors are in ours. Evidence: high.
///
/// # What is signed
///
/// The body. There is no delivery id and no time of sending. An object can come to the same state
/// twice, so nothing is deduplicated: go by `payload.object.id` and `payload.action`.
///
/// # Pitfalls
///
/// - The secret is the webhook's token, used as text.
/// - `X-Signature` (SHA-1) of older versions is not accepted.
/// - Retries: not on the pages that were read, so our default of three days.
#[must_use]
pub fn onfido() -> Scheme {
    Scheme {
        id: "onfido".to_owned(),
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
                at: Locate::header("x-sha2-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/payload/action")),
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
