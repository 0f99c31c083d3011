use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, KeyDocument, KeyUrl,
        Locate, OnRetry, RemoteKeys, Scheme, SecretFormat, Shape, Signature, Template, UrlPorts,
        When,
    },
    units::Span,
};

/// Fireblocks webhooks v2: `Fireblocks-Webhook-Signature: <header>..<signature>`, a detached JWS with
/// RS512 over the body.
///
/// # Source
///
/// <https://developers.fireblocks.com/reference/validating-webhooks>. Evidence: high for the
/// construction; no vector is published.
///
/// # What is signed
///
/// The token's header and the body. The notification's `/id` is in the body, is the same when it is
/// sent again, and deliveries are deduplicated by it. There is no time in the signature.
///
/// # Pitfalls
///
/// - The secret is the JWK set of your environment, <https://keys.fireblocks.io/.well-known/jwks.json>
///   for the main one, or `remote:`, which fetches it; for another environment
///   `remote:https://…fireblocks.io/.well-known/jwks.json`.
/// - `Fireblocks-Signature`, beside it, is the older one, with a key printed in their docs, and is on
///   its way out: not read here.
/// - Retries: not documented in what could be read, so our default of three days.
#[must_use]
pub fn fireblocks() -> Scheme {
    Scheme {
        id: "fireblocks".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::JwtRs512,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::Fixed("https://keys.fireblocks.io/.well-known/jwks.json".to_owned()),
            hosts: vec!["*.fireblocks.io".to_owned()],
            document: KeyDocument::JwkSet,
        }),
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("fireblocks-webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: Some(Template::literal("{body}")),
            timestamp: None,
            event_id: Some(Locate::json("/id")),
            event_type: Some(Locate::json("/eventType")),
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
