use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Locate, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// MongoDB Atlas alerts: `X-MMS-Signature: <base64>`, HMAC-SHA1 over the body.
///
/// # Source
///
/// <https://www.mongodb.com/docs/atlas/tutorial/third-party-service-integrations/>, and the
/// receivers of Alerta and others, which decode base64. Evidence: medium: an older page of MongoDB
/// says *hex-encoded*.
///
/// # What is signed
///
/// The body. The event's type (`X-MMS-Event`) is not signed. `id` in the body names the alert,
/// which is sent when it opens, changes and closes.
///
/// # Pitfalls
///
/// - If your deliveries are refused as malformed, MongoDB's older page was right: use a scheme with
///   `encoding = "hex"`.
/// - Webhooks of App Services (`X-Hook-Signature`) are another scheme.
/// - Since no id is signed, deliveries are not deduplicated unless the endpoint chooses `dedupe =
///   "content"`.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn mongodb_atlas() -> Scheme {
    Scheme {
        id: "mongodb-atlas".to_owned(),
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
                at: Locate::header("x-mms-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::header("x-mms-event")),
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
