//! What the filters of a template make of a value, which passes through them piece by piece.

use std::io::{self, Write};

use crate::{
    content::Reading,
    crypto::Hasher,
    json,
    keys::Key,
    scheme::{Algorithm, Encoding, Filter, Role},
    sns,
    verify::VerifyError,
};

/// How many bytes are written as text at once: whole threes, as base64 has it.
const AT_ONCE: usize = 48;

impl<'a> Reading<'a> {
    /// Feeds what `filters` make of a value to `sink`.
    pub(super) fn feed_filtered(
        &self,
        role: &Role,
        filters: &[Filter],
        key: Option<&Key>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        let Some((last, before)) = filters.split_last() else {
            return self.feed_role(role, key, sink);
        };
        match last {
            Filter::Sha256 => {
                let mut hasher = Hasher::plain(Algorithm::Sha256).expect("SHA-256 is a plain hash");
                self.feed_filtered(role, before, key, &mut |bytes| hasher.update(bytes))?;
                sink(hasher.finish().as_bytes());
            }
            Filter::Crc32 => {
                let mut crc = Crc32::default();
                self.feed_filtered(role, before, key, &mut |bytes| crc.update(bytes))?;
                sink(Digits::of(crc.finish()).as_bytes());
            }
            Filter::Hex => self.feed_filtered(role, before, key, &mut |bytes| {
                for piece in bytes.chunks(AT_ONCE) {
                    write_as(Encoding::Hex, piece, sink);
                }
            })?,
            Filter::Base64 => {
                let mut threes = Threes::default();
                self.feed_filtered(role, before, key, &mut |bytes| threes.update(bytes, sink))?;
                threes.finish(sink);
            }
            Filter::Minify => {
                let mut minifier = Minifier::default();
                self.feed_filtered(role, before, key, &mut |bytes| minifier.update(bytes, sink))?;
            }
            // These read the value itself, so nothing comes before them.
            Filter::JsonString => {
                json_string(self.incoming.body, sink).ok_or_else(body_malformed)?;
            }
            Filter::Distinct => self.feed_form(true, sink)?,
            Filter::First => sink(self.first_element()?),
            Filter::Json => sink(self.json_object()?),
            Filter::Vonage => self.feed_vonage(sink)?,
            Filter::Hubspot => self.feed_role(role, key, &mut |bytes| hubspot(bytes, sink))?,
            Filter::Sns => sink(&sns::content(self.incoming.body)?),
            // The linter keeps it out of what is signed.
            Filter::Hmac => {}
        }
        Ok(())
    }

    fn json_object(&self) -> Result<&'a [u8], VerifyError> {
        let text = json::root(self.incoming.body).map_err(|_| body_malformed())?;
        if text.starts_with('{') {
            Ok(self.incoming.body)
        } else {
            Err(body_malformed())
        }
    }

    fn first_element(&self) -> Result<&'a [u8], VerifyError> {
        let text = json::root(self.incoming.body).map_err(|_| body_malformed())?;
        if !text.starts_with('[') {
            return Ok(self.incoming.body);
        }
        match json::step(text, "0") {
            Ok(Some(first)) => Ok(first.as_bytes()),
            _ => Err(body_malformed()),
        }
    }
}

fn body_malformed() -> VerifyError {
    VerifyError::Malformed {
        name: "body".to_owned(),
        at: "json".to_owned(),
    }
}

/// Writes at most [`AT_ONCE`] bytes as text.
fn write_as(encoding: Encoding, bytes: &[u8], sink: &mut dyn FnMut(&[u8])) {
    let mut text = [0; 2 * AT_ONCE];
    let len = encoding.encode_into(bytes, &mut text).unwrap_or(0);
    sink(text.get(..len).unwrap_or_default());
}

/// Base64, written in whole threes of bytes as long as more may come.
#[derive(Default)]
struct Threes {
    waiting: [u8; 3],
    len: usize,
}

impl Threes {
    fn update(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let mut rest = bytes;
        while self.len > 0 && self.len < 3 {
            let Some((first, tail)) = rest.split_first() else {
                return;
            };
            self.push(*first);
            rest = tail;
        }
        self.finish(sink);
        let (threes, tail) = rest.as_chunks::<3>();
        for piece in threes.as_flattened().chunks(AT_ONCE) {
            write_as(Encoding::Base64, piece, sink);
        }
        for byte in tail {
            self.push(*byte);
        }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.waiting.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn finish(&mut self, sink: &mut dyn FnMut(&[u8])) {
        let waiting = self.waiting.get(..self.len).unwrap_or_default();
        write_as(Encoding::Base64, waiting, sink);
        self.len = 0;
    }
}

/// A number in decimal.
struct Digits {
    text: [u8; 10],
    len: usize,
}

impl Digits {
    fn of(number: u32) -> Self {
        let mut text = [0; 10];
        let mut room = &mut text[..];
        write!(room, "{number}").expect("no number of 32 bits has more digits");
        let len = 10 - room.len();
        Self { text, len }
    }

    fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }
}

/// Takes some escapes of a URL for what they stand for.
// ref: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
fn hubspot(url: &[u8], sink: &mut dyn FnMut(&[u8])) {
    const DECODED: &[u8] = b":/?@!$'()*,;";
    let (mut from, mut at) = (0, 0);
    while let Some(rest) = url.get(at..).filter(|rest| !rest.is_empty()) {
        let mut byte = [0];
        if let [b'%', high, low, ..] = rest
            && Encoding::HexAnyCase
                .decode_into(&[*high, *low], &mut byte)
                .is_some()
            && DECODED.contains(&byte[0])
        {
            sink(url.get(from..at).unwrap_or_default());
            sink(&byte);
            at += 3;
            from = at;
        } else {
            at += 1;
        }
    }
    sink(url.get(from..).unwrap_or_default());
}

/// The text as a JSON string, escaped as `JSON.stringify` does it; `None` if it is none.
fn json_string(text: &[u8], sink: &mut dyn FnMut(&[u8])) -> Option<()> {
    let text = std::str::from_utf8(text).ok()?;
    serde_json::to_writer(Into(sink), text).ok()
}

/// A sink that is written into.
struct Into<'s>(&'s mut dyn FnMut(&[u8]));

impl Write for Into<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// JSON without the white space between its tokens; every other byte stays as it is.
#[derive(Default)]
struct Minifier {
    in_string: bool,
    escaped: bool,
}

impl Minifier {
    fn update(&mut self, json: &[u8], sink: &mut dyn FnMut(&[u8])) {
        let mut from = 0;
        for (at, &byte) in json.iter().enumerate() {
            if self.in_string {
                self.in_string = self.escaped || byte != b'"';
                self.escaped = !self.escaped && byte == b'\\';
            } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                sink(json.get(from..at).unwrap_or_default());
                from = at + 1;
            } else {
                self.in_string = byte == b'"';
            }
        }
        sink(json.get(from..).unwrap_or_default());
    }
}

/// CRC-32 as of IEEE 802.3.
struct Crc32(u32);

impl Default for Crc32 {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc32 {
    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u32::from(*byte);
            for _ in 0..8 {
                self.0 = (self.0 >> 1) ^ (0xedb8_8320 & (self.0 & 1).wrapping_neg());
            }
        }
    }

    const fn finish(&self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a text that passes through `filter` in pieces of `len` bytes.
    fn collect(
        text: &[u8],
        len: usize,
        mut filter: impl FnMut(&[u8], &mut dyn FnMut(&[u8])),
    ) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in text.chunks(len) {
            filter(piece, &mut |bytes| out.extend(bytes));
        }
        out
    }

    #[test]
    fn crc32_has_its_check_value() {
        // ref: the "check" value of CRC-32/ISO-HDLC.
        let mut crc = Crc32::default();
        crc.update(b"1234");
        crc.update(b"56789");
        assert_eq!(crc.finish(), 0xcbf4_3926);
        assert_eq!(Digits::of(u32::MAX).as_bytes(), b"4294967295");
        assert_eq!(Digits::of(0).as_bytes(), b"0");
    }

    #[test]
    fn minify_leaves_strings_alone() {
        let json = b" { \"a b\" : \"c \\\" d\\\\\" ,\r\n\t\"e\": [ 1 , 2 ] } ";
        for len in 1..=json.len() {
            let mut minifier = Minifier::default();
            let out = collect(json, len, |piece, sink| minifier.update(piece, sink));
            assert_eq!(out, br#"{"a b":"c \" d\\","e":[1,2]}"#);
        }
    }

    #[test]
    fn base64_does_not_depend_on_the_pieces() {
        let bytes: Vec<u8> = (0..=255).collect();
        for total in [0, 1, 2, 3, 20, 32, 48, 49, 50, 200] {
            let bytes = bytes.get(..total).expect("so many");
            for len in 1..=60 {
                let mut threes = Threes::default();
                let mut out = collect(bytes, len, |piece, sink| threes.update(piece, sink));
                threes.finish(&mut |bytes| out.extend(bytes));
                assert_eq!(out, Encoding::Base64.encode(bytes).as_bytes());
            }
        }
    }

    fn stringified(text: &[u8]) -> Option<String> {
        let mut out = Vec::new();
        json_string(text, &mut |bytes| out.extend(bytes))?;
        String::from_utf8(out).ok()
    }

    #[test]
    fn json_strings_are_escaped_as_javascript_does_it() {
        // ref: JSON.stringify("…") of Node.js 22, which escapes no slash and nothing outside ASCII.
        assert_eq!(
            stringified("{\"a\":\"é/<&>\\\u{2028}\u{7f}\u{1f}\u{8}\t\n\u{c}\r\"}".as_bytes())
                .as_deref(),
            Some("\"{\\\"a\\\":\\\"é/<&>\\\\\u{2028}\u{7f}\\u001f\\b\\t\\n\\f\\r\\\"}\""),
        );
        assert_eq!(stringified(b"\xff"), None);
    }

    #[test]
    fn hubspot_decodes_twelve_escapes_and_no_other() {
        let decoded = |url: &[u8]| collect(url, url.len(), hubspot);
        assert_eq!(
            decoded(b"https://h/a%3Ab%2fc?d=%40%21%24%27%28%29%2A%2C%3B%3F"),
            b"https://h/a:b/c?d=@!$'()*,;?"
        );
        assert_eq!(decoded(b"%20%26%zz%2"), b"%20%26%zz%2");
    }
}
