use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Standard Webhooks with public keys: `webhook-signature: v1a,<base64>`, Ed25519 over id, timestamp
/// and body. Svix sends the same under its own names.
///
/// # Source
///
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>, and
/// `test_asymmetric_key_signing` in `server/svix-server/src/worker.rs` of `svix/svix-webhooks`, whose
/// vector is in ours. Evidence: high. None of the official libraries verifies it.
///
/// # What is signed
///
/// `<webhook-id>.<webhook-timestamp>.<body>`. The id is signed, stays the same on a retry, and is
/// what deliveries are deduplicated by.
///
/// # Pitfalls
///
/// - The secret is the sender's public key, `whpk_` and 32 bytes in base64. Without the `v1a` entry a
///   delivery is refused, also where there is a `v1` one: that is [`standard_webhooks`](crate::providers::standard_webhooks).
/// - `webhook-id`, `webhook-timestamp` and `webhook-signature`, or where `svix-id` is there, the
///   `svix-*` ones; the two are never mixed.
/// - While a key is rotated there are several entries, with a space between; any one will do.
/// - Tolerance: five minutes both ways, which the libraries use for `v1`.
/// - Retries: the specification's example ends after 75 hours 35 minutes, so four days.
#[must_use]
pub fn standard_webhooks_v1a() -> Scheme {
    Scheme {
        id: "standard-webhooks-v1a".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::Ed25519,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![
            Shape {
                when: When::header("svix-id"),
                signature: Signature {
                    at: Locate::header("svix-signature"),
                    list: Some(List {
                        sets: None,
                        items: " ".to_owned(),
                        pair: Some(",".to_owned()),
                    }),
                    item: Some(ItemKey::name("v1a")),
                    prefix: String::new(),
                    encoding: Encoding::Base64,
                },
                content: Some(Template::literal("{id}.{timestamp}.{body}")),
                timestamp: Some(TimestampField {
                    at: Locate::header("svix-timestamp"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::header("svix-id")),
                event_type: Some(Locate::json("/type")),
                fields: Vec::new(),
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
            Shape {
                when: When::header("webhook-id"),
                signature: Signature {
                    at: Locate::header("webhook-signature"),
                    list: Some(List {
                        sets: None,
                        items: " ".to_owned(),
                        pair: Some(",".to_owned()),
                    }),
                    item: Some(ItemKey::name("v1a")),
                    prefix: String::new(),
                    encoding: Encoding::Base64,
                },
                content: Some(Template::literal("{id}.{timestamp}.{body}")),
                timestamp: Some(TimestampField {
                    at: Locate::header("webhook-timestamp"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::header("webhook-id")),
                event_type: Some(Locate::json("/type")),
                fields: Vec::new(),
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
        ],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(4),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
