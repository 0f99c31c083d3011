use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Paddle Billing: `Paddle-Signature: ts=<unix>;h1=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://developer.paddle.com/webhooks/about/signature-verification>, and the tests of the Node,
/// Python and Go libraries, whose vectors are in ours. Evidence: high.
///
/// # What is signed
///
/// `<ts>:<body>`. `event_id` is in the body, so it is signed; it stays the same on a retry, and
/// deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - Tolerance: five minutes both ways. The libraries' five seconds are less than the clocks of
///   many servers are apart, and would lose genuine events; a replay within the window is a
///   duplicate anyway.
/// - While a secret is rotated there are several `h1`; any one will do, and unknown keys and broken
///   entries beside it are skipped.
/// - Each notification destination has its own secret.
/// - `notification_id` names the delivery to one destination. A replay from the dashboard has a new
///   one and the old `event_id`.
/// - Only a 200 within five seconds counts as success.
/// - Retries: 60 over three days, in the sandbox 3 in 15 minutes
///   (<https://developer.paddle.com/webhooks/about/respond-to-webhooks>).
#[must_use]
pub fn paddle() -> Scheme {
    Scheme {
        id: "paddle".to_owned(),
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
                at: Locate::header("paddle-signature"),
                list: Some(List::pairs(";", "=")),
                item: Some(ItemKey::name("h1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}:{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("ts"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::json("/event_id")),
            event_type: Some(Locate::json("/event_type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
