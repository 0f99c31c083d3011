use http::Method;

use crate::{
    scheme::{
        Algorithm, Answer, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry,
        Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// ClickUp: `X-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://developer.clickup.com/docs/webhooksignature>. Evidence: high for the construction; no
/// vector is published (the example's signature is cut off).
///
/// # What is signed
///
/// The body. There is no delivery id: the ids in `history_items` are shared by the events that one
/// change causes (`taskUpdated`, `taskStatusUpdated`), and some events have none, so nothing is
/// deduplicated.
///
/// # Pitfalls
///
/// - Each webhook has its own secret, `webhook.secret` in the answer that made it.
/// - ClickUp suspends a webhook at once when it reads **410**
///   (<https://developer.clickup.com/docs/webhookhealth>), and is reported to do so on **401** too:
///   a wrong secret on our side would end the subscription. So a refused delivery is answered 400
///   here.
/// - The page suggests to print the parsed body again, without spaces; the bytes are what counts.
/// - Requests of the automation *Call webhook* are another feature, and not signed like this.
/// - Answer within seven seconds.
/// - Retries: five attempts an event, then it is lost; at 100 failed events the webhook is
///   suspended. Over what time is not documented, so our default of three days.
#[must_use]
pub fn clickup() -> Scheme {
    Scheme {
        id: "clickup".to_owned(),
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
                at: Locate::header("x-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/event")),
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
        answers: Answers {
            accepted: Answer::status(200),
            duplicate: Answer::status(200),
            refused: Answer::text(400, "webhook verification failed\n"),
        },
        handshakes: Vec::new(),
    }
}
