use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, CertificateRules, CertificateTrust, ContentEncoding, Coverage, Dedupe,
        Encoding, Field, KeyDocument, KeyUrl, Locate, OnRetry, RemoteKeys, Scheme, SecretFormat,
        Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// AWS SNS, `SignatureVersion` 1: as [`aws_sns`](crate::providers::aws_sns), but RSA PKCS#1 v1.5 with **SHA-1**.
///
/// # Source
///
/// As `aws-sns`. Evidence: high; vectors are published, with a certificate of 2022.
///
/// # What is signed
///
/// As in `aws-sns`, and the same is not: the message's id is signed, and deliveries are deduplicated
/// by it.
///
/// # Pitfalls
///
/// - **Old**: SHA-1. It is what a topic signs with until its attribute `SignatureVersion` is set to 2;
///   set it, and use `aws-sns`. A message of the other version is refused here too.
/// - All of `aws-sns` holds here: the part `topic_arn`, confirmations, raw delivery, the two hours.
/// - Retries: as in `aws-sns`.
///
/// # Warnings
///
/// - `weak-algorithm`: SHA-1, which a topic signs with until it is told otherwise.
#[must_use]
pub fn aws_sns_v1() -> Scheme {
    Scheme {
        id: "aws-sns-v1".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::RsaPkcs1Sha1,
        secret: SecretFormat::PublicKey,
        secret_parts: vec!["topic_arn".to_owned()],
        key_id: None,
        remote_keys: Some(RemoteKeys {
            url: KeyUrl::At {
                at: Locate::json("/SigningCertURL"),
                path: "/*.pem".to_owned(),
            },
            hosts: vec![
                "sns.*.amazonaws.com".to_owned(),
                "sns.*.amazonaws.com.cn".to_owned(),
            ],
            document: KeyDocument::Certificate(CertificateRules {
                names: vec![
                    "sns.amazonaws.com".to_owned(),
                    "sns.*.amazonaws.com".to_owned(),
                    "sns.*.amazonaws.com.cn".to_owned(),
                ],
                trust: CertificateTrust::Host,
            }),
        }),
        coverage: Coverage::Fields,
        shapes: vec![Shape {
            when: When::always(),
            signature: Signature {
                at: Locate::json("/Signature"),
                list: None,
                item: None,
                prefix: String::new(),
                encoding: Encoding::Base64,
            },
            content: Some(Template::literal("{body|sns}")),
            timestamp: Some(TimestampField {
                at: Locate::json("/Timestamp"),
                unit: TimeUnit::Rfc3339,
            }),
            event_id: Some(Locate::json("/MessageId")),
            event_type: Some(Locate::json("/Type")),
            fields: vec![
                Field::is("version", Locate::json("/SignatureVersion"), "1"),
                Field::is("topic", Locate::json("/TopicArn"), "{secret.topic_arn}"),
            ],
            body_hash: None,
            claims: Vec::new(),
            signed_headers: None,
            each: None,
        }],
        tolerance: Some(Tolerance::new(Span::hours(2), Span::minutes(5))),
        dedupe: Dedupe::Id,
        event_id_on_retry: OnRetry::Same,
        retry_horizon: Span::hours(2),
        content_encoding: ContentEncoding::Identity,
        body_limit: None,
        url_ports: UrlPorts::AsConfigured,
        answers: Answers::standard(),
        handshakes: Vec::new(),
    }
}
