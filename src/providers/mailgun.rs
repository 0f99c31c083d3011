use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, Locate, MediaType,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Mailgun: `signature` in the body, hex over the timestamp and token beside it.
///
/// # Source
///
/// <https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks>,
/// `webhooks.go` of `mailgun/mailgun-go`, and django-anymail 15.2, which accepts our vectors.
/// Evidence: high.
///
/// # What is signed
///
/// `<timestamp><token>`: ten digits and a token of 50 characters, with nothing between. **The event is
/// not signed**: whoever has seen one triple can put it into any body. The token is the only signed
/// id; each is accepted once.
///
/// # Pitfalls
///
/// - Treat the event as a hint and ask Mailgun's API where it matters. `event-data.id` is not
///   signed, so it is not what the handler gets as the event's id.
/// - Tolerance: nine hours back, five minutes ahead. Mailgun retries for 8 hours and does not say
///   whether a retry has a new triple; with a short window one with the old triple would be lost. A
///   triple that was used is a duplicate for as long as the window is open, whatever body it comes
///   with.
/// - JSON and url-encoded forms are read. Inbound mail with attachments comes as
///   `multipart/form-data`, which is not.
/// - Of a subaccount's event `signature` is read, made with the subaccount's key;
///   `parent-signature` is not.
/// - The secret is the HTTP webhook signing key, not an API key.
/// - Only 200 ends the retries, and 406 says "rejected". Delivery notifications are never retried.
/// - Retries: over 8 hours
///   (<https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-retries>).
#[must_use]
pub fn mailgun() -> Scheme {
    Scheme {
        id: "mailgun".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Fields,
        shapes: vec![
            Shape {
                when: When::content_type(MediaType::Json),
                signature: Signature {
                    at: Locate::json("/signature/signature"),
                    list: None,
                    item: None,
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("{timestamp}{token}")),
                timestamp: Some(TimestampField {
                    at: Locate::json("/signature/timestamp"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::json("/signature/token")),
                event_type: Some(Locate::json("/event-data/event")),
                fields: vec![Field {
                    name: "token".to_owned(),
                    at: Locate::json("/signature/token"),
                    optional: false,
                    free: false,
                    width: None,
                    is: None,
                }],
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
            Shape {
                when: When::content_type(MediaType::Form),
                signature: Signature {
                    at: Locate::form("signature"),
                    list: None,
                    item: None,
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("{timestamp}{token}")),
                timestamp: Some(TimestampField {
                    at: Locate::form("timestamp"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::form("token")),
                event_type: Some(Locate::form("event")),
                fields: vec![Field {
                    name: "token".to_owned(),
                    at: Locate::form("token"),
                    optional: false,
                    free: false,
                    width: None,
                    is: None,
                }],
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
        ],
        tolerance: Some(Tolerance::new(Span::hours(9), Span::minutes(5))),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(8),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
