//! What the text of a signature looks like, beside what it should be.

use crate::{
    content::Reading,
    crypto::jws::Header,
    diagnosis::{
        Case, Code, Diagnosis,
        form::{Form, encoding_name, hash_of_len},
        head::shape_of,
        words::{any_of, shown},
    },
    scheme::{Encoding, Family, ItemKey, List, Scheme, Signature},
    verify::VerifyError,
};

/// The most items of a list that are named.
const MAX_ITEMS: usize = 4;

pub(super) fn hints(error: &VerifyError, case: &Case<'_>) -> Vec<Diagnosis> {
    let found = match error {
        VerifyError::SignatureMalformed { .. } => malformed(case),
        VerifyError::Malformed { name, .. } if name == "token" => malformed(case),
        VerifyError::UnknownKeyId => unknown_key(case),
        VerifyError::TooManySignatures => Some(Diagnosis::new(
            Code::TooMany,
            "there are more signatures than any provider sends, so none was looked at",
        )),
        _ => None,
    };
    found.into_iter().collect()
}

/// The text in which the signature stands.
pub(super) fn text<'a>(case: &Case<'a>) -> Option<std::borrow::Cow<'a, str>> {
    let shape = shape_of(case)?;
    let reading = Reading::new(shape, case.incoming());
    reading.text(&shape.signature.at).ok()
}

fn malformed(case: &Case<'_>) -> Option<Diagnosis> {
    let signature = &shape_of(case)?.signature;
    let text = text(case)?;
    match &signature.list {
        Some(list) => in_list(&text, signature, list, case.scheme),
        None => one(&text, signature, case.scheme),
    }
}

/// The text of the first item that is called as the scheme's signature is.
pub(super) fn item<'t>(text: &'t str, signature: &Signature) -> Option<&'t str> {
    let Some(list) = &signature.list else {
        return Some(text);
    };
    let items = text.split(list.items.as_str());
    match (&list.pair, &signature.item) {
        (Some(pair), Some(ItemKey::Name(wanted))) => items
            .filter_map(|item| item.split_once(pair.as_str()))
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value),
        (Some(pair), _) => items
            .filter_map(|item| item.split_once(pair.as_str()))
            .map(|(_, value)| value)
            .next(),
        (None, _) => items.into_iter().next(),
    }
}

fn in_list(text: &str, signature: &Signature, list: &List, scheme: &Scheme) -> Option<Diagnosis> {
    let Some(pair) = &list.pair else {
        return one(item(text, signature)?, signature, scheme);
    };
    let items: Vec<_> = text.split(list.items.as_str()).collect();
    if items.iter().any(|item| !item.contains(pair.as_str())) {
        return Some(Diagnosis::new(
            Code::SignatureList,
            format!(
                "the signature header is not a list of names and values with {pair:?} between them and {:?} \
                 after each: was it cut, or does another provider send it?",
                list.items
            ),
        ));
    }
    if let (None, Some(ItemKey::Name(wanted))) = (item(text, signature), &signature.item) {
        let names = items
            .iter()
            .filter_map(|item| item.split_once(pair.as_str()))
            .map(|(name, _)| shown(name))
            .take(MAX_ITEMS)
            .collect::<Vec<_>>();
        return Some(Diagnosis::new(
            Code::SignatureVersion,
            format!(
                "the signature header has no {wanted:?}, only {}",
                names.join(", ")
            ),
        ));
    }
    one(item(text, signature)?, signature, scheme)
}

/// A signature that stands alone.
fn one(text: &str, signature: &Signature, scheme: &Scheme) -> Option<Diagnosis> {
    let prefix = signature.prefix.as_str();
    let Some(value) = text.strip_prefix(prefix) else {
        return Some(without_prefix(text, prefix));
    };
    if scheme.algorithm.family() == Family::Token {
        return token(value, scheme);
    }
    let bare = value.trim().trim_matches(['"', '\'']);
    if bare.len() < value.len() || value.contains([' ', '\t']) {
        return Some(Diagnosis::new(
            Code::SignatureSpace,
            "the signature has white space or quotes around it or in it",
        ));
    }
    let form = Form::of(value);
    let wanted = signature.encoding;
    let name = encoding_name(wanted);
    let hex = matches!(
        wanted,
        Encoding::Hex | Encoding::HexUpper | Encoding::HexAnyCase
    );
    if hex && form.is_hex() && !reads(wanted, form) {
        return Some(Diagnosis::new(
            Code::SignatureCase,
            format!("the signature is {}, where {name} is due", form.name()),
        ));
    }
    if !reads(wanted, form) {
        let of = match form.len() {
            Some(len) => format!("{} of {len} bytes", form.name()),
            None => format!("{}, and has {} characters", form.name(), value.len()),
        };
        return Some(Diagnosis::new(
            Code::SignatureEncoding,
            format!("the signature is {of}, where {name} is due"),
        ));
    }
    let (Some(len), Some(due)) = (form.len(), scheme.algorithm.tag_len()) else {
        return None;
    };
    let guess = match hash_of_len(len) {
        Some(hash) if len != due => format!(": {hash}?"),
        _ if len < due => ": was it cut?".to_owned(),
        _ => String::new(),
    };
    Some(Diagnosis::new(
        Code::SignatureLength,
        format!(
            "the signature decodes to {len} bytes, where {} gives {due}{guess}",
            scheme.algorithm
        ),
    ))
}

/// Whether a text of this form is read by `encoding`, whatever its length.
const fn reads(encoding: Encoding, form: Form) -> bool {
    match encoding {
        Encoding::Hex => matches!(form, Form::Hex(_)),
        // Digits alone have no case.
        Encoding::HexUpper => matches!(form, Form::HexUpper(_)),
        Encoding::HexAnyCase => form.is_hex(),
        Encoding::Base64 => matches!(form, Form::Base64(_)),
        Encoding::Base64UrlPadded | Encoding::Base64Url => matches!(form, Form::Base64Url(_)),
        Encoding::Text => true,
    }
}

fn without_prefix(text: &str, prefix: &str) -> Diagnosis {
    let end = prefix.chars().next_back().unwrap_or('=');
    let own = text.split_once(end).map(|(own, _)| own);
    match own.filter(|own| !own.is_empty() && own.len() < prefix.len() + 4 && own.len() <= 8) {
        Some(own) => {
            let hint = if own == "sha1" { ": that is SHA-1" } else { "" };
            Diagnosis::new(
                Code::OtherAlgorithm,
                format!(
                    "the signature begins with {}, where {prefix:?} is due{hint}",
                    shown(&format!("{own}{end}"))
                ),
            )
        }
        None => Diagnosis::new(
            Code::PrefixMissing,
            format!("the signature does not begin with {prefix:?}"),
        ),
    }
}

fn token(token: &str, scheme: &Scheme) -> Option<Diagnosis> {
    let parts = token.split('.').count();
    let form = |message: String| Some(Diagnosis::new(Code::TokenForm, message));
    if token.starts_with("Bearer ") {
        return form("the token has `Bearer` in front, where the token alone is due".to_owned());
    }
    if parts != 3 {
        return form(format!(
            "what should be a token, three parts with dots between, has {parts}"
        ));
    }
    let Some(header) = Header::of(token) else {
        return form("the token's header is not base64url of JSON".to_owned());
    };
    if header.changes_meaning {
        return form(
            "the token's header has `crit` or `b64`, which would change its meaning".to_owned(),
        );
    }
    let due = scheme.algorithm.jose_name()?;
    let own = header.alg.unwrap_or_default();
    if own == due {
        return form("the token's payload or signature is not base64url".to_owned());
    }
    Some(Diagnosis::new(
        Code::TokenAlgorithm,
        format!(
            "the token is signed with {}, where {due} is due",
            shown(&own)
        ),
    ))
}

fn unknown_key(case: &Case<'_>) -> Option<Diagnosis> {
    let shape = shape_of(case)?;
    let named = match &case.scheme.key_id {
        Some(at) => Reading::new(shape, case.incoming())
            .text(at)
            .ok()?
            .into_owned(),
        None => Header::of(text(case)?.strip_prefix(&shape.signature.prefix)?)?.key_id?,
    };
    let known: Vec<_> = case.keyring?.ids().collect();
    Some(Diagnosis::new(
        Code::KeyUnknown,
        format!(
            "the request names the key {}, and configured is {}: was the key changed?",
            shown(&named),
            any_of(&known)
        ),
    ))
}
