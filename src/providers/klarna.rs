use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Klarna's notifications API: `Klarna-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://docs.klarna.com/klarna-network-distribution/manage-partners/integration-setup-and-notifications/webhooks>,
/// and Klarna Express Checkout for WooCommerce (`Notifications.php` by Krokedil), which verifies
/// it. Evidence: medium: the pages never say that it is hexadecimal, only that plugin does.
///
/// # What is signed
///
/// The body. It has the event's id (`metadata.event_id`), so it is signed, and deliveries are
/// deduplicated by it.
///
/// # Pitfalls
///
/// - The secret is the `signing_key` that `createSigningKey` returns once.
/// - `Klarna-Signing-Key-Id` names the key. It is not needed: every configured key is tried.
/// - Older products (Checkout push, Payments) sign nothing: they name an order, which has to be
///   fetched.
/// - Klarna proposes a 400 for a wrong signature; like every refusal here it is a 401.
/// - Only 200, 201, 202 and 204 count as success.
/// - Retries: with growing pauses, the last at 12 hours (same page); an event is remembered for two
///   days, as in that plugin.
#[must_use]
pub fn klarna() -> Scheme {
    Scheme {
        id: "klarna".to_owned(),
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
                at: Locate::header("klarna-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/metadata/event_id")),
            event_type: Some(Locate::json("/metadata/event_type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(2),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
