use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, ItemKey, List,
        Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit,
        TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Hygraph (formerly GraphCMS): `gcms-signature: sign=<base64>, env=<name>, t=<ms>` over a JSON object
/// that has the body as a string in it.
///
/// # Source
///
/// <https://hygraph.com/docs/api-reference/basics/webhooks>, and `index.js` of `@hygraph/utils` 1.2.1,
/// whose `generateWebhookSignature` made our vectors. Evidence: high.
///
/// # What is signed
///
/// `{"Body":<the body as a JSON string>,"EnvironmentName":"<env>","TimeStamp":<t>}`. No event id is
/// signed or sent. The time in milliseconds and the whole body are signed: two deliveries with equal
/// content are the same one, so they are deduplicated by content.
///
/// # Pitfalls
///
/// - The body is escaped as `JSON.stringify` does it, which the library assumes of its sender: quotes,
///   backslashes and control characters only. Whether the sender escapes `<`, `>`, `&` or U+2028 as
///   well is not known; if so, bodies with them are refused here and by the library.
/// - `sign`, `env` and `t` may come in any order here; the library relies on this one.
/// - No window is documented and the library checks none, so a delivery may be as old as its event is
///   remembered.
/// - Retries: happen, but how often is not documented, so our default of three days.
#[must_use]
pub fn hygraph() -> Scheme {
    Scheme {
        id: "hygraph".to_owned(),
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
                at: Locate::header("gcms-signature"),
                list: Some(List::pairs(", ", "=")),
                item: Some(ItemKey::name("sign")),
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal(
                r#"{{"Body":{body|json-string},"EnvironmentName":"{env}","TimeStamp":{timestamp}}}"#,
            )),
            timestamp: Some(TimestampField {
                at: Locate::item("t"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: None,
            event_type: Some(Locate::json("/operation")),
            fields: vec![Field::required("env", Locate::item("env"))],
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
