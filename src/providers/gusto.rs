use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Expect, Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape,
        Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Gusto: `X-Gusto-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://docs.gusto.com/embedded-payroll/docs/webhooks> and
/// <https://docs.gusto.com/app-integrations/docs/webhooks>. Evidence: medium. The pages name the
/// header, HMAC, SHA-256 and the key; that the text is lower-case hex is what several receivers do,
/// and was not seen on the pages themselves. No vector is published.
///
/// # What is signed
///
/// The body. The event's id (`uuid`) is in it in newer API versions, so it is signed; deliveries
/// are deduplicated by it. Older versions have none and are handled each time.
///
/// # Pitfalls
///
/// - The secret is the subscription's `verification_token`. Gusto first posts it, **unsigned**, to
///   the URL, so only an endpoint that waits for its key takes it:
///   [`Endpoint::dangerous_pairing`](crate::Endpoint::dangerous_pairing). Confirm it with
///   `PUT /v1/webhook_subscriptions/{uuid}/verify`, which refuses a token that is not Gusto's own,
///   then configure it.
/// - The body has only ids: fetch the object.
/// - Retries: up to 16, with growing pauses, over what time is not documented, so our default of
///   three days.
#[must_use]
pub fn gusto() -> Scheme {
    Scheme {
        id: "gusto".to_owned(),
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
                at: Locate::header("x-gusto-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/uuid")),
            event_type: Some(Locate::json("/event_type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: vec![Expect::absent(Locate::header("x-gusto-signature"))],
            signed: false,
            pairs: true,
            challenge: Some(ChallengeField {
                at: Locate::json("/verification_token"),
                charset: Charset::Token,
                min: 16,
                max: 256,
            }),
            answer: HandshakeAnswer::empty(),
        }],
    }
}
