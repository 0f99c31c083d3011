use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, Claim, ContentEncoding, Coverage, Dedupe, Encoding, KeyDocument,
        KeyUrl, Locate, OnRetry, RemoteKeys, Scheme, SecretFormat, Shape, Signature, UrlPorts,
        When,
    },
    units::Span,
};

/// Gemini API, dynamic webhooks of single requests: `Webhook-Signature: <JWT>`, RS256. It covers no
/// body.
///
/// # Source
///
/// <https://ai.google.dev/gemini-api/docs/webhooks>. Evidence: high for algorithm, header and keys; the
/// page leaves open what the audience is, and no vector is published.
///
/// # What is signed
///
/// The token's own claims. The page treats them as the event; that the body is the same is nowhere
/// promised, so **nothing of the body is signed**: fetch the operation that it names. `webhook-id` names
/// the delivery, and honest repeats are told by it.
///
/// # Pitfalls
///
/// - The secret is the JWK set <https://generativelanguage.googleapis.com/.well-known/jwks.json>, or
///   `remote:`, which fetches it. `audience` is a named part of the secret: what the token's `aud` must
///   be. The page calls it *your configured audience*; others say that it is the endpoint's URL.
/// - The webhooks of a project are another scheme with the same header: [`google_gemini`](crate::providers::google_gemini).
/// - Retries: as for those, for 24 hours, so 25.
#[must_use]
pub fn google_gemini_dynamic() -> Scheme {
    Scheme {
        id: "google-gemini-dynamic".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::JwtRs256,
        secret: SecretFormat::PublicKey,
        secret_parts: vec!["audience".to_owned()],
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::Fixed(
                "https://generativelanguage.googleapis.com/.well-known/jwks.json".to_owned(),
            ),
            hosts: vec!["generativelanguage.googleapis.com".to_owned()],
            document: KeyDocument::JwkSet,
        }),
        coverage: Coverage::Credential,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("webhook-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: Some(Locate::header("webhook-id")),
            event_type: Some(Locate::json("/type")),
            fields: Vec::new(),
            body_hash: None,
            claims: vec![
                Claim::is("/aud", "{secret.audience}"),
                Claim::present("/exp"),
            ],
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(25),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
