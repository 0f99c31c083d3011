use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Moralis Streams: `x-signature: 0x<hex>`, the Keccak-256 of body and secret. Needs the feature
/// `keccak`.
///
/// # Source
///
/// <https://docs.moralis.com/streams/security-and-reliability/webhook-security>, and
/// `verifySignature` of `@moralisweb3/streams` 2.27.2, whose test has the vector in ours. Evidence:
/// high.
///
/// # What is signed
///
/// The body, then the secret: a plain hash, no MAC. There is no time, and no id of an event; each comes
/// twice, `confirmed: false` and then `true`. So nothing is deduplicated.
///
/// # Pitfalls
///
/// - Keccak-256 is Ethereum's hash, not SHA3-256.
/// - The library hashes what it prints from the parsed body; here it is the body as received.
/// - On making or changing a stream a test delivery with empty fields comes, signed like any other, and
///   wants a 2xx.
/// - Retries: counted in the body's `retries`; how often is not documented, so our default of three
///   days.
///
/// # Warnings
///
/// - `weak-algorithm`: a hash of body and secret instead of an HMAC is all that Moralis has. The secret
///   stands last and Keccak is a sponge, so it can't be extended.
#[must_use]
pub fn moralis() -> Scheme {
    Scheme {
        id: "moralis".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::Keccak256,
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
                prefix: "0x".to_owned(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{body}{secret}")),
            timestamp: None,
            event_id: None,
            event_type: None,
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
