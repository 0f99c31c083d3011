use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, ItemKey, List, Locate,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// CircleCI's outbound webhooks: `circleci-signature: v1=<hex>` over the body.
///
/// # Source
///
/// <https://circleci.com/docs/guides/integration/outbound-webhooks/>, whose three vectors are in
/// the tests. Evidence: high.
///
/// # What is signed
///
/// The body. The event's id (`id`) is in it and documented for telling duplicates, so deliveries
/// are deduplicated by it. The header `circleci-event-type` is not signed.
///
/// # Pitfalls
///
/// - Only `v1` is accepted. Later versions will stand beside it, after a comma.
/// - Without a secret token CircleCI sends no header, and deliveries are refused.
/// - Answer within ten seconds.
/// - Retries: later, how often is not documented, so our default of three days.
#[must_use]
pub fn circleci() -> Scheme {
    Scheme {
        id: "circleci".to_owned(),
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
                at: Locate::header("circleci-signature"),
                list: Some(List::pairs(",", "=")),
                item: Some(ItemKey::name("v1")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/type")),
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
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
