use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, ItemKey, List,
        Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, SignedHeaders, SignedHeadersForm,
        Template, TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Coinbase Developer Platform: `X-Hook0-Signature: t=<unix>,h=<names>,v1=<hex>` over timestamp,
/// the headers that `h` names, and body.
///
/// # Source
///
/// <https://docs.cdp.coinbase.com/webhooks/verify-signatures>, and
/// `clients/conformance/signature.json` of `hook0/hook0`, the engine behind it, whose vectors are
/// in ours. Evidence: high; Coinbase itself publishes no vector.
///
/// # What is signed
///
/// `<t>.<h>.<value.value…>.<body>`: the values of the headers that `h` names, in its order. Each
/// must be there, once, and the event's id must be among them.
///
/// The values are joined by dots, and an event's type has dots of its own: whoever has seen a
/// delivery could move bytes between id and type under the same signature. So deliveries are
/// deduplicated by the signed content, where such a move changes nothing, and not by the id. A
/// retry with a new timestamp is not equal.
///
/// # Pitfalls
///
/// - `v0` signs fewer things and is never accepted, also where it is the only one.
/// - Older deliveries have `X-Hook0-Id` instead of `X-Event-Id`; both are read, each as its own
///   shape. The webhooks of before 2025 (`x-coinbase-signature`) are another scheme.
/// - The secret is the `secret` in the response that created the subscription.
/// - Coinbase's `openapi.yaml` says that the raw body is signed. The page and the engine are right.
/// - Tolerance: five minutes both ways, as in the page's sample and in the engine.
/// - Retries: with growing pauses, numbers not documented, so our default of three days.
#[must_use]
pub fn coinbase_cdp() -> Scheme {
    Scheme {
        id: "coinbase-cdp".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![
            Shape {
                when: When::header("x-event-id"),
                signature: Signature {
                    at: Locate::header("x-hook0-signature"),
                    list: Some(List::pairs(",", "=")),
                    item: Some(ItemKey::name("v1")),
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal(
                    "{timestamp}.{names}.{signed_headers}.{body}",
                )),
                timestamp: Some(TimestampField {
                    at: Locate::item("t"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::header("x-event-id")),
                event_type: Some(Locate::header("x-event-type")),
                fields: vec![Field::required("names", Locate::item("h"))],
                body_hash: None,
                claims: Vec::new(),
                signed_headers: Some(SignedHeaders {
                    names: Locate::item("h"),
                    separator: " ".to_owned(),
                    form: SignedHeadersForm::Values,
                    join: ".".to_owned(),
                    required: vec!["x-event-id".to_owned()],
                }),
                each: None,
            },
            Shape {
                when: When::header("x-hook0-id"),
                signature: Signature {
                    at: Locate::header("x-hook0-signature"),
                    list: Some(List::pairs(",", "=")),
                    item: Some(ItemKey::name("v1")),
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal(
                    "{timestamp}.{names}.{signed_headers}.{body}",
                )),
                timestamp: Some(TimestampField {
                    at: Locate::item("t"),
                    unit: TimeUnit::UnixSeconds,
                }),
                event_id: Some(Locate::header("x-hook0-id")),
                event_type: None,
                fields: vec![Field::required("names", Locate::item("h"))],
                body_hash: None,
                claims: Vec::new(),
                signed_headers: Some(SignedHeaders {
                    names: Locate::item("h"),
                    separator: " ".to_owned(),
                    form: SignedHeadersForm::Values,
                    join: ".".to_owned(),
                    required: vec!["x-hook0-id".to_owned()],
                }),
                each: None,
            },
        ],
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
