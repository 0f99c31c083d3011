use http::Method;

use crate::{
    scheme::{
        Algorithm, Answers, CertificateRules, CertificateTrust, ContentEncoding, Coverage, Dedupe,
        Encoding, Field, KeyDocument, KeyUrl, Locate, OnRetry, RemoteKeys, Scheme, SecretFormat,
        Shape, Signature, Template, TimeUnit, TimestampField, Tolerance, UrlPorts, When,
    },
    units::Span,
};

/// AWS SNS (HTTP and HTTPS subscriptions), `SignatureVersion` 2: RSA PKCS#1 v1.5 with SHA-256 over
/// the listed fields of the JSON body.
///
/// # Source
///
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>, and the official
/// validators `aws/aws-php-sns-message-validator` (whose tests print real messages) and npm
/// `sns-validator` 0.3.5. Evidence: high; vectors are published, with a certificate of 2022.
///
/// # What is signed
///
/// `Message`, `MessageId`, `Subject` if there is one, `Timestamp`, `TopicArn` and `Type`, each with its
/// name; of confirmations `Message`, `MessageId`, `SubscribeURL`, `Timestamp`, `Token`, `TopicArn` and
/// `Type`. `MessageId`, the id, is the same on retries, and deliveries are deduplicated by it.
///
/// **Not** signed are the other fields, `UnsubscribeURL` and `MessageAttributes` among them, and every header.
///
/// # Pitfalls
///
/// - The secret is `remote:` (feature `remote-keys`): the certificate at `SigningCertURL`. The URL has
///   to be on a host `sns.<region>.amazonaws.com` or `sns.<region>.amazonaws.com.cn`, and its certificate
///   valid and SNS's by its name; its chain is not in the document. A certificate can be pasted instead.
/// - Every AWS customer's topic signs with the same keys. So the secret's part `topic_arn` is needed:
///   the ARN of your topic. For several topics there are several secrets.
/// - New topics sign with version 1, which is SHA-1: set the topic's attribute `SignatureVersion` to
///   2, or use `aws-sns-v1`. The message never chooses.
/// - `SubscriptionConfirmation` is a delivery like any other: its handler visits `SubscribeURL`, or
///   calls `ConfirmSubscription` with `Token`. Nothing is fetched for you. `UnsubscribeConfirmation` has
///   a `SubscribeURL` too, which subscribes again.
/// - Raw message delivery strips the signature, and such deliveries are refused.
/// - `Content-Type` is `text/plain`, so use `VerifiedWebhook`, not `Json`.
/// - Retries: for up to an hour (<https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>).
/// - Tolerance: none is documented. `Timestamp` is when the message was published, so two hours.
#[must_use]
pub fn aws_sns() -> Scheme {
    Scheme {
        id: "aws-sns".to_owned(),
        methods: vec![Method::POST],
        algorithm: Algorithm::RsaPkcs1Sha256,
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
                Field::is("version", Locate::json("/SignatureVersion"), "2"),
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
