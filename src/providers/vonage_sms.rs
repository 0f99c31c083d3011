use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, MediaType,
        OnRetry, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField,
        Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// Vonage SMS (formerly Nexmo): the parameter `sig`, an HMAC over all other parameters of the form.
///
/// # Source
///
/// <https://developer.vonage.com/en/getting-started/concepts/signing-messages>,
/// <https://developer.vonage.com/messaging/sms/guides/inbound-sms>, and `Auth.sign_params` and
/// `check_signature` of `vonage-http-client` 1.5.2 for Python, which made our vectors. Evidence: high.
/// The two vectors that the library's tests publish are HMAC-MD5, which this crate does not have.
///
/// # What is signed
///
/// Every parameter but `sig`, sorted by name: `&name=value`, where `&` and `=` in a value become `_`.
/// The message's id is among them, so it is signed, and so is the time. Receipts for one message share
/// its id, so deliveries are deduplicated by content.
///
/// # Pitfalls
///
/// - Signing is off until it is asked for, and its default is an **MD5 hash, which is refused here**.
///   Choose *SHA-256 HMAC* as the signature method in the dashboard. For *SHA-512 HMAC* (or SHA-1) take
///   this scheme and change its `algorithm`.
/// - Choose `POST` as the HTTP method. A `GET` puts the parameters into the URL, and `POST-JSON` into
///   an object: neither is read.
/// - `a&b`, `a=b` and `a_b` in a value have the same signature.
/// - The secret is the account's *signature secret*, not the API secret.
/// - No window is documented. A message is sent again for 24 hours with the time of its first try, so
///   that is how old one may be.
/// - Retries: until 200 or 204, for 24 hours.
#[must_use]
pub fn vonage_sms() -> Scheme {
    Scheme {
        id: "vonage-sms".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::content_type(MediaType::Form),
            signature: Signature {
                at: Locate::form("sig"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::HexAnyCase,
            },
            content: Some(Template::literal("{form|vonage}")),
            timestamp: Some(TimestampField {
                at: Locate::form("timestamp"),
                unit: TimeUnit::UnixSeconds,
            }),
            event_id: Some(Locate::form("messageId")),
            event_type: Some(Locate::form("status")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::hours(25), Span::minutes(5))),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(25),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
