use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Flutterwave v4: `flutterwave-signature: <base64>` over the body.
///
/// # Source
///
/// <https://developer.flutterwave.com/docs/webhooks>, of which only the beginning was read, and
/// four receivers in public repositories that agree. Evidence: medium.
///
/// # What is signed
///
/// The body, with `timestamp` in it and no id of an event.
///
/// # Pitfalls
///
/// - Earlier text of the same page compared the header with the secret hash itself, as v3 does. An
///   endpoint of this provider never does so: it would turn a signature into a password.
/// - The key is the *secret hash* that you chose in the dashboard, as text.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`.
/// - Whether the body's `timestamp` is new on a retry is not documented, so its age is not checked.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn flutterwave_v4() -> Scheme {
    Scheme {
        id: "flutterwave-v4".to_owned(),
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
                at: Locate::header("flutterwave-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/type")),
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
