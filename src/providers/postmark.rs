use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Postmark: `Authorization: Basic <base64>`, the user and password of the webhook's URL. **Nothing
/// is signed.**
///
/// # Source
///
/// <https://postmarkapp.com/developer/webhooks/webhooks-overview>; lists that name a signature
/// header are wrong. Evidence: high.
///
/// # What is signed
///
/// Nothing. The credential says who sent the request; the body could be anything that its sender
/// chose, and whoever sees one request can send any other.
///
/// So no id is signed either.
///
/// # Pitfalls
///
/// - The secret is `user:password`, as put into the webhook's URL. Make the password long and
///   random, and use HTTPS only.
/// - A custom header can be set up instead (`HttpHeaders`): write a scheme with `shared-token` for
///   it.
/// - There is no delivery id: `MessageID` is the same for an e-mail's delivery, opens and clicks.
///   Nothing is deduplicated.
/// - Inbound mail has no `RecordType`, and attachments of up to 35 MB: raise `body_limit`.
/// - Only a 200 counts as success; a 403 ends an inbound message's retries at once, so never answer
///   one by accident.
/// - Retries: inbound mail over about 10.5 hours
///   (<https://postmarkapp.com/support/article/understanding-inbound-webhook-retries-in-postmark>),
///   others not documented; eleven hours.
#[must_use]
pub fn postmark() -> Scheme {
    Scheme {
        id: "postmark".to_owned(),
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
            event_id: None,
            event_type: Some(Locate::json("/RecordType")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(11),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
