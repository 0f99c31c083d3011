use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Lithic: `webhook-signature: v1,<base64>` over id, timestamp and body, as in Standard Webhooks.
///
/// # Source
///
/// <https://docs.lithic.com/docs/events-api#verifying-webhooks>, and the tests of the Python
/// library 0.133.0, whose vector is in ours. Evidence: high.
///
/// # What is signed
///
/// `<webhook-id>.<webhook-timestamp>.<body>`. The id is signed, stays the same on a retry, and is
/// what deliveries are deduplicated by.
///
/// # Pitfalls
///
/// - The key is what the text after `whsec_` decodes to.
/// - While a secret is rotated there are several entries, with a space between; any one will do.
///   Entries other than `v1` are skipped.
/// - Tolerance: five minutes both ways, which is what the libraries check.
/// - Auth Stream Access requests are another scheme (`X-Lithic-HMAC` over the body, with a secret
///   of its own).
/// - Retries: Svix's schedule, the last 27 hours 35 minutes after the first attempt
///   (<https://docs.svix.com/retries>), so 28 hours.
#[must_use]
pub fn lithic() -> Scheme {
    Scheme {
        id: "lithic".to_owned(),
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
            event_type: Some(Locate::json("/event_type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(28),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
