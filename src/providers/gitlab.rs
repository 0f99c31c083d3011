use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::{ByteSize, Span},
};

/// GitLab's signing token: `webhook-signature: v1,<base64>` over id, timestamp and body, as in
/// Standard Webhooks.
///
/// # Source
///
/// <https://gitlab.com/gitlab-org/gitlab/-/merge_requests/230944> and
/// <https://gitlab.com/gitlab-org/gitlab/-/merge_requests/231325>, which bring it, and
/// <https://docs.gitlab.com/user/project/integrations/webhooks/>. Evidence: high.
///
/// # What is signed
///
/// `<webhook-id>.<webhook-timestamp>.<body>`. The id is signed, equals `Idempotency-Key`, and stays
/// the same when a request is resent; deliveries are deduplicated by it. The event's type
/// (`X-Gitlab-Event`) is not signed.
///
/// # Pitfalls
///
/// - This is the *signing token* (`whsec_…`, new in 2026). The older *secret token*, which
///   `X-Gitlab-Token` repeats in clear, is not read: webhooks that have only that are refused.
/// - `webhook-id` and `webhook-timestamp` come with every delivery since GitLab 19; only
///   `webhook-signature` shows that there is a signing token.
/// - `X-Gitlab-Event-UUID` is shared by webhooks that set each other off: it is no delivery's id.
/// - Tolerance: GitLab states none; five minutes both ways as in Standard Webhooks.
/// - Bodies are up to 25 MB (<https://gitlab.com/gitlab-org/gitlab/-/merge_requests/38687>), above
///   axum's own limit of 2 MB.
/// - Four refusals in a row disable the webhook for a while.
/// - Retries: not documented; a person can resend, so our default of three days.
#[must_use]
pub fn gitlab() -> Scheme {
    Scheme {
        id: "gitlab".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Whsec,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("webhook-signature"),
                list: Some(List {
                    sets: None,
                    items: " ".to_owned(),
                    pair: Some(",".to_owned()),
                }),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{id}.{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("webhook-timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::header("webhook-id")),
            event_type: Some(Locate::header("x-gitlab-event")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
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
