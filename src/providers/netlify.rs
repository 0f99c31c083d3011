use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, Claim, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry,
        Scheme, SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Netlify deploy notifications: `X-Webhook-Signature: <JWS>`, HS256, with the body's hash in it.
///
/// # Source
///
/// <https://docs.netlify.com/deploy/deploy-notifications/#payload-signature>. Evidence: high for the
/// construction; no vector is published.
///
/// # What is signed
///
/// The token says `iss: netlify` and `sha256`, the SHA-256 of the body in lower-case hexadecimal. Both
/// are required here: a check of the token alone, which much code does, leaves the body open.
///
/// There is no id of the delivery and no time, so a captured delivery stays good, and deliveries are
/// not deduplicated: `/id` is the deploy's, the same for each of its states.
///
/// # Pitfalls
///
/// - The secret is the *JWS secret token* that you type in; its bytes are the key. Without one,
///   nothing is signed, and such deliveries are refused.
/// - Netlify's Ruby sample reads the claim by a symbol, which finds nothing. Their older header was
///   `X-Nf-Sign`.
/// - Retries: the page says nothing, so our default of three days.
///
/// # Warnings
///
/// - `token-never-expires`: Netlify signs no time.
#[must_use]
pub fn netlify() -> Scheme {
    Scheme {
        id: "netlify".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::JwtHs256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/state")),
            fields: Vec::new(),
            body_hash: None,
            claims: vec![
                Claim::is("/iss", "netlify"),
                Claim::is("/sha256", "{body|sha256|hex}"),
            ],
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
