use http::{HeaderName, Method};

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// DocuSign Connect: `X-DocuSign-Signature-1: <base64>` over the body, and one numbered header more
/// for each further key.
///
/// # Source
///
/// <https://developers.docusign.com/platform/webhooks/connect/validate>, whose samples exist in six
/// languages; the libraries have no verifier. Evidence: high for the construction; no signed
/// delivery is published, so the vectors are our own.
///
/// # What is signed
///
/// The raw body, JSON or XML, with its line ends. There is no timestamp, and neither an id in the
/// body nor one in a header.
///
/// # Pitfalls
///
/// - Signatures are off until *Include HMAC Signature* is ticked; without it deliveries are
///   refused.
/// - The key looks like base64 and is used as the text it is. Copying it can lose its last `=`.
/// - An account can have several keys, each with its own header; any header that fits any of our
///   keys will do.
/// - With an envelope's documents in the message, bodies pass 1 MiB: raise `body_limit`.
/// - `event` exists in the JSON SIM format only. `retryCount` changes between attempts, so a retry
///   is not equal to the delivery before it and nothing is deduplicated here: go by envelope, event
///   and `generatedDateTime`.
/// - With OAuth for Connect there is a bearer token instead: another scheme.
/// - Retries: not documented in what we could read (7 and 15 days circulate), so our default of
///   three days.
#[must_use]
pub fn docusign() -> Scheme {
    Scheme {
        id: "docusign".to_owned(),
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
                at: Locate::HeaderFamily(HeaderName::from_static("x-docusign-signature-")),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/event")),
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
