use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, Locate, OnRetry,
        Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Plivo, signature V2 (messaging): `X-Plivo-Signature-V2: <base64>` over the URL and a nonce.
/// **The body is not signed.**
///
/// # Source
///
/// <https://www.plivo.com/docs/messaging/concepts/signature-validation>, `plivo/utils/__init__.py`
/// of the Python library 4.63.0, and the tests of `plivo/plivo-python`, whose vector is in ours.
/// Evidence: high.
///
/// # What is signed
///
/// `<url><X-Plivo-Signature-V2-Nonce>`, the URL without its query. No byte of the body, no
/// timestamp and no id: whoever has seen one delivery can send it again with any body.
///
/// The nonce is new for each request, so equal signed content is the same request and is
/// deduplicated: while it is remembered, a delivery that was handled can't come back with another
/// body.
///
/// # Pitfalls
///
/// - Treat it as a token that is sent in clear: take only the `MessageUUID` from the body, and read
///   the message from Plivo's API.
/// - `public_url` must be what Plivo was given, without a query. A URL with one is refused: Plivo
///   does not sign it.
/// - Only the signature of the (sub)account's own token is read, not that of the main account
///   (`X-Plivo-Signature-Ma-V2`).
/// - Retries: not documented, so our default of three days.
///
/// # Warnings
///
/// - `no-separator`: nothing stands between URL and nonce, so digits could move from the nonce to the
///   end of the path. Give no two endpoints paths that differ only in what a nonce could begin with.
#[must_use]
pub fn plivo_v2() -> Scheme {
    Scheme {
        id: "plivo-v2".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Fields,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-plivo-signature-v2"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{url}{nonce}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::form("Status")),
            fields: vec![Field::required(
                "nonce",
                Locate::header("x-plivo-signature-v2-nonce"),
            )],
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
