use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Airship: `X-UA-SIGNATURE: <hex>` over timestamp and body.
///
/// # Source
///
/// <https://docs.airship.com/developer/rest-api/ua/open-channels/> and the Lambda samples for open
/// channels. Evidence: medium; no vector is published.
///
/// # What is signed
///
/// `<X-UA-TIMESTAMP>:<body>`. No delivery id is signed.
///
/// # Pitfalls
///
/// - Bodies may come as gzip. One receiver signs the unpacked text, so that is done here; without
///   the feature `gzip` they are answered 415.
/// - *Signature Hash* has to be chosen in the settings; *Basic* is another scheme.
/// - The validation of an open channel (`GET …/validate`) answers with a code of its own: a route
///   of yours.
/// - Tolerance: five minutes both ways, which the samples use.
/// - The time is in whole seconds and no id is signed, so nothing is deduplicated unless the
///   endpoint chooses `dedupe = "content"`.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn airship() -> Scheme {
    Scheme {
        id: "airship".to_owned(),
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
                at: Locate::header("x-ua-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{timestamp}:{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-ua-timestamp"),
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
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Gunzip,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
