//! How the bytes of a signature are written as text.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Serialize};

/// How the bytes of a signature are written as text.
///
/// Decoding is strict: the canonical text and no other, so that one signature
/// has one spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
            Self::Base64 => STANDARD.decode_slice(text, out).ok(),
            Self::Base64UrlPadded => URL_SAFE.decode_slice(text, out).ok(),
            Self::Base64Url => URL_SAFE_NO_PAD.decode_slice(text, out).ok(),
            Self::Text => {
                out.get_mut(..text.len())?.copy_from_slice(text);
                Some(text.len())
            }
        }
    }

    /// Writes `bytes` as text. [`Encoding::Text`] takes the bytes as Latin text
    /// and is meant for ASCII only.
    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex | Self::HexAnyCase => encode_hex(bytes, b"0123456789abcdef"),
            Self::HexUpper => encode_hex(bytes, b"0123456789ABCDEF"),
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64UrlPadded => URL_SAFE.encode(bytes),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
            Self::Text => bytes.iter().copied().map(char::from).collect(),
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
        other_case: b'a' - b'A',
    };

    /// What `c` is worth as a digit.
    const fn worth(self, c: u8) -> u8 {
        let digit = c.wrapping_sub(b'0');
        let letter = (c | self.other_case).wrapping_sub(self.first);
        if digit < 10 {
            digit
        } else if letter < 6 {
            letter + 10
        } else {
            NONE
        }
    }
}

/// What is no digit: it has a bit that no digit has.
const NONE: u8 = 0x80;

/// Takes all digits, and asks once at the end whether they were some.
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
        for (byte, &[high, low]) in out.iter_mut().zip(worths.as_chunks().0) {
            *byte = high << 4 | low;
        }
    }
    for (byte, &[high, low]) in out_left.iter_mut().zip(pairs_left) {
        let (high, low) = (letters.worth(high), letters.worth(low));
        seen |= high | low;
        *byte = high << 4 | low;
    }
    (seen & NONE == 0).then_some(pairs.len())
}

fn encode_hex(bytes: &[u8], digits: &[u8; 16]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| digits.get(usize::from(nibble)))
        .copied()
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_text_longer_than_the_room_is_refused() {
        check(Encoding::Hex, "000000000000000000", None);
        check(Encoding::Base64, "AAAAAAAAAAAA", None);
        check(Encoding::Text, "123456789", None);
    }

    #[test]
    fn encode_is_the_inverse() {
        let bytes: Vec<u8> = (0..=255).collect();
        for encoding in [
            Encoding::Hex,
            Encoding::HexUpper,
            Encoding::HexAnyCase,
            Encoding::Base64,
            Encoding::Base64Url,
            Encoding::Base64UrlPadded,
        ] {
            let mut out = [0; 256];
            let text = encoding.encode(&bytes);
            assert_eq!(encoding.decode_into(text.as_bytes(), &mut out), Some(256));
            assert_eq!(out.as_slice(), bytes);
        }
    }
}
