use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, ContentEncoding, Coverage, Dedupe, Encoding,
        Field, Handshake, HandshakeAnswer, ItemKey, List, Locate, MediaType, OnRetry, Scheme,
        SecretFormat, Shape, Signature, Template, UrlPorts, When, Width,
    },
    units::Span,
};

/// Braintree: the form field `bt_signature=<public key>|<hex>` over the form field `bt_payload`.
///
/// # Source
///
/// <https://developer.paypal.com/braintree/docs/guides/webhooks/parse/>, and
/// `webhook_notification_gateway.py`, `util/crypto.py` and the tests of
/// `braintree/braintree_python`, which print a challenge with its answer; that library made our
/// vectors. Evidence: high.
///
/// # What is signed
///
/// The text of `bt_payload` after form decoding, with its line feeds: base64 of the XML
/// notification, which has the kind, the time and the whole subject. HMAC-SHA1, and the key is the
/// SHA-1 of the private key.
///
/// No id is signed. Equal payloads have the same kind, second and subject, so they are deduplicated
/// by content.
///
/// # Pitfalls
///
/// - The secret is the API's private key; its part `public_key` says which of the signatures is
///   ours.
/// - The answer to `bt_challenge` is an HMAC that anybody can ask for. The challenge is held to 20
///   to 32 hex digits, and a payload to base64 of more than 32 characters, so that no challenge's
///   answer is the signature of a payload.
/// - The libraries also accept a payload whose last line feed got lost. Nothing between the socket
///   and this check loses it, so here it must be there.
/// - The handler gets the form; the XML is what `bt_payload` decodes to. No fields other than the
///   two are signed.
/// - Retries: every hour for 24 hours, in the sandbox for 3 (same page).
#[must_use]
pub fn braintree() -> Scheme {
    Scheme {
        id: "braintree".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::HmacSha1,
        secret: SecretFormat::Sha1,
        secret_parts: vec!["public_key".to_owned()],
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Fields,
        shapes: vec![Shape {
            when: When::content_type(MediaType::Form),
            signature: Signature {
                at: Locate::form("bt_signature"),
                list: Some(List {
                    sets: None,
                    items: "&".to_owned(),
                    pair: Some("|".to_owned()),
                }),
                item: Some(ItemKey::secret("public_key")),
                prefix: String::new(),
                encoding: Encoding::Hex,
            },
            content: Some(Template::literal("{payload}")),
            timestamp: None,
            event_id: None,
            event_type: None,
            fields: vec![Field {
                name: "payload".to_owned(),
                at: Locate::form("bt_payload"),
                optional: false,
                free: false,
                // Longer than any challenge: see the pitfalls.
                width: Some(Width {
                    charset: Charset::Base64Lines,
                    min: 33,
                    max: 1 << 20,
                }),
                is: None,
            }],
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(24),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::GET,
            when: Vec::new(),
            signed: false,
            pairs: false,
            challenge: Some(ChallengeField {
                at: Locate::query("bt_challenge"),
                charset: Charset::Hex,
                min: 20,
                max: 32,
            }),
            answer: HandshakeAnswer::text("{secret.public_key}|{challenge|hmac|hex}"),
        }],
    }
}
