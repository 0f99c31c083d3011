use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, Locate, MediaType,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Gitea: `X-Gitea-Signature: <hex>` over the JSON body.
///
/// # Source
///
/// <https://docs.gitea.com/usage/webhooks> and `services/webhook/deliver.go` of `go-gitea/gitea`.
/// Evidence: high for the construction, which is read from the sender's code; no vector is
/// published.
///
/// # What is signed
///
/// The JSON text: the body, or for form deliveries the decoded field `payload`, which is the
/// form's only one. Neither the event's type (`X-Gitea-Event`) nor the delivery's id (`X-Gitea-Delivery`)
/// is signed, and there is no timestamp.
///
/// # Pitfalls
///
/// - GET deliveries, with the text in the query, are not accepted: choose POST.
/// - Without a secret Gitea still sends the header, empty. That never matches.
/// - The same delivery has `X-Hub-Signature-256`, `X-Hub-Signature` and `X-Gogs-Signature`; only
///   Gitea's own is read.
/// - Since the id is not signed, deliveries are not deduplicated unless the endpoint chooses
///   `dedupe = "content"`.
/// - Retries: none, one attempt. A person can redeliver, so the horizon is our default of three
///   days.
#[must_use]
pub fn gitea() -> Scheme {
    Scheme {
        id: "gitea".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![
            Shape {
                when: When::content_type(MediaType::Json),
                signature: Signature {
                    at: Locate::header("x-gitea-signature"),
                    list: None,
                    item: None,
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("{body}")),
                timestamp: None,
                event_id: Some(Locate::header("x-gitea-delivery")),
                event_type: Some(Locate::header("x-gitea-event")),
                fields: Vec::new(),
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
            Shape {
                when: When::content_type(MediaType::Form),
                signature: Signature {
                    at: Locate::header("x-gitea-signature"),
                    list: None,
                    item: None,
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("{payload}")),
                timestamp: None,
                event_id: Some(Locate::header("x-gitea-delivery")),
                event_type: Some(Locate::header("x-gitea-event")),
                fields: vec![Field::required("payload", Locate::only_form("payload"))],
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
        ],
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
