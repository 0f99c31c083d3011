use http::Method;

use crate::{
    scheme::{
        Algorithm, Answer, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List,
        Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// PagerDuty V3 webhooks: `X-PagerDuty-Signature: v1=<hex>,v1=<hex>` over the body.
///
/// # Source
///
/// <https://developer.pagerduty.com/docs/verifying-webhook-signatures>
/// (`docs/webhooks/04-Signatures.md` of `PagerDuty/developer-docs`), and the tests of
/// `PagerDuty/go-pagerduty`, whose vector is in ours. Evidence: high.
///
/// # What is signed
///
/// The body. The event's id (`event.id`) is in it, so it is signed; deliveries are deduplicated by
/// it. `X-Webhook-Id`, which PagerDuty suggests for that, is not signed.
///
/// # Pitfalls
///
/// - The secret is the whole text of the answer that made the subscription. It looks like base64
///   and is not decoded.
/// - While a secret is rotated there are several `v1`, each with its own secret; any one will do.
/// - A 4xx drops the event for good, and three drops in a row disable the subscription for a day.
///   So a refused delivery is answered **503** here: if your secret is wrong, PagerDuty goes on
///   trying for 48 hours (`02-Behavior.md` of the same folder). Deliveries behind it wait
///   meanwhile.
/// - V1 and V2 webhooks and extensions are not signed.
/// - Answer within five seconds; 202 is enough.
/// - Retries: for 48 hours (same page).
#[must_use]
pub fn pagerduty() -> Scheme {
    Scheme {
        id: "pagerduty".to_owned(),
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
                at: Locate::header("x-pagerduty-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/event/id")),
            event_type: Some(Locate::json("/event/event_type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(48),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers {
            accepted: Answer::status(202),
            duplicate: Answer::status(202),
            refused: Answer::text(503, "webhook verification failed\n"),
        },
        handshakes: Vec::new(),
    }
}
