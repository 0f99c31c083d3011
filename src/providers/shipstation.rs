use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, KeyDocument, KeyUrl,
        Locate, OnRetry, RemoteKeys, Scheme, SecretFormat, Shape, Signature, Template, TimeUnit,
        TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// ShipStation API v2 (ShipEngine): `x-shipengine-rsa-sha256-signature: <base64>`, RSA PKCS#1 v1.5
/// with SHA-256 over timestamp and body.
///
/// # Source
///
/// <https://docs.shipstation.com/apis/docs/guides/webhooks-validation>. Evidence: medium. The page
/// was read up to its third step: headers, RSA-SHA256, five minutes, the raw body; that
/// `<timestamp>.<body>` is signed is what six independent receivers do. No vector is published.
///
/// # What is signed
///
/// `<x-shipengine-timestamp>.<body>`.
///
/// There is no delivery id. Equal content, timestamp included, is the same delivery, and is
/// deduplicated. That stops a replay within the window, not a retry with a new timestamp.
///
/// # Pitfalls
///
/// - The secret is `remote:` (feature `remote-keys`), or pasted: the RSA key of
///   `https://api.shipengine.com/jwks` whose `kid` the header `x-shipengine-rsa-sha256-key-id` names.
///   The set has a key of another kind too. The keys are the same for every account. Accounts in
///   Europe have `remote:https://api.eu.shipengine.com/jwks` (by third parties' code).
/// - A key that is pasted needs no id; one with an id is only for requests that name it.
/// - Webhooks of ShipStation's API v1 are not signed: check the host of `resource_url` before you
///   fetch it.
/// - ShipStation suggests 404 for requests without the headers, to hide the endpoint; they are
///   refused like any other here.
/// - Tolerance: five minutes both ways, as documented.
/// - Retries: not on the page that was read, so our default of three days.
#[must_use]
pub fn shipstation() -> Scheme {
    Scheme {
        id: "shipstation".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::RsaPkcs1Sha256,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: Some(Locate::header("x-shipengine-rsa-sha256-key-id")),
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::Fixed("https://api.shipengine.com/jwks".to_owned()),
            hosts: vec![
                "api.shipengine.com".to_owned(),
                "api.eu.shipengine.com".to_owned(),
            ],
            document: KeyDocument::JwkSet,
        }),
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-shipengine-rsa-sha256-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{timestamp}.{body}")),
            timestamp: Some(TimestampField {
                at: Locate::header("x-shipengine-timestamp"),
                unit: TimeUnit::Rfc3339,
            }),
            event_id: None,
            event_type: Some(Locate::json("/resource_type")),
            fields: Vec::new(),
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::five_minutes()),
        dedupe: Dedupe::Content,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::days(3),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
