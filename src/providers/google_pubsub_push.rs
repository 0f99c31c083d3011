use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, Claim, ContentEncoding, Coverage, Dedupe, Encoding, KeyDocument,
        KeyUrl, Locate, OnRetry, RemoteKeys, Scheme, SecretFormat, Shape, Signature, Template,
        UrlPorts, When,
    },
    units::Span,
};

/// Google Cloud Pub/Sub push: `Authorization: Bearer <JWT>`, RS256. It covers no body.
///
/// # Source
///
/// <https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions>, and `verifyIdToken` of the
/// npm package `google-auth-library` 10.9.1. Evidence: high for the token; the token that the page
/// prints can't be used, its key is gone.
///
/// # What is signed
///
/// The token says who sent it and to whom: `iss`, `aud`, `email` with `email_verified`, `iat` and
/// `exp`. **Nothing of the body is signed.** The message's id `/message/messageId` is the same on each
/// repeat, and deliveries are deduplicated by it.
///
/// # Pitfalls
///
/// - The secret is Google's JWK set, <https://www.googleapis.com/oauth2/v3/certs>, or `remote:`, which
///   fetches it. Google changes its keys every few days.
/// - `audience` and `email` are named parts of the secret: the audience of the subscription (the push
///   URL, where none was set) and its service account. Without the latter every service account of
///   Google's would be let in.
/// - Without authentication on the subscription there is no token, and nothing gets in.
/// - With payload unwrapping the body is the message itself, and its id a header: change `event_id`.
/// - A token may be an hour old. Pub/Sub takes 102, 200, 201, 202 and 204 as done.
/// - Retries: for as long as the subscription keeps messages, seven days by default.
#[must_use]
pub fn google_pubsub_push() -> Scheme {
    Scheme {
        id: "google-pubsub-push".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::JwtRs256,
        secret: SecretFormat::PublicKey,
        secret_parts: vec!["audience".to_owned(), "email".to_owned()],
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::Fixed("https://www.googleapis.com/oauth2/v3/certs".to_owned()),
            hosts: vec!["www.googleapis.com".to_owned()],
            document: KeyDocument::JwkSet,
        }),
        coverage: Coverage::Credential,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::Bearer,
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Text,
            },
            content: None,
            timestamp: None,
            event_id: Some(Locate::json("/message/messageId")),
            event_type: None,
            fields: Vec::new(),
            body_hash: None,
            claims: vec![
                Claim {
                    is: vec![
                        Template::literal("https://accounts.google.com"),
                        Template::literal("accounts.google.com"),
                    ],
                    ..Claim::present("/iss")
                },
                Claim::is("/aud", "{secret.audience}"),
                Claim::is("/email", "{secret.email}"),
                Claim::is("/email_verified", "true"),
                Claim::present("/exp"),
            ],
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::days(7),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
