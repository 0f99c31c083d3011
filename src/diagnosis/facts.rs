//! What is known of a request whose signature fits no key.

use crate::{
    crypto::sha256,
    diagnosis::{Case, Code, Diagnosis},
    incoming::Head,
    keys::Doubt,
    scheme::{Encoding, Family},
    verify::VerifyError,
};

/// What a decoder writes for a byte that it could not read.
const REPLACED: &[u8] = "\u{fffd}".as_bytes();

/// What may be the reason.
pub(super) fn causes(error: &VerifyError, case: &Case<'_>) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    match error {
        VerifyError::Mismatch => {
            for key in case.keyring.iter().flat_map(|keyring| keyring.all()) {
                found.extend(key.doubts().iter().map(|doubt| said(&key.id, doubt)));
            }
            body_causes(case, &mut found);
        }
        VerifyError::BodyHashMismatch => {
            found.push(Diagnosis::new(
                Code::BodyNotSigned,
                "the signature is right, but the body is not the one whose hash is signed: something in \
                 front changed it",
            ));
            body_causes(case, &mut found);
        }
        _ => {}
    }
    found
}

/// What was tried, and with what.
pub(super) fn facts(error: &VerifyError, case: &Case<'_>) -> Vec<Diagnosis> {
    match error {
        VerifyError::Mismatch => {
            let facts = keys(case).into_iter().chain(body(case)).chain(url(case));
            facts.collect()
        }
        VerifyError::BodyHashMismatch => body(case).into_iter().collect(),
        VerifyError::ClaimMismatch { .. } => url(case).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn keys(case: &Case<'_>) -> Option<Diagnosis> {
    let keys = case.keyring?.all().iter();
    let (live, other): (Vec<_>, Vec<_>) = keys.partition(|key| key.is_live(case.now));
    let ids: Vec<_> = live.iter().map(|key| &*key.id).collect();
    let mut message = format!("keys tried: {}", ids.join(", "));
    if !other.is_empty() {
        let ids: Vec<_> = other.iter().map(|key| &*key.id).collect();
        message = format!("{message}; not valid now: {}", ids.join(", "));
    }
    Some(Diagnosis::new(Code::KeysTried, message))
}

/// What is said of a secret that looks wrong.
pub(crate) fn said(id: &str, doubt: &Doubt) -> Diagnosis {
    match doubt {
        Doubt::Kind(kind) => Diagnosis::new(
            Code::SecretKind,
            format!("the secret {id:?} looks like {kind}, not like the secret of a webhook"),
        ),
        Doubt::Quoted => Diagnosis::new(
            Code::SecretQuotes,
            format!(
                "the secret {id:?} has quotes around it: did a file or a shell leave them there?"
            ),
        ),
        Doubt::Short(len) => Diagnosis::new(
            Code::SecretShort,
            format!("the secret {id:?} has {len} bytes: fewer than 16 can be guessed"),
        ),
        Doubt::WhiteSpace => Diagnosis::new(
            Code::SecretWhiteSpace,
            format!("the secret {id:?} has white space around it"),
        ),
    }
}

fn body_causes(case: &Case<'_>, found: &mut Vec<Diagnosis>) {
    let Some(body) = case.body else {
        return;
    };
    if case.scheme.algorithm.family() == Family::Credential {
        // It covers no body, so nothing about the body can be the reason.
        return;
    }
    if body.is_empty() {
        found.push(Diagnosis::new(
            Code::BodyEmpty,
            "the body is empty: did a layer outside this one read it?",
        ));
    }
    if let Some(said) = content_length(case.head).filter(|said| *said != body.len()) {
        found.push(Diagnosis::new(
            Code::BodyLength,
            format!(
                "`Content-Length` says {said} bytes, and {} came: something in front unpacked or changed the body",
                body.len()
            ),
        ));
    }
    if body
        .windows(REPLACED.len())
        .any(|window| window == REPLACED)
    {
        found.push(Diagnosis::new(
            Code::BodyReplaced,
            "the body has the character U+FFFD, which stands for bytes that were no UTF-8: something in \
             front decoded it",
        ));
    }
}

fn body(case: &Case<'_>) -> Option<Diagnosis> {
    let body = case.body?;
    let digest = Encoding::Hex.encode(&sha256(body));
    let prefix = digest.get(..8).unwrap_or_default();
    Some(Diagnosis::new(
        Code::BodySeen,
        format!("body: {} bytes, sha256 {prefix}…", body.len()),
    ))
}

fn content_length(head: Head<'_>) -> Option<usize> {
    head.header(&http::header::CONTENT_LENGTH)
        .ok()?
        .parse()
        .ok()
}

/// The URL that was taken for the signed one, without user, password and the values of the query.
fn url(case: &Case<'_>) -> Option<Diagnosis> {
    if !case.scheme.signs_url() {
        return None;
    }
    let url = case.head.url(false)?;
    let (url, query) = url.split_once('?').unwrap_or((&url, ""));
    let (scheme, rest) = url.split_once("://")?;
    let host_end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(host_end)?;
    let host = authority.rsplit('@').next().unwrap_or_default();
    let names: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split('=').next().unwrap_or_default())
        .map(|name| name.chars().take(8).collect::<String>())
        .map(|name| format!("{name}=…"))
        .collect();
    let query = if names.is_empty() {
        String::new()
    } else {
        format!("?{}", names.join("&"))
    };
    Some(Diagnosis::new(
        Code::UrlSeen,
        format!("the URL was taken to be {scheme}://{host}{path}{query}"),
    ))
}
