use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Ramp, the company card: `X-Ramp-Signature: <hex>` over the body.
///
/// # Source
///
/// <https://docs.ramp.com/developer-api/v1/webhooks>, which names header, algorithm and content,
/// and three receivers in public repositories for the encoding, on which the page is silent.
/// Evidence: medium.
///
/// # What is signed
///
/// The body. The event's id is in it, so it is signed; it is the same on a retry, and deliveries
/// are deduplicated by it. The webhook's id (`X-Ramp-Webhook-ID`) is not signed.
///
/// # Pitfalls
///
/// - Try it with a live delivery first: that the signature is hexadecimal is third-party knowledge.
/// - A new subscription sends `webhooks.verification` with a `challenge` that **you** have to hand
///   to Ramp's API. Where it comes unsigned it is refused here: take the challenge from a route of
///   its own.
/// - Events are thin: read the object from the API by `object.id`.
/// - Ramp Network, which sells crypto, is another company and signs `X-Body-Signature` with ECDSA.
/// - Retries: up to ten attempts with growing gaps, so an event is remembered for our default of
///   three days.
#[must_use]
pub fn ramp() -> Scheme {
    Scheme {
        id: "ramp".to_owned(),
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
                at: Locate::header("x-ramp-signature"),
                list: None,
                item: None,
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
