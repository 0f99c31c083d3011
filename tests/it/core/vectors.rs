//! The deliveries of `tests/vectors`: each verifies, and is refused once anything about it changes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{collections::BTreeSet, io::Read as _, path::Path, rc::Rc};

use axum_webhook::{
    Keyring, KeyringError, Secret, Timestamp, providers,
    scheme::{Algorithm, Coverage, Locate, Scheme, SecretFormat},
    sign::Signed,
    testing::{Vector, Vectors},
};

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
        "plivo",
        "GET, sorted and decoded query",
        "GET callbacks sign a sorted and decoded query",
    ),
    (
        "plivo-v2",
        "test vector of plivo-python",
        "its URL has no path; over HTTP there is always one, and the path `/` is signed as such",
    ),
    (
        "svix",
        "asymmetric v1a, Ed25519 public key whpk_",
        "the preset is the symmetric one: entries with `v1a` are skipped",
    ),
];

fn is_refused(provider: &str, vector: &Vector) -> bool {
    REFUSED
        .iter()
        .any(|(id, name, _)| *id == provider && *name == vector.name)
}

fn keyring(vector: &Vector, scheme: &Scheme, secret: &str) -> Result<Keyring, KeyringError> {
    let secret = Secret::new(secret).unwrap();
    let secret = vector.parts.iter().fold(secret, |secret, (name, value)| {
        secret.with_part(name, value).unwrap()
    });
    Keyring::new(scheme, secret)
}

fn delivery(vector: &Vector, scheme: &Rc<Scheme>, keyring: Keyring) -> Delivery {
    let Signed {
        method,
        headers,
        mut body,
        ..
    } = vector.signed().unwrap();
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
    let (public_url, target) = match &vector.url {
        Some(url) => {
            let (origin, target) = split_url(url);
            (Some(origin.parse().unwrap()), target)
        }
        None => (None, "/webhooks/in"),
    };
    Delivery {
        name: format!("{}: {}", scheme.id, vector.name),
        scheme: Rc::clone(scheme),
        shape: Delivery::shape_of(scheme, &headers),
        keyring,
        public_url,
        method,
        uri: target.parse().unwrap(),
        headers,
        body,
        now: vector.time(),
    }
}

fn vectors(provider: &str) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(format!("{provider}.toml"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let Vectors { vector } =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!vector.is_empty(), "{provider} has no vector");
    vector
}

/// The vectors of a provider that this release accepts.
pub(crate) fn accepted(provider: &str) -> Vec<Vector> {
    let mut vectors = vectors(provider);
    vectors.retain(|vector| !is_refused(provider, vector));
    vectors
}

/// A key of the kind that the scheme has, and of nobody's provider.
fn other_secret(scheme: &Scheme) -> String {
    match scheme.algorithm {
        Algorithm::Ed25519 => include_str!("../../keys/ed25519.pem").to_owned(),
        Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP256Sha256Fixed | Algorithm::JwtEs256 => {
            include_str!("../../keys/p256.pem").to_owned()
        }
        _ if scheme.algorithm.has_public_key() => include_str!("../../keys/rsa2048.pem").to_owned(),
        _ => secret_text(scheme, 9),
    }
}

/// Runs `check` on each genuine delivery that is accepted in this build.
fn for_each_accepted(mut check: impl FnMut(&Vector, &Delivery)) {
    let (mut count, mut without) = (0, 0);
    for (id, describe) in providers::ALL {
        let scheme = Rc::new(describe());
        if scheme.algorithm.needs_feature().is_some() {
            without += 1;
            continue;
        }
        let mut of_this_provider = 0;
        for vector in accepted(id) {
            let built = keyring(&vector, &scheme, &vector.secret);
            if scheme.secret == SecretFormat::Nfkd
                && !cfg!(feature = "nfkd")
                && !vector.secret.is_ascii()
            {
                let error = built.expect_err(id).to_string();
                assert!(error.contains("\"nfkd\""), "{id}: {error}");
                continue;
            }
            let keyring = built.unwrap_or_else(|error| panic!("{id}: {}: {error}", vector.name));
            check(&vector, &delivery(&vector, &scheme, keyring));
            of_this_provider += 1;
        }
        assert!(of_this_provider > 0, "{id} has no vector that verifies");
        count += of_this_provider;
    }
    let providers = providers::ALL.len() - without;
    assert!(count >= 2 * providers, "only {count} vectors");
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
        let other = other_secret(&delivery.scheme);
        let keyring = keyring(vector, &delivery.scheme, &other).unwrap();
        delivery
            .with_keyring(keyring)
            .refused_as("mismatch", "another secret");
        count += 1;
    });
    assert!(count > 0);
}

#[test]
fn every_vector_a_day_behind_its_window_is_stale() {
    let mut count = 0;
    for_each_accepted(|vector, delivery| {
        let has_window = delivery.scheme.tolerance.is_some();
        let has_claim = |name: &str| {
            let mut claims = delivery.shape().claims.iter();
            claims.any(|claim| claim.at.to_string() == name)
        };
        assert_eq!(
            vector.now.is_some(),
            has_window || has_claim("/exp"),
            "{}: `now` is for schemes with a window, and for tokens that expire",
            delivery.name
        );
        if let (Some(now), Some(tolerance)) = (vector.now, delivery.scheme.tolerance) {
            // `now` may lie anywhere in the window.
            let day = std::time::Duration::from_hours(24);
            let past = day + tolerance.past.duration();
            let later = Timestamp::from_unix_seconds(now).saturating_add(past);
            delivery.at(later).refused_as("stale", "behind its window");
            let ahead = day + tolerance.future.duration();
            let before = now - i64::try_from(ahead.as_secs()).unwrap();
            let before = Timestamp::from_unix_seconds(before);
            delivery
                .at(before)
                .refused_as("future", "before its window");
            count += 1;
        } else if let Some(now) = vector.now {
            let later = delivery.at(Timestamp::from_unix_seconds(now + 86_400));
            later.refused_as("token-expired", "a day later");
            if has_claim("/nbf") {
                let before = delivery.at(Timestamp::from_unix_seconds(now - 86_400));
                before.refused_as("token-not-yet-valid", "a day before");
            }
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
            if !is_refused(id, &vector) {
                continue;
            }
            // A keyring that can't be built refuses it as well.
            if let Ok(keyring) = keyring(&vector, &scheme, &vector.secret) {
                delivery(&vector, &scheme, keyring).refused("not supported");
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

// Public keys: nobody but the provider can sign, so the attacks start from the vectors.

fn with_public_keys(mut check: impl FnMut(&Delivery)) {
    let mut providers = BTreeSet::new();
    for_each_accepted(|_, delivery| {
        if delivery.scheme.algorithm.has_public_key() {
            check(delivery);
            providers.insert(delivery.scheme.id.clone());
        }
    });
    let usable = |scheme: &Scheme| {
        scheme.algorithm.has_public_key() && scheme.algorithm.needs_feature().is_none()
    };
    let want: BTreeSet<_> = providers::ALL
        .iter()
        .map(|(_, describe)| describe())
        .filter(usable)
        .map(|scheme| scheme.id)
        .collect();
    assert_eq!(providers, want);
}

#[test]
fn the_providers_with_public_keys_are_known_and_need_their_features() {
    let mut found = Vec::new();
    for (id, describe) in providers::ALL {
        let scheme = describe();
        if !scheme.algorithm.has_public_key() {
            continue;
        }
        let (feature, is_on) = match scheme.algorithm {
            Algorithm::Ed25519 => ("ed25519", cfg!(feature = "ed25519")),
            _ => ("public-key", cfg!(feature = "public-key")),
        };
        if is_on {
            assert_eq!(scheme.algorithm.needs_feature(), None, "{id}");
            assert_eq!(scheme.validate(), Ok(()), "{id}");
        } else {
            let is_token = scheme.algorithm.name().starts_with("jwt-");
            let feature = if is_token && !cfg!(feature = "jwt") {
                "jwt"
            } else {
                feature
            };
            assert_eq!(scheme.algorithm.needs_feature(), Some(feature), "{id}");
            let error = scheme.validate().expect_err(id);
            assert!(
                error
                    .findings()
                    .iter()
                    .any(|it| it.code() == "needs-feature")
            );
            assert!(error.to_string().contains(feature), "{id}: {error}");
            // Nothing is built with it either.
            let key = Secret::new(other_secret(&scheme)).unwrap();
            assert!(axum_webhook::Endpoint::new(scheme, key).is_err(), "{id}");
        }
        found.push((*id, feature));
    }
    assert_eq!(
        found,
        [
            ("aws-sns", "public-key"),
            ("aws-sns-v1", "public-key"),
            ("azure-event-grid", "public-key"),
            ("discord-interactions", "ed25519"),
            ("discord-webhook-events", "ed25519"),
            ("fal-ai", "ed25519"),
            ("fireblocks", "public-key"),
            ("google-gemini-dynamic", "public-key"),
            ("google-pubsub-push", "public-key"),
            ("kick", "public-key"),
            ("midtrans-snap-bi", "public-key"),
            ("paypal", "public-key"),
            ("plaid", "public-key"),
            ("sendgrid", "public-key"),
            ("shipstation", "public-key"),
            ("standard-webhooks-v1a", "ed25519"),
            ("telnyx", "ed25519"),
            ("travis-ci", "public-key"),
            ("wise", "public-key"),
        ]
    );
}

/// The places in the head or the body that the content is made of, but the body itself.
fn signed_places(delivery: &Delivery) -> Vec<Locate> {
    let mut places = delivery.places();
    let shape = delivery.shape();
    places.retain(|place| {
        *place != shape.signature.at && delivery.scheme.key_id.as_ref() != Some(place)
    });
    places
}

#[test]
fn each_flipped_bit_of_a_body_under_a_public_key_is_refused() {
    let mut uncovered = BTreeSet::new();
    with_public_keys(|delivery| {
        if delivery.scheme.coverage == Coverage::Credential {
            // A token without a hash: it says who sends, and to whom.
            delivery.with_body("{}").accepted("another body");
            uncovered.insert(delivery.scheme.id.clone());
        }
        // AWS SNS signs fields, and PayPal a sum: `layer::remote::providers` has their own flips.
        if delivery.scheme.coverage != Coverage::Body {
            return;
        }
        let step = (delivery.body.len() / 64).max(1);
        for at in (0..delivery.body.len()).step_by(step) {
            for bit in 0..8 {
                // `%4a` and `%4A` are the same form.
                if bit == 5 && delivery.signs("payload") {
                    continue;
                }
                let mut body = delivery.body.clone();
                body[at] ^= 1 << bit;
                let what = format!("bit {bit} of byte {at} of the body");
                delivery.with_body(body).refused(&what);
            }
        }
        let mut longer = delivery.body.clone();
        // White space behind the JSON is nothing where its minified text is signed.
        longer.push(b'x');
        delivery.with_body(longer).refused("a byte more");
        if let [shorter @ .., _] = &*delivery.body {
            delivery.with_body(shorter).refused("a byte less");
        }
    });
    let known = [
        "azure-event-grid",
        "google-gemini-dynamic",
        "google-pubsub-push",
    ];
    let want = known.iter().filter(|_| cfg!(feature = "public-key"));
    assert!(uncovered.iter().eq(want), "{uncovered:?}");
}

#[test]
fn each_flipped_bit_of_a_token_under_a_public_key_is_refused() {
    let mut tokens = BTreeSet::new();
    with_public_keys(|delivery| {
        if !delivery.is_token() {
            return;
        }
        let text = delivery.signature_text();
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                if let Ok(other) = String::from_utf8(bytes)
                    && let Some(forged) = delivery.with_signature_text(&other)
                {
                    forged.refused(&format!("bit {bit} of character {at} of the token"));
                }
            }
            let cut = &text[..at];
            if let Some(forged) = delivery.with_signature_text(cut) {
                forged.refused(&format!("the first {at} characters of the token"));
            }
        }
        tokens.insert(delivery.scheme.id.clone());
    });
    assert_eq!(
        tokens.len(),
        if cfg!(feature = "public-key") { 5 } else { 0 }
    );
}

#[test]
fn each_flipped_byte_of_a_signature_under_a_public_key_is_refused() {
    with_public_keys(|delivery| {
        let tag = delivery.tag_bytes();
        for at in 0..tag.len() {
            for bit in [0, 3, 7] {
                let mut other = tag.clone();
                other[at] ^= 1 << bit;
                delivery
                    .with_tag_bytes(&other)
                    .unwrap()
                    .refused(&format!("bit {bit} of byte {at} of the signature"));
            }
        }
        for other in [
            Vec::new(),
            vec![0; tag.len()],
            vec![0xff; tag.len()],
            tag[1..].to_vec(),
            tag[..tag.len() - 1].to_vec(),
            [&*tag, &[0]].concat(),
            [&[0], &*tag].concat(),
            [&*tag, &*tag].concat(),
        ] {
            let what = format!("{} other bytes for the signature", other.len());
            if let Some(forged) = delivery.with_tag_bytes(&other) {
                forged.refused(&what);
            }
        }
        for text in ["", " ", "x", "null"] {
            if let Some(forged) = delivery.with_tag(text) {
                forged.refused(text);
            }
        }
    });
}

#[test]
fn each_signed_value_beside_a_body_under_a_public_key_counts() {
    let mut timed = 0;
    with_public_keys(|delivery| {
        for place in signed_places(delivery) {
            let text = delivery.text_at(&place);
            for at in 0..text.len() {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1;
                let Ok(other) = String::from_utf8(bytes) else {
                    continue;
                };
                if let Some(forged) = delivery.with_text_at(&place, &other) {
                    forged.refused(&format!("{place} is {other}"));
                }
            }
        }
        for name in delivery.required_headers() {
            // Who names no key has all of them tried.
            if delivery.scheme.key_id != Some(Locate::Header(name.clone())) {
                let mut without = delivery.clone();
                without.headers.remove(&name);
                without.refused(&format!("without {name}"));
            }
            let mut twice = delivery.clone();
            twice.headers.append(&name, delivery.headers[&name].clone());
            twice.refused(&format!("{name} twice"));
        }
        if let Some(field) = &delivery.shape().timestamp {
            let text = delivery.text_at(&field.at);
            let digit = text.find(|c: char| c.is_ascii_digit()).unwrap();
            let end = text.rfind(|c: char| c.is_ascii_digit()).unwrap();
            assert!(digit < end, "{}: {text}", delivery.name);
            let last = if text.ends_with('9') { "8" } else { "9" };
            let other = format!("{}{last}{}", &text[..end], &text[end + 1..]);
            if other != text {
                let forged = delivery.with_text_at(&field.at, &other).unwrap();
                forged.refused(&format!("the time is {other}"));
            }
            timed += 1;
        }
    });
    // Without the features there is nothing to try.
    let usable = cfg!(any(feature = "ed25519", feature = "public-key"));
    assert_eq!(timed > 0, usable, "{timed}");
}

#[test]
fn a_public_key_of_another_kind_makes_no_keyring() {
    with_public_keys(|delivery| {
        for (kind, pem) in [
            (Algorithm::Ed25519, include_str!("../../keys/ed25519.pem")),
            (
                Algorithm::EcdsaP256Sha256,
                include_str!("../../keys/p256.pem"),
            ),
            (
                Algorithm::RsaPkcs1Sha256,
                include_str!("../../keys/rsa2048.pem"),
            ),
        ] {
            let same = match delivery.scheme.algorithm {
                Algorithm::Ed25519 => kind == Algorithm::Ed25519,
                Algorithm::EcdsaP256Sha256
                | Algorithm::EcdsaP256Sha256Fixed
                | Algorithm::JwtEs256 => kind == Algorithm::EcdsaP256Sha256,
                _ => kind == Algorithm::RsaPkcs1Sha256,
            };
            let key = Secret::new(pem)
                .or_else(|_| Secret::new(pem.trim()))
                .unwrap();
            let parts = delivery.scheme.secret_parts.iter();
            let key = parts.fold(key, |key, part| key.with_part(part, "a part").unwrap());
            let built = Keyring::new(&delivery.scheme, key);
            assert_eq!(built.is_ok(), same, "{}: {kind:?}", delivery.name);
        }
        let text = Secret::new("a secret text of the old kind").unwrap();
        assert!(
            Keyring::new(&delivery.scheme, text).is_err(),
            "{}",
            delivery.name
        );
    });
}
