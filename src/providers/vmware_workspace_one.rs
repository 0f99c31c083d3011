use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// VMware (Omnissa) Workspace ONE UEM: `Authorization: Basic <base64>`, the user and password of
/// the event notification. **Nothing is signed.**
///
/// # Source
///
/// <https://ngrok.com/docs/integrations/webhooks/vmware-webhooks>; Omnissa's page was not read.
/// Evidence: medium.
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
/// - The secret is `user:password`, as set at the event notification. Make the password long and
///   random, and use HTTPS only.
/// - `EventId` in the body is the number of the event's kind and no id, so nothing is deduplicated.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn vmware_workspace_one() -> Scheme {
    Scheme {
        id: "vmware-workspace-one".to_owned(),
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
            event_type: Some(Locate::json("/EventType")),
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
