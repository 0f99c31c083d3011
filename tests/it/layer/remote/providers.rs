//! Presets whose keys are published, through the whole layer.

use axum_webhook::{Endpoint, EndpointError, RemoteKeysError, Secret, providers, scheme::Scheme};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD},
};
use http::{Request, Response};
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData as _, SigningKey as _};
use serde_json::{Value, json};

use super::{
    Receiver,
    server::{Authority, KeyServer, status},
};
use crate::layer::support::hex;

const SNS: &str = "sns.eu-central-1.amazonaws.com";
const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:orders";
const CERTIFICATE: &str = "/SimpleNotificationService-7506a1e3.pem";

fn rsa() -> KeyPair {
    KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap()
}

fn part(secret: Secret, name: &str, value: &str) -> Secret {
    secret.with_part(name, value).unwrap()
}

fn topic(arn: &str) -> Secret {
    part(Secret::remote(), "topic_arn", arn)
}

/// A server of SNS that publishes the certificate of `key` and nothing else.
async fn sns(key: &KeyPair) -> KeyServer {
    let server = KeyServer::of(&[SNS, "evil.example.com"]).await;
    let pem = server
        .authority
        .certify(key, "sns.amazonaws.com", 2023, 2024)
        .pem();
    server.reply(move |request| match request.uri().path() {
        CERTIFICATE => Response::new(pem.clone().into()),
        _ => status(404),
    });
    server
}

fn notification() -> Value {
    json!({
        "Type": "Notification", "MessageId": "m-1", "TopicArn": TOPIC, "Subject": "s",
        "Message": "{\"order\":7}\nMessageId\nnot this", "Timestamp": "2023-11-14T22:00:00.000Z",
        "SignatureVersion": "2", "SigningCertURL": format!("https://{SNS}{CERTIFICATE}"),
        "UnsubscribeURL": format!("https://{SNS}/?Action=Unsubscribe"),
    })
}

fn confirmation() -> Value {
    json!({
        "Type": "SubscriptionConfirmation", "MessageId": "m-2", "TopicArn": TOPIC, "Token": "t",
        "Message": "You have chosen to subscribe", "Timestamp": "2023-11-14T22:00:00.000Z",
        "SubscribeURL": format!("https://{SNS}/?Action=ConfirmSubscription"),
        "SignatureVersion": "2", "SigningCertURL": format!("https://{SNS}{CERTIFICATE}"),
    })
}

fn signed(mut message: Value, key: &KeyPair) -> Value {
    let names = if message["Type"] == "Notification" {
        &[
            "Message",
            "MessageId",
            "Subject",
            "Timestamp",
            "TopicArn",
            "Type",
        ][..]
    } else {
        &[
            "Message",
            "MessageId",
            "SubscribeURL",
            "Timestamp",
            "Token",
            "TopicArn",
            "Type",
        ][..]
    };
    let mut content = String::new();
    for name in names {
        if let Some(value) = message[*name].as_str() {
            content.extend([name, "\n", value, "\n"]);
        }
    }
    let signature = key.sign(content.as_bytes()).unwrap();
    message["Signature"] = BASE64.encode(signature).into();
    message
}

fn post(body: &impl ToString) -> Request<axum::body::Body> {
    Request::post("https://example.com/webhook")
        .header("content-type", "text/plain; charset=UTF-8")
        .body(body.to_string().into())
        .unwrap()
}

#[tokio::test]
async fn a_message_of_sns_verifies_by_the_certificate_that_it_names() {
    let key = rsa();
    let server = sns(&key).await;
    let receiver = Receiver::with(&providers::aws_sns(), &server, topic(TOPIC), |it| it);
    for message in [notification(), confirmation(), notification()] {
        let answer = receiver.send(post(&signed(message, &key))).await;
        answer.assert_handled("genuine");
    }
    assert_eq!(receiver.runs.count(), 3);
    assert_eq!(server.requests.count(), 1);
}

#[tokio::test]
async fn t_d2_a_subscribe_url_is_the_handlers_and_never_fetched() {
    let key = rsa();
    let server = sns(&key).await;
    let receiver = Receiver::with(&providers::aws_sns(), &server, topic(TOPIC), |it| it);
    let genuine = signed(confirmation(), &key);
    receiver
        .send(post(&genuine))
        .await
        .assert_handled("a confirmation");
    assert_eq!(
        (receiver.runs.count(), server.requests.count()),
        (1, 1),
        "the certificate alone"
    );
    let mut forged = genuine;
    forged["SubscribeURL"] = "https://evil.example.com/".into();
    let answer = receiver.send(post(&forged)).await;
    answer.assert_refused("another SubscribeURL", "mismatch");
    assert_eq!((receiver.runs.count(), server.requests.count()), (1, 1));
}

#[tokio::test]
async fn t_d1_a_certificate_from_elsewhere_is_never_fetched() {
    let key = rsa();
    let server = sns(&key).await;
    let receiver = Receiver::with(&providers::aws_sns(), &server, topic(TOPIC), |it| it);
    for url in [
        "https://evil.example.com/SimpleNotificationService-7506a1e3.pem",
        "https://evil.s3.amazonaws.com/sns.eu-central-1.amazonaws.com.pem",
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-7506a1e3.pem",
        "https://sns.eu-central-1.amazonaws.com.evil.example.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com@evil.example.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com:443/a.pem",
        "https://sns.eu-central-1.amazonaws.com/a.pem?x=.pem",
        "https://sns.eu-central-1.amazonaws.com/a.pem#.pem",
        "https://sns.eu-central-1.amazonaws.com/../a.pem",
        "https://SNS.eu-central-1.amazonaws.com/a.pem",
        "https://sns.amazonaws.com/a.pem",
        "",
    ] {
        let mut message = signed(notification(), &key);
        message["SigningCertURL"] = url.into();
        receiver
            .send(post(&message))
            .await
            .assert_refused(url, "key-not-found");
    }
    assert_eq!((server.connections.count(), receiver.runs.count()), (0, 0));
}

#[tokio::test]
async fn what_is_not_for_this_topic_and_version_fetches_nothing() {
    let key = rsa();
    let server = sns(&key).await;
    let receiver = Receiver::with(&providers::aws_sns(), &server, topic(TOPIC), |it| it);
    for (name, at, value, code) in [
        (
            "another topic",
            "TopicArn",
            json!("arn:aws:sns:us-east-1:666:evil"),
            "key-not-found",
        ),
        ("version 1", "SignatureVersion", json!("1"), "key-not-found"),
        (
            "a version that is a number",
            "SignatureVersion",
            json!(3),
            "key-not-found",
        ),
        (
            "three hours old",
            "Timestamp",
            json!("2023-11-14T19:00:00.000Z"),
            "stale",
        ),
        (
            "of tomorrow",
            "Timestamp",
            json!("2023-11-15T22:00:00.000Z"),
            "future",
        ),
    ] {
        let mut message = notification();
        message[at] = value;
        let answer = receiver.send(post(&signed(message, &key))).await;
        answer.assert_refused(name, code);
    }
    let unsigned = receiver.send(post(&notification())).await;
    unsigned.assert_refused("no signature", "missing");
    let raw = receiver.send(post(&"{\"order\":7}")).await;
    raw.assert_refused("raw delivery", "missing");
    assert_eq!((server.connections.count(), receiver.runs.count()), (0, 0));
}

#[tokio::test]
async fn every_signed_field_of_sns_counts_and_others_do_not() {
    let key = rsa();
    let server = sns(&key).await;
    let receiver = Receiver::with(&providers::aws_sns(), &server, topic(TOPIC), |it| it);
    let genuine = signed(notification(), &key);
    for (name, value) in [
        ("Message", json!("{\"order\":8}")),
        ("MessageId", json!("m-3")),
        ("Subject", json!("another")),
        ("Subject", Value::Null),
        ("Timestamp", json!("2023-11-14T22:00:01.000Z")),
    ] {
        let mut forged = genuine.clone();
        forged[name] = value;
        receiver
            .send(post(&forged))
            .await
            .assert_refused(name, "mismatch");
    }
    // The same bytes are signed, read another way.
    let mut reframed = genuine.clone();
    reframed["Message"] = "{\"order\":7}".into();
    reframed["MessageId"] = "not this\nMessageId\nm-1".into();
    let answer = receiver.send(post(&reframed)).await;
    answer.assert_refused("bytes moved from the message to its id", "malformed");
    let doubled = genuine
        .to_string()
        .replacen('{', "{\"MessageId\":\"m-4\",", 1);
    let answer = receiver.send(post(&doubled)).await;
    answer.assert_refused("an id twice", "duplicate");
    assert_eq!(receiver.runs.count(), 0);
    let mut changed = genuine;
    changed["UnsubscribeURL"] = "https://evil.example.com/".into();
    receiver
        .send(post(&changed))
        .await
        .assert_handled("what is not signed");
}

#[tokio::test]
async fn each_topic_has_a_secret_of_its_own() {
    let key = rsa();
    let server = sns(&key).await;
    let other = "arn:aws:sns:eu-central-1:123456789012:returns";
    let secrets = vec![topic(TOPIC), topic(other).with_id("returns")];
    let receiver = Receiver::with(&providers::aws_sns(), &server, secrets, |it| it);
    let mut second = notification();
    second["TopicArn"] = other.into();
    receiver
        .send(post(&signed(notification(), &key)))
        .await
        .assert_handled("one");
    receiver
        .send(post(&signed(second, &key)))
        .await
        .assert_handled("the other");
    assert_eq!(server.requests.count(), 1, "they share the certificate");
    let built = Endpoint::new(providers::aws_sns(), Secret::remote());
    let error = built.unwrap_err().to_string();
    assert!(error.contains("topic_arn"), "{error}");
}

const PAYPAL: &str = "api.paypal.com";
const SANDBOX: &str = "api.sandbox.paypal.com";
const CERTS: &str = "https://api.paypal.com/v1/notifications/certs/";

/// A server of PayPal that publishes a certificate of `key`, from its own or another authority.
async fn paypal(key: &KeyPair, stranger: Option<&Authority>) -> KeyServer {
    let server = KeyServer::of(&[PAYPAL, SANDBOX, "evil.example.com"]).await;
    let authority = stranger.unwrap_or(&server.authority);
    let name = "messageverificationcerts.paypal.com";
    server.publish(authority.certify(key, name, 2023, 2024).pem());
    server
}

/// A delivery whose certificate is at `url`.
fn paypal_delivery(key: &KeyPair, webhook: &str, url: &str) -> Request<axum::body::Body> {
    let (id, time, body) = (
        "t-1",
        "2023-11-14T22:00:00Z",
        "{\"event_type\":\"PAYMENT\"}",
    );
    // The sum of that body, by Python's zlib.crc32.
    let content = format!("{id}|{time}|{webhook}|1869253670");
    Request::post("https://example.com/webhook")
        .header("paypal-transmission-id", id)
        .header("paypal-transmission-time", time)
        .header("paypal-auth-algo", "SHA256withRSA")
        .header("paypal-cert-url", url)
        .header(
            "paypal-transmission-sig",
            BASE64.encode(key.sign(content.as_bytes()).unwrap()),
        )
        .body(body.into())
        .unwrap()
}

fn webhook(secret: Secret) -> Secret {
    part(secret, "webhook_id", "wh-1")
}

#[tokio::test]
async fn a_delivery_of_paypal_verifies_by_the_certificate_that_it_names() {
    let key = rsa();
    let server = paypal(&key, None).await;
    let secret = webhook(Secret::remote());
    let receiver = Receiver::with(&providers::paypal(), &server, secret, |it| it);
    let url = format!("{CERTS}CERT-1");
    for _ in 0..3 {
        let answer = receiver.send(paypal_delivery(&key, "wh-1", &url)).await;
        answer.assert_handled("genuine");
    }
    assert_eq!(server.requests.count(), 1);
    let answer = receiver.send(paypal_delivery(&key, "wh-2", &url)).await;
    answer.assert_refused("of another webhook", "mismatch");
    let mut changed = paypal_delivery(&key, "wh-1", &url);
    *changed.body_mut() = "{\"event_type\":\"REFUNDS\"}".into();
    receiver
        .send(changed)
        .await
        .assert_refused("another body", "mismatch");
    assert_eq!(receiver.runs.count(), 3);
}

#[tokio::test]
async fn t_d3_paypals_certificate_and_algorithm_are_not_the_senders_choice() {
    let (key, stranger) = (rsa(), Authority::new());
    let server = paypal(&key, Some(&stranger)).await;
    let secret = webhook(Secret::remote());
    let receiver = Receiver::with(&providers::paypal(), &server, secret, |it| it);
    for url in [
        "https://evil.example.com/v1/notifications/certs/CERT-1",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/checkout/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../CERT-1",
        "https://www.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example.com/v1/notifications/certs/CERT-1",
    ] {
        let answer = receiver.send(paypal_delivery(&key, "wh-1", url)).await;
        answer.assert_refused(url, "key-not-found");
    }
    let url = format!("{CERTS}CERT-1");
    for algorithm in ["SHA1withRSA", "sha256withrsa", "none", "SHA256withRSA "] {
        let mut request = paypal_delivery(&key, "wh-1", &url);
        request
            .headers_mut()
            .insert("paypal-auth-algo", algorithm.parse().unwrap());
        receiver
            .send(request)
            .await
            .assert_refused(algorithm, "unexpected-value");
    }
    assert_eq!(server.connections.count(), 0);
    let answer = receiver.send(paypal_delivery(&key, "wh-1", &url)).await;
    answer.assert_try_again("a certificate of nobody's", "keys-unavailable");
    assert_eq!(receiver.runs.count(), 0);
}

#[tokio::test]
async fn paypals_sandbox_can_be_left_out() {
    let key = rsa();
    let server = paypal(&key, None).await;
    let secret = webhook(Secret::remote_at(CERTS));
    let receiver = Receiver::with(&providers::paypal(), &server, secret, |it| it);
    let sandbox = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1";
    let answer = receiver.send(paypal_delivery(&key, "wh-1", sandbox)).await;
    answer.assert_refused("the sandbox", "key-not-found");
    assert_eq!(server.connections.count(), 0);
    let live = format!("{CERTS}CERT-1");
    let answer = receiver.send(paypal_delivery(&key, "wh-1", &live)).await;
    answer.assert_handled("live");
    let elsewhere = webhook(Secret::remote_at("https://evil.example.com/"));
    let built = Endpoint::new(providers::paypal(), elsewhere).err();
    let wrong = RemoteKeysError::Url("https://evil.example.com/".to_owned());
    assert_eq!(built, Some(EndpointError::RemoteKeys(wrong)));
}

/// A delivery with these headers, and its signature over `content`.
fn deliver(
    headers: &[(&str, &str)],
    signature: (&str, String),
    body: &str,
) -> Request<axum::body::Body> {
    let mut request = Request::post("https://example.com/webhook");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (name, value) = signature;
    request
        .header(name, value)
        .body(body.to_owned().into())
        .unwrap()
}

async fn published(
    scheme: &Scheme,
    host: &str,
    path: &'static str,
    text: String,
) -> (KeyServer, Receiver) {
    let server = KeyServer::of(&[host]).await;
    server.reply(move |request| match request.uri().path() {
        it if it == path => Response::new(text.clone().into()),
        _ => status(404),
    });
    let receiver = Receiver::new(scheme, &server);
    (server, receiver)
}

#[tokio::test]
async fn shipstations_keys_are_looked_up_by_their_ids() {
    let key = rsa();
    let spki = key.der_bytes();
    let modulus = &spki[spki.len() - 261..spki.len() - 5];
    let set = json!({ "keys": [
        super::jwk("ec", &super::key()),
        { "kty": "RSA", "kid": "k-1", "use": "sig", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(modulus) },
    ]});
    let scheme = providers::shipstation();
    let (server, receiver) =
        published(&scheme, "api.shipengine.com", "/jwks", set.to_string()).await;
    let time = "2023-11-14T22:13:20Z";
    let signature = BASE64.encode(key.sign(format!("{time}.{{}}").as_bytes()).unwrap());
    for (id, handled) in [("k-1", true), ("k-2", false)] {
        let headers = [
            ("x-shipengine-timestamp", time),
            ("x-shipengine-rsa-sha256-key-id", id),
        ];
        let signature = ("x-shipengine-rsa-sha256-signature", signature.clone());
        let answer = receiver.send(deliver(&headers, signature, "{}")).await;
        if handled {
            answer.assert_handled(id);
        } else {
            answer.assert_refused(id, "key-not-found");
        }
    }
    assert_eq!(server.requests.count(), 1);
}

#[tokio::test]
async fn kicks_key_is_read_from_its_api() {
    let key = rsa();
    let document = json!({ "data": { "public_key": key.public_key_pem() }, "message": "OK" });
    let scheme = providers::kick();
    let (_server, receiver) = published(
        &scheme,
        "api.kick.com",
        "/public/v1/public-key",
        document.to_string(),
    )
    .await;
    let time = "2023-11-14T22:13:20Z";
    let signature = BASE64.encode(key.sign(format!("01J.{time}.{{}}").as_bytes()).unwrap());
    let headers = [
        ("kick-event-message-id", "01J"),
        ("kick-event-message-timestamp", time),
    ];
    let request = deliver(&headers, ("kick-event-signature", signature), "{}");
    receiver.send(request).await.assert_handled("kick");
}

#[cfg(feature = "ed25519")]
#[tokio::test]
async fn all_of_fals_keys_are_tried() {
    let keys = [(); 2].map(|()| KeyPair::generate_for(&PKCS_ED25519).unwrap());
    let jwks = keys.iter().map(|key| {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(key.der_bytes()) })
    });
    let set = json!({ "keys": jwks.collect::<Vec<_>>() });
    let scheme = providers::fal_ai();
    let (server, receiver) = published(
        &scheme,
        "rest.alpha.fal.ai",
        "/.well-known/jwks.json",
        set.to_string(),
    )
    .await;
    let sha256_of_braces = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let content = format!("r-1\nu-1\n1700000000\n{sha256_of_braces}");
    let headers = [
        ("x-fal-webhook-request-id", "r-1"),
        ("x-fal-webhook-user-id", "u-1"),
        ("x-fal-webhook-timestamp", "1700000000"),
    ];
    for key in &keys {
        let signature = hex(&key.sign(content.as_bytes()).unwrap());
        let request = deliver(&headers, ("x-fal-webhook-signature", signature), "{}");
        receiver.send(request).await.assert_handled("fal.ai");
    }
    assert_eq!(server.requests.count(), 1);
}
