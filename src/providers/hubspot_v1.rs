use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// HubSpot v1: `X-HubSpot-Signature: <hex>`, a plain SHA-256 of secret and body. **Weak; prefer
/// v3.**
///
/// # Source
///
/// <https://developers.hubspot.com/docs/faq/v1-request-validation>, and the tests of
/// `@hubspot/api-client` 13.5.0 and of the Python and PHP libraries, whose vectors are in ours.
/// Evidence: high.
///
/// # What is signed
///
/// `<secret><body>`, hashed and not keyed: whoever has seen one request can append bytes to its
/// body and compute the new hash (length extension). The result is no longer one JSON text; a
/// parser that ignores what follows would not notice.
///
/// There is no id for the delivery; `eventId` is one per event of the batch and documented as not
/// unique. Equal bodies have equal times in milliseconds, so they are deduplicated by content.
///
/// # Pitfalls
///
/// - Take the preset `hubspot` (v3): the same requests carry `X-HubSpot-Signature-v3`, which also
///   covers method, URL and time.
/// - `X-HubSpot-Signature-Version` is not signed and not read: this preset accepts v1 and nothing
///   else.
/// - The key is the app's client secret.
/// - The body is an array of events of any type, so neither id nor type is given to the handler.
/// - There is no timestamp: an old delivery stays valid.
/// - Retries: ten within 24 hours
///   (<https://developers.hubspot.com/changelog/2018-12-10-updated-webhook-retry-logic>), each with
///   a new `attemptNumber`.
///
/// # Warnings
///
/// - `weak-algorithm`: a hash of secret and body is what HubSpot chose for v1; `hubspot` (v3) is
///   the better preset.
#[must_use]
pub fn hubspot_v1() -> Scheme {
    Scheme {
        id: "hubspot-v1".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::Sha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-hubspot-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{secret}{body}")),
            timestamp: None,
            event_id: None,
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(24),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
