use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, Claim, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry,
        Scheme, SecretFormat, Shape, Signature, TimeUnit, TimestampField, Tolerance, UrlPorts,
        When,
    },
    units::Span,
};

/// Vonage (Messages, Dispatch, Voice, Verify): `Authorization: Bearer <JWT>`, HS256, with the body's
/// hash in it.
///
/// # Source
///
/// <https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks> and
/// `jwt/src/vonage_jwt/verify_jwt.py` of `Vonage/vonage-python-sdk`. Evidence: high for the claims; the
/// one published token has no `payload_hash` and is refused here, as it should be.
///
/// # What is signed
///
/// The token says `iss: Vonage`, `iat`, `jti` and `payload_hash`, the SHA-256 of the body in lower-case
/// hexadecimal. All are required here; Vonage's own SDKs check only the token, so that any body passes
/// with it. `jti` is the delivery's id, and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - The secret is the account's *signature secret*; its bytes are the key.
/// - Deliveries by `GET`, whose hash is over their query as JSON, are not described here: choose `POST`.
/// - Voice signs only with `signed_callbacks` on. When Vonage itself fails it may send an unsigned
///   delivery; it is refused like any other, and comes again signed only after a 5xx.
/// - Behind Vonage Cloud Runtime the token stands in `X-Vonage-Webhook-Auth-Token`.
/// - SMS signs in another way, with a `sig` in the form.
/// - Tolerance: none is documented; five minutes both ways.
/// - Retries: not on the page, so our default of three days.
#[must_use]
pub fn vonage() -> Scheme {
    Scheme {
        id: "vonage".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::JwtHs256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::Bearer,
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: Some(TimestampField {
                at: Locate::claim("/iat"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::claim("/jti")),
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: vec![
                Claim::is("/iss", "Vonage"),
                Claim::present("/jti"),
                Claim::is("/payload_hash", "{body|sha256|hex}"),
            ],
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
