//! What an operator writes into a file.

use axum_webhook::{
    Incoming, Keyring, Timestamp, config::Config, scheme::Scheme, testing::sample, verify,
};

use super::support::{now, secret};

/// Whole configurations. Nothing of a text that could be a secret stands in an error.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let config = match Config::from_toml(text) {
        Ok(config) => config,
        Err(error) => return check_silence(text, &error.to_string()),
    };
    assert!(config.names().next().is_some());
    for scheme in config.schemes().flatten() {
        drop(scheme.lint());
    }
    // Files and variables are not the fuzzer's to read, and an escape could hide that they are meant.
    if !["file", "env", "\\", "postgres", "redis"]
        .iter()
        .any(|word| text.contains(word))
    {
        for endpoint in config.each_endpoint() {
            if let Err(error) = endpoint {
                check_silence(text, &error.to_string());
            }
        }
    }
}

/// What stands in the corpus for a secret.
const SECRET: &str = "whsec_only_for_trying_it_out";

/// The text behind `plain:` is a secret, wherever that stands.
fn check_silence(text: &str, error: &str) {
    let is_secret = text.matches(SECRET).count() == 1 && text.contains(&format!("plain:{SECRET}"));
    assert!(!is_secret || !error.contains(SECRET), "{error}");
}

/// Schemes: written and read again they are the same, and one that passes the linter verifies what it signs.
pub fn scheme(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(scheme) = toml::from_str::<Scheme>(text) else {
        return;
    };
    let written = toml::to_string(&scheme).unwrap();
    assert_eq!(
        toml::from_str::<Scheme>(&written).unwrap(),
        scheme,
        "{written}"
    );
    if scheme.validate().is_ok() {
        check_signing(&scheme, now());
    }
}

fn check_signing(scheme: &Scheme, now: Timestamp) {
    let secret = scheme
        .secret_parts
        .iter()
        .try_fold(secret(scheme), |secret, name| {
            secret.with_part(name, "a-part").ok()
        });
    let Some(secret) = secret else { return };
    let Ok(keyring) = Keyring::new(scheme, secret.clone()) else {
        return;
    };
    let draft = sample(scheme, now).with_url("https://example.com/webhook");
    let Ok(signed) = draft.sign(scheme, secret) else {
        return;
    };
    let (Ok(uri), Ok(public_url)) = (signed.url.parse(), "https://example.com".parse()) else {
        return;
    };
    let incoming = Incoming::new(&signed.method, &uri, &signed.headers, &signed.body)
        .with_public_url(&public_url);
    if let Err(error) = verify(&incoming, scheme, &keyring, now) {
        panic!("{error}: {signed:?}");
    }
}
