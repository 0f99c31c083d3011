//! Cutting short texts at short separators.
//!
//! `str::split` with a text as its pattern, and `memchr`, prepare a search for long haystacks, which
//! for a header of a hundred bytes costs more than the search itself.

/// Where `separator` begins in `text`. An empty one is nowhere.
#[inline]
pub(crate) fn find(text: &[u8], separator: &str) -> Option<usize> {
    let (&first, rest) = separator.as_bytes().split_first()?;
    let mut from = 0;
    loop {
        let at = from + find_byte(text.get(from..)?, first)?;
        if rest.is_empty() || text.get(at + 1..)?.starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Where `byte` stands first.
#[inline]
fn find_byte(text: &[u8], byte: u8) -> Option<usize> {
    let (blocks, rest) = text.as_chunks::<32>();
    for (index, block) in blocks.iter().enumerate() {
        // Without an early end, the compiler compares many at once.
        let found = block.iter().fold(0, |any, c| any | u8::from(*c == byte));
        if found != 0 {
            return Some(index * 32 + find_near(block, byte)?);
        }
    }
    Some(blocks.len() * 32 + find_near(rest, byte)?)
}

/// As [`find_byte`], eight bytes at a time.
#[inline]
fn find_near(text: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    let (eights, rest) = text.as_chunks();
    for (index, eight) in eights.iter().enumerate() {
        // ref: Hacker's Delight §6-1: the lowest top bit that is left stands at the first zero byte.
        let zero_where_found = u64::from_le_bytes(*eight) ^ (ONES * u64::from(byte));
        let found = zero_where_found.wrapping_sub(ONES) & !zero_where_found & TOPS;
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|c| *c == byte)?;
    Some(eights.len() * 8 + at)
}

/// What stands before and behind the first `separator`.
#[inline]
pub(crate) fn split_once<'t>(text: &'t [u8], separator: &str) -> Option<(&'t [u8], &'t [u8])> {
    let at = find(text, separator)?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
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

    #[test]
    fn an_empty_separator_cuts_nothing() {
        assert_eq!(split(b"ab", "").collect::<Vec<_>>(), [b"ab"]);
        assert_eq!(split_once(b"ab", ""), None);
    }
}
