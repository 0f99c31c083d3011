//! Trials of keys and secrets.

use zeroize::Zeroizing;

use crate::{
    diagnosis::{
        Code, Diagnosis, Other,
        trials::{Trials, Variant},
        words::ago,
    },
    incoming::Head,
    keys::{Key, Keyring},
    scheme::{Family, Scheme, SecretFormat, decode_base64, decode_base64_url, decode_hex_key},
    timestamp::Timestamp,
};

pub(super) fn run(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    not_live(trials)
        .or_else(|| not_chosen(trials))
        .or_else(|| other_form(trials))
        .or_else(|| credential(trials))
}

/// A key whose time is over, or has not come.
fn not_live(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    let keyring = trials.keyring;
    let now = trials.case.now;
    for key in keyring.all() {
        let (code, at, said) = match (key.not_before(), key.not_after()) {
            (_, Some(end)) if end <= now => {
                let last = Timestamp::from_unix_micros(end.unix_micros().saturating_sub(1));
                (Code::KeyExpired, last, format!("expired {}", ago(end, now)))
            }
            (Some(start), _) if start > now => {
                let said = format!("begins only {}", ago(start, now));
                (Code::KeyNotYet, start, said)
            }
            _ => continue,
        };
        let variant = Variant {
            now: at,
            ..trials.as_is()
        };
        if trials
            .fits(variant)
            .is_some_and(|authentic| authentic.key_id() == &*key.id)
        {
            return Some(Diagnosis::proven(
                code,
                format!(
                    "the signature is right for the key {:?}, which {said}",
                    key.id
                ),
            ));
        }
    }
    None
}

/// A key that is live, but not the one that the request names.
fn not_chosen(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    if trials.case.scheme.key_id.is_none() || !trials.keyring.has_own_ids() {
        return None;
    }
    let scheme = Scheme {
        key_id: None,
        ..trials.case.scheme.clone()
    };
    let variant = Variant {
        scheme: &scheme,
        ..trials.as_is()
    };
    let id = trials.fits(variant)?;
    Some(Diagnosis::proven(
        Code::KeyNotChosen,
        format!(
            "the signature is right for the key {:?}, but the request names another one",
            id.key_id()
        ),
    ))
}

/// The same secret, read in another way.
fn other_form(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    let scheme = trials.case.scheme;
    let keyring = trials.keyring;
    for key in keyring.all() {
        let Some(text) = key.given_text() else {
            continue;
        };
        for (code, said, bytes) in forms(scheme.secret, text) {
            let Some(keyring) = with_value(scheme, key, bytes) else {
                continue;
            };
            let variant = Variant {
                keyring: &keyring,
                ..trials.as_is()
            };
            if trials.fits(variant).is_some() {
                return Some(Diagnosis::proven(
                    code,
                    format!("the signature is right with the secret {:?} {said}", key.id),
                ));
            }
        }
    }
    None
}

type Form = (Code, &'static str, Zeroizing<Vec<u8>>);

/// What else the text of a secret may stand for.
fn forms(format: SecretFormat, text: &str) -> Vec<Form> {
    let mut found: Vec<Form> = Vec::new();
    let mut push = |code, said, bytes: Option<Vec<u8>>| {
        if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
            found.push((code, said, Zeroizing::new(bytes)));
        }
    };
    let bytes = |text: &str| Some(text.as_bytes().to_vec());
    let bare = text.split_once("whsec_").map_or(text, |(_, rest)| rest);
    let unquoted = text.trim_matches(['"', '\'']);
    if !matches!(format, SecretFormat::Text | SecretFormat::Nfkd) {
        push(
            Code::SecretEncoding,
            "as the text that it is, not decoded: the scheme's `secret` should be \"text\"",
            bytes(text),
        );
    }
    if bare.len() < text.len() {
        push(
            Code::SecretPrefix,
            "as text without what stands before and in its `whsec_`",
            bytes(bare),
        );
    }
    if format != SecretFormat::Base64 && format != SecretFormat::Whsec {
        push(
            Code::SecretEncoding,
            "decoded from base64: the scheme's `secret` should be \"base64\" or \"whsec\"",
            decode_base64(bare.as_bytes()),
        );
    }
    if format != SecretFormat::Hex {
        push(
            Code::SecretEncoding,
            "decoded from hex: the scheme's `secret` should be \"hex\"",
            decode_hex_key(text.as_bytes()),
        );
    }
    push(
        Code::SecretEncoding,
        "decoded from base64 with the URL alphabet",
        decode_base64_url(bare.as_bytes()),
    );
    if unquoted.len() < text.len() {
        push(
            Code::SecretQuotes,
            "without the quotes around it",
            bytes(unquoted),
        );
    }
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        push(
            Code::SecretWhiteSpace,
            "without the white space around it",
            bytes(trimmed),
        );
    }
    push(
        Code::SecretWhiteSpace,
        "and a newline behind it: the sender has its secret from a file with a newline at its end",
        bytes(&format!("{trimmed}\n")),
    );
    push(
        Code::SecretWhiteSpace,
        "and a space behind it: the sender's has one that was copied along",
        bytes(&format!("{trimmed} ")),
    );
    found
}

/// A keyring of one key: as `key`, but with these bytes.
fn with_value(scheme: &Scheme, key: &Key, bytes: Zeroizing<Vec<u8>>) -> Option<Keyring> {
    let secret = key.given()?.clone().with_bytes(bytes);
    Keyring::new(scheme, secret).ok()
}

/// A credential that stands in its header with something around it.
fn credential(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    let scheme = trials.case.scheme;
    if scheme.algorithm.family() != Family::Credential {
        return None;
    }
    let shape = scheme.shapes.first()?;
    let name = shape.signature.at.single_header()?;
    let text = trials.case.head.header(name).ok()?;
    let value = text.strip_prefix(&shape.signature.prefix)?;
    let bare = value.trim_matches(['"', '\'', ' ']);
    let bare = ["Bearer ", "bearer ", "Token ", "token ", "Basic "]
        .iter()
        .find_map(|word| bare.strip_prefix(word))
        .unwrap_or(bare);
    if bare.len() == value.len() {
        return None;
    }
    let mut headers = trials.case.head.headers.clone();
    let bare = format!("{}{bare}", shape.signature.prefix);
    headers.insert(name.clone(), bare.parse().ok()?);
    let variant = Variant {
        head: Head {
            headers: &headers,
            ..trials.case.head
        },
        ..trials.as_is()
    };
    trials.fits(variant)?;
    Some(Diagnosis::proven(
        Code::CredentialForm,
        format!("the credential is right without what stands around it in the header {name}"),
    ))
}

/// Another endpoint of the same layer.
pub(super) fn other_endpoint(trials: &mut Trials<'_>, others: &[Other<'_>]) -> Option<Diagnosis> {
    for other in others {
        let scheme = Scheme {
            tolerance: None,
            ..other.scheme.clone()
        };
        let variant = Variant {
            head: Head {
                public_url: other.public_url,
                ..trials.case.head
            },
            scheme: &scheme,
            keyring: &other.keyring,
            ..trials.as_is()
        };
        if trials.fits(variant).is_some() {
            return Some(Diagnosis::proven(
                Code::OtherEndpoint,
                format!(
                    "the signature is right for the endpoint {:?} ({}): is this its path, or are two secrets \
                     mixed up?",
                    other.name, other.scheme.id
                ),
            ));
        }
    }
    None
}
