use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Square: `x-square-hmacsha256-signature: <base64>` over the URL and the body.
///
/// # Source
///
/// <https://developer.squareup.com/docs/webhooks/step3validate>, and the tests of
/// `square/square-nodejs-sdk`, whose vectors are in ours. Evidence: high.
///
/// # What is signed
///
/// `<notification URL><body>`. `event_id` is in the body, so it is signed; it stays the same on a
/// retry, and deliveries are deduplicated by it. There is no timestamp.
///
/// # Pitfalls
///
/// - `public_url` must be the notification URL exactly as registered: host, trailing slash and
///   query. Behind a proxy the URL that arrives is another.
/// - The signature key looks like base64 and is used as the text it is.
/// - `x-square-signature` (SHA-1) may be sent too and is never accepted here.
/// - Each subscription has its own key. Two that share a URL need both keys.
/// - Without a timestamp a replay is seen as a duplicate only for as long as the id is remembered.
/// - Retries: for 24 hours (<https://developer.squareup.com/docs/webhooks/troubleshooting>); older
///   pages say 72, so three days.
///
/// # Warnings
///
/// - `url-body`: nothing stands between URL and body. A body that does not begin like a JSON object
///   is refused, and so is a URL with a brace or a quotation mark.
#[must_use]
pub fn square() -> Scheme {
    Scheme {
        id: "square".to_owned(),
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
                at: Locate::header("x-square-hmacsha256-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{url}{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/event_id")),
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
