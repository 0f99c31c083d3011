//! Texts with one thing about them changed, still of their kind.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::scheme::{ItemKey, Signature};

/// The text of a signature's place, with each signature in it changed.
pub(super) fn in_list(
    text: &str,
    signature: &Signature,
    change: &impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let Some(list) = &signature.list else {
        return change(text);
    };
    let items = |set: &str| {
        let items = set.split(&*list.items).map(|item| {
            let (name, value) = match &list.pair {
                Some(pair) => {
                    let (name, value) = item.split_once(&**pair)?;
                    (format!("{name}{pair}"), value)
                }
                None => (String::new(), item),
            };
            let is_signature = match &signature.item {
                Some(ItemKey::Name(wanted)) => list
                    .pair
                    .as_ref()
                    .is_none_or(|pair| name == format!("{wanted}{pair}")),
                _ => true,
            };
            let value = if is_signature {
                change(value)?
            } else {
                value.to_owned()
            };
            Some(format!("{name}{value}"))
        });
        Some(items.collect::<Option<Vec<_>>>()?.join(&list.items))
    };
    match &list.sets {
        Some(sets) => Some(
            text.split(&**sets)
                .map(items)
                .collect::<Option<Vec<_>>>()?
                .join(sets),
        ),
        None => items(text),
    }
}

pub(super) fn has_name(pair: &str, name: &str) -> bool {
    pair.split('=').next() == Some(name)
}

/// A query or a form with the value of one name changed.
pub(super) fn with_pair(
    pairs: &str,
    name: &str,
    change: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let changed = pairs.split('&').map(|pair| match pair.split_once('=') {
        Some((key, value)) if key == name => {
            let value = percent_decode_str(value).decode_utf8().ok()?;
            let value = change(&value)?;
            Some(Cow::from(format!(
                "{key}={}",
                utf8_percent_encode(&value, NON_ALPHANUMERIC)
            )))
        }
        _ => Some(Cow::from(pair)),
    });
    Some(changed.collect::<Option<Vec<_>>>()?.join("&"))
}

/// The text with another first letter or digit, of the same kind.
pub(super) fn another_first(text: &str) -> Option<String> {
    let first = text.chars().next()?;
    let rest = text.get(first.len_utf8()..)?;
    Some(format!("{}{rest}", another_char(first)))
}

/// The text with another last letter or digit, of the same kind.
pub(super) fn another(text: &str) -> Option<String> {
    let last = text.chars().last()?;
    let rest = text.get(..text.len() - last.len_utf8())?;
    Some(format!("{rest}{}", another_char(last)))
}

const fn another_char(char: char) -> char {
    match char {
        '1' => '2',
        '0'..='9' => '1',
        'a' => 'b',
        'A' => 'B',
        'B'..='Z' => 'A',
        _ => 'a',
    }
}
