use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Handshake,
        HandshakeAnswer, Locate, MediaType, OnRetry, Scheme, SecretFormat, Shape, Signature,
        Template, UrlPorts, When,
    },
    units::Span,
};

/// Mailchimp Transactional (Mandrill): `X-Mandrill-Signature: <base64>` over the URL and the form.
///
/// # Source
///
/// <https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/#authenticating-webhook-requests>,
/// and django-anymail 15.2, which accepts our vectors. Evidence: medium, since Mailchimp's own
/// section could not be read and no vector is published.
///
/// # What is signed
///
/// HMAC-SHA1 of the webhook's URL and each form field, sorted: name and value, with nothing
/// between. In practice that is `mandrill_events`, an array of up to 1000 events. There is no id
/// and no timestamp for the delivery.
///
/// # Pitfalls
///
/// - `public_url` must be the URL exactly as entered at Mailchimp, with `user:password@` and the
///   query if they are there.
/// - When a webhook is added, Mailchimp asks with a `HEAD` that no key can sign yet; it is answered
///   200. Should that fail, it sends an empty batch signed with the key `test-webhook`, which is
///   refused: everybody knows that key.
/// - Ids and types are inside the array, so none is given to the handler. Two opens in the same
///   second have equal content, so nothing is deduplicated here: go by `_id`, `event` and `ts` of
///   each event.
/// - A full batch passes 1 MiB when messages are included: raise `body_limit`.
/// - Retries: not documented, so an event is remembered for our default of three days.
///
/// # Warnings
///
/// - `no-separator`: nothing stands between the URL and the fields, nor between the fields. Text
///   could move between the end of the query, names and values; register a URL without a query, and
///   let no other path begin with this one.
#[must_use]
pub fn mandrill() -> Scheme {
    Scheme {
        id: "mandrill".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha1,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::content_type(MediaType::Form),
            signature: Signature {
                at: Locate::header("x-mandrill-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{url}{form}")),
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
