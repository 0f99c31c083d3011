use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, KeyDocument,
        KeyUrl, Locate, OnRetry, RemoteKeys, Scheme, SecretFormat, Shape, Signature, Template,
        TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// fal.ai: `X-Fal-Webhook-Signature: <hex>`, Ed25519 over ids, timestamp and body hash.
///
/// # Source
///
/// <https://docs.fal.ai/model-endpoints/webhooks> and `@hookflo/tern` 4.1.0; several receivers in
/// public repositories agree. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<X-Fal-Webhook-Request-Id>`, `<X-Fal-Webhook-User-Id>`, `<X-Fal-Webhook-Timestamp>` and the
/// SHA-256 of the body in hexadecimal, with a line feed between. The request's id is signed, and
/// deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - The secret is `remote:` (feature `remote-keys`), or pasted: the keys (`x`) of
///   <https://rest.alpha.fal.ai/.well-known/jwks.json>. A request names none, so all are tried.
///   fal.ai asks to fetch them anew at least once a day, which `remote:` does.
/// - The signature is hexadecimal, while the keys are base64url.
/// - Tolerance: five minutes both ways (same page).
/// - Retries: ten over two hours (same page), so three hours.
#[must_use]
pub fn fal_ai() -> Scheme {
    Scheme {
        id: "fal-ai".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::Ed25519,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::Fixed("https://rest.alpha.fal.ai/.well-known/jwks.json".to_owned()),
            hosts: vec!["rest.alpha.fal.ai".to_owned()],
            document: KeyDocument::JwkSet,
        }),
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-fal-webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal(
                "{id}\n{user_id}\n{timestamp}\n{body|sha256|hex}",
            )),
            timestamp: Some(TimestampField {
                at: Locate::header("x-fal-webhook-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::header("x-fal-webhook-request-id")),
            event_type: Some(Locate::json("/status")),
            fields: vec![Field::required(
                "user_id",
                Locate::header("x-fal-webhook-user-id"),
            )],
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
