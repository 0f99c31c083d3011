use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Grafana Alerting's webhook contact point: `X-Grafana-Alerting-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/>,
/// and the sender, `http/hmac.go` of `grafana/alerting`. Evidence: high for the construction; no
/// vector is published.
///
/// # What is signed
///
/// The body. There is no id and no time of sending: an alert that goes on is notified again with
/// the same body, so nothing is deduplicated.
///
/// # Pitfalls
///
/// - Leave the *timestamp header* of the contact point empty. With one, `<timestamp>:<body>` is
///   signed and deliveries are refused here: the header has no fixed name, so that is a scheme of
///   your own.
/// - The header's name can be changed in the contact point; leave it as it is.
/// - The outgoing webhooks of OnCall and IRM are another feature.
/// - The contact point may be set to PUT; leave it at POST.
/// - The type is the group's `status`: `firing` or `resolved`.
/// - Retries: as the notification policy says, so our default of three days.
#[must_use]
pub fn grafana() -> Scheme {
    Scheme {
        id: "grafana".to_owned(),
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
                at: Locate::header("x-grafana-alerting-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/status")),
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
