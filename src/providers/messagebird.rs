use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, Claim, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry,
        Scheme, SecretFormat, Shape, Signature, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// MessageBird (classic API): `MessageBird-Signature-JWT: <JWT>`, HS256, with hashes of URL and body.
///
/// # Source
///
/// <https://developers.messagebird.com/api/#verifying-http-requests>, and
/// `lib/webhook-signature-jwt.js` with its reference file of the npm package `messagebird` 4.0.1.
/// Evidence: high; vectors are published.
///
/// # What is signed
///
/// The token says `iss: MessageBird`, `nbf`, `exp` a minute later, `jti`, `url_hash` (SHA-256 of the
/// full URL, query included) and `payload_hash` (SHA-256 of the body), which may be missing only where
/// there is no body. All are required here. `jti` is the delivery's id, and deliveries are
/// deduplicated by it.
///
/// # Pitfalls
///
/// - The URL is signed, so [`Endpoint::with_public_url`](crate::Endpoint::with_public_url) is needed.
/// - The secret is the signing key's text.
/// - Their SDK takes HS256, HS384 and HS512, whichever the message names. The algorithm is not the
///   message's to choose: this is HS256, which their examples use; for another, change `algorithm`.
/// - Status reports may come by `GET`.
/// - The older `MessageBird-Signature` is another scheme, and deprecated.
/// - Tolerance: a token is good for a minute, with five seconds for clocks apart (the SDK's).
/// - Retries: not documented, so our default of three days.
#[must_use]
pub fn messagebird() -> Scheme {
    Scheme {
        id: "messagebird".to_owned(),
        methods: vec![Method::POST, Method::GET],
        algorithm: Algorithm::JwtHs256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("messagebird-signature-jwt"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: Some(TimestampField {
                at: Locate::claim("/nbf"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::claim("/jti")),
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: vec![
                Claim::is("/iss", "MessageBird"),
                Claim::present("/exp"),
                Claim::present("/jti"),
                Claim::is("/url_hash", "{url|sha256|hex}"),
                Claim {
                    unless_empty: true,
                    ..Claim::is("/payload_hash", "{body|sha256|hex}")
                },
            ],
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance {
            past: Span::seconds(65),
            future: Span::seconds(5),
        }),
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
