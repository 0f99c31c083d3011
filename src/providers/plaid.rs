use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, Claim, ContentEncoding, Coverage, Dedupe, Encoding, KeyDocument,
        KeyUrl, Locate, OnRetry, RemoteKeys, Scheme, SecretFormat, Shape, Signature, TimeUnit,
        TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Plaid: `Plaid-Verification: <JWT>`, ES256, with the body's hash in it.
///
/// # Source
///
/// <https://plaid.com/docs/api/webhooks/webhook-verification/>. Evidence: high for the construction; no
/// vector is published.
///
/// # What is signed
///
/// The token says `iat` and `request_body_sha256`, the SHA-256 of the body in lower-case hexadecimal.
/// Both are required here. There is no id, so deliveries are not deduplicated.
///
/// # Pitfalls
///
/// - The secret is `remote:` (feature `remote-keys`) with the parts `client_id` and `secret` of your
///   account, with which `/webhook_verification_key/get` is asked for the key that a token names. For
///   the sandbox it is `remote:https://sandbox.plaid.com/webhook_verification_key/get`. The keys can be
///   pasted instead, each as the JWK that it answers with, without parts.
/// - The hash is over the bytes as they came: Plaid indents its JSON.
/// - `/webhook_type` and `/webhook_code` together are the event's type.
/// - Tolerance: five minutes past (same page); a minute ahead.
/// - Retries: for 24 hours, so 25.
#[must_use]
pub fn plaid() -> Scheme {
    Scheme {
        id: "plaid".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::JwtEs256,
        secret: SecretFormat::PublicKey,
        secret_parts: vec!["client_id".to_owned(), "secret".to_owned()],
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::Fixed(
                "https://production.plaid.com/webhook_verification_key/get".to_owned(),
            ),
            hosts: vec![
                "production.plaid.com".to_owned(),
                "sandbox.plaid.com".to_owned(),
            ],
            document: KeyDocument::PlaidKey,
        }),
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("plaid-verification"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: Some(TimestampField {
                at: Locate::claim("/iat"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: None,
            event_type: Some(Locate::json("/webhook_code")),
            fields: Vec::new(),
            body_hash: None,
            claims: vec![Claim::is("/request_body_sha256", "{body|sha256|hex}")],
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance {
            past: Span::minutes(5),
            future: Span::minutes(1),
        }),
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(25),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
