use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, CertificateRules, CertificateTrust, ContentEncoding, Coverage, Dedupe,
        Encoding, Field, KeyDocument, KeyUrl, Locate, OnRetry, RemoteKeys, Scheme, SecretFormat,
        Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// `PayPal` (REST webhooks): `PAYPAL-TRANSMISSION-SIG: <base64>`, RSA PKCS#1 v1.5 with SHA-256 over
/// transmission, webhook and a CRC-32 of the body.
///
/// # Source
///
/// <https://developer.paypal.com/api/rest/webhooks/rest/>, and `paypal/PayPal-Java-SDK` and
/// `paypal/PayPal-Python-SDK` (`Event.java`, `SSLUtil.java`, `notifications.py`), both retired.
/// Evidence: high; the Java SDK's test is a real delivery with its certificate, of 2017.
///
/// # What is signed
///
/// `<PAYPAL-TRANSMISSION-ID>|<PAYPAL-TRANSMISSION-TIME>|<webhook id>|<CRC-32 of the body, in decimal>`.
/// Deliveries are deduplicated by the transmission's id.
///
/// **The body is not signed, only its CRC-32 is**, and anybody can make a body of a given CRC-32: who
/// has seen one delivery can send another body under its signature, until it is handled. So the
/// event's own `id` is not signed either.
///
/// # Pitfalls
///
/// - Take nothing of worth from the body: fetch the resource from `PayPal`'s API.
/// - The secret is `remote:` (feature `remote-keys`): the certificate at `PAYPAL-CERT-URL`. The URL has
///   to be below `/v1/notifications/certs/` on `api.paypal.com` or `api.sandbox.paypal.com`; write
///   `remote:https://api.paypal.com/v1/notifications/certs/` to leave the sandbox out. The certificate
///   has to be valid, for `messageverificationcerts.paypal.com` or the sandbox's, and lead to a public root.
/// - The certificate of the Java SDK's test came alone. If `PayPal`'s document lacks the certificate
///   between it and the root, deliveries are answered 503 and the reason says so: add that
///   certificate by `RemoteKeySource::with_root_certificate`, or paste `PayPal`'s certificate as the secret.
/// - The secret's part `webhook_id` is needed: the id of your webhook, which no request carries.
/// - `PAYPAL-AUTH-ALGO` has to be `SHA256withRSA`; it chooses nothing.
/// - The webhooks simulator signs with another webhook id.
/// - Retries: for three days (from memory: the page could not be read).
/// - Tolerance: none is documented, and neither is whether a retry has a new time, so the window is
///   an hour wider than the retries.
#[must_use]
pub fn paypal() -> Scheme {
    Scheme {
        id: "paypal".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::RsaPkcs1Sha256,
        secret: SecretFormat::PublicKey,
        secret_parts: vec!["webhook_id".to_owned()],
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::At {
                at: Locate::header("paypal-cert-url"),
                path: "/v1/notifications/certs/*".to_owned(),
            },
            hosts: vec![
                "api.paypal.com".to_owned(),
                "api.sandbox.paypal.com".to_owned(),
            ],
            document: KeyDocument::Certificate(CertificateRules {
                names: vec![
                    "messageverificationcerts.paypal.com".to_owned(),
                    "messageverificationcerts.sandbox.paypal.com".to_owned(),
                ],
                trust: CertificateTrust::PublicRoots,
            }),
        }),
        coverage: Coverage::Fields,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("paypal-transmission-sig"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal(
                "{id}|{timestamp}|{secret.webhook_id}|{body|crc32}",
            )),
            timestamp: Some(TimestampField {
                at: Locate::header("paypal-transmission-time"),
                unit: TimeUnit::Rfc3339,
            }),
            event_id: Some(Locate::header("paypal-transmission-id")),
            event_type: Some(Locate::json("/event_type")),
            fields: vec![Field::is(
                "algorithm",
                Locate::header("paypal-auth-algo"),
                "SHA256withRSA",
            )],
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::hours(73), Span::minutes(5))),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Unknown,
        retry_horizon: Span::hours(73),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
