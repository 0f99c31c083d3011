use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Cisco Webex: `X-Spark-Signature: <hex>`, HMAC-SHA1 over the body.
///
/// # Source
///
/// <https://developer.webex.com/docs/webhooks>, `webex-node-bot-framework` 2.3.14 and n8n's Webex
/// node. Evidence: high; no vector is published.
///
/// # What is signed
///
/// The body. There is no delivery id and no timestamp: `id` in the body names the webhook,
/// `data.id` the resource, and `created` belongs to the resource.
///
/// # Pitfalls
///
/// - The event's type is `resource` and `event` in the body together, so none is shown here.
/// - Without a `secret` at the webhook's creation nothing is signed, and every delivery is refused.
/// - Bot frameworks sign the body after parsing and printing it; the bytes are what counts.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`.
/// - A webhook is switched off after 100 failures in five minutes (same page).
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn webex() -> Scheme {
    Scheme {
        id: "webex".to_owned(),
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
                at: Locate::header("x-spark-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: None,
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
