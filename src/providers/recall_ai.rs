use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Recall.ai: `webhook-signature: v1,<base64>` over id, timestamp and body, as in Standard
/// Webhooks.
///
/// # Source
///
/// <https://docs.recall.ai/docs/authenticating-requests-from-recallai>. Evidence: high for the
/// construction; no vector is published.
///
/// # What is signed
///
/// `<id>.<timestamp>.<body>`. The id is signed, stays the same on a retry, and is what deliveries
/// are deduplicated by.
///
/// # Pitfalls
///
/// - Before a workspace secret is made in the dashboard there are no signature headers, and every
///   delivery is refused.
/// - Accounts from before 15 December 2025 send some webhooks with `svix-*` headers and a secret
///   for each endpoint. One whole family is read: where `svix-id` is there, that one.
/// - Requests of the Desktop SDK in real time are not signed.
/// - The key is what the text after `whsec_` decodes to.
/// - While a secret is rotated there are several entries, with a space between; any one will do.
///   Entries other than `v1` are skipped.
/// - Tolerance: five minutes both ways, which is what the libraries check.
/// - Retries: Svix's schedule, the last 27 hours 35 minutes after the first attempt
///   (<https://docs.svix.com/retries>), so 28 hours.
#[must_use]
pub fn recall_ai() -> Scheme {
    Scheme {
        id: "recall-ai".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Whsec,
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
                    item: Some(ItemKey::name("v1")),
                    prefix: String::new(),
                    encoding: Encoding::Base64,
                },
                content: Some(Template::literal("{id}.{timestamp}.{body}")),
                timestamp: Some(TimestampField {
                    at: Locate::header("svix-timestamp"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::header("svix-id")),
                event_type: Some(Locate::json("/event")),
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
                    item: Some(ItemKey::name("v1")),
                    prefix: String::new(),
                    encoding: Encoding::Base64,
                },
                content: Some(Template::literal("{id}.{timestamp}.{body}")),
                timestamp: Some(TimestampField {
                    at: Locate::header("webhook-timestamp"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::header("webhook-id")),
                event_type: Some(Locate::json("/event")),
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
        retry_horizon: Span::hours(28),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
