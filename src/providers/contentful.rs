use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, SignedHeaders, SignedHeadersForm, Template, TimeUnit,
        TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Contentful: `x-contentful-signature: <hex>` over method, path, the headers that
/// `x-contentful-signed-headers` names, and body.
///
/// # Source
///
/// <https://www.contentful.com/developers/docs/webhooks/request-verification/>, and `signRequest`
/// and `verifyRequest` of `@contentful/node-apps-toolkit` 3.16.1, which made our vectors. Evidence:
/// high for a URL without a query.
///
/// # What is signed
///
/// `<method>\n<path>\n<name:value;…>\n<body>`; each header that is named must be there, once. The
/// timestamp and the list itself must be among them.
///
/// Equal requests have the same time in milliseconds, so they are deduplicated by content. That
/// stops a replay within the window, not a retry, which is signed anew. The handler gets
/// `X-Contentful-Idempotency-Key` as the event's id, which is the same for a repeated delivery but
/// not always signed.
///
/// # Pitfalls
///
/// - **Register a URL without a query and without characters that need escaping.** The library
///   escapes a query a second time before it signs, and Contentful's own Python sample leaves it
///   out; here the path alone is signed.
/// - The path is the one that arrives: a proxy that strips a prefix breaks the signature, and so
///   does one that changes a header in the list.
/// - The secret is the text of 64 characters, not what its hex digits decode to.
/// - `X-Contentful-Topic` is signed only where the list names it.
/// - Only POST; a webhook can be set to other methods.
/// - Tolerance: five minutes both ways. The library's default is 30 seconds for the past, which is
///   less than many clocks are off.
/// - Retries: not documented in what we could read, so our default of three days.
#[must_use]
pub fn contentful() -> Scheme {
    Scheme {
        id: "contentful".to_owned(),
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
                at: Locate::header("x-contentful-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal(
                "{method}\n{path}\n{signed_headers}\n{body}",
            )),
            timestamp: Some(TimestampField {
                at: Locate::header("x-contentful-timestamp"),
                unit: TimeUnit::UnixMillis,
            }),
            event_id: Some(Locate::header("x-contentful-idempotency-key")),
            event_type: Some(Locate::header("x-contentful-topic")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: Some(SignedHeaders {
                names: Locate::header("x-contentful-signed-headers"),
                separator: ",".to_owned(),
                form: SignedHeadersForm::SortedPairs,
                join: ";".to_owned(),
                required: vec![
                    "x-contentful-signed-headers".to_owned(),
                    "x-contentful-timestamp".to_owned(),
                ],
            }),
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
