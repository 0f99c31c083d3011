use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Xendit: `x-callback-token: <token>`, the verification token of the account. **Nothing is
/// signed.**
///
/// # Source
///
/// <https://docs.xendit.co/docs/handling-webhooks> and
/// <https://help.xendit.co/hc/en-us/articles/360038072991-How-to-validate-if-the-webhook-is-sent-from-Xendit>.
/// Evidence: high.
///
/// # What is signed
///
/// Nothing. The token says who sent the request; the body could be anything that its sender chose,
/// and whoever sees one request can send any other.
///
/// So no id is signed either.
///
/// # Pitfalls
///
/// - One token for all webhooks of an account and mode; each sub-account has its own. A new one
///   replaces the old at once.
/// - Older products (invoices, disbursements) have no `event` in the body: give each its own
///   endpoint.
/// - `webhook-id` is said to be the same on a retry, which was not rechecked. Nothing is
///   deduplicated unless the endpoint chooses `dedupe = "id"`.
/// - Retries: six with growing gaps (not rechecked), so an event is remembered for our default of
///   three days.
#[must_use]
pub fn xendit() -> Scheme {
    Scheme {
        id: "xendit".to_owned(),
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
                at: Locate::header("x-callback-token"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: Some(Locate::header("webhook-id")),
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
