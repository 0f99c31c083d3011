use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Jira Cloud's admin webhooks with a secret: `X-Hub-Signature: sha256=<hex>` over the body.
///
/// # Source
///
/// <https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks>, whose
/// vector several public test suites quote; the page itself could be read in part only.
/// `jira-webhook-routing.ts` of `NangoHQ/nango` and `jira.js` verify alike. Evidence: medium.
///
/// # What is signed
///
/// The body, which has the event, its time in milliseconds (`timestamp`) and the object: equal
/// bodies are the same event and are deduplicated by content. `X-Atlassian-Webhook-Identifier` is
/// not signed, and there is no other id. The time is the event's, so no age is checked.
///
/// # Pitfalls
///
/// - Only webhooks that an admin registered with a secret are signed. Those of Connect and OAuth
///   apps carry a JWT that does not cover the body, and are refused here.
/// - GitHub and Intercom use the same header name for SHA-1. Here it is SHA-256, and nothing else
///   is accepted.
/// - Retries: five are said, with the same identifier; their times are not documented in what we
///   could read, so our default of three days.
#[must_use]
pub fn jira() -> Scheme {
    Scheme {
        id: "jira".to_owned(),
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
                at: Locate::header("x-hub-signature"),
                list: None,
                item: None,
                prefix: "sha256=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::header("x-atlassian-webhook-identifier")),
            event_type: Some(Locate::json("/webhookEvent")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
