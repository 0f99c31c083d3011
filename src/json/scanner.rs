//! What JSON is (RFC 8259), read from the left and to its end.

use crate::{
    incoming::ReadError,
    json::{nesting::Nesting, unquoted},
};

/// Reads a text from the left.
#[derive(Clone)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The value of the member called `name` of the object that was just opened, which is read to its end.
    pub(super) fn member(&mut self, name: &str) -> Result<Option<&'a str>, ReadError> {
        let mut found = None;
        if self.eat_token(b'}') {
            return Ok(None);
        }
        loop {
            let is_it = unquoted(self.name()?)? == name;
            if is_it && found.is_some() {
                return Err(ReadError::Duplicate);
            }
            let value = self.value()?;
            found = if is_it { Some(value) } else { found };
            match self.next_token()? {
                b',' => {}
                b'}' => return Ok(found),
                _ => return Err(ReadError::Malformed),
            }
        }
    }

    /// The element at `index` of the array that was just opened, which is read to its end.
    pub(super) fn element(&mut self, index: Option<usize>) -> Result<Option<&'a str>, ReadError> {
        let (mut found, mut is_first) = (None, true);
        for at in 0.. {
            match self.next_element(&mut is_first)? {
                Some(value) if Some(at) == index => found = Some(value),
                Some(_) => {}
                None => break,
            }
        }
        Ok(found)
    }

    /// The next element of an array; `None` behind the last one.
    pub(super) fn next_element(
        &mut self,
        is_first: &mut bool,
    ) -> Result<Option<&'a str>, ReadError> {
        let is_end = if *is_first {
            self.eat_token(b']')
        } else {
            match self.next_token()? {
                b',' => false,
                b']' => true,
                _ => return Err(ReadError::Malformed),
            }
        };
        *is_first = false;
        if is_end {
            Ok(None)
        } else {
            self.value().map(Some)
        }
    }

    /// The text of a value, whatever it is.
    pub(super) fn value(&mut self) -> Result<&'a str, ReadError> {
        self.skip_space();
        let from = self.at;
        let mut open = Nesting::new();
        loop {
            match self.next_token()? {
                b'"' => self.string()?,
                digit @ (b'-' | b'0'..=b'9') => self.number(digit)?,
                b't' => self.word("rue")?,
                b'f' => self.word("alse")?,
                b'n' => self.word("ull")?,
                bracket @ (b'{' | b'[') => {
                    let is_object = bracket == b'{';
                    if !self.eat_token(if is_object { b'}' } else { b']' }) {
                        open.push(is_object);
                        if is_object {
                            self.name()?;
                        }
                        continue;
                    }
                }
                _ => return Err(ReadError::Malformed),
            }
            // Behind a value: what is open goes on, or ends.
            loop {
                let Some(is_object) = open.last() else {
                    return self.text.get(from..self.at).ok_or(ReadError::Malformed);
                };
                match self.next_token()? {
                    b',' if is_object => {
                        self.name()?;
                        break;
                    }
                    b',' => break,
                    b'}' if is_object => open.pop(),
                    b']' if !is_object => open.pop(),
                    _ => return Err(ReadError::Malformed),
                }
            }
        }
    }

    /// A member's name as it is written, with its quotation marks; and its colon, which is left out.
    fn name(&mut self) -> Result<&'a str, ReadError> {
        self.skip_space();
        let from = self.at;
        self.expect(b'"')?;
        self.string()?;
        let name = self.text.get(from..self.at);
        self.expect(b':')?;
        name.ok_or(ReadError::Malformed)
    }

    /// The rest of a string, whose first quotation mark was read.
    fn string(&mut self) -> Result<(), ReadError> {
        loop {
            self.skip_plain();
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        for _ in 0..4 {
                            if !self.next()?.is_ascii_hexdigit() {
                                return Err(ReadError::Malformed);
                            }
                        }
                    }
                    _ => return Err(ReadError::Malformed),
                },
                0..0x20 => return Err(ReadError::Malformed),
                _ => {}
            }
        }
    }

    /// Skips what stands for itself in a string, eight bytes at a time.
    fn skip_plain(&mut self) {
        const ONES: u64 = u64::from_ne_bytes([1; 8]);
        const TOPS: u64 = ONES << 7;
        let (eights, _) = self.rest().as_chunks();
        for eight in eights {
            let eight = u64::from_ne_bytes(*eight);
            // ref: Hacker's Delight §6-1: a top bit is left where a byte is zero, or less than 32.
            let zero = |word: u64| word.wrapping_sub(ONES) & !word;
            let quote = zero(eight ^ (ONES * u64::from(b'"')));
            let escape = zero(eight ^ (ONES * u64::from(b'\\')));
            let control = eight.wrapping_sub(ONES * 0x20) & !eight;
            if (quote | escape | control) & TOPS != 0 {
                break;
            }
            self.at += 8;
        }
    }

    /// The rest of a number that begins with `first`.
    fn number(&mut self, first: u8) -> Result<(), ReadError> {
        let first = if first == b'-' { self.next()? } else { first };
        match first {
            b'0' => {}
            b'1'..=b'9' => self.skip_digits(),
            _ => return Err(ReadError::Malformed),
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _ = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), ReadError> {
        if !self.next()?.is_ascii_digit() {
            return Err(ReadError::Malformed);
        }
        self.skip_digits();
        Ok(())
    }

    fn skip_digits(&mut self) {
        self.skip(u8::is_ascii_digit);
    }

    fn skip_space(&mut self) {
        self.skip(|c| matches!(c, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn skip(&mut self, skips: impl Fn(&u8) -> bool) {
        self.at += self.rest().iter().take_while(|c| skips(c)).count();
    }

    fn word(&mut self, rest: &str) -> Result<(), ReadError> {
        if !self.rest().starts_with(rest.as_bytes()) {
            return Err(ReadError::Malformed);
        }
        self.at += rest.len();
        Ok(())
    }

    pub(super) fn end(&mut self) -> Result<(), ReadError> {
        self.skip_space();
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(ReadError::Malformed)
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), ReadError> {
        if self.next_token()? == byte {
            Ok(())
        } else {
            Err(ReadError::Malformed)
        }
    }

    fn eat_token(&mut self, byte: u8) -> bool {
        self.skip_space();
        self.eat(byte)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_it = self.rest().first() == Some(&byte);
        self.at += usize::from(is_it);
        is_it
    }

    pub(super) fn next_token(&mut self) -> Result<u8, ReadError> {
        self.skip_space();
        self.next()
    }

    fn next(&mut self) -> Result<u8, ReadError> {
        let next = self.rest().first().copied().ok_or(ReadError::Malformed)?;
        self.at += 1;
        Ok(next)
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}
