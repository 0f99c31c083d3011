use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Intuit QuickBooks Online: `intuit-signature: <base64>` over the body.
///
/// # Source
///
/// <https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/managing-webhooks-notifications>,
/// read in part; several receivers in public repositories agree. Evidence: medium; no vector is
/// published.
///
/// # What is signed
///
/// The body: an object with `eventNotifications`, or in the newer format an array of CloudEvents.
/// No delivery has an id; that two changes within a second look alike in the older format can't be
/// excluded, so nothing is deduplicated.
///
/// # Pitfalls
///
/// - The secret is the app's *verifier token*, not the OAuth client secret; development and
///   production have different ones.
/// - With CloudEvents each event has an `id`, so an endpoint that gets only those can choose
///   `dedupe = "content"`.
/// - Types differ within a batch, so none is given to the handler.
/// - The page converts both sides to hex before it compares them, which is the same.
/// - Retries: not documented in what we could read, so our default of three days.
#[must_use]
pub fn quickbooks() -> Scheme {
    Scheme {
        id: "quickbooks".to_owned(),
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
                at: Locate::header("intuit-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
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
