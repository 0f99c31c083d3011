//! The deliveries of `tests/vectors`: each verifies, and is refused once anything about it changes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{collections::BTreeMap, io::Read as _, path::Path, rc::Rc};

use axum_webhook::{
    Keyring, KeyringError, Secret, Timestamp, providers,
    scheme::{Coverage, Scheme},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;

use super::{
    delivery::{Delivery, split_url},
    samples::secret_text,
};

/// Genuine deliveries that this release refuses, each with the reason. A reason
/// that no longer holds fails the tests.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "braintree",
        "payload without its last newline: the SDKs accept it",
        "the SDKs sign what is not there any more; nothing on the way takes the line feed out",
    ),
    (
        "mailgun",
        "subaccount event, checked with the parent account key",
        "`parent-signature` is not read",
    ),
    (
        "svix",
        "asymmetric v1a, Ed25519 public key whpk_",
        "Ed25519 is not in this release",
    ),
];

#[derive(Deserialize)]
struct File {
    vector: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    name: String,
    #[serde(rename = "source")]
    _source: String,
    evidence: String,
    secret: String,
    #[serde(default)]
    parts: BTreeMap<String, String>,
    method: Option<String>,
    url: Option<String>,
    now: Option<i64>,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_base64: Option<String>,
    body_repeat: Option<Repeat>,
    event_id: Option<String>,
    event_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    text: String,
    times: usize,
}

impl Vector {
    fn is_refused(&self, provider: &str) -> bool {
        REFUSED
            .iter()
            .any(|(id, name, _)| *id == provider && *name == self.name)
    }

    fn keyring(&self, scheme: &Scheme, secret: &str) -> Result<Keyring, KeyringError> {
        let secret = Secret::new(secret).unwrap();
        let secret = self.parts.iter().fold(secret, |secret, (name, value)| {
            secret.with_part(name, value).unwrap()
        });
        Keyring::new(scheme, secret)
    }

    fn delivery(&self, scheme: &Rc<Scheme>, keyring: Keyring) -> Delivery {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().unwrap();
            headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let mut body = match (&self.body, &self.body_base64, &self.body_repeat) {
            (Some(text), None, None) => text.clone().into_bytes(),
            (None, Some(text), None) => STANDARD.decode(text).unwrap(),
            (None, None, Some(Repeat { text, times })) => text.repeat(*times).into_bytes(),
            _ => panic!("{}: one kind of body", self.name),
        };
        // The layer unpacks what the scheme wants unpacked; the core sees the result.
        if headers
            .get("content-encoding")
            .is_some_and(|it| it == "gzip")
        {
            let mut unpacked = Vec::new();
            flate2::read::GzDecoder::new(&*body)
                .read_to_end(&mut unpacked)
                .unwrap();
            body = unpacked;
        }
        let (public_url, target) = match &self.url {
            Some(url) => {
                let (origin, target) = split_url(url);
                (Some(origin.parse().unwrap()), target)
            }
            None => (None, "/webhooks/in"),
        };
        Delivery {
            name: format!("{}: {}", scheme.id, self.name),
            scheme: Rc::clone(scheme),
            shape: 0,
            keyring,
            public_url,
            method: self.method.as_ref().map_or(Method::POST, |method| {
                Method::from_bytes(method.as_bytes()).unwrap()
            }),
            uri: target.parse().unwrap(),
            headers,
            body,
            now: Timestamp::from_unix_seconds(self.now.unwrap_or(1_700_000_000)),
        }
    }
}

fn vectors(provider: &str) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(format!("{provider}.toml"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!file.vector.is_empty(), "{provider} has no vector");
    file.vector
}

/// Runs `check` on each genuine delivery that is accepted in this release; says how many there were.
fn for_each_accepted(mut check: impl FnMut(&Vector, &Delivery)) {
    let mut count = 0;
    for (id, describe) in providers::ALL {
        let scheme = Rc::new(describe());
        let mut of_this_provider = 0;
        for vector in vectors(id) {
            if vector.is_refused(id) {
                continue;
            }
            let keyring = vector
                .keyring(&scheme, &vector.secret)
                .unwrap_or_else(|error| panic!("{id}: {}: {error}", vector.name));
            check(&vector, &vector.delivery(&scheme, keyring));
            of_this_provider += 1;
        }
        assert!(of_this_provider > 0, "{id} has no vector that verifies");
        count += of_this_provider;
    }
    assert!(count >= 2 * providers::ALL.len(), "only {count} vectors");
}

#[test]
fn every_vector_verifies_with_its_id_and_type() {
    let (mut ids, mut types) = (0, 0);
    for_each_accepted(|vector, delivery| {
        let authentic = delivery.accepted("the vector itself");
        assert_eq!(authentic.coverage(), delivery.scheme.coverage);
        let incoming = delivery.incoming();
        if vector.event_id.is_some() {
            let got = authentic.event_id(&delivery.scheme, &incoming);
            assert_eq!(got, vector.event_id, "{}", delivery.name);
            ids += 1;
        }
        if vector.event_type.is_some() {
            let got = authentic.event_type(&delivery.scheme, &incoming);
            assert_eq!(got, vector.event_type, "{}", delivery.name);
            types += 1;
        }
    });
    assert!(ids > 20 && types > 20, "{ids} ids, {types} types");
}

#[test]
fn every_vector_says_what_it_proves() {
    for_each_accepted(|vector, delivery| {
        let known = ["published", "sdk", "independent"];
        assert!(
            known.contains(&&*vector.evidence),
            "{}: {}",
            delivery.name,
            vector.evidence
        );
    });
}

#[test]
fn every_vector_with_a_flipped_body_bit_is_refused() {
    let mut flips = 0;
    for_each_accepted(|_, delivery| {
        // Elsewhere the signature does not cover the body; its own flips are in `negatives`.
        if delivery.scheme.coverage != Coverage::Body {
            return;
        }
        let step = (delivery.body.len() / 16).max(1);
        for at in (0..delivery.body.len()).step_by(step) {
            let mut body = delivery.body.clone();
            body[at] ^= 1;
            let forged = delivery.with_body(body);
            forged.refused(&format!("byte {at} of the body flipped"));
            flips += 1;
        }
    });
    assert!(flips > 500, "{flips}");
}

#[test]
fn every_vector_under_another_secret_is_refused() {
    let mut count = 0;
    for_each_accepted(|vector, delivery| {
        let other = secret_text(&delivery.scheme, 9);
        let keyring = vector.keyring(&delivery.scheme, &other).unwrap();
        delivery
            .with_keyring(keyring)
            .refused_as("mismatch", "another secret");
        count += 1;
    });
    assert!(count > 0);
}

#[test]
fn every_vector_a_day_later_is_stale_where_there_is_a_window() {
    let mut count = 0;
    for_each_accepted(|vector, delivery| {
        assert_eq!(
            vector.now.is_some(),
            delivery.scheme.tolerance.is_some(),
            "{}: `now` is for schemes with a window",
            delivery.name
        );
        if let Some(now) = vector.now {
            let later = Timestamp::from_unix_seconds(now + 86_400);
            delivery.at(later).refused_as("stale", "a day later");
            let before = Timestamp::from_unix_seconds(now - 86_400);
            delivery.at(before).refused_as("future", "a day before");
            count += 1;
        }
    });
    assert!(count > 20, "{count}");
}

#[test]
fn what_this_release_refuses_is_refused() {
    let mut count = 0;
    for (id, describe) in providers::ALL {
        let scheme = Rc::new(describe());
        for vector in vectors(id) {
            if !vector.is_refused(id) {
                continue;
            }
            // A keyring that can't be built refuses it as well.
            if let Ok(keyring) = vector.keyring(&scheme, &vector.secret) {
                vector.delivery(&scheme, keyring).refused("not supported");
            }
            count += 1;
        }
    }
    assert_eq!(
        count,
        REFUSED.len(),
        "an exception without a vector: {REFUSED:?}"
    );
}
