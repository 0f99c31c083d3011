//! Cutting short texts at short separators.
//!
//! `str::split` with a text as its pattern prepares a search for long haystacks, which
//! for a header of a hundred bytes costs more than the search itself.

use memchr::memchr;

/// Where `separator` begins in `text`. An empty one is nowhere.
pub(crate) fn find(text: &[u8], separator: &str) -> Option<usize> {
    let (&first, rest) = separator.as_bytes().split_first()?;
    let mut from = 0;
    loop {
        let at = from + memchr(first, text.get(from..)?)?;
        if text.get(at + 1..)?.starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// What stands before and behind the first `separator`.
pub(crate) fn split_once<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    let at = find(text.as_bytes(), separator)?;
    Some((text.get(..at)?, text.get(at + separator.len()..)?))
}

/// The pieces between the separators: one more than there are separators.
pub(crate) fn split<'t>(text: &'t str, separator: &str) -> impl Iterator<Item = &'t str> {
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
        fn it_cuts_as_the_standard_library_does(text in "[ab,é ]{0,12}", separator in "[ab,é ]{1,3}") {
            let ours: Vec<_> = split(&text, &separator).collect();
            let theirs: Vec<_> = text.split(separator.as_str()).collect();
            prop_assert_eq!(ours, theirs);
            prop_assert_eq!(split_once(&text, &separator), text.split_once(separator.as_str()));
            prop_assert_eq!(find(text.as_bytes(), &separator), text.find(separator.as_str()));
        }
    }

    #[test]
    fn an_empty_separator_cuts_nothing() {
        assert_eq!(split("ab", "").collect::<Vec<_>>(), ["ab"]);
        assert_eq!(split_once("ab", ""), None);
    }
}
