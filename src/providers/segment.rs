use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Twilio Segment's webhook destinations: `X-Signature: <hex>`, HMAC-SHA1 over the body, or over
/// the **first element** of a batch.
///
/// # Source
///
/// <https://segment.com/docs/connections/destinations/catalog/actions-webhook/>, and the sender,
/// `packages/destination-actions/src/destinations/webhook` of `segmentio/action-destinations`.
/// Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// A body that is one object, or the first element of one that is an array.
///
/// **Not** signed are the other elements of a batch: whoever has seen one delivery can send its
/// first element again with any others. There is no timestamp. The `messageId` of the first element
/// is no id of a batch, so nothing is deduplicated.
///
/// # Pitfalls
///
/// - Switch batching off where the data matters: then the whole body is signed.
/// - SHA-1, and no prefix.
/// - Without a shared secret there is no header, and deliveries are refused.
/// - Only POST is accepted; the destination can be set to PUT or PATCH.
/// - Retries: for up to four hours.
#[must_use]
pub fn segment() -> Scheme {
    Scheme {
        id: "segment".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha1,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Fields,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body|first}")),
            timestamp: None,
            event_id: Some(Locate::json("/messageId")),
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(4),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
