use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Pinwheel: `x-pinwheel-signature: v2=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://docs.pinwheelapi.com/public/docs/webhook-signature-verification>, which was not
/// readable, the receiver of `DSACMS/iv-cbv-payroll`, which is in use, and
/// <https://ngrok.com/docs/integrations/webhooks/pinwheel-webhooks>. Evidence: medium; no vector is
/// published.
///
/// # What is signed
///
/// `v2:<x-timestamp>:<body>`. The timestamp and the event's id are in it: two requests with equal
/// content are the same, so they are deduplicated by content.
///
/// # Pitfalls
///
/// - The key is the API secret; there is no secret for webhooks alone.
/// - Whether `x-timestamp` is in seconds or in milliseconds was not to be found, so it may be
///   either: ten digits or thirteen. No window is documented, so a delivery may be as old as its
///   event is remembered: three days.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn pinwheel() -> Scheme {
    Scheme {
        id: "pinwheel".to_owned(),
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
                at: Locate::header("x-pinwheel-signature"),
                list: None,
                item: None,
                prefix: "v2=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("v2:{timestamp}:{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-timestamp"),
                unit: TimeUnit::UnixSecondsOrMillis,
            }),
            event_id: None,
            event_type: Some(Locate::json("/event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::days(3), Span::minutes(5))),
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
