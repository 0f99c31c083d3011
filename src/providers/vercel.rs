use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Vercel: `x-vercel-signature: <hex>`, HMAC-SHA1 over the body.
///
/// # Source
///
/// <https://vercel.com/docs/webhooks/webhooks-api#securing-webhooks>, read in an older copy
/// (<https://vercel.com/docs/webhooks>); several libraries that receive these webhooks agree with
/// it. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// The body. The event's id (`id`) is in it, so it is signed; deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - SHA-1, and no `sha1=` before it.
/// - The secret of an account webhook is shown once, when it is made; an integration signs with its
///   *Client Secret*.
/// - Guides that name an `x-vercel-timestamp` header made it up.
/// - Retries: for up to 24 hours according to second hand sources, so our default of three days.
#[must_use]
pub fn vercel() -> Scheme {
    Scheme {
        id: "vercel".to_owned(),
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
                at: Locate::header("x-vercel-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/type")),
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
