//! MessageBird's own reference cases: see `tests/reference/README.md`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::rc::Rc;

use axum_webhook::{
    Keyring, Secret, Timestamp, providers,
    scheme::{Algorithm, Scheme},
    sign::Signed,
};
use http::{HeaderMap, Method};
use serde::Deserialize;

use crate::core::{delivery::Delivery, jwt};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    method: String,
    /// The unsigned one has none.
    secret: Option<String>,
    url: String,
    payload: Option<String>,
    timestamp: String,
    token: String,
    valid: bool,
    reason: Option<String>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../../reference/messagebird/webhook-signature-jwt-reference.json");
    serde_json::from_str(text).unwrap()
}

impl Case {
    /// The request, judged by the preset with another algorithm.
    fn delivery(&self, algorithm: Algorithm) -> Delivery {
        let scheme = Scheme {
            algorithm,
            ..providers::messagebird()
        };
        let secret = self.secret.as_deref().unwrap_or("any secret");
        let keyring = Keyring::new(&scheme, Secret::new(secret).unwrap()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("messagebird-signature-jwt", self.token.parse().unwrap());
        let signed = Signed {
            method: Method::from_bytes(self.method.as_bytes()).unwrap(),
            url: self.url.clone(),
            headers,
            body: self.payload.clone().unwrap_or_default().into_bytes(),
        };
        assert_eq!(self.timestamp, "2021-07-05T12:00:00+02:00");
        let now = Timestamp::from_unix_seconds(1_625_479_200);
        Delivery::new(&self.name, &Rc::new(scheme), keyring, signed, now)
    }

    /// What our refusal is called, from the words of the reference.
    fn code(&self) -> &'static str {
        match self
            .reason
            .as_deref()
            .unwrap()
            .strip_prefix("invalid jwt: ")
            .unwrap()
        {
            "claim nbf is in the future" => "future",
            // Its nbf is as old, and is looked at first.
            "claim exp is in the past" => "stale",
            "claim url_hash is invalid"
            | "claim payload_hash is invalid"
            | "claim payload_hash is set but actual payload is missing" => "claim-mismatch",
            "claim payload_hash is not set but payload is present" => "missing",
            "signature is invalid" => "mismatch",
            "signing method none is invalid" => "signature-malformed",
            other => panic!("{other} is new"),
        }
    }
}

#[test]
fn the_reference_s_forgeries_are_refused_for_its_reasons() {
    let mut refused = 0;
    for case in cases().iter().filter(|case| !case.valid) {
        case.delivery(Algorithm::JwtHs256)
            .refused_as(case.code(), &case.name);
        refused += 1;
    }
    assert_eq!(refused, 20);
}

#[test]
fn the_reference_s_deliveries_are_accepted_but_for_other_algorithms() {
    let (mut accepted, mut stricter) = (0, 0);
    for case in cases().iter().filter(|case| case.valid) {
        let delivery = case.delivery(Algorithm::JwtHs256);
        let other = match case.name.as_str() {
            "HS384 alg - GET" => Algorithm::JwtHs384,
            "HS512 alg - GET" => Algorithm::JwtHs512,
            _ => {
                delivery.accepted(&case.name);
                accepted += 1;
                continue;
            }
        };
        // The SDK believes the message; we have one algorithm, which the scheme can change.
        delivery.refused_as("signature-malformed", &case.name);
        case.delivery(other).accepted(&case.name);
        stricter += 1;
    }
    assert_eq!((accepted, stricter), (22, 2));
}

#[test]
fn a_hash_of_the_body_may_be_missing_where_there_is_none() {
    const EMPTY: &str = r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#;
    let with_body = super::delivery("messagebird");
    let empty = with_body.with_body("");
    let hash = |delivery: &Delivery, value: &str| {
        delivery.with_claims(|claims| claims.set("payload_hash", value))
    };
    let without =
        |delivery: &Delivery| delivery.with_claims(|claims| claims.remove("payload_hash"));
    with_body.accepted("with its hash");
    without(&with_body).refused_as("missing", "a body without a hash");
    hash(&with_body, "null").refused_as("missing", "a body whose hash is null");
    hash(&with_body, EMPTY).refused_as("claim-mismatch", "a body with the hash of none");
    empty.refused_as("claim-mismatch", "the body was removed");
    without(&empty).accepted("no body, no hash");
    hash(&empty, EMPTY).accepted("no body, and the hash of none");
    hash(&empty, "null").refused_as("missing", "no body, and null for a hash");
    for wrong in [
        r#""""#,
        r#""00""#,
        "0",
        "[]",
        "{}",
        "false",
        &format!("[{EMPTY}]"),
    ] {
        hash(&empty, wrong).refused_as("claim-mismatch", wrong);
    }
    // White space is a body.
    without(&empty)
        .with_body(" ")
        .refused_as("missing", "a space without a hash");
    // No other claim may be missing because of that.
    for name in ["iss", "url_hash", "exp", "jti", "nbf"] {
        let bare = without(&empty).with_claims(|claims| claims.remove(name));
        bare.refused_as("missing", name);
    }
    // And the token of an empty delivery is good for one without a body only.
    let token = without(&empty).signature_text();
    with_body
        .with_token(&token)
        .refused_as("missing", "the token of an empty delivery");
    assert_eq!(
        jwt::decode(&without(&empty).token_parts()[0]),
        jwt::HEADER.as_bytes()
    );
}
