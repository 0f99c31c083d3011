use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Sanity's GROQ-powered webhooks: `sanity-webhook-signature: t=<unix ms>,v1=<base64url>` over
/// timestamp and body.
///
/// # Source
///
/// <https://www.sanity.io/docs/webhooks>, and the tests of `sanity-io/webhook-toolkit`, whose
/// vectors are in ours; `@sanity/webhook` 4.0.4 made the other. Evidence: high.
///
/// # What is signed
///
/// `<t>.<body>`. The body is whatever the webhook's GROQ projection makes; `idempotency-key` and
/// the `sanity-*` headers are not signed,
/// so there is no id of a delivery to go by.
///
/// # Pitfalls
///
/// - The timestamp has milliseconds and the signature is base64url without padding, although the
///   header looks like Stripe's.
/// - A projection can leave out the document's id, so two honest deliveries can be equal and
///   nothing is deduplicated. Where yours has `_id` and `_rev`, choose `dedupe = "content"`.
/// - The handler gets `idempotency-key` and `sanity-operation` (create, update, delete), neither of
///   them signed: put what you rely on into the projection.
/// - Tolerance: none is documented, and the library checks none; five minutes both ways, on the
///   reading that the timestamp is new on each attempt.
/// - Retries: not documented in what we could read (30 minutes circulate), so our default of three
///   days.
#[must_use]
pub fn sanity() -> Scheme {
    Scheme {
        id: "sanity".to_owned(),
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
                at: Locate::header("sanity-webhook-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Base64Url,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: Some(Locate::header("idempotency-key")),
            event_type: Some(Locate::header("sanity-operation")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
