use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Google Gemini's static webhooks: `webhook-signature: v1,<base64>` over id, timestamp and body,
/// as in Standard Webhooks.
///
/// # Source
///
/// <https://ai.google.dev/gemini-api/docs/webhooks>, which uses the libraries of Standard Webhooks.
/// Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `<webhook-id>.<webhook-timestamp>.<body>`. The id is signed, stays the same on a retry, and is
/// what deliveries are deduplicated by.
///
/// # Pitfalls
///
/// - Dynamic webhooks, made per request, send a JWT in the header of the same name: they are not
///   covered and are refused.
/// - The key is what the text after `whsec_` decodes to.
/// - While a secret is rotated there are several entries, with a space between; any one will do.
///   Entries other than `v1` are skipped.
/// - Tolerance: five minutes both ways, which is what the libraries check.
/// - Retries: for 24 hours (same page), so 25.
#[must_use]
pub fn google_gemini() -> Scheme {
    Scheme {
        id: "google-gemini".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Whsec,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("webhook-signature"),
                list: Some(List {
                    sets: None,
                    items: " ".to_owned(),
                    pair: Some(",".to_owned()),
                }),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{id}.{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("webhook-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::header("webhook-id")),
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(25),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
