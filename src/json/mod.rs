//! JSON as verifying reads it: the text of one value, in a document that is checked to be JSON.
//!
//! Nothing is built and, unless a text has escapes or stands very deep, nothing allocated: `serde_json`, which the tests hold it
//! against, allocates where it skips what is nested.

mod nesting;
mod scanner;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::{incoming::ReadError, json::scanner::Scanner, scheme::JsonPointer};

/// The text of a scalar in a JSON body: a string unescaped, a number or a boolean as it is written.
///
/// A missing value and `null` are both [`ReadError::Missing`]. A name that stands
/// twice in an object on the way is refused, since the handler's parser might take the other one.
pub(crate) fn value<'a>(body: &'a [u8], pointer: &JsonPointer) -> Result<Cow<'a, str>, ReadError> {
    let text = std::str::from_utf8(body).map_err(|_| ReadError::Malformed)?;
    let raw = at(text, pointer)?;
    if raw.starts_with('"') {
        return unquoted(raw);
    }
    match raw {
        "null" => Err(ReadError::Missing),
        _ if raw.starts_with(['{', '[']) => Err(ReadError::Malformed),
        _ => Ok(Cow::Borrowed(raw)),
    }
}

/// The text of a JSON document, checked to be one.
pub(crate) fn root(body: &[u8]) -> Result<&str, ReadError> {
    let text = std::str::from_utf8(body).map_err(|_| ReadError::Malformed)?;
    let mut scanner = Scanner::new(text);
    let root = scanner.value()?;
    scanner.end()?;
    Ok(root)
}

/// The text of the value at `pointer`. All of the document is checked to be JSON.
pub(crate) fn at<'a>(document: &'a str, pointer: &JsonPointer) -> Result<&'a str, ReadError> {
    let mut steps = pointer.steps().peekable();
    if steps.peek().is_none() {
        return root(document.as_bytes());
    }
    let mut raw = document;
    for name in steps {
        raw = step(raw, &name)?.ok_or(ReadError::Missing)?;
    }
    Ok(raw)
}

/// The text of the value under one name, or at one index. All of the document is checked to be JSON.
pub(crate) fn step<'a>(document: &'a str, step: &str) -> Result<Option<&'a str>, ReadError> {
    let mut scanner = Scanner::new(document);
    let found = match scanner.next_token()? {
        b'{' => scanner.member(step)?,
        b'[' => scanner.element(step.parse().ok())?,
        _ => return Err(ReadError::Malformed),
    };
    scanner.end()?;
    Ok(found)
}

/// The string under one name of an object; `None` where it is missing or `null`. All of the object is checked to be JSON.
pub(crate) fn string<'a>(object: &'a str, name: &str) -> Result<Option<Cow<'a, str>>, ReadError> {
    match step(object, name)? {
        None | Some("null") => Ok(None),
        Some(raw) => text(raw).map(Some),
    }
}

/// What a string says, which was read before; any other value is refused.
pub(crate) fn text(raw: &str) -> Result<Cow<'_, str>, ReadError> {
    if raw.starts_with('"') {
        unquoted(raw)
    } else {
        Err(ReadError::Malformed)
    }
}

/// The texts of the elements of a JSON array, which is checked to be one before the first is there.
pub(crate) fn elements(array: &str) -> Result<impl Iterator<Item = &str> + Clone, ReadError> {
    let mut scanner = Scanner::new(array);
    if scanner.next_token()? != b'[' {
        return Err(ReadError::Malformed);
    }
    let mut whole = scanner.clone();
    whole.element(None)?;
    whole.end()?;
    let mut is_first = true;
    Ok(std::iter::from_fn(move || {
        scanner.next_element(&mut is_first).ok().flatten()
    }))
}

/// A string, which was read before, without its quotation marks and escapes.
fn unquoted(raw: &str) -> Result<Cow<'_, str>, ReadError> {
    let inside = raw.get(1..raw.len() - 1).unwrap_or_default();
    if inside.contains('\\') {
        let unescaped = serde_json::from_str(raw);
        unescaped.map(Cow::Owned).map_err(|_| ReadError::Malformed)
    } else {
        Ok(Cow::Borrowed(inside))
    }
}
