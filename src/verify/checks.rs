//! The checks around the signature: which shape and keys, what the head has to have, the body's hash.

use std::borrow::Cow;

use crate::{
    content::{Known, Reading, Source, fixed},
    crypto::{Tag, sha256},
    incoming::{Head, ReadError},
    keys::{Key, Keyring},
    scheme::{Field, Role, Scheme, Segment, Shape, Template, UrlPorts},
    timestamp::Timestamp,
    verify::{VerifyError, token, window::Sets},
};

/// Whether a request has this shape.
#[inline]
pub(crate) fn fits(shape: &Shape, head: Head<'_>) -> bool {
    let when = &shape.when;
    when.content_type
        .is_none_or(|kind| head.media_type() == Some(kind))
        && when
            .header
            .as_ref()
            .is_none_or(|name| head.headers.contains_key(name))
        && when.query.as_ref().is_none_or(|name| head.has_query(name))
}

/// The id of the key that the request names, if it names one. It only ever looks up.
#[inline]
pub(super) fn wanted_key_id<'a>(
    scheme: &Scheme,
    reading: &Reading<'a>,
) -> Result<Option<Cow<'a, str>>, VerifyError> {
    if scheme.key_id.is_none() && !scheme.algorithm.is_jwt() {
        return Ok(None);
    }
    named_key_id(scheme, reading)
}

fn named_key_id<'a>(
    scheme: &Scheme,
    reading: &Reading<'a>,
) -> Result<Option<Cow<'a, str>>, VerifyError> {
    let Some(at) = &scheme.key_id else {
        return Ok(token::key_id(scheme, reading)?.map(Cow::Owned));
    };
    match reading.text(at) {
        Ok(id) => Ok(Some(id)),
        Err(ReadError::Missing) => Ok(None),
        Err(error) => Err(VerifyError::read("key id", at, error)),
    }
}

/// The keys that may verify a request which names `wanted`.
///
/// An id that a key has chooses that key. Any other is refused where ids were given, by the
/// operator or by a JWK; where all keys have only their places for ids, it says nothing.
#[inline]
pub(super) fn keys<'w, 'k>(
    wanted: Option<&'w str>,
    keyring: &'k Keyring,
    now: Timestamp,
) -> Result<impl Iterator<Item = (usize, &'k Key)> + use<'w, 'k>, VerifyError> {
    let wanted = match wanted {
        Some(id) if keyring.has_id(id) => Some(id),
        Some(_) if keyring.has_own_ids() => return Err(VerifyError::UnknownKeyId),
        _ => None,
    };
    Ok(keyring
        .live(now)
        .filter(move |(_, key)| wanted.is_none_or(|wanted| *key.id == *wanted)))
}

/// The forms of the URL that count: as configured, and perhaps with the default port toggled.
#[inline]
pub(super) fn ports(scheme: &Scheme, reading: &Reading<'_>) -> &'static [bool] {
    let head = reading.incoming.head;
    if scheme.url_ports == UrlPorts::Either && head.url_pieces(true).is_some() {
        &[false, true]
    } else {
        &[false]
    }
}

/// Checks the values of the head that the content names, so that a request without them
/// costs no body, and remembers how the content begins.
#[inline]
pub(super) fn check_sources(
    reading: &Reading<'_>,
    sets: &Sets<'_>,
    known: &mut Known,
) -> Result<(), VerifyError> {
    let Some(content) = &reading.shape.content else {
        return Ok(());
    };
    for (index, segment) in content.segments().iter().enumerate() {
        let (role, filters) = match segment {
            Segment::Value { role, filters } => (role, filters),
            Segment::Literal(text) => {
                known.remember(index, text.as_bytes());
                continue;
            }
        };
        let mut remember = |value: &[u8]| {
            if filters.is_empty() {
                known.remember(index, value);
            }
        };
        match role {
            Role::Url if reading.incoming.head.public_url.is_none() => {
                return Err(VerifyError::NoPublicUrl);
            }
            Role::Url
                if joins_url_and_body(reading.shape) && could_hold_json(reading.incoming.head) =>
            {
                return Err(VerifyError::Malformed {
                    name: "url".to_owned(),
                    at: "request target".to_owned(),
                });
            }
            Role::Timestamp if sets.time(reading.set).is_some() => {
                if let Some(text) = sets.text {
                    remember(text);
                }
            }
            _ => {
                if let Some(source) = Source::of(reading.shape, role)
                    && !source.at.is_in_body()
                {
                    remember(&reading.source(&source)?);
                }
            }
        }
    }
    Ok(())
}

/// The first value that is not what it must be, for a secret with these parts.
#[inline]
pub(super) fn misfit<'s, 'p>(
    reading: &Reading<'s>,
    part: &impl Fn(&str) -> Option<&'p str>,
) -> Option<&'s Field> {
    let mut fields = reading.shape.fields.iter();
    fields.find(|field| {
        let Some(template) = &field.is else {
            return false;
        };
        let fits = match (fixed(template, part), reading.value(&field.at)) {
            (Some(wanted), Ok(value)) => {
                let tag = |bytes: &[u8]| Tag::new(&sha256(bytes));
                matches!((tag(wanted.as_bytes()), tag(&value)), (Some(a), Some(b)) if a.matches(&b))
            }
            _ => false,
        };
        !fits
    })
}

/// Checks the values of the head that must be a certain text, whatever the key.
#[inline]
pub(super) fn check_fixed(reading: &Reading<'_>) -> Result<(), VerifyError> {
    let no_part = |_: &str| None;
    for field in &reading.shape.fields {
        let wanted = field.is.as_ref().and_then(|is| fixed(is, &no_part));
        let Some(wanted) = wanted.filter(|_| !field.at.is_in_body()) else {
            continue;
        };
        let value = reading
            .value(&field.at)
            .map_err(|error| VerifyError::read(&field.name, &field.at, error))?;
        if *value != *wanted.as_bytes() {
            return Err(VerifyError::unexpected(field));
        }
    }
    Ok(())
}

/// Checks that the values which must be a certain text, or a part of a secret, are so for some key.
#[inline]
pub(super) fn check_misfit(reading: &Reading<'_>, keyring: &Keyring) -> Result<(), VerifyError> {
    let mut first = None;
    for key in keyring.all() {
        match misfit(reading, &|name| key.part(name)) {
            None => return Ok(()),
            Some(field) => first = first.or(Some(field)),
        }
    }
    first.map_or(Ok(()), |field| Err(VerifyError::unexpected(field)))
}

impl Scheme {
    /// Whether any shape signs the URL, or a token that names it, so that an endpoint has to know its public one.
    #[must_use]
    pub fn signs_url(&self) -> bool {
        self.shapes.iter().any(|shape| {
            let claimed = shape.claims.iter().flat_map(|claim| &claim.is);
            let mut values = shape
                .content
                .iter()
                .chain(claimed)
                .flat_map(Template::values);
            values.any(|(role, _)| *role == Role::Url)
        })
    }
}

/// Whether the beginning of the body could be moved to the end of the query.
#[inline]
pub(super) fn joins_url_and_body(shape: &Shape) -> bool {
    let content = shape.content.as_ref();
    content.is_some_and(|content| content.layout().joins_url_and_body)
}

/// Whether the target has a character that every JSON object has near its beginning, and no registered URL.
pub(super) fn could_hold_json(head: Head<'_>) -> bool {
    // The bracket of a list can only be the body's where nothing of the URL stands behind it.
    let has = |text: &str| text.contains(['{', '"']) || text.ends_with('[');
    has(head.path()) || head.query().is_some_and(has)
}

/// Whether the body begins as an object or a list of objects, so that no end of a URL stands in front.
///
/// An empty body has nothing that could have been moved into it.
pub(super) fn begins_as_json(body: &[u8]) -> bool {
    if body.is_empty() {
        return true;
    }
    let mut rest = body.trim_ascii_start();
    if let Some(inside) = rest.strip_prefix(b"[") {
        rest = inside.trim_ascii_start();
    }
    rest.starts_with(b"{")
}

/// The segment that is the body itself, if all before it can be read from the head.
#[inline]
pub(super) fn body_segment(shape: &Shape) -> Option<usize> {
    let content = shape.content.as_ref()?;
    let body = content.layout().body?;
    let in_body = |segment: &Segment| match segment {
        Segment::Value { role, .. } => {
            Source::of(shape, role).is_some_and(|source| source.at.is_in_body())
        }
        Segment::Literal(_) => false,
    };
    let mut before = content.segments().iter().take(body);
    (!before.any(in_body)).then_some(body)
}

/// Checks the body against the hash that the signed part claims for it.
#[inline]
pub(super) fn check_body_hash(reading: &Reading<'_>) -> Result<(), VerifyError> {
    let Some(hash) = &reading.shape.body_hash else {
        return Ok(());
    };
    let text = reading
        .text(&hash.at)
        .map_err(|error| VerifyError::read("body hash", &hash.at, error))?;
    let mut claimed = [0; Tag::MAX];
    let len = hash
        .encoding
        .decode_into(text.as_bytes(), &mut claimed)
        .ok_or_else(|| VerifyError::Malformed {
            name: "body hash".to_owned(),
            at: hash.at.to_string(),
        })?;
    if claimed.get(..len) == Some(&sha256(reading.incoming.body)) {
        Ok(())
    } else {
        Err(VerifyError::BodyHashMismatch)
    }
}
