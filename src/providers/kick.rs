use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, JsonPointer, KeyDocument,
        KeyUrl, Locate, OnRetry, RemoteKeys, Scheme, SecretFormat, Shape, Signature, Template,
        TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Kick: `Kick-Event-Signature: <base64>`, RSA PKCS#1 v1.5 with SHA-256 over id, timestamp and
/// body.
///
/// # Source
///
/// <https://docs.kick.com/events/webhook-security> (`events/webhook-security.md` of
/// `KickEngineering/KickDevDocs`). Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<Kick-Event-Message-Id>.<Kick-Event-Message-Timestamp>.<body>`. The id is signed, is called the
/// idempotency key, and deliveries are deduplicated by it. The event's type (`Kick-Event-Type`) and
/// the subscription (`Kick-Event-Subscription-Id`) are not signed.
///
/// # Pitfalls
///
/// - The secret is `remote:` (feature `remote-keys`), or Kick's public key: the PEM on that page.
///   It is published at <https://api.kick.com/public/v1/public-key>
///   (<https://docs.kick.com/apis/public-key>), as `data.public_key` of a JSON document by the
///   clients of third parties.
/// - It is the same key for every app, so an event of another app verifies too: check the
///   broadcaster in the body.
/// - The page says that the signature is decrypted; it is an ordinary signature.
/// - Tolerance: none is documented; five minutes both ways.
/// - Retries: not documented, so our default of three days. An app that fails for more than a day
///   is unsubscribed.
#[must_use]
pub fn kick() -> Scheme {
    Scheme {
        id: "kick".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::RsaPkcs1Sha256,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::Fixed("https://api.kick.com/public/v1/public-key".to_owned()),
            hosts: vec!["api.kick.com".to_owned()],
            document: KeyDocument::PemAt(JsonPointer::literal("/data/public_key")),
        }),
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("kick-event-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{id}.{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("kick-event-message-timestamp"),
                unit: TimeUnit::Rfc3339,
            }),
            event_id: Some(Locate::header("kick-event-message-id")),
            event_type: Some(Locate::header("kick-event-type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
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
