use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, Claim, ContentEncoding, Coverage, Dedupe,
        Encoding, Handshake, HandshakeAnswer, Locate, OnRetry, Scheme, SecretFormat, Shape,
        Signature, UrlPorts, When,
    },
    units::Span,
};

/// monday.com apps: `Authorization: <JWT>`, HS256. It covers no body.
///
/// # Source
///
/// <https://developer.monday.com/apps/docs/authorization-header>,
/// <https://developer.monday.com/api-reference/docs/webhooks>, and `authentication.js` of
/// `mondaycom/welcome-apps`. Evidence: high for the token; no vector is published.
///
/// # What is signed
///
/// The token says `aud`, the endpoint's URL, `iat` and `exp` five minutes later. **Nothing of the body
/// is signed**, nor an id: the request only shows that monday.com sent one to this URL a short while ago.
///
/// # Pitfalls
///
/// - The secret is the app's *Signing Secret*; for app life-cycle webhooks it is the *Client Secret*.
/// - `aud` is compared with the URL, so [`Endpoint::with_public_url`](crate::Endpoint::with_public_url) is needed.
/// - The token stands in the header as it is, without `Bearer`. The sample of monday.com also takes it
///   from `?token=`; that is not done here.
/// - Webhooks that a person adds to a board, or that a personal token creates, bring no token at all,
///   and are refused.
/// - The challenge comes without a token when a webhook is created, and is echoed; the sample of
///   monday.com echoes whatever it gets.
/// - Retries: once a minute for half an hour, so an hour is remembered.
#[must_use]
pub fn monday() -> Scheme {
    Scheme {
        id: "monday".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::JwtHs256,
        secret: SecretFormat::Text,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Credential,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("authorization"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: None,
            event_type: Some(Locate::json("/event/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: vec![
                Claim::is("/aud", "{url}"),
                Claim::present("/exp"),
                Claim::present("/iat"),
            ],
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(1),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: Vec::new(),
            signed: false,
            pairs: false,
            challenge: Some(ChallengeField {
                at: Locate::json("/challenge"),
                charset: Charset::Token,
                min: 1,
                max: 256,
            }),
            answer: HandshakeAnswer::json(r#"{{"challenge":"{challenge}"}}"#),
        }],
    }
}
