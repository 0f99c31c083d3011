use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, Locate, MediaType,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Forgejo: `X-Forgejo-Signature: <hex>` over the JSON body.
///
/// # Source
///
/// <https://forgejo.org/docs/latest/user/webhooks/>, and `services/webhook/shared/payloader.go`
/// with `deliver_test.go` of Forgejo, read in a mirror. Evidence: high for the construction, which
/// is read from the sender's code; no vector is published.
///
/// # What is signed
///
/// The JSON text: the body, or for form deliveries the decoded field `payload`, which is the form's
/// only one. Neither the event's type (`X-Forgejo-Event`) nor the delivery's id
/// (`X-Forgejo-Delivery`) is signed, and there is no timestamp.
///
/// # Pitfalls
///
/// - The same delivery has `X-Gitea-Signature`, `X-Gogs-Signature`, `X-Hub-Signature-256` and
///   `X-Hub-Signature`; only Forgejo's own is read, so that no header can stand in for another.
/// - Without a secret Forgejo still sends the header, empty. That never matches.
/// - Deliveries by GET, with the text in the query, are not accepted: choose POST.
/// - Since the id is not signed, deliveries are not deduplicated unless the endpoint chooses
///   `dedupe = "content"`.
/// - Retries: none, one attempt. A person can redeliver, so our default of three days.
#[must_use]
pub fn forgejo() -> Scheme {
    Scheme {
        id: "forgejo".to_owned(),
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
                    at: Locate::header("x-forgejo-signature"),
                    list: None,
                    item: None,
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("{body}")),
                timestamp: None,
                event_id: Some(Locate::header("x-forgejo-delivery")),
                event_type: Some(Locate::header("x-forgejo-event")),
                fields: Vec::new(),
                body_hash: None,
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
            Shape {
                when: When::content_type(MediaType::Form),
                signature: Signature {
                    at: Locate::header("x-forgejo-signature"),
                    list: None,
                    item: None,
                    prefix: String::new(),
                    encoding: Encoding::Hex,
                },
                content: Some(Template::literal("{payload}")),
                timestamp: None,
                event_id: Some(Locate::header("x-forgejo-delivery")),
                event_type: Some(Locate::header("x-forgejo-event")),
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
