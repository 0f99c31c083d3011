//! Forms and queries: names and values, percent-encoded.
// ref: https://url.spec.whatwg.org/#urlencoded-parsing, but without replacing bytes that are no UTF-8.

use std::{borrow::Cow, mem};

use percent_encoding::percent_decode;

use crate::incoming::ReadError;

/// The decoded names and values, in their order.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    raw_pairs(text).map(|(name, value)| (decode(name), decode(value)))
}

/// The names and values as they are written.
pub(crate) fn raw_pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|c| *c == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |c| *c == b'=');
            let mut next = || halves.next().unwrap_or_default();
            (next(), next())
        })
}

/// The decoded value that must be there exactly once.
pub(crate) fn value<'a>(text: &'a [u8], name: &str) -> Result<Cow<'a, [u8]>, ReadError> {
    let mut found = raw_pairs(text).filter(|(key, _)| is_name(key, name));
    let (_, value) = found.next().ok_or(ReadError::Missing)?;
    if found.next().is_some() {
        return Err(ReadError::Duplicate);
    }
    Ok(decode(value))
}

/// The decoded value that must be the only one.
pub(crate) fn only_value<'a>(text: &'a [u8], name: &str) -> Result<Cow<'a, [u8]>, ReadError> {
    if raw_pairs(text).any(|(key, _)| !is_name(key, name)) {
        return Err(ReadError::Malformed);
    }
    value(text, name)
}

pub(crate) fn has(text: &[u8], name: &str) -> bool {
    raw_pairs(text).any(|(key, _)| is_name(key, name))
}

/// Decodes a name or a value in `room`, of which it leaves what it did not need; `None` if that is too short.
#[expect(clippy::mut_mut, reason = "the room gets shorter, as a slice does that is written to")]
pub(crate) fn decode_in<'a>(text: &'a [u8], room: &mut &'a mut [u8]) -> Option<&'a [u8]> {
    if is_plain(text) {
        return Some(text);
    }
    let (own, rest) = mem::take(room).split_at_mut_checked(decoded(text).count())?;
    *room = rest;
    for (place, byte) in own.iter_mut().zip(decoded(text)) {
        *place = byte;
    }
    Some(own)
}

fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if is_plain(text) {
        Cow::Borrowed(text)
    } else {
        decoded(text).collect()
    }
}

/// Whether a name is `wanted`, decoded.
fn is_name(name: &[u8], wanted: &str) -> bool {
    if is_plain(name) {
        name == wanted.as_bytes()
    } else {
        decoded(name).eq(wanted.bytes())
    }
}

/// Whether a text stands for itself.
fn is_plain(text: &[u8]) -> bool {
    !text.iter().any(|c| matches!(c, b'+' | b'%'))
}

fn decoded(text: &[u8]) -> impl Iterator<Item = u8> {
    let pieces = text.split(|c| *c == b'+').enumerate();
    pieces.flat_map(|(index, piece)| {
        let space = (index > 0).then_some(b' ');
        space.into_iter().chain(percent_decode(piece))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_are_decoded_and_doubles_refused() {
        let body = b"a=1&b=x+y%26z&c&d=%ff&a=2&=e&%66=6";
        assert_eq!(value(body, "b").as_deref(), Ok(b"x y&z".as_slice()));
        assert_eq!(value(body, "c").as_deref(), Ok(b"".as_slice()));
        assert_eq!(value(body, "d").as_deref(), Ok(b"\xff".as_slice()));
        assert_eq!(value(body, "f").as_deref(), Ok(b"6".as_slice()));
        assert_eq!(value(body, "a"), Err(ReadError::Duplicate));
        assert_eq!(value(body, "z"), Err(ReadError::Missing));
        assert_eq!(only_value(b"a=%2B", "a").as_deref(), Ok(b"+".as_slice()));
        assert_eq!(only_value(body, "a"), Err(ReadError::Malformed));
    }

    proptest! {
        #[test]
        fn both_ways_decode_the_same(text in "[a+%24Bf]{0,12}", spare in 0..3_usize) {
            let text = text.as_bytes();
            let spaced: Vec<u8> = text.iter().map(|c| if *c == b'+' { b' ' } else { *c }).collect();
            let want: Vec<u8> = percent_decode(&spaced).collect();
            prop_assert_eq!(&*decode(text), &want);
            let mut place = vec![0; want.len() + spare];
            let mut room = &mut place[..];
            prop_assert_eq!(decode_in(text, &mut room), Some(&want[..]));
            let left = if is_plain(text) { want.len() + spare } else { spare };
            prop_assert_eq!(room.len(), left);
            let mut short = &mut [0; 0][..];
            prop_assert_eq!(decode_in(text, &mut short).is_some(), is_plain(text));
        }
    }
}
