use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, MediaType,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Maxio Advanced Billing (Chargify): `X-Chargify-Webhook-Signature-Hmac-Sha-256: <hex>` over the
/// form body.
///
/// # Source
///
/// <https://docs.maxio.com/hc/en-us/articles/24266136649869-Webhooks-Reference>, and the model
/// `Webhook` of `@maxio-com/advanced-billing-sdk`. Evidence: medium. Those pages name header and
/// HMAC; that it is hex, under the site's shared key as text, is what five independent receivers
/// do. No vector is published.
///
/// # What is signed
///
/// The body, a form. The webhook's id (field `id`, also `X-Chargify-Webhook-Id`) is in it, so it is
/// signed; the SDK documents that it is unique and not changed on a retry, and deliveries are
/// deduplicated by it.
///
/// # Pitfalls
///
/// - The secret is the *Site Shared Key*, used as text although it is hex.
/// - `X-Chargify-Webhook-Signature`, an MD5 with the key in front, is sent too and is never
///   accepted here.
/// - A *replay* has the id of the first delivery: if that was handled, it is answered and not
///   handled again.
/// - The body has bracketed names (`payload[subscription][id]`) and is no JSON.
/// - Answer 200 within 15 seconds.
/// - Retries: four within five minutes; a person can replay later, so our default of three days.
#[must_use]
pub fn chargify() -> Scheme {
    Scheme {
        id: "chargify".to_owned(),
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
                at: Locate::header("x-chargify-webhook-signature-hmac-sha-256"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::form("id")),
            event_type: Some(Locate::form("event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
