use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Qualifio: `X-Qualifio-Signature: sha256=<hex>` over the body.
///
/// # Source
///
/// <https://support.qualifio.com/hc/en-us/articles/4413658225426>. Evidence: medium. The page gives
/// HMAC-SHA256 and the prefix `sha256=`, but **never says that hexadecimal follows**: that is
/// inferred from the likeness to GitHub's header, and no delivery was seen.
///
/// # What is signed
///
/// The body. No id, type or timestamp is documented.
///
/// # Pitfalls
///
/// - Should every delivery be refused and the text after `sha256=` have 44 characters with `=` at
///   the end, it is base64: write the scheme with that encoding, and tell us.
/// - After a change of the secret Qualifio may sign with the old one for 30 minutes more. Keep both
///   keys live for that time, and change the server first.
/// - The secret is optional at Qualifio; without one there is no header, and deliveries are
///   refused.
/// - Without an id or a timestamp a replay can't be told from a repeated event, so nothing is
///   deduplicated unless the endpoint chooses `dedupe = "content"`.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn qualifio() -> Scheme {
    Scheme {
        id: "qualifio".to_owned(),
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
                at: Locate::header("x-qualifio-signature"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
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
