use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, List, Locate,
        MediaType, OnRetry, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Plivo, signature V3 (voice): `X-Plivo-Signature-V3: <base64>` over the URL, the form and a
/// nonce.
///
/// # Source
///
/// <https://www.plivo.com/docs/voice/concepts/signature-validation>, and the tests of
/// `plivo/plivo-go`, whose POST vector is in ours. Evidence: high.
///
/// # What is signed
///
/// For a POST to a URL without a query: `<url>?<form>.<X-Plivo-Signature-V3-Nonce>`, where the form
/// is each field sorted by name, name and value decoded and with nothing between.
///
/// The nonce is signed and new with each request, so equal signed content is the same request, and
/// is deduplicated. There is no id of an event.
///
/// # Pitfalls
///
/// - `public_url` must be what Plivo was given, with its port if it has one, and **without a
///   query**: Plivo sorts and decodes the query before it signs, which this scheme does not do, so
///   such callbacks are refused. So are callbacks set to GET.
/// - Fields are joined without separators, so `ab=c` and `a=bc` have the same signature. Whoever
///   has seen a delivery can move bytes between names and values; check what your handler relies
///   on.
/// - There is no timestamp: a request from last year still verifies once the store has forgotten
///   it.
/// - While a token is changed the header has several signatures, with a comma between; any one will
///   do.
/// - The secret is the auth token of the account that made the call; `X-Plivo-Signature-Ma-V3`,
///   with the main account's token, is not read.
/// - Messaging uses signature V2, which covers no body at all: another scheme.
/// - Retries: not documented, so our default of three days.
///
/// # Warnings
///
/// - `url-separator`: a question mark can stand in a URL too. The URL that is signed is the one
///   without a query, so a request with one is refused unless its signed text is the same; register
///   a URL without a query.
#[must_use]
pub fn plivo() -> Scheme {
    Scheme {
        id: "plivo".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::content_type(MediaType::Form),
            signature: Signature {
                at: Locate::header("x-plivo-signature-v3"),
                list: Some(List {
                    sets: None,
                    items: ",".to_owned(),
                    pair: None,
                }),
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{url}?{form}.{nonce}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::form("Event")),
            fields: vec![Field::required(
                "nonce",
                Locate::header("x-plivo-signature-v3-nonce"),
            )],
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
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
