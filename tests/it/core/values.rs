//! Values that have to be something: what the scheme fixes, what the secret brings, and the hash of the body.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::rc::Rc;

use axum_webhook::{Keyring, Secret, providers, scheme::Scheme, sign::Draft};

use super::{
    delivery::{Delivery, hex},
    samples::{NOW, sample, secret, secret_text},
};

/// A scheme whose deliveries are each for the topic of a secret.
const TOPIC: &str = r#"
    id = "acme"
    algorithm = "hmac-sha256"
    content = "{body}"
    signature = { at = { header = "x-sig" }, encoding = "hex" }
    secret_parts = ["topic"]
    fields = [{ name = "topic", at = { json = "/topic" }, is = "{secret.topic}" }]
"#;

/// A delivery that was signed by `signer`, and is judged by `scheme` with the same secret.
fn deliver(draft: Draft, signer: &Scheme, scheme: &Scheme) -> Delivery {
    let signed = draft.sign(signer, secret(scheme, 1)).unwrap();
    let keyring = Keyring::new(scheme, secret(scheme, 1)).unwrap();
    Delivery::new(&scheme.id, &Rc::new(scheme.clone()), keyring, signed, NOW)
}

#[test]
fn a_value_that_the_secret_brings_is_there_once_and_no_other() {
    let scheme: Scheme = toml::from_str(TOPIC).unwrap();
    // A signer that knows of the topic would write it.
    let mut signer = scheme.clone();
    signer.shapes[0].fields.clear();
    let with_body = |body: &str| deliver(Draft::new(body), &signer, &scheme);
    with_body(r#"{"topic":"topic-1"}"#).accepted("its topic");
    for body in [
        "{}",
        r#"{"topic":"topic-2"}"#,
        r#"{"topic":"topic-11"}"#,
        r#"{"topic":""}"#,
        r#"{"topic":null}"#,
        r#"{"topic":["topic-1"]}"#,
        r#"{"topic":"topic-1","topic":"topic-1"}"#,
    ] {
        with_body(body).refused_as("unexpected-value", body);
    }
}

/// Where one secret is that of several topics, each of its keys is for its own.
#[test]
fn a_key_is_for_what_its_own_secret_brings() {
    let scheme: Scheme = toml::from_str(TOPIC).unwrap();
    let mut signer = scheme.clone();
    signer.shapes[0].fields.clear();
    let of_topic = |topic: &str| {
        let secret = Secret::new(secret_text(&scheme, 1)).unwrap();
        secret.with_part("topic", topic).unwrap().with_id(topic)
    };
    let keyring = Keyring::new(&scheme, [of_topic("topic-2"), of_topic("topic-1")]).unwrap();
    for topic in ["topic-1", "topic-2"] {
        let body = format!(r#"{{"topic":{topic:?}}}"#);
        let delivery = deliver(Draft::new(body), &signer, &scheme).with_keyring(keyring.clone());
        assert_eq!(delivery.accepted(topic).key_id(), topic);
    }
}

/// No linter has looked at the scheme, or the keys are another scheme's: then nothing is genuine.
#[test]
fn what_nobody_has_checked_verifies_nothing() {
    let github = sample("github").delivery();
    let mut unsigned = github.clone();
    let mut scheme = providers::github();
    scheme.shapes[0].content = None;
    unsigned.scheme = Rc::new(scheme);
    unsigned.refused_as("mismatch", "a scheme that signs nothing");

    let token = providers::telegram();
    let keyring = Keyring::new(&token, secret(&token, 1)).unwrap();
    let with_token = github.with_keyring(keyring);
    with_token.refused_as("mismatch", "the key is a token");

    let public: Scheme = toml::from_str(
        r#"
        id = "acme"
        algorithm = "ed25519"
        secret = "public-key"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    )
    .unwrap();
    #[cfg(feature = "ed25519")]
    {
        // ref: RFC 8032 §7.1, test 1.
        let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let keyring = Keyring::new(&public, Secret::new(key).unwrap()).unwrap();
        let with_public = github.with_keyring(keyring);
        with_public.refused_as("mismatch", "the key is a public one");
    }
    let mut of_public = github.clone();
    of_public.scheme = Rc::new(public);
    let tag = "0".repeat(128);
    of_public.headers.insert("x-sig", tag.parse().unwrap());
    // Without its feature no signature is one.
    let code = if cfg!(feature = "ed25519") {
        "mismatch"
    } else {
        "signature-malformed"
    };
    of_public.refused_as(code, "the key is that of a MAC");
}

#[test]
fn a_hash_of_the_body_has_one_spelling_and_is_that_of_this_body() {
    let text = r#"
        id = "acme"
        algorithm = "hmac-sha256"
        content = "{hash}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        fields = [{ name = "hash", at = { header = "x-hash" } }]
        "#;
    let signer: Scheme = toml::from_str(text).unwrap();
    let hashed =
        format!("{text}\nbody_hash = {{ at = {{ header = \"x-hash\" }}, encoding = \"hex\" }}");
    let scheme: Scheme = toml::from_str(&hashed).unwrap();
    let right = hex(&<sha2::Sha256 as sha2::Digest>::digest("{}"));
    let with_hash =
        |hash: &str| deliver(Draft::new("{}").with_field("hash", hash), &signer, &scheme);
    with_hash(&right).accepted("its hash");
    for (hash, code) in [
        (right.to_uppercase(), "malformed"),
        (format!("{right}0"), "malformed"),
        (right.replacen('4', "g", 1), "malformed"),
        (right.repeat(3), "malformed"),
        (format!("{right}00"), "body-hash-mismatch"),
        (right[..62].to_owned(), "body-hash-mismatch"),
        (right.replacen('4', "5", 1), "body-hash-mismatch"),
    ] {
        with_hash(&hash).refused_as(code, &hash);
    }
}
