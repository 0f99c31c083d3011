//! How the bytes of a signature are written as text.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// How the bytes of a signature are written as text.
///
/// Decoding is strict: the canonical text and no other, so that one signature
/// has one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Encoding {
    /// Lower-case hexadecimal.
    Hex,
    /// Upper-case hexadecimal.
    HexUpper,
    /// Hexadecimal in either case: only where the provider itself is not consistent.
    HexAnyCase,
    /// Base64 with the standard alphabet and padding.
    Base64,
    /// Base64 with the URL alphabet and padding.
    Base64UrlPadded,
    /// Base64 with the URL alphabet, without padding.
    Base64Url,
    /// The text itself, for shared tokens.
    Text,
}

impl Encoding {
    /// Decodes `text` into `out` and says how many bytes were written.
    ///
    /// Answers `None` for any text that [`encode`](Self::encode) does not produce,
    /// and for one that is longer than `out`.
    pub(crate) fn decode_into(self, text: &[u8], out: &mut [u8]) -> Option<usize> {
        match self {
            Self::Hex => decode_hex(text, out, Letters::LOWER),
            Self::HexUpper => decode_hex(text, out, Letters::UPPER),
            Self::HexAnyCase => decode_hex(text, out, Letters::EITHER),
            Self::Base64 => decode_64(unpad(text)?, out, &STANDARD_WORTHS),
            Self::Base64UrlPadded => decode_64(unpad(text)?, out, &URL_WORTHS),
            Self::Base64Url => decode_64(text, out, &URL_WORTHS),
            Self::Text => {
                out.get_mut(..text.len())?.copy_from_slice(text);
                Some(text.len())
            }
        }
    }

    /// How many characters `len` bytes are; `None` for a text, whose bytes may be any.
    #[inline]
    pub(crate) const fn text_len(self, len: usize) -> Option<usize> {
        match self {
            Self::Hex | Self::HexUpper | Self::HexAnyCase => Some(2 * len),
            Self::Base64 | Self::Base64UrlPadded => Some(len.div_ceil(3) * 4),
            Self::Base64Url => Some((4 * len).div_ceil(3)),
            Self::Text => None,
        }
    }

    /// Writes `bytes` as text. [`Encoding::Text`] takes the bytes as Latin text
    /// and is meant for ASCII only.
    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        // Hexadecimal takes most, and base64 more only for its padding.
        let mut text = vec![0; 2 * bytes.len() + 4];
        let len = self.encode_into(bytes, &mut text);
        text.truncate(len.expect("there is room for it"));
        text.into_iter().map(char::from).collect()
    }

    /// As [`encode`](Self::encode), into `out`, and says how long it is; `None` if it is longer than `out`.
    pub(crate) fn encode_into(self, bytes: &[u8], out: &mut [u8]) -> Option<usize> {
        match self {
            Self::Hex | Self::HexAnyCase => encode_hex(bytes, out, b"0123456789abcdef"),
            Self::HexUpper => encode_hex(bytes, out, b"0123456789ABCDEF"),
            Self::Base64 => STANDARD.encode_slice(bytes, out).ok(),
            Self::Base64UrlPadded => URL_SAFE.encode_slice(bytes, out).ok(),
            Self::Base64Url => URL_SAFE_NO_PAD.encode_slice(bytes, out).ok(),
            Self::Text => {
                out.get_mut(..bytes.len())?.copy_from_slice(bytes);
                Some(bytes.len())
            }
        }
    }
}

/// Decodes base64 with the standard alphabet and padding, strictly.
pub(crate) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Decodes base64 with the URL alphabet, with padding or without, where it has that alphabet.
pub(crate) fn decode_base64_url(text: &[u8]) -> Option<Vec<u8>> {
    let has_url_letters = text.iter().any(|c| matches!(c, b'-' | b'_'));
    let decoded = URL_SAFE
        .decode(text)
        .or_else(|_| URL_SAFE_NO_PAD.decode(text));
    decoded.ok().filter(|_| has_url_letters)
}

/// Decodes hexadecimal text of either case, as dashboards show keys in both.
pub(crate) fn decode_hex_key(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; text.len() / 2];
    Encoding::HexAnyCase.decode_into(text, &mut out)?;
    Some(out)
}

/// Which letters are digits.
#[derive(Clone, Copy)]
struct Letters {
    first: u8,
    /// The bit in which the letters of the other case differ, where they are digits too.
    other_case: u8,
}

impl Letters {
    const LOWER: Self = Self {
        first: b'a',
        other_case: 0,
    };
    const UPPER: Self = Self {
        first: b'A',
        other_case: 0,
    };
    const EITHER: Self = Self {
        first: b'a',
        other_case: 0x20,
    };

    /// What `c` is worth as a digit.
    const fn worth(self, c: u8) -> u8 {
        let digit = c.wrapping_sub(b'0');
        let letter = (c | self.other_case).wrapping_sub(self.first);
        let digit = if digit < 10 { digit } else { ANY };
        let letter = if letter < 6 { letter + 10 } else { ANY };
        digit & letter
    }
}

/// What is no digit: it has a bit that no digit has.
const NONE: u8 = 0x80;

/// What leaves the other as it is; and what is neither, is [`NONE`] too.
const ANY: u8 = 0xff;

/// Takes all digits, and asks once at the end whether they were some.
// Compiled once, and not for each kind of letters together with its caller, since there it is not vectorised.
#[inline(never)]
fn decode_hex(text: &[u8], out: &mut [u8], letters: Letters) -> Option<usize> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let out = out.get_mut(..pairs.len())?;
    let mut seen = 0;
    // In blocks of a fixed size and without a table, the compiler does many digits at once.
    let (blocks, pairs_left) = pairs.as_chunks::<16>();
    let (out_blocks, out_left) = out.as_chunks_mut::<16>();
    for (out, block) in out_blocks.iter_mut().zip(blocks) {
        let mut worths = [0; 32];
        for (worth, c) in worths.iter_mut().zip(block.as_flattened()) {
            *worth = letters.worth(*c);
        }
        seen = worths.iter().fold(seen, |seen, worth| seen | worth);
        for (byte, pair) in out.iter_mut().zip(worths.as_chunks().0) {
            let pair = u16::from_be_bytes(*pair);
            [_, *byte] = (pair >> 4 | pair).to_be_bytes();
        }
    }
    for (byte, &[high, low]) in out_left.iter_mut().zip(pairs_left) {
        let (high, low) = (letters.worth(high), letters.worth(low));
        seen |= high | low;
        *byte = high << 4 | low;
    }
    (seen & NONE == 0).then_some(pairs.len())
}

/// What each character is worth as a digit of base64, at each of the four places of a digit.
type Worths = [[u32; 256]; 4];

/// What is no digit of base64: it has a bit that no four digits have.
const NONE_64: u32 = 0x8000_0000;

#[expect(clippy::indexing_slicing, reason = "an index out of bounds does not compile")]
const fn worths(digits: &[u8; 64]) -> Worths {
    let mut worths = [[NONE_64; 256]; 4];
    let mut worth = 0;
    while worth < 64 {
        let c = digits[worth as usize] as usize;
        worths[0][c] = worth << 18;
        worths[1][c] = worth << 12;
        worths[2][c] = worth << 6;
        worths[3][c] = worth;
        worth += 1;
    }
    worths
}

static STANDARD_WORTHS: Worths =
    worths(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
static URL_WORTHS: Worths =
    worths(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

/// What stands before the padding; `None` unless it makes the text one of whole fours.
fn unpad(text: &[u8]) -> Option<&[u8]> {
    let digits = text.strip_suffix(b"=").unwrap_or(text);
    let digits = digits.strip_suffix(b"=").unwrap_or(digits);
    text.len().is_multiple_of(4).then_some(digits)
}

/// As [`decode_hex`]. Bits behind the last byte have to be zero, so that each byte has one spelling.
#[inline(never)]
fn decode_64(digits: &[u8], out: &mut [u8], worths: &Worths) -> Option<usize> {
    let [first, second, third, fourth] = worths;
    let at = |worths: &[u32; 256], c: u8| worths.get(usize::from(c)).copied().unwrap_or(NONE_64);
    let (fours, rest) = digits.as_chunks::<4>();
    let (threes, left) = out.split_at_mut_checked(fours.len() * 3)?;
    let mut seen = 0;
    for (three, &[a, b, c, d]) in threes.as_chunks_mut().0.iter_mut().zip(fours) {
        let bits = at(first, a) | at(second, b) | at(third, c) | at(fourth, d);
        let [_, x, y, z] = bits.to_be_bytes();
        *three = [x, y, z];
        seen |= bits;
    }
    let bits = match *rest {
        [] => 0,
        [a, b] => at(first, a) | at(second, b),
        [a, b, c] => at(first, a) | at(second, b) | at(third, c),
        _ => return None,
    };
    let [_, last @ ..] = bits.to_be_bytes();
    let (last, behind) = last.split_at_checked(rest.len().saturating_sub(1))?;
    for (byte, own) in left.get_mut(..last.len())?.iter_mut().zip(last) {
        *byte = *own;
    }
    let is_canonical = behind.iter().all(|byte| *byte == 0);
    ((seen | bits) & NONE_64 == 0 && is_canonical).then_some(threes.len() + last.len())
}

fn encode_hex(bytes: &[u8], out: &mut [u8], digits: &[u8; 16]) -> Option<usize> {
    let out = out.get_mut(..2 * bytes.len())?;
    let digit = |nibble: u8| digits.get(usize::from(nibble)).copied().unwrap_or_default();
    for (pair, byte) in out.as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    Some(out.len())
}

#[cfg(test)]
mod tests {
    use base64::alphabet;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn base64_is_read_as_by_the_crate(text in "[A-Za-z0-9+/_=-]{0,12}|[AQgw/=]{0,8}|[A-Za-z0-9+/]{40,44}={0,2}") {
            for (own, theirs) in [
                (Encoding::Base64, &STANDARD),
                (Encoding::Base64UrlPadded, &URL_SAFE),
                (Encoding::Base64Url, &URL_SAFE_NO_PAD),
            ] {
                let mut out = [0; 40];
                let len = own.decode_into(text.as_bytes(), &mut out);
                let got = len.and_then(|len| out.get(..len));
                let want = theirs.decode(&text).ok();
                prop_assert_eq!(got, want.as_deref(), "{:?}", own);
            }
        }

        #[test]
        fn behind_what_is_decoded_the_room_stays_as_it_was(bytes in prop::collection::vec(any::<u8>(), 0..=64)) {
            for encoding in ENCODINGS {
                let mut out = [0; 66];
                let text = encoding.encode(&bytes);
                let len = encoding.decode_into(text.as_bytes(), &mut out);
                prop_assert_eq!(len, Some(bytes.len()));
                prop_assert_eq!(encoding.text_len(bytes.len()).unwrap_or(text.len()), text.len());
                prop_assert!(out.iter().skip(bytes.len()).all(|byte| *byte == 0));
            }
        }
    }

    const ENCODINGS: [Encoding; 6] = [
        Encoding::Hex,
        Encoding::HexUpper,
        Encoding::HexAnyCase,
        Encoding::Base64,
        Encoding::Base64Url,
        Encoding::Base64UrlPadded,
    ];

    #[track_caller]
    fn check(encoding: Encoding, text: &str, want: Option<&[u8]>) {
        let mut out = [0; 8];
        let got = encoding
            .decode_into(text.as_bytes(), &mut out)
            .and_then(|len| out.get(..len));
        assert_eq!(got, want, "{encoding:?} {text:?}");
    }

    #[test]
    fn hex_has_one_spelling() {
        check(Encoding::Hex, "00ff", Some(&[0, 255]));
        check(Encoding::Hex, "00FF", None);
        check(Encoding::HexUpper, "00FF", Some(&[0, 255]));
        check(Encoding::HexUpper, "00ff", None);
        check(Encoding::HexAnyCase, "00Ff", Some(&[0, 255]));
        for text in ["0", "0x00", "0 ", " 00", "zz", "\u{ff}0"] {
            check(Encoding::HexAnyCase, text, None);
        }
    }

    #[test]
    fn hex_has_no_other_digits() {
        let encodings = [
            (Encoding::Hex, "0123456789abcdef"),
            (Encoding::HexUpper, "0123456789ABCDEF"),
            (Encoding::HexAnyCase, "0123456789abcdefABCDEF"),
        ];
        for (encoding, digits) in encodings {
            for c in 0..=255 {
                let is_digit = digits.as_bytes().contains(&c);
                // In a block of many at once, behind it, and alone.
                for len in [2, 32, 34] {
                    for at in [0, len - 1] {
                        let mut text = vec![b'0'; len];
                        *text.get_mut(at).expect("inside") = c;
                        let read = encoding.decode_into(&text, &mut [0; 17]);
                        let want = is_digit.then_some(len / 2);
                        assert_eq!(read, want, "{encoding:?} {c} at {at} of {len}");
                    }
                }
            }
        }
    }

    #[test]
    fn characters_that_are_no_digits_do_not_make_up_for_each_other() {
        for text in [
            "!!", "!!!", "A!!", "!A!", "!!A", "!!!!", "!!AA", "A!!A", "AA!!", "A!A!", "AAAA!!",
            "AAAA!!!", "!AAAA!", "!AAA!AAA",
        ] {
            check(Encoding::Base64Url, text, None);
        }
        for text in ["zz", "0zz0", "z0z0", "zzzz"] {
            check(Encoding::HexAnyCase, text, None);
        }
    }

    #[test]
    fn base64_is_canonical() {
        check(Encoding::Base64, "/+8=", Some(&[255, 239]));
        // Trailing bits, missing and superfluous padding, the other alphabet, white space.
        for text in ["/+9=", "/+8", "/+8==", "_-8=", "/+ 8=", "/+8=\n", "="] {
            check(Encoding::Base64, text, None);
        }
        check(Encoding::Base64Url, "_-8", Some(&[255, 239]));
        check(Encoding::Base64Url, "_-8=", None);
        check(Encoding::Base64UrlPadded, "_-8=", Some(&[255, 239]));
        check(Encoding::Base64UrlPadded, "_-8", None);
    }

    #[test]
    fn base64_has_no_other_digits() {
        for (encoding, theirs) in [
            (Encoding::Base64, &STANDARD),
            (Encoding::Base64UrlPadded, &URL_SAFE),
        ] {
            for c in 0..=255 {
                for place in 0..4 {
                    let mut text = *b"AAAA";
                    *text.get_mut(place).expect("one of four") = c;
                    let mut out = [0; 3];
                    let len = encoding.decode_into(&text, &mut out);
                    let got = len.and_then(|len| out.get(..len));
                    let want = theirs.decode(text).ok();
                    assert_eq!(got, want.as_deref(), "{encoding:?} {c} at {place}");
                }
            }
        }
    }

    #[test]
    fn the_alphabets_are_those_of_the_crate() {
        let both: [(&Worths, _); 2] = [
            (&STANDARD_WORTHS, alphabet::STANDARD),
            (&URL_WORTHS, alphabet::URL_SAFE),
        ];
        for (own, theirs) in both {
            let digits = theirs.as_str().as_bytes().try_into().expect("64 digits");
            assert!(*own == worths(digits), "{}", theirs.as_str());
        }
    }

    /// Which is how some show public keys.
    #[test]
    fn base64_of_urls_may_be_padded_where_its_letters_show_it() {
        for (text, want) in [
            ("_-8", Some(&[255, 239][..])),
            ("_-8=", Some(&[255, 239])),
            ("-_-_", Some(&[251, 255, 191])),
            ("/+8=", None),
            ("AAAA", None),
            ("", None),
            ("_-9", None),
            ("_-8==", None),
        ] {
            assert_eq!(
                decode_base64_url(text.as_bytes()).as_deref(),
                want,
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_longer_than_the_room_is_refused() {
        check(Encoding::Hex, "000000000000000000", None);
        check(Encoding::Base64, "AAAAAAAAAAAA", None);
        check(Encoding::Text, "12345678", Some(b"12345678"));
        check(Encoding::Text, "123456789", None);
        assert_eq!(Encoding::Text.text_len(8), None);
    }

    #[test]
    fn encode_is_the_inverse() {
        let bytes: Vec<u8> = (0..=255).collect();
        for encoding in ENCODINGS {
            let mut out = [0; 256];
            let text = encoding.encode(&bytes);
            assert_eq!(encoding.decode_into(text.as_bytes(), &mut out), Some(256));
            assert_eq!(out.as_slice(), bytes);
        }
    }
}
