//! No secret comes out of anything that prints.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Debug;

use axum_webhook::{
    Endpoint, Keyring, KeyringError, LayerError, Secret, SecretError, Secrets, WebhookLayer,
    providers,
    scheme::{Coverage, Encoding, Scheme, SecretFormat},
    sign::Draft,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    delivery::{encode, hex},
    samples::{SAMPLES, secret, secret_text},
};

/// Every text by which one could read the secret: itself, its encodings, and what it decodes to.
fn forms(secret: &str) -> Vec<String> {
    let mut all = vec![secret.as_bytes().to_vec()];
    let bare = secret.strip_prefix("whsec_").unwrap_or(secret);
    all.push(bare.as_bytes().to_vec());
    all.extend(STANDARD.decode(bare).ok());
    if secret.len().is_multiple_of(2) && secret.bytes().all(|c| c.is_ascii_hexdigit()) {
        all.push(super::delivery::decode(Encoding::Hex, secret));
    }
    if let Some((_, password)) = secret.split_once(':') {
        all.push(password.as_bytes().to_vec());
    }
    let mut forms = Vec::new();
    for bytes in all {
        // The beginning is enough to be a leak, and it is the same with and without padding.
        let part = &bytes[..bytes.len().min(12)];
        forms.push(String::from_utf8_lossy(part).into_owned());
        forms.push(hex(part));
        forms.push(hex(part).to_uppercase());
        forms.push(STANDARD.encode(part).trim_end_matches('=').to_owned());
        forms.push(encode(Encoding::Base64Url, part));
        let numbers = format!("{part:?}");
        forms.push(numbers.trim_matches(['[', ']']).to_owned());
        let lines = format!("{part:#?}");
        forms.push(lines.trim_matches(['[', ']', '\n']).trim().to_owned());
        forms.push(part.escape_ascii().to_string());
    }
    forms
}

#[track_caller]
fn check(what: &str, secret: &str, shown: &str) {
    for form in forms(secret) {
        assert!(form.len() >= 8, "{form:?} says nothing");
        assert!(
            !shown.contains(&form),
            "{what} shows the secret as {form:?}: {shown}"
        );
    }
}

#[track_caller]
fn check_debug(what: &str, secret: &str, value: &impl Debug) {
    check(what, secret, &format!("{value:?}"));
    check(what, secret, &format!("{value:#?}"));
}

#[track_caller]
fn check_error(what: &str, secret: &str, error: &impl std::error::Error) {
    check_debug(what, secret, error);
    check(what, secret, &error.to_string());
    let mut source = error.source();
    while let Some(error) = source {
        check(what, secret, &format!("{error} {error:?}"));
        source = error.source();
    }
}

#[test]
fn the_check_finds_a_secret_in_each_of_its_forms() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let key = STANDARD.decode(&secret[6..]).unwrap();
    for leak in [
        format!("Secret({secret:?})"),
        format!("key: {key:?}"),
        format!("key: {key:#?}"),
        hex(&key),
        hex(&key).to_uppercase(),
        STANDARD.encode(&key),
        STANDARD.encode(secret),
        hex(secret.as_bytes()),
        key.escape_ascii().to_string(),
    ] {
        let found = forms(secret).iter().any(|form| leak.contains(form));
        assert!(found, "{leak}");
    }
}

#[test]
fn t_j1_no_public_type_shows_a_secret() {
    for (id, scheme) in crate::signable() {
        let text = secret_text(&scheme, 1);
        let key = || {
            secret(&scheme, 1)
                .with_id("id-of-the-key")
                .with_not_before(axum_webhook::Timestamp::from_unix_seconds(1))
        };
        check_debug(id, &text, &key());
        check_debug(id, &text, &Secrets::from(key()));
        check_debug(id, &text, &Secrets::from(vec![key()]));
        let keyring = Keyring::new(&scheme, key()).unwrap();
        check_debug(id, &text, &keyring);
        let endpoint = Endpoint::new(scheme.clone(), key())
            .unwrap()
            .with_public_url("https://user:of-the-url@hooks.example.com".parse().unwrap());
        check_debug(id, &text, &endpoint);
        check_debug(id, "of-the-url", &endpoint);
        let layer = WebhookLayer::for_endpoint(endpoint).unwrap();
        check_debug(id, &text, &layer);
        check_debug(id, "of-the-url", &layer);
        let shown = format!("{:?}", key());
        assert!(shown.contains("[redacted]") && shown.contains("id-of-the-key"));
        // The ids are there to be seen.
        assert!(format!("{keyring:?}").contains("id-of-the-key"));
    }
}

#[test]
fn t_j1_no_part_of_a_secret_is_shown() {
    let braintree = providers::braintree();
    let part = "a-part-that-nobody-may-see";
    let key = || {
        Secret::new("private-key-of-the-test")
            .unwrap()
            .with_part("public_key", part)
            .unwrap()
    };
    check_debug("Secret", part, &key());
    check_debug("Keyring", part, &Keyring::new(&braintree, key()).unwrap());
    let layer = WebhookLayer::new(braintree, key()).unwrap();
    check_debug("WebhookLayer", part, &layer);
}

#[test]
fn t_j1_the_password_of_a_public_url_is_not_shown() {
    for url in [
        "https://user:password-of-the-url@hooks.example.com/in",
        "https://user:p@ssword-of-the-url@hooks.example.com",
    ] {
        let url: axum_webhook::PublicUrl = url.parse().unwrap();
        let shown = format!("{url:?} {url:#?}");
        assert!(!shown.contains("ssword-of"), "{shown}");
        assert!(shown.contains("hooks.example.com"), "{shown}");
    }
}

#[test]
fn t_j1_keys_from_bytes_are_not_shown() {
    let bytes: Vec<u8> = (100..140).collect();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let key = Secret::from_bytes(bytes.clone()).unwrap();
    for shown in [format!("{key:?}"), format!("{key:#?}")] {
        assert!(!shown.contains("100, 101") && !shown.contains("100,\n"));
        assert!(!shown.contains(&hex(&bytes[..8])));
        assert!(!shown.contains(&text[..8]));
        assert!(!shown.contains(&STANDARD.encode(&bytes[..9])));
    }
}

#[test]
fn t_j1_a_signed_delivery_does_not_show_its_credential() {
    for sample in &*SAMPLES {
        let scheme = sample.signer();
        let text = secret_text(&scheme, 1);
        let draft = sample.draft();
        check_debug("Draft", &text, &draft);
        let signed = draft.sign(&scheme, secret(&scheme, 1)).unwrap();
        check_debug("Signed", &text, &signed);
        // Whoever sees a token can use it until it expires.
        for name in signed.headers.keys() {
            let value = signed.headers[name].to_str().unwrap();
            let shown = format!("{signed:?} {signed:#?}");
            assert!(!shown.contains(value), "{name}: {shown}");
        }
        let delivery = sample.delivery();
        if scheme.coverage == Coverage::Credential && !delivery.is_token() {
            // It is there all the same.
            let bytes = delivery.tag_bytes();
            assert_eq!(bytes, text.as_bytes(), "{}", delivery.name);
        }
        let public_url = delivery.public_url.clone();
        check_debug("PublicUrl", &text, &public_url);
        let incoming = delivery.incoming();
        check_debug("Incoming", &text, &incoming);
        let body = format!("{:?}", delivery.body);
        let shown = format!("{incoming:?}");
        assert!(!shown.contains(&body[1..body.len() - 1]), "{shown}");
    }
}

#[test]
fn t_j1_no_error_about_a_secret_repeats_it() {
    let shown = "S3cr3t-that-must-not-be-shown";
    for text in [
        format!(" {shown}"),
        format!("{shown}\n"),
        format!("{shown}\u{a0}"),
    ] {
        check_error("SecretError", shown, &Secret::new(text).unwrap_err());
    }
    let secret = || Secret::new(shown).unwrap();
    let error = secret().with_part("name", format!("{shown} ")).unwrap_err();
    check_error("SecretError of a part", shown, &error);

    for (id, scheme) in crate::signable() {
        let needs_more = matches!(
            scheme.secret,
            SecretFormat::Hex | SecretFormat::Base64 | SecretFormat::Whsec
        ) || !scheme.secret_parts.is_empty()
            || scheme.algorithm == axum_webhook::scheme::Algorithm::BasicAuth;
        let built = Keyring::new(&scheme, secret());
        assert_eq!(built.is_err(), needs_more, "{id}");
        let unknown = Keyring::new(&scheme, secret().with_part("nope", shown).unwrap());
        check_error(id, shown, &unknown.unwrap_err());
        let many = Keyring::new(&scheme, vec![secret(); 9]).unwrap_err();
        check_error(id, shown, &many);
        let Err(error) = built else { continue };
        check_error(id, shown, &error);
        let error = Endpoint::new(scheme.clone(), secret()).unwrap_err();
        check_error(id, shown, &error);
        let error = WebhookLayer::new(scheme.clone(), secret()).unwrap_err();
        check_error(id, shown, &error);
        let error = Draft::new("{}").sign(&scheme, secret()).unwrap_err();
        check_error(id, shown, &error);
    }
}

#[test]
fn t_j1_no_refusal_shows_a_secret_a_signature_or_the_body() {
    let mut codes = std::collections::BTreeSet::new();
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        let text = secret_text(&genuine.scheme, 1);
        let tag = genuine.tag();
        let wrong = vec![0x5a; genuine.tag_bytes().len()];
        let mut refused = vec![
            genuine.with_tag_bytes(&wrong),
            genuine.with_tag("!!"),
            genuine.with_tag(&"9".repeat(8192)),
            genuine.with_signature_text("S1gnature-of-the-sender"),
            Some(genuine.with_body("Body-of-the-sender")),
            Some(genuine.at(axum_webhook::Timestamp::from_unix_seconds(0))),
            Some(genuine.with_keyring(sample.keyring(2))),
        ];
        for name in genuine.required_headers() {
            refused.push(genuine.with_header(&name, "Header-of-the-sender"));
            let mut doubled = genuine.clone();
            let value = genuine.headers[&name].clone();
            doubled.headers.append(&name, value);
            refused.push(Some(doubled));
            let mut without = genuine.clone();
            without.headers.remove(&name);
            refused.push(Some(without));
        }
        for forged in refused.into_iter().flatten() {
            let Err(error) = forged.verify() else {
                continue;
            };
            check_error(&genuine.name, &text, &error);
            let shown = format!("{error} {error:?} {error:#?}");
            assert!(!shown.contains(&tag), "{shown}");
            assert!(!shown.contains("-of-the-sender"), "{shown}");
            assert!(!shown.contains("9999"), "{shown}");
            assert!(
                !shown.contains("ZZZZ") && !shown.contains("5a5a"),
                "{shown}"
            );
            codes.insert(error.code());
        }
    }
    assert!(codes.len() >= 8, "{codes:?}");
}

#[test]
fn t_j1_no_finding_of_the_linter_repeats_a_secret_and_none_is_in_a_scheme() {
    // A scheme is public data: there is no place in it for a secret.
    let scheme: Result<Scheme, _> = toml::from_str(
        r#"
        algorithm = "hmac-sha256"
        content = "{body}"
        secrets = ["S3cr3t"]
        signature = { at = { header = "x-sig" }, encoding = "hex" }
        "#,
    );
    let error = scheme.unwrap_err();
    assert!(error.message().contains("secrets"), "{error}");
    assert!(!error.message().contains("S3cr3t"), "{}", error.message());
}

#[test]
fn t_a9_there_is_no_default_secret() {
    // What is not there can't be called: `Secret` and `Secrets` have no `Default`, and what reads
    // them from elsewhere fails where there is nothing.
    let error = Secret::from_env("AXUM_WEBHOOK_A_VARIABLE_THAT_IS_NOT_SET").unwrap_err();
    assert!(matches!(error, SecretError::EnvNotSet(_)), "{error}");
    assert!(error.to_string().contains("AXUM_WEBHOOK_A_VARIABLE"));
    let error = Secret::from_file("/no/such/file").unwrap_err();
    assert!(matches!(error, SecretError::File { .. }), "{error}");
    assert!(error.to_string().contains("/no/such/file"));
    let empty: [Secret; 0] = [];
    for (id, describe) in providers::ALL {
        let scheme = describe();
        if scheme.algorithm.needs_feature().is_some() {
            // Refused for that first.
            WebhookLayer::new(scheme, empty.clone()).expect_err(id);
            continue;
        }
        let error = WebhookLayer::new(scheme, empty.clone()).expect_err(id);
        let LayerError::Endpoint(error) = error else {
            panic!("{id}: {error}")
        };
        assert_eq!(error.to_string(), KeyringError::NoSecret.to_string());
    }
}

#[test]
fn a_secret_from_a_file_loses_one_line_end_and_nothing_else() {
    let folder = std::env::temp_dir().join(format!("axum-webhook-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("secret");
    let read = |text: &[u8]| {
        std::fs::write(&path, text).unwrap();
        Secret::from_file(&path)
    };
    for (text, want) in [
        (&b"secret"[..], true),
        (b"secret\n", true),
        (b"secret\r\n", true),
        (b"", false),
        (b"\n", false),
        (b"\r\n", false),
        (b"  \n", false),
        (b"secret\n\n", false),
        (b" secret\n", false),
        (b"secret \n", false),
        (b"\xff\xfe\n", false),
    ] {
        assert_eq!(read(text).is_ok(), want, "{}", text.escape_ascii());
    }
    for (len, want) in [(65_535, true), (65_536, true), (65_537, false)] {
        assert_eq!(read(&vec![b'x'; len]).is_ok(), want, "{len} bytes");
    }
    let github = SAMPLES.iter().find(|sample| sample.provider == "github");
    let github = github.unwrap();
    let from_file = read(b"1-secret-of-the-test-1\n").unwrap();
    let keyring = Keyring::new(&github.scheme(), from_file).unwrap();
    github
        .delivery()
        .with_keyring(keyring)
        .accepted("the key from the file");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[cfg(all(feature = "ed25519", feature = "public-key"))]
#[test]
fn a_text_that_is_no_public_key_is_told_what_one_would_be() {
    for (scheme, text, want) in [
        (
            providers::discord_interactions(),
            "not a key",
            "should be PEM",
        ),
        (
            providers::discord_interactions(),
            include_str!("../../keys/p256.pem"),
            "of another kind",
        ),
        (
            providers::kick(),
            include_str!("../../keys/rsa1024.pem"),
            "RSA needs 2048 bits",
        ),
    ] {
        let Err(error) = Keyring::new(&scheme, Secret::new(text).unwrap()) else {
            panic!("{text} is a key");
        };
        assert!(error.to_string().contains(want), "{error}");
    }
}

#[test]
fn each_error_about_a_secret_says_what_is_wrong() {
    for (error, want) in [
        (
            SecretError::EnvNotText("KEY".to_owned()),
            "KEY is not Unicode",
        ),
        (SecretError::OnlyZeros, "nothing but zero bytes"),
        (SecretError::NotText, "should be text"),
        (SecretError::NeedsNfkd, "feature \"nfkd\""),
    ] {
        assert!(error.to_string().contains(want), "{error}");
    }
}

#[test]
fn a_secret_that_is_to_be_fetched_is_no_key_yet() {
    let error = Keyring::new(&providers::github(), Secret::remote()).unwrap_err();
    let KeyringError::Secret { source, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(source, SecretError::Remote);
}

/// A set is one secret, and its keys cost a forged request as much as any.
#[cfg(feature = "ed25519")]
#[test]
fn a_set_of_more_than_eight_keys_is_refused() {
    let set = |count: usize| {
        let key = |id: usize| {
            format!(
                r#"{{"kty":"OKP","crv":"Ed25519","kid":"{id}","x":"X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm_-6l4"}}"#
            )
        };
        let keys: Vec<_> = (0..count).map(key).collect();
        let secret = Secret::new(format!(r#"{{"keys":[{}]}}"#, keys.join(","))).unwrap();
        Keyring::new(&providers::discord_interactions(), secret)
    };
    assert_eq!(set(8).unwrap().ids().count(), 8);
    assert_eq!(set(9).unwrap_err(), KeyringError::TooMany(9));
}
