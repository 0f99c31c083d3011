use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Shopee's push: `Authorization: <hex>` over the URL and the body.
///
/// # Source
///
/// <https://open.shopee.com/push-mechanism/5>, and receivers in public repositories, one of which
/// records a live push. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<URL>|<body>`, with the URL as it is registered in Shopee's console. There is no timestamp of
/// the request; `msg_id`, where it is there, is signed with the body.
///
/// # Pitfalls
///
/// - `public_url` must be what the console has, letter by letter.
/// - The key is the *push partner key* (`shpk…`) of the console's push page, as text, and not the
///   partner key of the API.
/// - The console's *verify* is signed with the key that Shopee has stored, which is an empty one
///   until the form is saved: it is refused here until then. Save first, or verify against a plain
///   route.
/// - Answer a 2xx **without a body** within three seconds.
/// - That `msg_id` is the same on a retry is not documented, so nothing is deduplicated unless the
///   endpoint chooses `dedupe = "id"`.
/// - Retries: after 300, 1,800 and 10,800 seconds, so four hours.
///
/// # Warnings
///
/// - `url-separator`: a `|` can stand in a URL too. A body that does not begin like a JSON object
///   is refused, and so is a URL with a brace or a quotation mark.
#[must_use]
pub fn shopee() -> Scheme {
    Scheme {
        id: "shopee".to_owned(),
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
                at: Locate::header("authorization"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{url}|{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/msg_id")),
            event_type: Some(Locate::json("/code")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(4),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
