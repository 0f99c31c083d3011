use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Dodo Payments: `webhook-signature: v1,<base64>` over id, timestamp and body, as in Standard
/// Webhooks.
///
/// # Source
///
/// <https://docs.dodopayments.com/developer-resources/webhooks>, and `client.webhooks.unwrap` of
/// the Node library 2.52.0, which accepts our vector, and of the Python library 1.123.0. Evidence:
/// high.
///
/// # What is signed
///
/// `<webhook-id>.<webhook-timestamp>.<body>`. The id is signed, stays the same on a retry, and is
/// what deliveries are deduplicated by.
///
/// # Pitfalls
///
/// - The key is what the text after `whsec_` decodes to. The page's "encode the secret key as
///   bytes" reads otherwise; the libraries decode.
/// - After a rotation the old secret is valid for 24 hours more: keep both.
/// - Tolerance: five minutes both ways, which is what the libraries check.
/// - A replay from the dashboard has the id of the first delivery: if that was handled, it is
///   answered and not handled again.
/// - Retries: with backoff, numbers not documented; four days as in the specification's example.
#[must_use]
pub fn dodo_payments() -> Scheme {
    Scheme {
        id: "dodo-payments".to_owned(),
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
        retry_horizon: Span::days(4),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
