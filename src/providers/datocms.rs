use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// DatoCMS: `Authorization: Basic <base64>`, the user and password of the webhook. **Nothing is
/// signed.**
///
/// # Source
///
/// <https://www.datocms.com/docs/general-concepts/webhooks>, and the settings in
/// `@datocms/cma-client` 5.8.1. Evidence: high.
///
/// # What is signed
///
/// Nothing. The credential says who sent the request; the body could be anything that its sender
/// chose, and whoever sees one request can send any other. `webhook_call_id` is unique to a call,
/// and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - The secret is `user:password`, as set at the webhook. Make the password long and random, and
///   use HTTPS only.
/// - A custom header can be set up instead: write a scheme with `shared-token` for it.
/// - Code that reads `x-datocms-signature` is made up.
/// - The body can be replaced by a template of your own, without the call's id.
/// - Retries: with growing gaps, if switched on, so an event is remembered for our default of three
///   days.
#[must_use]
pub fn datocms() -> Scheme {
    Scheme {
        id: "datocms".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::BasicAuth,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Credential,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("authorization"),
                list: None,
                item: None,
                prefix: "Basic ".to_owned(),
                encoding: Encoding::Base64,
            },
            content: None,
            timestamp: None,
            event_id: Some(Locate::json("/webhook_call_id")),
            event_type: Some(Locate::json("/event_type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
