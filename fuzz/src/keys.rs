//! Secrets and public keys as somebody pastes them.

use std::sync::LazyLock;

use axum_webhook::{
    Keyring, Secret, providers,
    scheme::{Scheme, SecretFormat},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Outcome,
    support::{BODY, Judge, accepts, hex, mac_under, signed_header},
};

/// The key in a text, if that is one.
type Decode = fn(&str) -> Option<Vec<u8>>;

/// Secrets of every format, against a reference that decodes them: the key that was read is the one that signs.
pub fn secret(data: &[u8]) -> Outcome {
    static SCHEMES: LazyLock<[Scheme; 4]> = LazyLock::new(|| {
        let scheme = Judge::of_content("{body}").scheme;
        FORMATS.map(|(format, _)| Scheme {
            secret: format,
            ..scheme.clone()
        })
    });
    let Ok(text) = std::str::from_utf8(data) else {
        return Outcome::Skipped;
    };
    let made = Secret::new(text);
    let is_pem = text.starts_with("-----BEGIN ");
    let is_bare = text.trim() == text || is_pem;
    assert_eq!(
        made.is_ok(),
        !text.trim().is_empty() && is_bare && text != "whsec_"
    );
    let Ok(secret) = made else {
        return Outcome::Refused;
    };
    if text.len() > 8 {
        assert!(!format!("{secret:?}").contains(text));
    }
    let mut outcome = Outcome::Refused;
    for (scheme, (format, decode)) in SCHEMES.iter().zip(FORMATS) {
        let key = decode(text).filter(|key| key.iter().any(|byte| *byte != 0));
        let keyring = Keyring::new(scheme, secret.clone());
        assert_eq!(keyring.is_ok(), key.is_some(), "{format:?}");
        if let (Ok(keyring), Some(key)) = (keyring, key) {
            let headers = signed_header(&hex(&mac_under(&key, &[BODY])));
            assert!(accepts(scheme, &keyring, &headers, BODY), "{format:?}");
            outcome = Outcome::Accepted;
        }
    }
    outcome
}

const FORMATS: [(SecretFormat, Decode); 4] = [
    (SecretFormat::Text, |text| Some(text.as_bytes().to_vec())),
    (SecretFormat::Hex, |text| long(unhex(text)?)),
    (SecretFormat::Base64, |text| {
        long(STANDARD.decode(text).ok()?)
    }),
    (SecretFormat::Whsec, |text| {
        let text = text.strip_prefix("v1,").unwrap_or(text);
        let text = text.strip_prefix("whsec_").unwrap_or(text);
        long(STANDARD.decode(text).ok()?)
    }),
];

/// A key that can't be guessed.
fn long(key: Vec<u8>) -> Option<Vec<u8>> {
    (key.len() >= 16).then_some(key)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|c| c.is_ascii_hexdigit());
    let digits = is_hex.then_some(text)?.as_bytes();
    let pairs = digits
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect()
}

/// Public keys in every wrapping: PEM, SPKI, certificates, JWK sets. The first byte says of which algorithm.
pub fn public_key(data: &[u8]) -> Outcome {
    static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(|| {
        let mut schemes = vec![
            providers::discord_interactions(),
            providers::sendgrid(),
            providers::kick(),
            providers::plaid(),
        ];
        for scheme in &mut schemes {
            scheme.secret_parts.clear();
        }
        schemes
    });
    let Some((kind, text)) = data.split_first() else {
        return Outcome::Skipped;
    };
    let Ok(secret) = std::str::from_utf8(text)
        .map_err(drop)
        .and_then(|text| Secret::new(text).map_err(drop))
    else {
        return Outcome::Skipped;
    };
    let scheme = &SCHEMES[usize::from(*kind) % SCHEMES.len()];
    match Keyring::new(scheme, secret) {
        Ok(keyring) => {
            // As many ids as keys, and no two the same.
            let mut ids: Vec<_> = keyring.ids().collect();
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert!(count > 0 && ids.len() == count);
            Outcome::Accepted
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Outcome::Refused
        }
    }
}
