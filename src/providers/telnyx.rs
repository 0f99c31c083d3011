use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Telnyx API v2: `telnyx-signature-ed25519: <base64>`, Ed25519 over timestamp and body.
///
/// # Source
///
/// <https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks>, and
/// `src/lib/webhooks.ts` of `telnyx` 7.24.0 for Node. Evidence: high for the construction; no
/// vector is published.
///
/// # What is signed
///
/// `<telnyx-timestamp>|<body>`. The event's id (`data.id`) is in the body, so it is signed;
/// deliveries are deduplicated by it. Callbacks without that id (TeXML, link clicks) are handled
/// each time.
///
/// # Pitfalls
///
/// - The secret is the account's public key from Mission Control: base64 of 32 bytes.
/// - The separator is `|`. The API reference calls the headers compatible with Standard Webhooks;
///   neither the names nor the content are.
/// - Without 2xx the delivery goes to the failover URL: give both endpoints the same store.
/// - Tolerance: five minutes both ways, as in the library.
/// - Retries: how often is not on the pages that were read, so our default of three days.
#[must_use]
pub fn telnyx() -> Scheme {
    Scheme {
        id: "telnyx".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::Ed25519,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("telnyx-signature-ed25519"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{timestamp}|{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("telnyx-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::json("/data/id")),
            event_type: Some(Locate::json("/data/event_type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
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
