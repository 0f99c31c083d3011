//! Sign and verify, scheme and TOML: each there and back, for every provider and every word of the language.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{rc::Rc, time::Duration};

use axum_webhook::{
    Authentic, Keyring, KeyringError, Secret, Secrets, Timestamp, providers,
    scheme::{Algorithm, Coverage, Locate, Scheme, SecretFormat},
    sign::{Draft, SignError},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;

use super::{
    delivery::{Delivery, numbered},
    samples::{FORM, JSON, NOW, SAMPLES, secret, secret_text},
};

// Providers.

#[test]
fn every_provider_survives_toml() {
    for (id, describe) in providers::ALL {
        let scheme = describe();
        let text = toml::to_string(&scheme).unwrap();
        let read: Scheme =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{id}: {error}\n{text}"));
        assert_eq!(read, scheme, "{text}");
        assert_eq!(toml::to_string(&read).unwrap(), text, "{id}");
    }
}

#[test]
fn what_a_provider_signs_its_scheme_from_toml_verifies() {
    for sample in &*SAMPLES {
        let mut delivery = sample.delivery();
        let text = toml::to_string(&*delivery.scheme).unwrap();
        delivery.scheme = Rc::new(toml::from_str(&text).unwrap());
        delivery.accepted("under the scheme read from TOML");
    }
}

#[test]
fn the_id_and_the_type_that_were_signed_come_out() {
    for sample in &*SAMPLES {
        // A batch has no type of its own.
        let draft = if sample.body.starts_with('[') {
            sample.draft()
        } else {
            sample.draft().with_event_type("event.of.the.test")
        };
        let shape = &sample.signer().shapes[0];
        let in_header = |at: &Option<Locate>| matches!(at, Some(Locate::Header(_)));
        let delivery = sample.deliver(draft, secret(&sample.signer(), 1));
        let authentic = delivery.accepted("with an id and a type");
        assert_eq!(authentic.key_id(), "key-1");
        if in_header(&shape.event_id) {
            let id = authentic.event_id(&delivery.scheme, &delivery.incoming());
            assert_eq!(id.as_deref(), sample.id, "{}", delivery.name);
        }
        if in_header(&shape.event_type) {
            let kind = authentic.event_type(&delivery.scheme, &delivery.incoming());
            assert_eq!(
                kind.as_deref(),
                Some("event.of.the.test"),
                "{}",
                delivery.name
            );
        }
    }
}

/// Whether a delivery of this scheme can carry several signatures.
fn carries_several(scheme: &Scheme) -> bool {
    scheme.shapes.iter().all(|shape| {
        shape.signature.list.is_some() || matches!(shape.signature.at, Locate::HeaderFamily(_))
    })
}

#[test]
fn any_of_several_configured_keys_verifies() {
    for sample in &*SAMPLES {
        let scheme = sample.scheme();
        let keys = [1, 2, 3].map(|number| secret(&scheme, number));
        let keyring = Keyring::new(&scheme, keys).unwrap();
        for number in 1..=3 {
            let delivery = sample
                .deliver(sample.draft(), secret(&scheme, number))
                .with_keyring(keyring.clone());
            let authentic = delivery.accepted(&format!("signed with secret {number}"));
            assert_eq!(authentic.key_id(), format!("key-{number}"));
        }
        let stranger = sample.deliver(sample.draft(), secret(&scheme, 4));
        stranger
            .with_keyring(keyring.clone())
            .refused_as("mismatch", "signed with a fourth secret");
    }
}

#[test]
fn a_rotation_goes_from_the_old_secret_over_both_to_the_new_one() {
    let mut several = 0;
    for sample in &*SAMPLES {
        let scheme = sample.scheme();
        let (old, new) = (secret(&scheme, 1), secret(&scheme, 2));
        let both = || Secrets::from([new.clone(), old.clone()]);
        let (only_old, only_new) = (sample.keyring(1), sample.keyring(2));
        let both_keys = Keyring::new(&scheme, both()).unwrap();

        let by_old = sample.deliver(sample.draft(), old.clone());
        by_old.accepted("old by old");
        by_old
            .with_keyring(both_keys.clone())
            .accepted("old by both");
        by_old
            .with_keyring(only_new.clone())
            .refused_as("mismatch", "old by new");

        // Where a delivery carries both, each receiver finds its own.
        let by_both = sample.deliver(sample.draft(), both());
        by_both.with_keyring(only_new).accepted("both by new");
        let by_old_receiver = by_both.with_keyring(only_old);
        if carries_several(&scheme) {
            by_old_receiver.accepted("both by old");
            several += 1;
        } else {
            by_old_receiver.refused_as("mismatch", "signed with the first alone, by old");
        }
    }
    assert!(several >= 8, "{several}");
}

#[test]
fn a_key_counts_from_its_first_moment_to_before_its_last() {
    for sample in &*SAMPLES {
        let scheme = sample.scheme();
        let delivery = sample.delivery();
        let second = Duration::from_secs(1);
        let (before, after) = (NOW.saturating_sub(second), NOW.saturating_add(second));
        for (from, to, want) in [
            (None, None, true),
            (Some(NOW), None, true),
            (Some(after), None, false),
            (None, Some(after), true),
            (None, Some(NOW), false),
            (None, Some(before), false),
            (Some(before), Some(after), true),
        ] {
            let mut key = secret(&scheme, 1);
            if let Some(time) = from {
                key = key.with_not_before(time);
            }
            if let Some(time) = to {
                key = key.with_not_after(time);
            }
            let delivery = delivery.with_keyring(Keyring::new(&scheme, key).unwrap());
            let what = format!("valid from {from:?} to {to:?}");
            if want {
                delivery.accepted(&what);
            } else {
                delivery.refused_as("no-live-key", &what);
            }
        }
    }
}

#[test]
fn the_key_that_matched_is_named() {
    for sample in &*SAMPLES {
        let scheme = sample.scheme();
        let keys = [
            secret(&scheme, 2).with_id("2027"),
            secret(&scheme, 1).with_id("2026"),
        ];
        let delivery = sample
            .delivery()
            .with_keyring(Keyring::new(&scheme, keys).unwrap());
        assert_eq!(delivery.accepted("with two keys").key_id(), "2026");
    }
}

#[test]
fn a_keyring_holds_eight_keys_with_ids_of_their_own() {
    for (id, scheme) in crate::signable() {
        let keys = |count: u8| -> Vec<Secret> {
            (1..=count).map(|number| secret(&scheme, number)).collect()
        };
        assert!(Keyring::new(&scheme, keys(8)).is_ok(), "{id}");
        let error = Keyring::new(&scheme, keys(9)).expect_err(id);
        assert_eq!(error, KeyringError::TooMany(9));
        let twins = [
            secret(&scheme, 1).with_id("same"),
            secret(&scheme, 2).with_id("same"),
        ];
        let error = Keyring::new(&scheme, twins).expect_err(id);
        assert_eq!(error, KeyringError::DuplicateId("same".to_owned()));
        // A chosen id may collide with one that comes from the place.
        let twins = [secret(&scheme, 1).with_id("key-2"), secret(&scheme, 2)];
        assert!(Keyring::new(&scheme, twins).is_err(), "{id}");
    }
}

// The language.

/// A scheme in TOML, and what a delivery of it needs.
struct Custom {
    name: &'static str,
    toml: &'static str,
    content_type: &'static str,
    body: &'static str,
    id: Option<&'static str>,
    fields: &'static [(&'static str, &'static str)],
    secret: &'static str,
}

const SECRET: &str = "the secret of a custom scheme";

const fn custom(name: &'static str, toml: &'static str) -> Custom {
    Custom {
        name,
        toml,
        content_type: JSON,
        body: r#"{"a":"x","b":2}"#,
        id: None,
        fields: &[],
        secret: SECRET,
    }
}

const fn custom_form(name: &'static str, toml: &'static str) -> Custom {
    Custom {
        content_type: FORM,
        body: "a=x&b=2",
        ..custom(name, toml)
    }
}

impl Custom {
    fn scheme(&self) -> Scheme {
        let scheme: Scheme =
            toml::from_str(self.toml).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        scheme
            .validate()
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        scheme
    }

    fn secret(scheme: &Scheme, value: &str) -> Secret {
        let secret = Secret::new(value).unwrap();
        scheme.secret_parts.iter().fold(secret, |secret, part| {
            secret.with_part(part, format!("the-{part}")).unwrap()
        })
    }

    fn deliver(&self, scheme: &Scheme) -> Result<Delivery, SignError> {
        let mut draft = Draft::new(self.body)
            .with_content_type(self.content_type)
            .with_url("https://hooks.example.com/in?tenant=a1")
            .with_timestamp(NOW);
        if let Some(id) = self.id {
            draft = draft.with_id(id);
        }
        for (name, value) in self.fields {
            draft = draft.with_field(*name, *value);
        }
        let secret = Self::secret(scheme, self.secret);
        let keyring = Keyring::new(scheme, secret.clone()).unwrap();
        let signed = draft.sign(scheme, secret)?;
        let scheme = Rc::new(scheme.clone());
        Ok(Delivery::new(self.name, &scheme, keyring, signed, NOW))
    }
}

/// There and back, and refused once anything that is signed has changed.
#[track_caller]
fn check_custom(custom: &Custom) -> (Delivery, Authentic) {
    let scheme = custom.scheme();
    let text = toml::to_string(&scheme).unwrap();
    let read: Scheme =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", custom.name));
    assert_eq!(read, scheme, "{}\n{text}", custom.name);

    let genuine = custom
        .deliver(&scheme)
        .unwrap_or_else(|error| panic!("{}: {error}", custom.name));
    let authentic = genuine.accepted("the genuine delivery");

    let other = match scheme.algorithm {
        Algorithm::BasicAuth => "user:another secret of a custom scheme".to_owned(),
        _ => match scheme.secret {
            SecretFormat::Text | SecretFormat::Sha1 | SecretFormat::Nfkd => {
                "another secret of a custom scheme".to_owned()
            }
            _ => secret_text(&scheme, 9),
        },
    };
    let keyring = Keyring::new(&scheme, Custom::secret(&scheme, &other)).unwrap();
    genuine
        .with_keyring(keyring)
        .refused_as("mismatch", "another secret");

    let tag = genuine.tag_bytes();
    for bit in 0..tag.len() * 8 {
        let mut tag = tag.clone();
        tag[bit / 8] ^= 1 << (bit % 8);
        if scheme.algorithm == Algorithm::SharedToken && std::str::from_utf8(&tag).is_err() {
            continue;
        }
        if let Some(forged) = genuine.with_tag_bytes(&tag) {
            forged.refused(&format!("bit {bit} of the signature"));
        }
    }
    if scheme.coverage == Coverage::Body {
        assert!(!genuine.body.is_empty());
        for at in 0..genuine.body.len() {
            let mut body = genuine.body.clone();
            body[at] ^= 1;
            genuine
                .with_body(body)
                .refused(&format!("byte {at} of the body"));
        }
    }
    // Whatever the content names, wherever it stands.
    let shape = genuine.shape().clone();
    let mut named: Vec<_> = shape.fields.iter().map(|field| field.at.clone()).collect();
    if genuine.signs("id") {
        named.extend(shape.event_id.clone());
    }
    if genuine.signs("timestamp") {
        named.extend(shape.timestamp.iter().map(|field| field.at.clone()));
    }
    for place in named {
        let text = genuine.text_at(&place);
        for other in [format!("{text}0"), text[1..].to_owned()] {
            if let Some(forged) = genuine.with_text_at(&place, &other) {
                forged.refused(&format!("{place}: {other}"));
            }
        }
    }
    if let (Some(tolerance), Some(_)) = (scheme.tolerance, &shape.timestamp) {
        assert_eq!(authentic.timestamp(), Some(NOW), "{}", custom.name);
        let edge = NOW.saturating_add(tolerance.past.duration());
        genuine.at(edge).accepted("as old as allowed");
        let beyond = edge.saturating_add(Duration::from_micros(1));
        genuine.at(beyond).refused_as("stale", "older than allowed");
    }
    (genuine, authentic)
}

#[test]
fn the_signature_can_stand_in_every_place() {
    let header = custom(
        "header",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    );
    check_custom(&header);

    let headers = custom(
        "one of several headers",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { headers = ["x-new-sig", "x-old-sig"] }, encoding = "hex" }
        "#,
    );
    let (genuine, _) = check_custom(&headers);
    let tag = genuine.tag();
    let mut renamed = genuine.clone();
    renamed.headers.clear();
    renamed.headers.insert("x-old-sig", tag.parse().unwrap());
    renamed.accepted("under the other name");
    let bad = "00".repeat(32);
    let mut both = renamed.clone();
    both.headers.insert("x-new-sig", bad.parse().unwrap());
    both.accepted("one of two is right");
    both.headers.insert("x-old-sig", bad.parse().unwrap());
    both.refused_as("mismatch", "neither is right");
    both.headers.clear();
    both.refused_as("missing", "neither is there");
    let mut doubled = genuine.clone();
    doubled.headers.append("x-new-sig", tag.parse().unwrap());
    doubled.refused_as("duplicate", "the same header twice");
    let mut empty = genuine;
    empty.headers.insert("x-old-sig", "".parse().unwrap());
    empty.refused_as("missing", "an empty one beside the right one");

    let family = custom(
        "numbered family",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header_family = "x-sig-" }, encoding = "base64" }
        "#,
    );
    let (genuine, _) = check_custom(&family);
    let prefix = "x-sig-".parse().unwrap();
    let tag = genuine.tag();
    let mut second = genuine.clone();
    let bad = STANDARD.encode([0; 32]);
    second
        .headers
        .insert(numbered(&prefix, 1), bad.parse().unwrap());
    second
        .headers
        .insert(numbered(&prefix, 2), tag.parse().unwrap());
    second.accepted("the second of the family");
    second.headers.remove(numbered(&prefix, 1));
    second.refused_as("missing", "a family without its first");
    let mut gap = genuine;
    gap.headers
        .insert(numbered(&prefix, 1), bad.parse().unwrap());
    gap.headers
        .insert(numbered(&prefix, 3), tag.parse().unwrap());
    gap.refused_as("mismatch", "a family ends at its first gap");

    check_custom(&custom(
        "json",
        r#"
            algorithm = "hmac-sha256"
            coverage = "fields"
            content = "{a}:{b}"
            signature = { at = { json = "/meta/sig~1nature" }, encoding = "hex" }
            fields = [{ name = "a", at = { json = "/a" } }, { name = "b", at = { json = "/b" } }]
            "#,
    ));

    check_custom(&custom_form(
        "form",
        r#"
            algorithm = "hmac-sha256"
            coverage = "fields"
            content = "{a}:{b}"
            signature = { at = { form = "sig" }, encoding = "base64" }
            when = { content_type = "form" }
            fields = [{ name = "a", at = { form = "a" } }, { name = "b", at = { form = "b" } }]
            "#,
    ));

    check_custom(&custom(
        "query",
        r#"
        algorithm = "hmac-sha256"
        content = "{method}\n{path}\n{body}"
        signature = { at = { query = "sig" }, encoding = "base64" }
        "#,
    ));

    check_custom(&custom(
        "bearer",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = "bearer", encoding = "base64-url" }
        "#,
    ));
}

#[test]
fn the_bearer_scheme_counts_in_either_case_and_nothing_else_does() {
    let custom = custom(
        "bearer",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = "bearer", encoding = "hex" }
        "#,
    );
    let (genuine, _) = check_custom(&custom);
    let tag = genuine.tag();
    let with = |value: String| {
        genuine
            .with_header(&http::header::AUTHORIZATION, value)
            .unwrap()
    };
    for scheme in ["Bearer", "bearer", "BEARER"] {
        with(format!("{scheme} {tag}")).accepted(scheme);
    }
    for value in [
        tag.clone(),
        format!("Basic {tag}"),
        format!("Bearer  {tag}"),
        format!("Bearer {tag} "),
        format!("Bearer\t{tag}"),
        format!("Bearer{tag}"),
        format!("Bearer: {tag}"),
        format!("Bearer {tag}, Bearer {tag}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
    ] {
        with(value.clone()).refused(&value);
    }
}

#[test]
fn every_other_value_can_stand_in_every_place() {
    check_custom(&Custom {
        id: Some("evt-1"),
        fields: &[("nonce", "n-1"), ("token", "t-1")],
        ..custom(
            "headers, bearer and query",
            r#"
            algorithm = "hmac-sha256"
            content = "{id}|{timestamp}|{nonce}|{token}|{body}"
            signature = { at = { header = "x-sig" }, encoding = "hex" }
            timestamp = { at = { header = "x-time" }, unit = "unix-seconds" }
            tolerance = { past = "5m", future = "1m" }
            event_id = { header = "x-id" }
            fields = [{ name = "nonce", at = { query = "nonce" } }, { name = "token", at = "bearer" }]
            "#,
        )
    });
    check_custom(&Custom {
        id: Some("evt-1"),
        fields: &[("nonce", "n-1")],
        ..custom(
            "items of the list",
            r#"
            algorithm = "hmac-sha256"
            content = "{id}.{timestamp}.{nonce}.{body}"
            signature = { at = { header = "x-sig" }, list = { items = ", ", pair = "=" }, item = "v2", prefix = "sha256:", encoding = "base64-url-padded" }
            timestamp = { at = { item = "t" }, unit = "unix-millis" }
            tolerance = { past = "10m", future = "0s" }
            event_id = { item = "id" }
            fields = [{ name = "nonce", at = { item = "n" } }]
            "#,
        )
    });
    check_custom(&Custom {
        id: Some("evt-1"),
        fields: &[("nonce", "n-1")],
        ..custom(
            "one of several headers, and a family",
            r#"
            algorithm = "hmac-sha256"
            content = "{id}.{nonce}.{body}"
            signature = { at = { header = "x-sig" }, encoding = "hex" }
            event_id = { headers = ["x-id", "x-old-id"] }
            fields = [{ name = "nonce", at = { header_family = "x-nonce-" } }]
            "#,
        )
    });
    check_custom(&custom(
        "json, inside a body that is signed",
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        timestamp = { at = { json = "/meta/time" }, unit = "unix-millis" }
        tolerance = { past = "1h", future = "1m" }
        event_id = { json = "/a" }
        dedupe = "id"
        "#,
    ));
    check_custom(&custom_form(
        "form",
        r#"
            algorithm = "hmac-sha256"
            coverage = "fields"
            content = "{timestamp}{id}"
            signature = { at = { header = "x-sig" }, encoding = "hex" }
            when = { content_type = "form" }
            timestamp = { at = { form = "time" }, unit = "unix-seconds" }
            tolerance = { past = "1h", future = "1m" }
            event_id = { form = "a" }
            dedupe = "id"
            "#,
    ));
    check_custom(&Custom {
        body: "payload=[1,2]",
        ..custom_form(
            "the only field of a form",
            r#"
            algorithm = "hmac-sha256"
            content = "{payload}"
            signature = { at = { header = "x-sig" }, encoding = "hex" }
            when = { content_type = "form" }
            fields = [{ name = "payload", at = { only_form = "payload" } }]
            "#,
        )
    });
}

#[test]
fn every_encoding_goes_there_and_back() {
    for encoding in [
        "hex",
        "hex-upper",
        "hex-any-case",
        "base64",
        "base64-url-padded",
        "base64-url",
    ] {
        let toml = format!(
            r#"
            algorithm = "hmac-sha512"
            content = "{{body}}"
            signature = {{ at = {{ header = "x-sig" }}, prefix = "v0=", encoding = "{encoding}" }}
            "#
        );
        let (genuine, _) = check_custom(&custom("encoding", toml.leak()));
        let (upper, lower) = (genuine.tag().to_uppercase(), genuine.tag().to_lowercase());
        let any_case = encoding == "hex-any-case";
        for text in [upper, lower] {
            let other = genuine.with_tag(&text).unwrap();
            if any_case || text == genuine.tag() {
                other.accepted(encoding);
            } else {
                other.refused(encoding);
            }
        }
    }
}

#[test]
fn every_time_unit_goes_there_and_back() {
    for (unit, text) in [
        ("unix-seconds", "1700000000"),
        ("unix-millis", "1700000000000"),
        ("unix-micros", "1700000000000000"),
        ("rfc3339", "2023-11-14T22:13:20Z"),
        ("rfc2822", "Tue, 14 Nov 2023 22:13:20 +0000"),
    ] {
        let toml = format!(
            r#"
            algorithm = "hmac-sha256"
            content = "{{timestamp}}\n{{body}}"
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            timestamp = {{ at = {{ header = "x-time" }}, unit = "{unit}" }}
            tolerance = {{ past = "5m", future = "5m" }}
            "#
        );
        let (genuine, _) = check_custom(&custom("time unit", toml.leak()));
        assert_eq!(genuine.headers["x-time"], text);
    }
}

#[test]
fn t_f10_calendar_times_are_short_and_have_no_comments() {
    for (unit, right, wrong) in [
        (
            "rfc3339",
            &[
                "2023-11-14T22:13:20Z",
                "2023-11-14T22:13:20.000Z",
                "2023-11-15T00:13:20+02:00",
            ][..],
            &[
                "2023-11-14 22:13:20Z",
                "2023-11-14T22:13:20",
                "2023-11-14t22:13:20z",
                "2023-11-14T22:13Z",
                "2023-W46-2T22:13:20Z",
                "20231114T221320Z",
                "2023-11-14T22:13:20+0200",
                "+2023-11-14T22:13:20Z",
                "2023-11-14T22:13:20Z ",
                "1700000000",
            ][..],
        ),
        (
            "rfc2822",
            &[
                "Tue, 14 Nov 2023 22:13:20 GMT",
                "Wed, 15 Nov 2023 00:13:20 +0200",
            ],
            &[
                "Mon, 14 Nov 2023 22:13:20 GMT",
                "14 Nov 2023 22:13:20 GMT",
                "Tue, 14 Nov 23 22:13:20 GMT",
                "Tue, 14 Nov 2023 22:13:20 EST",
                "Tue, 14 Nov 2023 22:13:20 -0000 (x)",
                "Tue, 14 (((((((((((((((x))))))))))))))) Nov 2023 22:13:20 GMT",
                "Tuesday, 14-Nov-23 22:13:20 GMT",
                "Tue Nov 14 22:13:20 2023",
            ],
        ),
    ] {
        let toml = format!(
            r#"
            algorithm = "hmac-sha256"
            content = "{{body}}"
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            timestamp = {{ at = {{ header = "x-time" }}, unit = "{unit}" }}
            tolerance = {{ past = "5m", future = "5m" }}
            "#
        );
        // The time is not signed here, so that its form alone decides.
        let custom = custom("calendar", toml.leak());
        let genuine = custom.deliver(&custom.scheme()).unwrap();
        let name = http::HeaderName::from_static("x-time");
        for text in right {
            let authentic = genuine.with_header(&name, text).unwrap().accepted(text);
            assert_eq!(authentic.timestamp(), Some(NOW));
        }
        for text in wrong {
            genuine
                .with_header(&name, text)
                .unwrap()
                .refused_as("timestamp-malformed", text);
        }
        for long in [
            format!("2023-11-14T22:13:20.{}Z", "0".repeat(100)),
            format!("Tue, 14 Nov 2023 22:13:20 {}GMT", "(".repeat(1000)),
            "(".repeat(4000),
        ] {
            genuine
                .with_header(&name, &long)
                .unwrap()
                .refused_as("timestamp-malformed", "a long text");
        }
    }
}

#[test]
fn every_algorithm_goes_there_and_back() {
    let tag_len = |toml: String, secret| {
        let custom = Custom {
            secret,
            ..custom("algorithm", toml.leak())
        };
        check_custom(&custom).0.tag_bytes().len()
    };
    for (algorithm, len) in [
        ("hmac-sha1", 20),
        ("hmac-sha224", 28),
        ("hmac-sha256", 32),
        ("hmac-sha384", 48),
        ("hmac-sha512", 64),
    ] {
        let toml = format!(
            r#"
            algorithm = "{algorithm}"
            content = "{{body}}"
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            "#
        );
        assert_eq!(tag_len(toml, SECRET), len, "{algorithm}");
    }
    for (algorithm, len) in [("sha1", 20), ("sha256", 32), ("sha512", 64)] {
        for content in ["{body}{secret}", "{secret}:{body}"] {
            let toml = format!(
                r#"
                algorithm = "{algorithm}"
                content = "{content}"
                signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
                "#
            );
            assert_eq!(tag_len(toml, SECRET), len, "{algorithm}");
        }
    }
    let token = r#"
        algorithm = "shared-token"
        coverage = "credential"
        signature = { at = { header = "x-token" }, encoding = "text" }
    "#;
    assert_eq!(tag_len(token.to_owned(), SECRET), SECRET.len());
    let basic = r#"
        algorithm = "basic-auth"
        coverage = "credential"
        signature = { at = { header = "authorization" }, prefix = "Basic ", encoding = "base64" }
    "#;
    assert_eq!(
        tag_len(basic.to_owned(), "user:pass:word"),
        "user:pass:word".len()
    );
}

#[test]
fn a_token_can_stand_wherever_a_signature_can() {
    for at in [
        r#"{ header = "x-token" }"#,
        r#"{ headers = ["x-token", "x-other"] }"#,
        r#"{ json = "/meta/token" }"#,
        r#"{ query = "token" }"#,
        r#""bearer""#,
    ] {
        let toml = format!(
            r#"
            algorithm = "shared-token"
            coverage = "credential"
            signature = {{ at = {at}, encoding = "text" }}
            "#
        );
        check_custom(&custom("token", toml.leak()));
    }
    check_custom(&custom_form(
        "token in a form",
        r#"
        algorithm = "shared-token"
        coverage = "credential"
        signature = { at = { form = "token" }, encoding = "text" }
        "#,
    ));
}

#[test]
fn every_secret_format_goes_there_and_back() {
    for (format, secret) in [
        ("text", SECRET),
        ("text", "c2VjcmV0IHRoYXQgbG9va3MgbGlrZSBiYXNlNjQ="),
        ("text", "whsec_looks-like-one"),
        ("text", "pässwörd 🔑"),
        (
            "hex",
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        ),
        ("hex", "00112233445566778899AABBCCDDEEFF"),
        ("base64", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        (
            "whsec",
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        ),
        ("whsec", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("sha1", SECRET),
        ("nfkd", SECRET),
    ] {
        let toml = format!(
            r#"
            algorithm = "hmac-sha256"
            secret = "{format}"
            content = "{{body}}"
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            "#
        );
        check_custom(&Custom {
            secret,
            ..custom("secret format", toml.leak())
        });
    }
}

#[test]
fn a_secret_is_decoded_as_its_format_says() {
    // Each pair is one key: the text under the format, and the bytes that it stands for.
    for (format, text, bytes) in [
        (
            "text",
            "MTIzNDU2Nzg5MGFiY2RlZg==",
            &b"MTIzNDU2Nzg5MGFiY2RlZg=="[..],
        ),
        ("base64", "MTIzNDU2Nzg5MGFiY2RlZg==", b"1234567890abcdef"),
        (
            "whsec",
            "whsec_MTIzNDU2Nzg5MGFiY2RlZg==",
            b"1234567890abcdef",
        ),
        (
            "hex",
            "31323334353637383930616263646566",
            b"1234567890abcdef",
        ),
        // printf abc | sha1sum
        (
            "sha1",
            "abc",
            b"\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d",
        ),
        ("nfkd", "abc", b"abc"),
    ] {
        let toml = format!(
            r#"
            algorithm = "hmac-sha256"
            secret = "{format}"
            content = "{{body}}"
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            "#
        );
        let custom = Custom {
            secret: text,
            ..custom("secret format", toml.leak())
        };
        let scheme = custom.scheme();
        let bytes = Keyring::new(&scheme, Secret::from_bytes(bytes).unwrap()).unwrap();
        let delivery = custom.deliver(&scheme).unwrap().with_keyring(bytes);
        delivery.accepted(format);
    }
}

#[test]
fn a_secret_outside_ascii_is_normalised_or_refused() {
    let scheme: Scheme = toml::from_str(
        r#"
        algorithm = "hmac-sha256"
        secret = "nfkd"
        content = "{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    )
    .unwrap();
    let composed = Secret::new("caf\u{e9} \u{fb01}").unwrap();
    let keyring = Keyring::new(&scheme, composed.clone());
    if cfg!(feature = "nfkd") {
        let decomposed = Secret::from_bytes("cafe\u{301} fi").unwrap();
        let signed = Draft::new("{}").sign(&scheme, decomposed).unwrap();
        let scheme = Rc::new(scheme);
        Delivery::new("nfkd", &scheme, keyring.unwrap(), signed, NOW).accepted("NFKD");
    } else {
        let error = keyring.unwrap_err().to_string();
        assert!(error.contains("feature \"nfkd\""), "{error}");
    }
}

#[test]
fn every_role_and_filter_goes_there_and_back() {
    for content in [
        "{body|sha256}",
        "{body|sha256|hex}",
        "{body|sha256|base64}",
        "{body|hex}",
        "{body|base64}",
        "{method} {path}?{query}\n{body|sha256}",
        "{url}\n{body}",
        "{url|hubspot}\n{body}",
        "v0:{{{body}}}",
        "{body|first}{body|sha256}",
    ] {
        let toml = format!(
            r#"
            algorithm = "hmac-sha256"
            content = {content:?}
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            "#
        );
        check_custom(&custom("content", toml.leak()));
    }
    for content in [
        "{url}{form}",
        "{url}{form|distinct}",
        "{form}",
        "{form|sha256}",
    ] {
        let toml = format!(
            r#"
            algorithm = "hmac-sha256"
            content = {content:?}
            when = {{ content_type = "form" }}
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            "#
        );
        check_custom(&custom_form("form content", toml.leak()));
    }
    let (genuine, _) = check_custom(&custom(
        "a checksum that anybody can match",
        r#"
        algorithm = "hmac-sha256"
        coverage = "fields"
        content = "{body|crc32}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    ));
    genuine.with_body("{}").refused("another checksum");
    let (genuine, _) = check_custom(&Custom {
        body: r#"[ {"a": 1}, {"a":2} ]"#,
        ..custom(
            "the first element",
            r#"
            algorithm = "hmac-sha256"
            coverage = "fields"
            content = "{body|first}"
            signature = { at = { header = "x-sig" }, encoding = "hex" }
            "#,
        )
    });
    for body in [
        r#"[{"a":1},{"a":2}]"#,
        r#"[{"a": 2},{"a":2}]"#,
        r#"[{"b": 1}]"#,
        r#"[[{"a": 1}]]"#,
        r#"{"a":1}"#,
        "[]",
        "",
    ] {
        genuine.with_body(body).refused(body);
    }
    genuine
        .with_body(r#"[{"a": 1},"another second one"]"#)
        .accepted("the second element is not signed");
    check_custom(&custom(
        "a part of the secret",
        r#"
        algorithm = "hmac-sha256"
        secret_parts = ["webhook_id"]
        content = "{secret.webhook_id}|{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    ));
    let (genuine, _) = check_custom(&custom(
        "the item that a part of the secret names",
        r#"
        algorithm = "hmac-sha256"
        secret_parts = ["name"]
        content = "{body}"
        signature = { at = { header = "x-sig" }, list = { items = "&", pair = "|" }, item = { secret = "name" }, encoding = "hex" }
        "#,
    ));
    let tag = genuine.tag();
    genuine
        .with_signature_text(&format!("another|{tag}"))
        .unwrap()
        .refused_as("mismatch", "the signature under another name");
}

#[test]
fn a_claimed_body_hash_counts_once_it_is_signed() {
    for (name, toml) in [
        (
            "in a header",
            r#"
            algorithm = "hmac-sha256"
            content = "{hash}"
            signature = { at = { header = "x-sig" }, encoding = "hex" }
            body_hash = { at = { header = "x-hash" }, encoding = "base64" }
            fields = [{ name = "hash", at = { header = "x-hash" } }]
            "#,
        ),
        (
            "in the query",
            r#"
            algorithm = "hmac-sha256"
            content = "{url}"
            signature = { at = { header = "x-sig" }, encoding = "hex" }
            body_hash = { at = { query = "hash" }, encoding = "hex" }
            "#,
        ),
    ] {
        let (genuine, _) = check_custom(&custom(name, toml));
        genuine
            .with_body("{}")
            .refused_as("body-hash-mismatch", "another body");
        genuine
            .with_body("")
            .refused_as("body-hash-mismatch", "no body");
    }
}

#[test]
fn headers_that_a_header_names_are_signed_each() {
    for (form, join) in [("sorted-pairs", ";"), ("values", ".")] {
        let toml = format!(
            r#"
            algorithm = "hmac-sha256"
            content = "{{method}}\n{{path}}\n{{signed_headers}}\n{{body}}"
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            timestamp = {{ at = {{ header = "x-time" }}, unit = "unix-millis" }}
            tolerance = {{ past = "30s", future = "30s" }}
            signed_headers = {{ names = {{ header = "x-signed" }}, separator = ",", form = "{form}", join = "{join}", required = ["x-time", "content-type"] }}
            "#
        );
        let (genuine, _) = check_custom(&custom("signed headers", toml.leak()));
        for (name, value) in [
            ("x-time", "1700000000001"),
            ("content-type", "application/json;x"),
            ("x-signed", "x-time"),
            ("x-signed", "content-type"),
            ("x-signed", "x-time,content-type,x-other"),
            ("x-signed", "x-time,content-type,"),
            ("x-signed", "x-time content-type"),
            ("x-signed", ""),
        ] {
            let name = name.parse().unwrap();
            genuine
                .with_header(&name, value)
                .unwrap()
                .refused(&format!("{name}: {value}"));
        }
        for name in ["x-time", "content-type", "x-signed"] {
            let mut without = genuine.clone();
            without.headers.remove(name);
            without.refused(&format!("without {name}"));
            let mut twice = genuine.clone();
            let value = genuine.headers[name].clone();
            twice
                .headers
                .append(http::HeaderName::from_static(name), value);
            twice.refused(&format!("{name} twice"));
        }
    }
}

#[test]
fn a_header_that_must_be_signed_can_t_be_left_out_by_the_sender() {
    let toml = r#"
        algorithm = "hmac-sha256"
        content = "{signed_headers}.{body}"
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        timestamp = { at = { header = "x-time" }, unit = "unix-millis" }
        tolerance = { past = "30s", future = "30s" }
        signed_headers = { names = { header = "x-signed" }, separator = ",", form = "sorted-pairs", join = ";", required = ["content-type", "x-time"] }
    "#;
    let scheme = Rc::new(toml::from_str::<Scheme>(toml).unwrap());
    // Each signature is right for the headers that the request names.
    let signed_for = |names: &[&str]| {
        let mut signer = (*scheme).clone();
        let list = signer.shapes[0].signed_headers.as_mut().unwrap();
        list.required = names.iter().map(|name| (*name).to_owned()).collect();
        let secret = || Secret::new(SECRET).unwrap();
        let draft = Draft::new("{}").with_timestamp(NOW);
        let signed = draft.sign(&signer, secret()).unwrap();
        let keyring = Keyring::new(&scheme, secret()).unwrap();
        Delivery::new("signed headers", &scheme, keyring, signed, NOW)
    };
    signed_for(&["content-type", "x-time"]).accepted("both");
    signed_for(&["x-time", "content-type"]).accepted("both, in another order");
    for names in [&["x-time"][..], &["content-type"]] {
        signed_for(names).refused_as("header-not-signed", &names.join(","));
    }
    // At most 64 names are looked at.
    let many = |count| ["content-type", "x-time"].into_iter().cycle().take(count);
    let most = signed_for(&many(64).collect::<Vec<_>>());
    most.accepted("64 names");
    let name = http::HeaderName::from_static("x-signed");
    let more = format!("{},x-time", most.header(&name));
    most.with_header(&name, more)
        .unwrap()
        .refused_as("too-long", "65 names");
}

/// A scheme whose requests name their key.
const NAMES_ITS_KEY: &str = r#"
    algorithm = "hmac-sha256"
    content = "{body}"
    key_id = { header = "x-key" }
    signature = { at = { header = "x-sig" }, encoding = "hex" }
"#;

#[test]
fn a_named_key_says_nothing_where_no_key_was_given_an_id() {
    let custom = custom("key id", NAMES_ITS_KEY);
    let scheme = custom.scheme();
    let keys = [
        Secret::new("another secret").unwrap(),
        Secret::new(SECRET).unwrap(),
    ];
    let keyring = Keyring::new(&scheme, keys).unwrap();
    let delivery = custom.deliver(&scheme).unwrap().with_keyring(keyring);
    let name = "x-key".parse().unwrap();
    let with = |id: &str| delivery.with_header(&name, id).unwrap();
    for theirs in ["live_42", "B", "../b"] {
        assert_eq!(with(theirs).accepted(theirs).key_id(), "key-2");
    }
    with("key-1").refused_as("mismatch", "the place of the wrong one");
    with("").accepted("an empty id names no key");
    let mut twice = with("b");
    twice.headers.append("x-key", "b".parse().unwrap());
    twice.refused_as("duplicate", "the key is named twice");
}

#[test]
fn a_named_key_is_only_looked_up_among_the_configured_ones() {
    let custom = custom("key id", NAMES_ITS_KEY);
    let scheme = custom.scheme();
    let keys = [
        Secret::new("another secret").unwrap().with_id("a"),
        Secret::new(SECRET).unwrap().with_id("b"),
    ];
    let keyring = Keyring::new(&scheme, keys).unwrap();
    let delivery = custom.deliver(&scheme).unwrap().with_keyring(keyring);
    let name = "x-key".parse().unwrap();
    let with = |id: &str| delivery.with_header(&name, id).unwrap();
    delivery.accepted("no key is named: all are tried");
    assert_eq!(with("b").accepted("the right key").key_id(), "b");
    with("a").refused_as("mismatch", "the wrong one of two");
    for unknown in ["c", "B", "b ", "key-2", "../b", "*", SECRET] {
        with(unknown).refused_as("unknown-key-id", unknown);
    }
    let mut twice = with("b");
    twice.headers.append("x-key", "b".parse().unwrap());
    twice.refused_as("duplicate", "a key named twice");
}

#[test]
fn the_first_shape_that_fits_is_the_only_one_that_is_tried() {
    let toml = r#"
        algorithm = "hmac-sha256"

        [[shape]]
        when = { header = "x-strong" }
        content = "{id}.{body}"
        event_id = { header = "x-id" }
        signature = { at = { header = "x-strong" }, encoding = "hex" }

        [[shape]]
        content = "{body}"
        signature = { at = { header = "x-weak" }, encoding = "hex" }
    "#;
    let scheme: Scheme = toml::from_str(toml).unwrap();
    scheme.validate().unwrap();
    let text = toml::to_string(&scheme).unwrap();
    assert_eq!(toml::from_str::<Scheme>(&text).unwrap(), scheme, "{text}");
    let only = |at: usize| {
        let mut one = scheme.clone();
        one.shapes = vec![scheme.shapes[at].clone()];
        let secret = || Secret::new(SECRET).unwrap();
        let signed = Draft::new("{}").with_id("1").sign(&one, secret()).unwrap();
        let keyring = Keyring::new(&scheme, secret()).unwrap();
        Delivery::new("shapes", &Rc::new(scheme.clone()), keyring, signed, NOW)
    };
    let (strong, weak) = (only(0), only(1));
    strong.accepted("the first shape");
    weak.accepted("the second shape");
    let mut both = strong;
    both.headers.extend(weak.headers.clone());
    both.headers.insert("x-strong", "00".parse().unwrap());
    both.refused("the second shape is right, but the first one fits");
}

#[test]
fn a_body_s_own_timestamp_is_checked_in_each_item_of_a_batch() {
    let toml = r#"
        algorithm = "hmac-sha256"
        coverage = "fields"
        content = "{timestamp}:{n}"
        signature = { at = { json = "/sig" }, encoding = "hex" }
        each = { array = "/items", item = "" }
        timestamp = { at = { json = "/time" }, unit = "unix-millis" }
        tolerance = { past = "5m", future = "5m" }
        fields = [{ name = "n", at = { json = "/n" } }]
    "#;
    let scheme: Scheme = toml::from_str(toml).unwrap();
    scheme.validate().unwrap();
    let deliver = |body: &str| {
        let secret = || Secret::new(SECRET).unwrap();
        let mut signer = scheme.clone();
        // The signer would look for its own time at the root.
        let at = signer.shapes[0].timestamp.take().unwrap().at;
        signer.shapes[0].content = Some("{time}:{n}".parse().unwrap());
        signer.shapes[0]
            .fields
            .push(axum_webhook::scheme::Field::required("time", at));
        let signed = Draft::new(body).sign(&signer, secret()).unwrap();
        let keyring = Keyring::new(&scheme, secret()).unwrap();
        Delivery::new("batch", &Rc::new(scheme.clone()), keyring, signed, NOW)
    };
    let fresh = "1700000000000";
    let stale = "1600000000000";
    let body = |root: &str, first: &str, second: &str| {
        format!(r#"{{"time":{root},"items":[{{"time":{first},"n":1}},{{"time":{second},"n":2}}]}}"#)
    };
    let genuine = deliver(&body(fresh, fresh, fresh));
    let authentic = genuine.accepted("two fresh items");
    assert_eq!(authentic.timestamp(), Some(NOW));
    deliver(&body(stale, fresh, fresh)).accepted("the time at the root is not signed");
    deliver(&body(fresh, stale, fresh)).refused_as("stale", "the first item is old");
    deliver(&body(fresh, fresh, stale)).refused_as("stale", "the second item is old");
    deliver(&body(fresh, stale, stale)).refused_as("stale", "both items are old");
}

#[test]
fn what_can_t_be_signed_says_why() {
    let standard = providers::standard_webhooks();
    let key = || secret(&standard, 1);
    let sign = |draft: Draft| draft.sign(&standard, key()).map(drop);
    assert_eq!(
        sign(Draft::new("{}")),
        Err(SignError::MissingValue("id".to_owned()))
    );
    assert!(matches!(
        sign(Draft::new("{}").with_id("a.b")),
        Err(SignError::Content(_))
    ));
    assert!(matches!(
        sign(Draft::new("{}").with_id("line\nfeed")),
        Err(SignError::HeaderValue(_))
    ));
    assert_eq!(
        sign(Draft::new("{}").with_id("a").with_field("nope", "x")),
        Err(SignError::UnknownField("nope".to_owned()))
    );
    assert_eq!(
        sign(Draft::new("{}").with_id("a").with_url("example.com")),
        Err(SignError::Url)
    );
    let mailgun = providers::mailgun();
    let sign = |draft: Draft| draft.sign(&mailgun, secret(&mailgun, 1)).map(drop);
    assert!(matches!(
        sign(Draft::new("x").with_content_type("text/plain")),
        Err(SignError::ContentType(_))
    ));
    assert_eq!(sign(Draft::new("not json")), Err(SignError::Body));
    let telegram = providers::telegram();
    let none = Draft::new("{}").sign(&telegram, Vec::new()).map(drop);
    assert_eq!(none, Err(SignError::Keyring(KeyringError::NoSecret)));
}

#[test]
fn the_method_is_the_scheme_s_own_unless_it_is_given() {
    let hubspot = providers::hubspot();
    let draft = || Draft::new("[]").with_timestamp(NOW);
    let sign = |draft: Draft| draft.sign(&hubspot, secret(&hubspot, 1)).unwrap();
    let post = sign(draft());
    assert_eq!(post.method, Method::POST);
    let put = sign(draft().with_method(Method::PUT));
    assert_eq!(put.method, Method::PUT);
    assert_ne!(
        post.headers["x-hubspot-signature-v3"],
        put.headers["x-hubspot-signature-v3"]
    );
}

#[test]
fn a_draft_without_a_time_is_of_now() {
    let slack = providers::slack();
    let signed = Draft::new("{}").sign(&slack, secret(&slack, 1)).unwrap();
    let keyring = Keyring::new(&slack, secret(&slack, 1)).unwrap();
    let scheme = Rc::new(slack);
    Delivery::new("slack", &scheme, keyring, signed, Timestamp::now()).accepted("just now");
}
