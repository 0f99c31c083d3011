use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Lemon Squeezy: `X-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://docs.lemonsqueezy.com/help/webhooks/signing-requests>, and
/// `src/app/api/webhook/route.ts` of the official `lmsqueezy/nextjs-billing`. Evidence: high for
/// the construction; no vector is published.
///
/// # What is signed
///
/// The body. The event's type is read from `meta.event_name` there; the header `X-Event-Name` is
/// not signed. No delivery has an id or a timestamp of its own.
///
/// # Pitfalls
///
/// - The secret is the text of 6 to 40 characters that you chose; make it long and random.
/// - Only a 200 counts as success.
/// - Two honest events of one object could be equal to the second, so nothing is deduplicated: go
///   by `meta.event_name`, `data.id` and `updated_at`.
/// - Other services use a header of this name too: one endpoint for each.
/// - Retries: three, after about 5, 25 and 125 seconds
///   (<https://docs.lemonsqueezy.com/help/webhooks/webhook-requests>). A person can resend at any
///   time, so our default of three days.
#[must_use]
pub fn lemon_squeezy() -> Scheme {
    Scheme {
        id: "lemon-squeezy".to_owned(),
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
                at: Locate::header("x-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/meta/event_name")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
