use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, JsonPointer,
        KeyDocument, KeyUrl, Locate, MediaType, OnRetry, RemoteKeys, Scheme, SecretFormat, Shape,
        Signature, Template, UrlPorts, When,
    },
    units::Span,
};

/// Travis CI: `Signature: <base64>`, RSA PKCS#1 v1.5 with SHA-1 over the form field `payload`.
///
/// # Source
///
/// <https://docs.travis-ci.com/user/notifications/#verifying-webhook-requests>, and Travis CI's own
/// `travis-ci/webhook-signature-verifier`. Evidence: high for the construction; no vector is
/// published.
///
/// # What is signed
///
/// The JSON text: the decoded form field `payload`, which is the form's only one. Its `id` is the
/// build's and comes with each of the build's notifications, so nothing is deduplicated.
/// `Travis-Repo-Slug` is not signed.
///
/// # Pitfalls
///
/// - **Old**: SHA-1, and no timestamp, so a delivery can be sent again for ever. Look at the
///   build's `state` in Travis CI's API where it matters.
/// - The secret is `remote:` (feature `remote-keys`), or Travis CI's public key, a PEM:
///   `config.notifications.webhook.public_key` at `https://api.travis-ci.com/config`. It is the same
///   for everybody: check `repository` in the payload.
/// - The key can change. `remote:` then fetches it again; with a pasted one keep both for a while.
/// - The documentation's older scheme, a hash in `Authorization`, covers no body and is not
///   accepted.
/// - Retries: not documented, so our default of three days.
///
/// # Warnings
///
/// - `weak-algorithm`: Travis CI signs with SHA-1 only.
#[must_use]
pub fn travis_ci() -> Scheme {
    Scheme {
        id: "travis-ci".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::RsaPkcs1Sha1,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::Fixed("https://api.travis-ci.com/config".to_owned()),
            hosts: vec!["api.travis-ci.com".to_owned()],
            document: KeyDocument::PemAt(JsonPointer::literal(
                "/config/notifications/webhook/public_key",
            )),
        }),
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::content_type(MediaType::Form),
            signature: Signature {
                at: Locate::header("signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{payload}")),
            timestamp: None,
            event_id: None,
            event_type: None,
            fields: vec![Field::required("payload", Locate::only_form("payload"))],
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
