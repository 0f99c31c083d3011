use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Clerk: `svix-signature: v1,<base64>` over id, timestamp and body.
///
/// # Source
///
/// <https://clerk.com/docs/guides/development/webhooks/syncing>, and `verifyWebhook` of
/// `@clerk/backend` 3.25.0, which accepts our vector. Evidence: high.
///
/// # What is signed
///
/// `<svix-id>.<svix-timestamp>.<body>`. The id is signed, stays the same on a retry, and is what
/// deliveries are deduplicated by.
///
/// # Pitfalls
///
/// - The key is what the text after `whsec_` decodes to.
/// - While a secret is rotated there are several entries, with a space between; any one will do.
///   Entries other than `v1` are skipped.
/// - A replay from the dashboard has the id of the first delivery: if that was handled, it is
///   answered and not handled again.
/// - Tolerance: five minutes both ways, which is what the libraries check.
/// - Retries: Svix's schedule, the last 27 hours 35 minutes after the first attempt
///   (<https://docs.svix.com/retries>), so 28 hours.
#[must_use]
pub fn clerk() -> Scheme {
    Scheme {
        id: "clerk".to_owned(),
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
                at: Locate::header("svix-signature"),
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
                at: Locate::header("svix-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::header("svix-id")),
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
        retry_horizon: Span::hours(28),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
