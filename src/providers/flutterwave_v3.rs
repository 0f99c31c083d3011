use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Flutterwave v3: `verif-hash: <secret hash>`, the secret itself. **Nothing is signed.**
///
/// # Source
///
/// <https://developer.flutterwave.com/v3.0/docs/webhooks> and several receivers in public
/// repositories. Evidence: medium; the page was read in a mirror.
///
/// # What is signed
///
/// Nothing. Despite its name the header is no hash of anything: it repeats the *secret hash* that
/// you chose in the dashboard. The body could be anything that its sender chose.
///
/// So no id is signed either.
///
/// # Pitfalls
///
/// - Ask Flutterwave's API about the transaction before you give value for it, as its page says.
/// - Without a secret hash in the dashboard the header is not sent, and every delivery is refused.
/// - v4 sends `flutterwave-signature`, which is another provider here (`flutterwave-v4`). Never
///   accept both at one endpoint.
/// - `data.id` names the transaction and no event, so nothing is deduplicated.
/// - Retries: three, half an hour apart, if they are switched on (not rechecked), so an event is
///   remembered for our default of three days.
#[must_use]
pub fn flutterwave_v3() -> Scheme {
    Scheme {
        id: "flutterwave-v3".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::SharedToken,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Credential,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("verif-hash"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
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
