//! What an operator writes into a file.

use axum_webhook::{
    Incoming, Keyring, Timestamp,
    config::Config,
    scheme::{Locate, Scheme, Shape},
    testing::sample,
    verify,
};

use super::{
    Outcome,
    support::{now, secret},
};

/// Whole configurations. Nothing of a text that could be a secret stands in an error.
pub fn config(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else {
        return Outcome::Skipped;
    };
    let config = match Config::from_toml(text) {
        Ok(config) => config,
        Err(error) => {
            check_silence(text, &error.to_string());
            return Outcome::Refused;
        }
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
    Outcome::Accepted
}

/// What stands in the corpus for a secret.
const SECRET: &str = "whsec_only_for_trying_it_out";

/// The text behind `plain:` is a secret, wherever that stands.
fn check_silence(text: &str, error: &str) {
    let is_secret = text.matches(SECRET).count() == 1 && text.contains(&format!("plain:{SECRET}"));
    assert!(!is_secret || !error.contains(SECRET), "{error}");
}

/// Schemes: written and read again they are the same, and one that passes the linter verifies what it signs.
pub fn scheme(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else {
        return Outcome::Skipped;
    };
    let Ok(scheme) = toml::from_str::<Scheme>(text) else {
        return Outcome::Refused;
    };
    let written = toml::to_string(&scheme).unwrap();
    assert_eq!(
        toml::from_str::<Scheme>(&written).unwrap(),
        scheme,
        "{written}"
    );
    let is_valid = scheme.validate().is_ok();
    if is_valid {
        check_signing(&scheme, now());
    }
    Outcome::of(is_valid)
}

fn check_signing(scheme: &Scheme, now: Timestamp) {
    if scheme.shapes.iter().any(overlaps) {
        return;
    }
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

/// Whether two values stand at one place, or one inside the other: a sample has one at each.
fn overlaps(shape: &Shape) -> bool {
    let place = |at: &Locate| match at {
        Locate::Json(pointer) => format!("body{pointer}/"),
        Locate::Claim(pointer) => format!("token{pointer}/"),
        at => format!("{at:?}"),
    };
    let claims = shape.claims.iter();
    let claims = claims.map(|claim| (Locate::Claim(claim.at.clone()), claim.is.is_empty()));
    let (present, known): (Vec<_>, Vec<_>) = claims.partition(|(_, is_any)| *is_any);
    let times = shape.timestamp.iter().map(|time| &time.at);
    let fields = shape.fields.iter().map(|field| &field.at);
    let values = times.chain(&shape.event_id).chain(fields);
    let mut places: Vec<_> = values
        .chain(known.iter().map(|(at, _)| at))
        .map(place)
        .collect();
    // One that only has to be there may be any of the others.
    for (at, _) in &present {
        let place = place(at);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places.sort();
    places.windows(2).any(|two| two[1].starts_with(&two[0]))
}
