use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// HubSpot v2: `X-HubSpot-Signature: <hex>`, a plain SHA-256 of secret, method, URL and body.
/// **Weak; prefer v3.**
///
/// # Source
///
/// <https://developers.hubspot.com/docs/faq/v2-request-validation>, and the tests of
/// `@hubspot/api-client` 13.5.0 and of the Python and PHP libraries, whose vectors are in ours.
/// Evidence: high.
///
/// # What is signed
///
/// `<secret><method><url><body>`, hashed and not keyed: whoever has seen one request can append
/// bytes to its body and compute the new hash (length extension). No id and no timestamp is signed.
///
/// # Pitfalls
///
/// - Take the preset `hubspot` (v3) where the request has `X-HubSpot-Signature-v3`.
/// - `X-HubSpot-Signature-Version` is not signed and not read: this preset accepts v2 and nothing
///   else.
/// - Only POST. CRM cards come as GET with an empty body; they are signed alike, but not accepted
///   in this release.
/// - `public_url` must be what the app's settings have, and the query is signed in its order.
/// - Nothing says that two honest requests can't be equal, so nothing is deduplicated: go by
///   `callbackId`.
/// - The key is the app's client secret.
/// - Retries: not documented for these requests, so our default of three days.
///
/// # Warnings
///
/// - `weak-algorithm`: a hash of secret, URL and body is what HubSpot chose for v2; `hubspot` (v3)
///   is the better preset.
/// - `url-body`: nothing stands between URL and body. A body that does not begin like a JSON object
///   or a list of them is refused, and so is a URL with a brace or a quotation mark.
#[must_use]
pub fn hubspot_v2() -> Scheme {
    Scheme {
        id: "hubspot-v2".to_owned(),
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
            content: Some(Template::literal("{secret}{method}{url}{body}")),
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
