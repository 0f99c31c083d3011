use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::{ByteSize, Span},
};

/// GitLab's secret token: `X-Gitlab-Token`, the secret itself. **Nothing is signed.**
///
/// # Source
///
/// <https://docs.gitlab.com/user/project/integrations/webhooks/>, read in `gitlabhq/gitlabhq`,
/// `doc/user/project/integrations/webhooks.md`. Evidence: high.
///
/// # What is signed
///
/// Nothing. The token says who sent the request; the body could be anything that its sender chose,
/// and whoever sees one request can send any other.
///
/// Among requests that come from GitLab, `Idempotency-Key` stays the same on a retry (GitLab 17.4
/// and later), and deliveries are deduplicated by it. Older ones have none and are handled each
/// time.
///
/// That id is no more signed than the rest.
///
/// # Pitfalls
///
/// - Prefer the signing token (the preset `gitlab`) where the instance has it: it covers the body.
/// - A webhook without a secret token sends no header and is refused.
/// - The token travels in every request: whatever logs headers has it. Make it long and random, and
///   use HTTPS only.
/// - `X-Gitlab-Event-UUID` is shared by webhooks that set each other off: it is no delivery's id.
/// - Bodies are up to 25 MB (<https://gitlab.com/gitlab-org/gitlab/-/merge_requests/38687>), above
///   axum's own limit of 2 MB.
/// - Four refusals in a row disable the webhook for a while.
/// - Retries: not documented; a person can resend, so our default of three days.
#[must_use]
pub fn gitlab_token() -> Scheme {
    Scheme {
        id: "gitlab-token".to_owned(),
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
                at: Locate::header("x-gitlab-token"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: Some(Locate::header("idempotency-key")),
            event_type: Some(Locate::header("x-gitlab-event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: Some(ByteSize::mebibytes(25)),
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
