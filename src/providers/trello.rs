use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Handshake,
        HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, Template,
        UrlPorts, When,
    },
    units::Span,
};

/// Trello: `X-Trello-Webhook: <base64>` over body and callback URL.
///
/// # Source
///
/// <https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/#webhook-signatures>,
/// read in excerpts, and three receivers that are in use: `TrelloTriggerHelpers.ts` of
/// `n8n-io/n8n`, `WebhookSignatureValidator.cs` of `rwjdk/TrelloDotNet` and Botpress. Evidence:
/// medium; no vector is published.
///
/// # What is signed
///
/// `<body><callbackURL>`, with nothing between, with HMAC-SHA1. The URL is configured, so bytes
/// can't move from one to the other. The body has the action's id and its webhook's: equal bodies
/// are the same delivery, and are deduplicated by content.
///
/// # Pitfalls
///
/// - `public_url` must be the callback URL exactly as it was registered, query included.
/// - The secret is the *OAuth secret* below the API key, not a token.
/// - Trello's old page says that text outside ASCII is cut to the low eight bits of each UTF-16
///   unit before it is signed. The receivers named above sign the bytes as they are, and so does
///   this; a delivery that Trello signs the old way is refused.
/// - `HEAD` requests, by which Trello tries the URL, are answered 200. They are unsigned and show
///   nothing.
/// - One action can reach several webhooks: two deliveries with one `action.id` are not the same.
/// - A 410 deletes the webhook; it is never answered here.
/// - Retries: not documented in what we could read (30, 60 and 120 seconds circulate), so our
///   default of three days.
///
/// # Warnings
///
/// - `no-separator`: nothing stands between body and URL. The URL begins with what you configured,
///   so only a body with that text in it could lose its end, and what is left of it is no JSON.
#[must_use]
pub fn trello() -> Scheme {
    Scheme {
        id: "trello".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha1,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-trello-webhook"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}{url}")),
            timestamp: None,
            event_id: Some(Locate::json("/action/id")),
            event_type: Some(Locate::json("/action/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::HEAD,
            when: Vec::new(),
            signed: false,
            pairs: false,
            challenge: None,
            answer: HandshakeAnswer::empty(),
        }],
    }
}
