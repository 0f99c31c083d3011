use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Revolut Merchant: `Revolut-Signature: v1=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://developer.revolut.com/docs/guides/merchant/monitor-and-observe/webhooks/verify-the-payload-signature>;
/// the construction is that of Revolut Business, whose vector is published. Evidence: high.
///
/// # What is signed
///
/// `v1.<Revolut-Request-Timestamp>.<body>`.
///
/// There is no delivery id; the body has `event` and `order_id`. The signed time is in
/// milliseconds, so two requests with equal content are the same and are deduplicated by content.
/// That stops a replay, not a retry with a new timestamp: go by what is in the body.
///
/// # Pitfalls
///
/// - The key is the whole text with `wsk_`.
/// - The header's time is in milliseconds.
/// - While several secrets are active there are several `v1`, with a comma between; any one will
///   do.
/// - Tolerance: five minutes both ways (same page).
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn revolut_merchant() -> Scheme {
    Scheme {
        id: "revolut-merchant".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("revolut-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("v1.{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("revolut-request-timestamp"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: None,
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
