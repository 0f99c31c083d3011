use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, BodyHash, ContentEncoding, Coverage, Dedupe, Encoding, Locate,
        MediaType, OnRetry, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Twilio: `X-Twilio-Signature: <base64>` over the URL and the form, or over a URL that has the
/// body's hash.
///
/// # Source
///
/// <https://www.twilio.com/docs/usage/webhooks/webhooks-security>, and the tests of
/// `twilio/twilio-python`, whose vectors are in ours. Evidence: high.
///
/// # What is signed
///
/// HMAC-SHA1. With `bodySHA256` in the query: the URL, and the body must have that SHA-256. Else,
/// for forms: the URL and each field sorted by name, name and value with nothing between, equal
/// values of a name once.
///
/// No id and no timestamp is signed: `I-Twilio-Idempotency-Token` is an unsigned header.
///
/// # Pitfalls
///
/// - `public_url` must be what Twilio was given; a default port that Twilio adds or drops does not
///   matter.
/// - Only POST, and only these two kinds of body: JSON without `bodySHA256` is refused, since
///   nothing would cover it, and so are callbacks set to GET.
/// - Fields are joined without separators, so `ab=c` and `a=bc` have the same signature. Whoever
///   has seen a delivery can move bytes between names and values; check what your handler relies
///   on.
/// - Two honest requests of a call can have equal content (an unanswered `<Gather>`), so nothing is
///   deduplicated: go by `MessageSid` and `MessageStatus` and the like.
/// - The secret is the *primary* auth token; the secondary signs only once it is promoted.
/// - Shared keys with SHA-256 (`X-Twilio-Webhooks-Signature-Settings`, public beta) are not
///   covered: an unsigned header would choose the algorithm.
/// - Retries: not documented for callbacks (Event Streams: four hours), so our default of three
///   days.
///
/// # Warnings
///
/// - `no-separator`: nothing stands between the URL and the fields, nor between the fields. Text
///   could move between the end of the query, names and values; register a URL without a query, and
///   let no other path begin with this one.
#[must_use]
pub fn twilio() -> Scheme {
    Scheme {
        id: "twilio".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha1,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![
            Shape {
                when: When::query("bodySHA256"),
                signature: Signature {
                    at: Locate::header("x-twilio-signature"),
                    list: None,
                    item: None,
                    prefix: String::new(),
                    encoding: Encoding::Base64,
                },
                content: Some(Template::literal("{url}")),
                timestamp: None,
                event_id: Some(Locate::header("i-twilio-idempotency-token")),
                event_type: None,
                fields: Vec::new(),
                body_hash: Some(BodyHash {
                    at: Locate::query("bodySHA256"),
                    encoding: Encoding::Hex,
                }),
                claims: Vec::new(),
                signed_headers: None,
                each: None,
            },
            Shape {
                when: When::content_type(MediaType::Form),
                signature: Signature {
                    at: Locate::header("x-twilio-signature"),
                    list: None,
                    item: None,
                    prefix: String::new(),
                    encoding: Encoding::Base64,
                },
                content: Some(Template::literal("{url}{form|distinct}")),
                timestamp: None,
                event_id: Some(Locate::header("i-twilio-idempotency-token")),
                event_type: None,
                fields: Vec::new(),
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
        url_ports: UrlPorts::Either,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
