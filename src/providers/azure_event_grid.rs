use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ChallengeField, Charset, Claim, ContentEncoding, Coverage, Dedupe,
        Encoding, Expect, Handshake, HandshakeAnswer, KeyDocument, KeyUrl, Locate, OnRetry,
        RemoteKeys, Scheme, SecretFormat, Shape, Signature, UrlPorts, When,
    },
    units::Span,
};

/// Azure Event Grid with Microsoft Entra ID: `Authorization: Bearer <JWT>`, RS256. It covers no body.
///
/// # Source
///
/// `articles/event-grid/end-point-validation-event-grid-events-schema.md`, `webhook-event-delivery.md`
/// and `scripts/powershell-webhook-secure-delivery-microsoft-entra-app.md` of
/// `MicrosoftDocs/azure-docs`; the claims are those of Entra's access tokens of version 1. Evidence:
/// medium: no page shows a token of Event Grid.
///
/// # What is signed
///
/// The token says who sent it and to whom: `iss` with the tenant, `aud`, `appid` (Event Grid's own
/// application), `nbf` and `exp`. **Nothing of the body is signed.** A body is a list of events; `/0/id`
/// is the first one's, so deliveries are not deduplicated.
///
/// # Pitfalls
///
/// - The secret is Entra's JWK set, <https://login.microsoftonline.com/common/discovery/v2.0/keys>, or
///   `remote:`, which fetches it. `audience` and `tenant` are named parts of the secret: the id of your
///   application, and of your directory.
/// - Tokens of version 2, which an application gets with `accessTokenAcceptedVersion: 2`, have another
///   issuer and `azp` instead of `appid`: describe them in a scheme of your own.
/// - National clouds have another issuer and another application of Event Grid.
/// - Without Entra nothing is signed. Put a long random token into the URL's query, and describe it in a
///   scheme of your own with `algorithm = "shared-token"`.
/// - The validation event is answered only with a right token, and with exactly 200. Schema CloudEvents
///   asks by `OPTIONS` instead, which is not answered here.
/// - Retries: for 24 hours, so 25.
#[must_use]
pub fn azure_event_grid() -> Scheme {
    Scheme {
        id: "azure-event-grid".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::JwtRs256,
        secret: SecretFormat::PublicKey,
        secret_parts: vec!["audience".to_owned(), "tenant".to_owned()],
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::Fixed(
                "https://login.microsoftonline.com/common/discovery/v2.0/keys".to_owned(),
            ),
            hosts: vec!["login.microsoftonline.com".to_owned()],
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
            event_id: None,
            event_type: Some(Locate::json("/0/eventType")),
            fields: Vec::new(),
            body_hash: None,
            claims: vec![
                Claim::is("/iss", "https://sts.windows.net/{secret.tenant}/"),
                Claim::is("/aud", "{secret.audience}"),
                Claim::is("/appid", "4962773b-9cdb-44cf-a8bf-237846a00ab7"),
                Claim::present("/exp"),
                Claim::present("/nbf"),
            ],
            signed_headers: None,
            each: None,
        }],
        tolerance: None,
        dedupe: Dedupe::Off,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(25),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: vec![Handshake {
            method: Method::POST,
            when: vec![Expect::text(
                Locate::header("aeg-event-type"),
                "SubscriptionValidation",
            )],
            signed: true,
            pairs: false,
            challenge: Some(ChallengeField {
                at: Locate::json("/0/data/validationCode"),
                charset: Charset::Token,
                min: 1,
                max: 128,
            }),
            answer: HandshakeAnswer::json(r#"{{"validationResponse":"{challenge}"}}"#),
        }],
    }
}
