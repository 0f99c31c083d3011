use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Brex: `Webhook-Signature: v1,<base64>` over id, timestamp and body, as Svix signs.
///
/// # Source
///
/// <https://developer.brex.com/docs/webhooks>, the sample at
/// <https://trigger.dev/apis/brex/examples/brex-http-endpoint>, and the list of senders in
/// `svix/svix-webhooks`. Evidence: medium for the names of the headers, high for the rest; no
/// vector is published.
///
/// # What is signed
///
/// `<id>.<timestamp>.<body>`. The id is signed, stays the same on a retry, and is what deliveries
/// are deduplicated by.
///
/// # Pitfalls
///
/// - One whole family of headers is read: where `svix-id` is there, the `svix-*` one, else
///   `webhook-*`.
/// - The secret comes from `GET /v1/webhooks/secrets`, which may list several; it is base64 and may
///   lack `whsec_`.
/// - Tolerance: five minutes both ways, which is what the libraries check.
/// - Retries: Svix's schedule, the last 27 hours 35 minutes after the first attempt
///   (<https://docs.svix.com/retries>), so 28 hours.
#[must_use]
pub fn brex() -> Scheme {
    Scheme {
        id: "brex".to_owned(),
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
                event_type: Some(Locate::json("/event_type")),
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
                event_type: Some(Locate::json("/event_type")),
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
