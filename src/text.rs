//! Cutting short texts at short separators.
//!
//! `str::split` with a text as its pattern, and `memchr`, prepare a search for long haystacks, which
//! for a header of a hundred bytes costs more than the search itself.

/// As the standard library's, which takes the last bytes one by one.
#[inline]
pub(crate) fn is_ascii(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk() else {
        return text.iter().all(u8::is_ascii);
    };
    let (eights, _) = text.as_chunks();
    let word = |eight: &[u8; 8]| u64::from_ne_bytes(*eight);
    let seen = eights
        .iter()
        .fold(word(last), |seen, eight| seen | word(eight));
    seen & u64::from_ne_bytes([0x80; 8]) == 0
}

/// What stands behind `start`, which is short.
#[inline]
pub(crate) fn strip<'t>(text: &'t [u8], start: &str) -> Option<&'t [u8]> {
    let (own, rest) = text.split_at_checked(start.len())?;
    let is_it = own.iter().zip(start.as_bytes()).all(|(a, b)| a == b);
    is_it.then_some(rest)
}

/// Where `separator` begins in `text`. An empty one is nowhere.
#[inline]
pub(crate) fn find(text: &[u8], separator: &str) -> Option<usize> {
    match separator.as_bytes() {
        [byte] => find_byte(text, *byte),
        separator => find_bytes(text, separator),
    }
}

fn find_bytes(text: &[u8], separator: &[u8]) -> Option<usize> {
    let (&first, rest) = separator.split_first()?;
    let mut from = 0;
    loop {
        let at = from + find_byte(text.get(from..)?, first)?;
        if text.get(at + 1..)?.starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Where `byte` stands first.
#[inline]
fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    let (eights, rest) = text.as_chunks();
    for (index, eight) in eights.iter().enumerate() {
        if let Some(at) = find_in_eight(*eight, byte) {
            return Some(index * 8 + at);
        }
    }
    match text.last_chunk() {
        // Those of the last eight that were looked at before are others.
        Some(last) => find_in_eight(*last, byte).map(|at| text.len() - 8 + at),
        None => rest.iter().position(|c| *c == byte),
    }
}

#[inline]
fn find_in_eight(eight: [u8; 8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    // ref: Hacker's Delight §6-1: the lowest top bit that is left stands at the first zero byte.
    let zero_where_found = u64::from_le_bytes(eight) ^ (ONES * u64::from(byte));
    let found = zero_where_found.wrapping_sub(ONES) & !zero_where_found & TOPS;
    (found != 0).then(|| found.trailing_zeros() as usize / 8)
}

/// What stands before and behind the first `separator`.
#[inline]
pub(crate) fn split_once<'t>(text: &'t [u8], separator: &str) -> Option<(&'t [u8], &'t [u8])> {
    let (before, from) = text.split_at_checked(find(text, separator)?)?;
    Some((before, from.get(separator.len()..)?))
}

/// The pieces between the separators: one more than there are separators.
#[inline]
pub(crate) fn split<'t>(text: &'t [u8], separator: &str) -> impl Iterator<Item = &'t [u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match split_once(text, separator) {
            Some((piece, after)) => {
                rest = Some(after);
                Some(piece)
            }
            None => rest.take(),
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_cuts_as_the_standard_library_does(text in "[ab,é ]{0,12}|a{0,100}[ab,é ]{0,40}", separator in "[ab,é ]{1,3}") {
            let ours: Vec<_> = split(text.as_bytes(), &separator).collect();
            let theirs: Vec<_> = text.split(separator.as_str()).map(str::as_bytes).collect();
            prop_assert_eq!(ours, theirs);
            let theirs = text.split_once(separator.as_str());
            let theirs = theirs.map(|(before, behind)| (before.as_bytes(), behind.as_bytes()));
            prop_assert_eq!(split_once(text.as_bytes(), &separator), theirs);
            prop_assert_eq!(find(text.as_bytes(), &separator), text.find(separator.as_str()));
        }
    }

    proptest! {
        #[test]
        fn ascii_is_what_the_standard_library_takes_for_it(bytes in prop::collection::vec(any::<u8>(), 0..3), before in 0..40_usize, behind in 0..40_usize) {
            let text = [vec![b'a'; before], bytes, vec![0x7f; behind]].concat();
            prop_assert_eq!(is_ascii(&text), text.is_ascii());
        }

        #[test]
        fn a_start_is_stripped(text in "[ab]{0,4}", start in "[ab]{0,3}") {
            let theirs = text.strip_prefix(start.as_str()).map(str::as_bytes);
            prop_assert_eq!(strip(text.as_bytes(), &start), theirs);
        }
    }

    #[test]
    fn an_empty_separator_cuts_nothing() {
        assert_eq!(split(b"ab", "").collect::<Vec<_>>(), [b"ab"]);
        assert_eq!(split_once(b"ab", ""), None);
    }
}
