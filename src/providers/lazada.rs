use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Lazada's push: `Authorization: <hex>` over the app key and the body.
///
/// # Source
///
/// <https://open.lazada.com/apps/doc/doc?nodeId=29526&docId=120168> as quoted in public
/// repositories, whose receivers agree. Evidence: medium; no vector is published.
///
/// # What is signed
///
/// `<app key><body>`. There is no delivery id.
///
/// # Pitfalls
///
/// - The secret is the app secret, and needs the part `app_key`, which is public.
/// - The header has the bare signature, without a word such as `Bearer`. Whether its letters are
///   small or capital is not documented, so both are read.
/// - `message_type` in the body is a number.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`.
/// - Answer within half a second, or Lazada repeats.
/// - Retries: with growing gaps, numbers not documented, so an event is remembered for our default
///   of three days.
#[must_use]
pub fn lazada() -> Scheme {
    Scheme {
        id: "lazada".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: vec!["app_key".to_owned()],
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("authorization"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::HexAnyCase,
            },
            content: Some(Template::literal("{secret.app_key}{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/message_type")),
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
