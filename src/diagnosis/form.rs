//! What a text seems to be: hex, base64, of how many bytes.

use crate::scheme::Encoding;

/// What the text of a signature seems to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Hex(usize),
    HexUpper(usize),
    HexMixed(usize),
    Base64(usize),
    Base64Unpadded(usize),
    Base64Url(usize),
    Unknown,
}

impl Form {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let len = |encoding: Encoding| {
            let mut out = vec![0; bytes.len()];
            encoding.decode_into(bytes, &mut out).filter(|len| *len > 0)
        };
        // Hex is base64 too, of something else; nobody's base64 is hex by chance.
        if let Some(len) = len(Encoding::Hex) {
            return Self::Hex(len);
        }
        if let Some(len) = len(Encoding::HexUpper) {
            return Self::HexUpper(len);
        }
        if let Some(len) = len(Encoding::HexAnyCase) {
            return Self::HexMixed(len);
        }
        if let Some(len) = len(Encoding::Base64) {
            return Self::Base64(len);
        }
        if let Some(len) = len(Encoding::Base64UrlPadded).or_else(|| len(Encoding::Base64Url)) {
            return if text.contains(['-', '_']) {
                Self::Base64Url(len)
            } else {
                Self::Base64Unpadded(len)
            };
        }
        let padded = format!("{}{}", text, "=".repeat((4 - text.len() % 4) % 4));
        let mut out = vec![0; padded.len()];
        match Encoding::Base64.decode_into(padded.as_bytes(), &mut out) {
            Some(len) if len > 0 => Self::Base64Unpadded(len),
            _ => Self::Unknown,
        }
    }

    /// How many bytes it decodes to.
    pub(super) const fn len(self) -> Option<usize> {
        match self {
            Self::Hex(len)
            | Self::HexUpper(len)
            | Self::HexMixed(len)
            | Self::Base64(len)
            | Self::Base64Unpadded(len)
            | Self::Base64Url(len) => Some(len),
            Self::Unknown => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hex(_) => "hex in lower case",
            Self::HexUpper(_) => "hex in upper case",
            Self::HexMixed(_) => "hex in both cases",
            Self::Base64(_) => "base64",
            Self::Base64Unpadded(_) => "base64 without padding",
            Self::Base64Url(_) => "base64 with the URL alphabet",
            Self::Unknown => "neither hex nor base64",
        }
    }

    /// The encoding that reads it.
    pub(super) fn encoding(self, text: &str) -> Option<Encoding> {
        Some(match self {
            Self::Hex(_) => Encoding::Hex,
            Self::HexUpper(_) => Encoding::HexUpper,
            Self::HexMixed(_) => Encoding::HexAnyCase,
            Self::Base64(_) => Encoding::Base64,
            Self::Base64Url(_) if text.ends_with('=') => Encoding::Base64UrlPadded,
            Self::Base64Url(_) | Self::Base64Unpadded(_) if !text.contains(['+', '/']) => {
                Encoding::Base64Url
            }
            _ => return None,
        })
    }

    pub(super) const fn is_hex(self) -> bool {
        matches!(self, Self::Hex(_) | Self::HexUpper(_) | Self::HexMixed(_))
    }
}

/// What an encoding is called.
pub(super) const fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Hex => "hex in lower case",
        Encoding::HexUpper => "hex in upper case",
        Encoding::HexAnyCase => "hex",
        Encoding::Base64 => "base64 with padding",
        Encoding::Base64UrlPadded => "base64 with the URL alphabet and padding",
        Encoding::Base64Url => "base64 with the URL alphabet and no padding",
        Encoding::Text => "text",
    }
}

/// The hash whose tags have this length.
pub(super) const fn hash_of_len(len: usize) -> Option<&'static str> {
    Some(match len {
        4 => "CRC-32",
        16 => "MD5",
        20 => "SHA-1",
        28 => "SHA-224",
        32 => "SHA-256",
        48 => "SHA-384",
        64 => "SHA-512",
        _ => return None,
    })
}
