use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Svix, and who sends through it: `svix-signature: v1,<base64>` over id, timestamp and body.
///
/// # Source
///
/// <https://docs.svix.com/receiving/verifying-payloads/how-manual>, and the Rust and C# tests of
/// `svix/svix-webhooks`, whose vectors are in ours. Evidence: high.
///
/// # What is signed
///
/// `<svix-id>.<svix-timestamp>.<body>`. The id is signed, stays the same on a retry, and is what
/// deliveries are deduplicated by.
///
/// # Pitfalls
///
/// - Senders under their own brand use `webhook-id`, `webhook-timestamp` and `webhook-signature`.
///   One whole family is read: where `svix-id` is there, the `svix-*` one; the two are never mixed,
///   as some libraries do.
/// - The key is what the text after `whsec_` decodes to.
/// - `v1a` (Ed25519, keys with `whpk_`) is [`standard_webhooks_v1a`](crate::providers::standard_webhooks_v1a);
///   its entries are skipped here.
/// - While a secret is rotated there are several entries, with a space between; any one will do.
/// - A replay from the dashboard has the id of the first delivery: if that was handled, it is
///   answered and not handled again.
/// - Tolerance: five minutes both ways, which the libraries use.
/// - Retries: the last 27 hours 35 minutes after the first attempt
///   (<https://docs.svix.com/retries>), so 28 hours.
#[must_use]
pub fn svix() -> Scheme {
    Scheme {
        id: "svix".to_owned(),
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
        retry_horizon: Span::hours(28),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
