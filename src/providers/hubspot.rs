use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// HubSpot v3: `X-HubSpot-Signature-v3: <base64>` over method, URL, body and timestamp.
///
/// # Source
///
/// <https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation>,
/// and the tests of the Python and Ruby API clients, whose vectors are in ours. Evidence: high.
///
/// # What is signed
///
/// `<method><url><body><X-HubSpot-Request-Timestamp>`, with nothing between them: the method and
/// the URL are not the sender's to choose, and the timestamp has thirteen digits. In the URL twelve
/// escapes are decoded first (`%3A %2F %3F %40 %21 %24 %27 %28 %29 %2A %2C %3B`), as the page says.
///
/// There is no id for the delivery; `eventId` is one per event of the batch and documented as not
/// unique. Two requests that are equal to the millisecond are the same, so they are deduplicated by
/// content: that stops a replay within the window, not a retry, which has a new timestamp and
/// `attemptNumber`.
///
/// # Pitfalls
///
/// - `public_url` must be what the app's settings have; behind a proxy the URL that arrives is
///   another.
/// - The four official libraries decode no escapes, and nobody has published a delivery with an
///   escaped URL. Keep the target URL free of them and both readings agree.
/// - `X-HubSpot-Signature` (v1, v2) is sent too and never accepted here.
/// - The body is an array of up to 100 events of any type, so neither id nor type is given to the
///   handler: read them from each event, and make handling an event twice harmless.
/// - Tolerance: five minutes, as documented for the past; the same for the future, which the
///   libraries do not check.
/// - Retries: ten within 24 hours
///   (<https://developers.hubspot.com/changelog/2018-12-10-updated-webhook-retry-logic>).
///
/// # Warnings
///
/// - `url-body`: nothing stands between URL and body. A body that does not begin like a JSON object
///   or a list of them is refused, and so is a URL with a brace or a quotation mark.
#[must_use]
pub fn hubspot() -> Scheme {
    Scheme {
        id: "hubspot".to_owned(),
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
                at: Locate::header("x-hubspot-signature-v3"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{method}{url|hubspot}{body}{timestamp}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-hubspot-request-timestamp"),
                unit: TimeUnit::UnixMillis,
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
        retry_horizon: Span::hours(24),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
