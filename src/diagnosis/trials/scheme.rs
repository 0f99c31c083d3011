//! Trials of schemes: another unit, encoding, hash, content or provider.

use crate::{
    diagnosis::{
        Code, Diagnosis,
        form::{Form, encoding_name},
        head::{looks_like, shape_of},
        signature, time,
        trials::{Trials, Variant},
    },
    keys::{Key, Keyring, Secrets},
    providers,
    scheme::{Algorithm, Family, Role, Scheme, Template, TimeUnit},
};

/// The most providers that are tried.
const MAX_PRESETS: usize = 4;

/// The timestamp in another unit than the scheme's.
pub(super) fn unit(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    let text = time::text(&trials.case)?;
    let (unit, name) = time::unit_of(&text)?;
    let mut scheme = trials.case.scheme.clone();
    for field in scheme
        .shapes
        .iter_mut()
        .filter_map(|shape| shape.timestamp.as_mut())
    {
        field.unit = unit;
    }
    let variant = Variant {
        scheme: &scheme,
        ..trials.as_is()
    };
    trials.fits(variant)?;
    Some(Diagnosis::proven(
        Code::TimestampUnit,
        format!(
            "the signature is right with the timestamp in {name}, as it came: the scheme's `unit` is wrong"
        ),
    ))
}

/// The timestamp signed in another unit than the one in which it is sent.
pub(super) fn time(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    let shape = shape_of(&trials.case)?;
    let sent = shape.timestamp.as_ref()?.unit;
    let time = sent.parse(&time::text(&trials.case)?)?;
    let content = shape.content.as_ref()?.to_string();
    if !content.contains("{timestamp}") {
        return None;
    }
    let place = trials
        .case
        .scheme
        .shapes
        .iter()
        .position(|own| own == shape)?;
    for (unit, name) in time::UNITS {
        if unit == sent || unit == TimeUnit::Rfc2822 {
            continue;
        }
        let text = unit.print(time);
        let Ok(content) = content.replace("{timestamp}", &text).parse::<Template>() else {
            continue;
        };
        let mut scheme = trials.case.scheme.clone();
        if let Some(shape) = scheme.shapes.get_mut(place) {
            shape.content = Some(content);
        }
        let variant = Variant {
            scheme: &scheme,
            ..trials.as_is()
        };
        if trials.fits(variant).is_some() {
            return Some(Diagnosis::proven(
                Code::TimestampSigned,
                format!(
                    "the signature is right with the timestamp in {name}: the sender signs it in another unit than it sends it in"
                ),
            ));
        }
    }
    None
}

/// The signature in another encoding, or with another hash.
pub(super) fn encoding(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    let shape = shape_of(&trials.case)?;
    let text = signature::text(&trials.case)?;
    let item = signature::item(&text, &shape.signature)?;
    let own = &shape.signature;
    let (value, prefix) = match item.strip_prefix(own.prefix.as_str()) {
        Some(value) => (value, own.prefix.clone()),
        // Any other word before an equals sign, or none.
        None => match item.split_once('=') {
            Some((word, value)) if !value.is_empty() && word.len() <= 8 => {
                (value, format!("{word}="))
            }
            _ => (item, String::new()),
        },
    };
    let form = Form::of(value);
    let algorithm = trials.case.scheme.algorithm;
    let other = match algorithm.family() {
        Family::Hmac => hmac_of_len(form.len()?)?,
        Family::PublicKey => algorithm,
        _ => return None,
    };
    let encoding = form.encoding(value)?;
    let mut scheme = trials.case.scheme.clone();
    scheme.algorithm = other;
    for shape in &mut scheme.shapes {
        shape.signature.encoding = encoding;
        shape.signature.prefix.clone_from(&prefix);
    }
    let keyring = if other == algorithm {
        trials.keyring.clone()
    } else {
        again(&scheme, trials.keyring)?
    };
    let variant = Variant {
        scheme: &scheme,
        keyring: &keyring,
        ..trials.as_is()
    };
    trials.fits(variant)?;
    Some(if other != algorithm {
        Diagnosis::proven(
            Code::OtherAlgorithm,
            format!("the signature is right with {other}, where {algorithm} is due"),
        )
    } else if prefix != own.prefix {
        Diagnosis::proven(
            Code::PrefixMissing,
            format!(
                "the signature is right, but for the {:?} that should stand before it",
                own.prefix
            ),
        )
    } else {
        Diagnosis::proven(
            Code::SignatureEncoding,
            format!(
                "the signature is right in {}, where {} is due",
                form.name(),
                encoding_name(own.encoding)
            ),
        )
    })
}

const fn hmac_of_len(len: usize) -> Option<Algorithm> {
    Some(match len {
        20 => Algorithm::HmacSha1,
        28 => Algorithm::HmacSha224,
        32 => Algorithm::HmacSha256,
        48 => Algorithm::HmacSha384,
        64 => Algorithm::HmacSha512,
        _ => return None,
    })
}

/// The same secrets for another scheme.
fn again(scheme: &Scheme, keyring: &Keyring) -> Option<Keyring> {
    let given = keyring.all().iter().filter_map(Key::given);
    let secrets: Vec<_> = given.cloned().collect();
    Keyring::new(scheme, Secrets::from(secrets)).ok()
}

/// A provider of the catalogue whose headers the request has, with the secrets of this one.
pub(super) fn preset(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    let own = trials.case.scheme;
    let (_, ids) = looks_like(trials.case.head, Some(own))?;
    for id in ids.into_iter().take(MAX_PRESETS) {
        let scheme = Scheme {
            tolerance: None,
            ..providers::find(id)?
        };
        if scheme.algorithm.has_public_key() {
            // A secret is no public key, whatever it can be read as.
            continue;
        }
        let Some(keyring) = again(&scheme, trials.keyring) else {
            continue;
        };
        let variant = Variant {
            scheme: &scheme,
            keyring: &keyring,
            ..trials.as_is()
        };
        if trials.fits(variant).is_some() {
            return Some(Diagnosis::proven(
                Code::OtherPreset,
                format!(
                    "the signature is right as a delivery of {id} with this secret, where {} is configured",
                    own.id
                ),
            ));
        }
    }
    None
}

/// The contents that are usual, with the scheme's own roles.
const CONTENTS: [&str; 7] = [
    "{body}",
    "{timestamp}.{body}",
    "{timestamp}{body}",
    "{timestamp}:{body}",
    "{body}{timestamp}",
    "{id}.{timestamp}.{body}",
    "{url}{body}",
];

/// Another content than the scheme's.
pub(super) fn content(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    let shape = shape_of(&trials.case)?;
    if trials.case.scheme.algorithm.family() == Family::Token {
        return None;
    }
    let own = shape.content.as_ref()?;
    let place = trials
        .case
        .scheme
        .shapes
        .iter()
        .position(|other| other == shape)?;
    for text in CONTENTS {
        let content = Template::literal(text);
        let can = content.values().all(|(role, _)| match role {
            Role::Timestamp => shape.timestamp.is_some(),
            Role::Id => shape.event_id.is_some(),
            Role::Url => trials.case.head.public_url.is_some(),
            _ => true,
        });
        if !can || content == *own {
            continue;
        }
        let mut scheme = trials.case.scheme.clone();
        if let Some(shape) = scheme.shapes.get_mut(place) {
            shape.content = Some(content);
        }
        let variant = Variant {
            scheme: &scheme,
            ..trials.as_is()
        };
        if trials.fits(variant).is_some() {
            return Some(Diagnosis::proven(
                Code::ContentDiffers,
                format!(
                    "the signature is right for the content {text:?}, where {:?} is due",
                    own.to_string()
                ),
            ));
        }
    }
    None
}
