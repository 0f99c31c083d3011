use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, ContentEncoding, Coverage, Dedupe, Encoding, Field, Locate, OnRetry,
        Scheme, SecretFormat, Shape, Signature, Template, TimeUnit, TimestampField, Tolerance,
        UrlPorts, When,
    },
    units::Span,
};

/// Midtrans SNAP-BI: `X-Signature: <base64>`, RSA with SHA-256 over method, path, body hash and
/// timestamp.
///
/// # Source
///
/// <https://docs.midtrans.com/reference/payment-notification-api> and
/// `SnapBi.isWebhookNotificationVerified` of `midtrans-client` 1.4.3, which accepts our vector.
/// Evidence: high for the construction; no vector is published.
///
/// # What is signed
///
/// `POST:<path>:<sha256 of the minified body, hex>:<X-Timestamp>`, PKCS#1 v1.5. Two requests with
/// equal content are the same, so they are deduplicated by content.
///
/// No event id is signed: `originalReferenceNo` names the transaction.
///
/// # Pitfalls
///
/// - Needs a release with public keys. The secret is Midtrans' RSA public key for your environment,
///   as PEM.
/// - The path is that of the request as received. A proxy that adds or strips a prefix breaks the
///   signature.
/// - `X-Timestamp` is RFC 3339 with an offset. Tolerance: none is documented; five minutes both
///   ways.
/// - SNAP wants its own JSON as the answer, such as
///   `{"responseCode":"2005600","responseMessage":"Successful"}`, where the digits name the
///   service: let your handler answer that.
/// - Retries: not documented, so an event is remembered for our default of three days.
#[must_use]
pub fn midtrans_snap_bi() -> Scheme {
    Scheme {
        id: "midtrans-snap-bi".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::RsaPkcs1Sha256,
        secret: SecretFormat::PublicKey,
        secret_parts: Vec::new(),
        key_id: None,
        remote_keys: None,
        coverage: Coverage::Body,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::header("x-signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal(
                "{method}:{path}:{body|minify|sha256|hex}:{time}",
            )),
            timestamp: Some(TimestampField {
                at: Locate::header("x-timestamp"),
                unit: TimeUnit::Rfc3339,
            }),
            event_id: None,
            event_type: Some(Locate::json("/latestTransactionStatus")),
            fields: vec![Field {
                name: "time".to_owned(),
                at: Locate::header("x-timestamp"),
                optional: false,
                free: true,
                width: None,
                is: None,
            }],
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
