use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// SendGrid's Event Webhook: `X-Twilio-Email-Event-Webhook-Signature: <base64>`, an ECDSA signature
/// on P-256 over timestamp and body.
///
/// # Source
///
/// <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features>,
/// and the tests of `@sendgrid/eventwebhook` 8.0.0 and `sendgrid/sendgrid-python`, whose vectors
/// are in ours. Evidence: high.
///
/// # What is signed
///
/// `<X-Twilio-Email-Event-Webhook-Timestamp><body>`, with nothing between: the timestamp has ten
/// digits. The signature is DER, not `r‖s`.
///
/// A body is a batch, and each event in it has a unique `sg_event_id`: equal requests are the same
/// events and are deduplicated by content.
///
/// # Pitfalls
///
/// - The secret is the *Verification Key* of the dashboard: the base64 of a public key (SPKI),
///   without the lines around it that PEM has.
/// - The body ends with `\r\n` and has more of them between events: whoever trims it breaks the
///   signature.
/// - A body is an array, so neither id nor type is given to the handler: read them from each event,
///   and make handling an event twice harmless, since a retry may be another batch.
/// - Inbound Parse has settings of its own, and so has OAuth.
/// - Tolerance: none is documented; five minutes both ways, on the reading that the *request's*
///   timestamp is new on each attempt.
/// - Retries: not documented in what we could read (24 hours circulate), so our default of three
///   days.
#[must_use]
pub fn sendgrid() -> Scheme {
    Scheme {
        id: "sendgrid".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::EcdsaP256Sha256,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-twilio-email-event-webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{timestamp}{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-twilio-email-event-webhook-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: None,
            event_type: None,
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
