//! Values that have to be something: what the scheme fixes, what the secret brings, and the hash of the body.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::rc::Rc;

use axum_webhook::{Keyring, scheme::Scheme, sign::Draft};

use super::{
    delivery::{Delivery, hex},
    samples::{NOW, secret},
};

/// A delivery that was signed by `signer`, and is judged by `scheme` with the same secret.
fn deliver(draft: Draft, signer: &Scheme, scheme: &Scheme) -> Delivery {
    let signed = draft.sign(signer, secret(scheme, 1)).unwrap();
    let keyring = Keyring::new(scheme, secret(scheme, 1)).unwrap();
    Delivery::new(&scheme.id, &Rc::new(scheme.clone()), keyring, signed, NOW)
}

#[test]
fn a_value_that_the_secret_brings_is_there_once_and_no_other() {
    let scheme: Scheme = toml::from_str(
        r#"
        id = "acme"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        secret_parts = ["topic"]
        fields = [{ name = "topic", at = { json = "/topic" }, is = "{secret.topic}" }]
        "#,
    )
    .unwrap();
    deliver(Draft::new(r#"{"topic":"topic-1"}"#), &scheme, &scheme).accepted("its topic");
    for body in [
        "{}",
        r#"{"topic":"topic-2"}"#,
        r#"{"topic":"topic-11"}"#,
        r#"{"topic":""}"#,
        r#"{"topic":null}"#,
        r#"{"topic":["topic-1"]}"#,
        r#"{"topic":"topic-1","topic":"topic-1"}"#,
    ] {
        deliver(Draft::new(body), &scheme, &scheme).refused_as("unexpected-value", body);
    }
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
