use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Standard Webhooks: `webhook-signature: v1,<base64>` over id, timestamp and body.
///
/// # Source
///
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>,
/// and its libraries' tests, whose vector is in ours. Evidence: high.
///
/// # What is signed
///
/// `<webhook-id>.<webhook-timestamp>.<body>`. The id is signed, stays the same on a retry, and is
/// what deliveries are deduplicated by. The timestamp is new on each attempt.
///
/// # Pitfalls
///
/// - The key is what the text after `whsec_` decodes to; Stripe's secrets look alike and are used
///   as they are.
/// - `v1a` (Ed25519) is [`standard_webhooks_v1a`](crate::providers::standard_webhooks_v1a). Its
///   entries, and those of unknown versions, are skipped here.
/// - While a secret is rotated there are several entries, with a space between; any one will do.
/// - An id with a full stop is refused: the specification forbids it, since bytes could move
///   between id and body.
/// - `type` in the body is recommended, not required.
/// - Tolerance: five minutes both ways, which all official libraries use.
/// - Retries: the specification's example ends after 75 hours 35 minutes, so four days.
#[must_use]
pub fn standard_webhooks() -> Scheme {
    Scheme {
        id: "standard-webhooks".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Whsec,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
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
        }],
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
