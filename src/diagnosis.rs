//! Why it failed, in plain words, for the operator: guesses, made only after a refusal, never acted on.

use std::sync::OnceLock;

use http::HeaderName;

use crate::{
    crypto::sha256,
    incoming::Head,
    keys::Keyring,
    providers,
    scheme::{Encoding, Locate, Scheme, TimeUnit},
    verify::VerifyError,
};

/// What the operator may want to look at after a refusal.
///
/// Nothing in it is a secret, a body, an expected signature or more than eight
/// characters of a received one.
pub(crate) fn hints(
    error: &VerifyError,
    head: Head<'_>,
    body: Option<&[u8]>,
    scheme: &Scheme,
    keyring: Option<&Keyring>,
) -> Vec<String> {
    let mut hints = Vec::new();
    match error {
        VerifyError::NoShape | VerifyError::Missing { .. } => {
            if let Some(other) = looks_like(head, scheme) {
                hints.push(format!(
                    "the request has the signature header of {other}, not of {}",
                    scheme.id
                ));
            }
        }
        VerifyError::SignatureMalformed { .. } => hints.extend(signature_hint(head, scheme)),
        VerifyError::TimestampMalformed { .. } => hints.extend(timestamp_hint(head, scheme)),
        VerifyError::Stale { age } if age.as_secs() > 86_400 * 365 => {
            hints.push("is the timestamp in another unit than the scheme says?".to_owned());
        }
        VerifyError::Stale { .. } | VerifyError::Future { .. } => hints.push(
            "is this machine's clock right, or is an old delivery being sent again?".to_owned(),
        ),
        VerifyError::Mismatch => {
            if let Some(keyring) = keyring {
                let ids = keyring.ids().collect::<Vec<_>>().join(", ");
                hints.push(format!("keys tried: {ids}"));
            }
            if let Some(body) = body {
                let digest = Encoding::Hex.encode(&sha256(body));
                let prefix = digest.get(..8).unwrap_or_default();
                hints.push(format!("body: {} bytes, sha256 {prefix}…", body.len()));
                if body.is_empty() {
                    hints.push(
                        "the body is empty: did a layer outside this one read it?".to_owned(),
                    );
                }
            }
            hints.extend(url_hint(head, scheme));
        }
        VerifyError::ClaimMismatch { .. } => hints.extend(url_hint(head, scheme)),
        VerifyError::NoPublicUrl => {
            hints.push("set `public_url` to the URL that the provider has".to_owned());
        }
        _ => {}
    }
    hints
}

/// The URL that was compared, without the user in it.
fn url_hint(head: Head<'_>, scheme: &Scheme) -> Option<String> {
    let url = head.url(false).filter(|_| scheme.signs_url())?;
    let without_user = match (url.find("://"), url.find('@')) {
        (Some(start), Some(at)) => {
            let scheme = url.get(..start + 3).unwrap_or_default();
            format!("{scheme}{}", url.get(at + 1..).unwrap_or_default())
        }
        _ => url,
    };
    Some(format!("the URL was taken to be {without_user}"))
}

/// The provider whose signature header the request has.
fn looks_like(head: Head<'_>, scheme: &Scheme) -> Option<String> {
    static HEADERS: OnceLock<Vec<(HeaderName, String)>> = OnceLock::new();
    let known = HEADERS.get_or_init(|| {
        let mut known = Vec::new();
        for (_, describe) in providers::ALL {
            let scheme = describe();
            for shape in scheme.shapes {
                if let Locate::Header(name) | Locate::RepeatedHeader(name) = shape.signature.at {
                    known.push((name, scheme.id.clone()));
                }
            }
        }
        known
    });
    known
        .iter()
        .find(|(name, id)| *id != scheme.id && head.headers.contains_key(name))
        .map(|(_, id)| id.clone())
}

/// What the signature's text looks like, next to what it should be.
fn signature_hint(head: Head<'_>, scheme: &Scheme) -> Option<String> {
    let shape = scheme.shapes.first()?;
    let name = shape.signature.at.single_header()?;
    let text = head.header(name).ok()?;
    let prefix = &shape.signature.prefix;
    if !prefix.is_empty() && !text.starts_with(prefix.as_str()) {
        return Some(format!("the signature does not begin with {prefix:?}"));
    }
    let value = text.strip_prefix(prefix.as_str()).unwrap_or(text);
    if shape.signature.encoding == Encoding::Hex && value.bytes().any(|c| c.is_ascii_uppercase()) {
        return Some("the signature is not lower-case hex; is it base64?".to_owned());
    }
    Some(format!("the signature has {} characters", value.len()))
}

/// Which unit the timestamp seems to have.
fn timestamp_hint(head: Head<'_>, scheme: &Scheme) -> Option<String> {
    let field = scheme.shapes.first()?.timestamp.as_ref()?;
    let text = head.header(field.at.single_header()?).ok()?;
    [
        (TimeUnit::UnixSeconds, "seconds"),
        (TimeUnit::UnixMillis, "milliseconds"),
        (TimeUnit::UnixMicros, "microseconds"),
        (TimeUnit::Rfc3339, "RFC 3339"),
        (TimeUnit::Rfc2822, "RFC 2822"),
    ]
    .iter()
    .find(|(unit, _)| *unit != field.unit && unit.parse(text).is_some())
    .map(|(_, name)| format!("the timestamp looks like {name}"))
}
