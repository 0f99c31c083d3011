use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Handshake,
        HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape, Signature, Template,
        UrlPorts, When,
    },
    units::Span,
};

/// Intercom: `X-Hub-Signature: sha1=<hex>` over the body.
///
/// # Source
///
/// <https://developers.intercom.com/docs/webhooks/setting-up-webhooks> and the page on signed
/// notifications of API 1.0, both read in excerpts, and several receivers in public repositories
/// that agree. Evidence: medium; no vector is published.
///
/// # What is signed
///
/// The body, with HMAC-SHA1. It has the notification's id, so it is signed, and deliveries are
/// deduplicated by it; the test notification (`ping`) has none and is handled each time. The times
/// in the body are the event's, so no age is checked.
///
/// # Pitfalls
///
/// - GitHub, Bitbucket and Jira use the same header name for other hashes. Here it is SHA-1, and
///   nothing else is accepted.
/// - The secret is the app's *client secret*.
/// - `HEAD` requests, by which Intercom tries the URL, are answered 200. They are unsigned and show
///   nothing.
/// - Canvas Kit requests are signed otherwise (`X-Body-Signature`) and refused here.
/// - That `id` stays the same while `delivery_attempts` counts is the pages' wording, not something
///   they promise.
/// - Never answer 410, and 429 only for a reason: the first is said to end the subscription, the
///   second delays notifications by up to two hours
///   (<https://developers.intercom.com/docs/webhooks/webhook-notifications>).
/// - Retries: not documented in full, so our default of three days.
#[must_use]
pub fn intercom() -> Scheme {
    Scheme {
        id: "intercom".to_owned(),
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
                at: Locate::header("x-hub-signature"),
                list: None,
                item: None,
                prefix: "sha1=".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/topic")),
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
            method: Method::HEAD,
            when: Vec::new(),
            signed: false,
            pairs: false,
            challenge: None,
            answer: HandshakeAnswer::empty(),
        }],
    }
}
