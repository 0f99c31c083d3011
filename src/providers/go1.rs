use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Go1: `go1-signature: t=<unix>,v1=<hex>` over timestamp and body.
///
/// # Source
///
/// <https://developers.go1.com/docs/developer-tools/webhooks/security/#Signatures> and
/// `go1com/webhook-verifier-js`. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<t>.<body>`. The event's id is in the body, so it is signed, and deliveries are deduplicated by
/// it.
///
/// # Pitfalls
///
/// - Tolerance: one minute both ways. The library checks one minute for the past and nothing for
///   the future.
/// - The library's README shows a signer that writes `s=`; its verifier reads `v1=`, and so does
///   this.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn go1() -> Scheme {
    Scheme {
        id: "go1".to_owned(),
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
                at: Locate::header("go1-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::minutes(1), Span::minutes(1))),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
