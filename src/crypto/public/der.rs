//! The few lines of DER that public keys are made of.

/// What is left of a DER text that is read from the left.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

impl<'a> Reader<'a> {
    /// The contents of the next value, which has to have this tag and the shortest form of its length.
    pub(super) fn read(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[found, first], rest) = self.0.split_first_chunk()?;
        if found != tag {
            return None;
        }
        let (len, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => {
                let (&[len], rest) = rest.split_first_chunk()?;
                (usize::from(len), rest)
            }
            0x82 => {
                let (&len, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(len)), rest)
            }
            _ => return None,
        };
        let shortest = match first {
            0x81 => len > 0x7f,
            0x82 => len > 0xff,
            _ => true,
        };
        let (contents, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        shortest.then_some(contents)
    }

    /// The tag of the next value; `None` at the end.
    pub(super) fn next_tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Passes over the next value if it has this tag, as optional ones do.
    pub(super) fn skip(&mut self, tag: u8) -> Option<()> {
        if self.next_tag() == Some(tag) {
            self.read(tag)?;
        }
        Some(())
    }

    /// The bytes of a positive integer, without leading zeros.
    pub(super) fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.read(INTEGER)? {
            [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => Some(rest),
            whole @ [1..=0x7f, ..] => Some(whole),
            _ => None,
        }
    }

    pub(super) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// A value with its tag and length.
pub(super) fn value(tag: u8, contents: &[u8]) -> Option<Vec<u8>> {
    let len = contents.len();
    let mut out = vec![tag];
    match len {
        0..=0x7f => out.push(u8::try_from(len).ok()?),
        0x80..=0xff => out.extend([0x81, u8::try_from(len).ok()?]),
        _ => {
            out.push(0x82);
            out.extend(u16::try_from(len).ok()?.to_be_bytes());
        }
    }
    out.extend(contents);
    Some(out)
}

/// A positive integer from its bytes.
pub(super) fn unsigned(bytes: &[u8]) -> Option<Vec<u8>> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = bytes.get(zeros..).filter(|bytes| !bytes.is_empty())?;
    let mut contents = Vec::with_capacity(bytes.len() + 1);
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        contents.push(0);
    }
    contents.extend(bytes);
    value(INTEGER, &contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_read_in_its_shortest_form_only() {
        for len in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff] {
            let text = value(SEQUENCE, &vec![7; len]).expect("it has a length");
            let mut reader = Reader(&text);
            assert_eq!(reader.read(SEQUENCE).map(<[u8]>::len), Some(len));
            assert!(reader.end().is_some(), "{len}");
        }
        assert!(value(SEQUENCE, &vec![7; 0x1_0000]).is_none());
        for (head, len) in [
            (&[0x81, 0x7f][..], 0x7f),
            (&[0x82, 0x00, 0xff], 0xff),
            (&[0x83, 0x00, 0x01, 0x00], 0x100),
            (&[0x80], 0),
        ] {
            let text = [&[SEQUENCE], head, &vec![7; len]].concat();
            assert!(Reader(&text).read(SEQUENCE).is_none(), "{head:?}");
        }
    }

    #[test]
    fn an_integer_is_positive_and_has_one_spelling() {
        for (text, want) in [
            (&[INTEGER, 1, 0x01][..], Some(&[0x01][..])),
            (&[INTEGER, 1, 0x7f], Some(&[0x7f])),
            (&[INTEGER, 2, 0x00, 0x80], Some(&[0x80])),
            (&[INTEGER, 1, 0x80], None),
            (&[INTEGER, 2, 0x00, 0x01], None),
            (&[INTEGER, 2, 0x00, 0x7f], None),
            (&[INTEGER, 1, 0x00], None),
            (&[INTEGER, 0], None),
        ] {
            assert_eq!(Reader(text).unsigned(), want, "{text:?}");
        }
        assert_eq!(unsigned(&[0, 0, 1]), Some(vec![INTEGER, 1, 1]));
        assert_eq!(unsigned(&[0x80]), Some(vec![INTEGER, 2, 0, 0x80]));
        assert_eq!(unsigned(&[0, 0]), None);
    }
}
