use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, ItemKey, List,
        Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit,
        TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Mercado Pago: `x-signature: ts=<time>,v1=<hex>` over the resource's id, the request's id and the
/// time. **The body is not signed.**
///
/// # Source
///
/// <https://www.mercadopago.com.br/developers/en/docs/your-integrations/notifications/webhooks>,
/// and `WebhookSignatureValidator` of the Python library 3.6.0 and of `mercadopago` 3.6.1 for Node,
/// which accept our vectors. Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `id:<data.id of the URL>;request-id:<x-request-id>;ts:<ts>;`, and without the first pair where
/// the URL has no `data.id`.
///
/// The body is **not** signed: neither the notification's `id` nor `action`. Whoever has seen one
/// delivery can send it again with another body. Take only the resource's id from it, and read the
/// resource from the API.
///
/// `x-request-id` is signed and new for each request, so equal signed content is the same delivery
/// and is deduplicated.
///
/// # Pitfalls
///
/// - The id is taken from the URL as it stands there. The page says that letters in it count in
///   lower case, the libraries leave them as they are; with a resource whose id has capitals one of
///   the two is wrong.
/// - `ts` is in seconds for some products and in milliseconds for others: ten digits or thirteen.
///   The page names no window and the libraries check the age only if asked to, so a delivery may be
///   as old as its event is remembered: 15 days.
/// - QR code notifications and the old IPN (`topic` and `id` in the URL) are not signed and are
///   refused.
/// - The secret is the application's *secret signature*, as text.
/// - Answer 200 or 201 within 22 seconds.
/// - Retries: every 15 minutes, then with growing gaps over days whose number is not documented; 15
///   days.
#[must_use]
pub fn mercado_pago() -> Scheme {
    Scheme {
        id: "mercado-pago".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Fields,
        shapes: vec![
            Shape {
                when: When::query("data.id"),
                signature: Signature {
                    at: Locate::header("x-signature"),
                    list: Some(List::pairs(",", "=")),
                    item: Some(ItemKey::name("v1")),
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal(
                    "id:{data_id};request-id:{request_id};ts:{timestamp};",
                )),
                timestamp: Some(TimestampField {
                    at: Locate::item("ts"),
                    unit: TimeUnit::UnixSecondsOrMillis,
                }),
                event_id: Some(Locate::json("/id")),
                event_type: Some(Locate::json("/action")),
                fields: vec![
                    Field::required("data_id", Locate::query("data.id")),
                    Field::required("request_id", Locate::header("x-request-id")),
                ],
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
            Shape {
                when: When::always(),
                signature: Signature {
                    at: Locate::header("x-signature"),
                    list: Some(List::pairs(",", "=")),
                    item: Some(ItemKey::name("v1")),
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("request-id:{request_id};ts:{timestamp};")),
                timestamp: Some(TimestampField {
                    at: Locate::item("ts"),
                    unit: TimeUnit::UnixSecondsOrMillis,
                }),
                event_id: Some(Locate::json("/id")),
                event_type: Some(Locate::json("/action")),
                fields: vec![Field::required(
                    "request_id",
                    Locate::header("x-request-id"),
                )],
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
        ],
        tolerance: Some(Tolerance::new(Span::days(15), Span::minutes(5))),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(15),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
