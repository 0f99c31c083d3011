//! The signatures that a request carries.

use crate::{
    content::{Listed, NUMBERED_LEN, Reading, numbered_in},
    crypto::{Tag, jws::Jws, sha256},
    incoming::ReadError,
    keys::Key,
    scheme::{Encoding, Family, ItemKey, List, Locate, Scheme, Signature},
    text,
    verify::VerifyError,
};

/// The most signatures that a request may carry; one more, and none is looked at.
pub(crate) const MAX_SIGNATURES: usize = 32;

/// The most whole sets, each with its own timestamp, since each costs a MAC of its own.
pub(crate) const MAX_SETS: usize = 4;

/// The longest signature, in bytes: RSA with 8192 bits.
pub(super) const MAX_SIGNATURE_LEN: usize = 1024;

/// The longest credential, in bytes.
pub(super) const MAX_CREDENTIAL: usize = 1024;

/// The signatures of a request: two, as many as there are while a secret is changed, without an
/// allocation, and more if need be.
pub(super) struct Entries {
    first: Option<Entry>,
    second: Option<Entry>,
    more: Vec<Entry>,
    pub(super) sets: usize,
}

/// What a request brings to show that it is genuine.
pub(super) enum Proof {
    /// A MAC, a hash, or the hash of a credential.
    Tag(Tag),
    /// A signature of some length.
    Signature(Vec<u8>),
    /// A token that brings its own signature.
    Token(Box<Jws>),
}

pub(super) struct Entry {
    pub(super) proof: Proof,
    set: usize,
    /// The item's key, where each secret has its own: behind two pointers, since few schemes have it.
    key: Option<Box<Box<[u8]>>>,
}

impl Entries {
    pub(super) const fn none() -> Self {
        Self {
            first: None,
            second: None,
            more: Vec::new(),
            sets: 1,
        }
    }

    /// The signatures of a request that has not been looked at for them.
    pub(super) fn of(reading: &mut Reading<'_>, scheme: &Scheme) -> Result<Self, VerifyError> {
        let mut entries = Self::none();
        entries.read(reading, scheme)?;
        Ok(entries)
    }

    /// Reads the signatures, of which there has to be one, and decodes each. What else stands in their
    /// list is remembered in `reading`.
    #[inline]
    pub(super) fn read(
        &mut self,
        reading: &mut Reading<'_>,
        scheme: &Scheme,
    ) -> Result<(), VerifyError> {
        let signature = &reading.shape.signature;
        let at = &signature.at;
        let read = |error| VerifyError::read("signature", at, error);
        let head = &reading.incoming.head;
        match at {
            Locate::Headers(names) => {
                let mut seen = false;
                for name in names {
                    match head.header_bytes(name) {
                        Err(ReadError::Missing) if !head.headers.contains_key(name) => {}
                        text => {
                            seen = true;
                            self.take_text(text.map_err(read)?, None, signature, scheme)?;
                        }
                    }
                }
                if !seen {
                    return Err(read(ReadError::Missing));
                }
            }
            Locate::RepeatedHeader(name) => {
                for text in head.headers_called(name) {
                    self.take_text(text.map_err(read)?, None, signature, scheme)?;
                }
                if !head.headers.contains_key(name) {
                    return Err(read(ReadError::Missing));
                }
            }
            Locate::HeaderFamily(prefix) => {
                for number in 1.. {
                    let mut room = [0; NUMBERED_LEN];
                    let name = &*numbered_in(&mut room, prefix, number);
                    match head.header_bytes(name) {
                        Err(ReadError::Missing)
                            if number > 1 && !head.headers.contains_key(name) =>
                        {
                            break;
                        }
                        text => self.take_text(text.map_err(read)?, None, signature, scheme)?,
                    }
                }
            }
            Locate::Header(_) | Locate::Bearer => {
                let text = match at {
                    Locate::Header(name) => head.header_bytes(name),
                    _ => head.bearer().map(str::as_bytes),
                };
                let text = text.map_err(read)?;
                let listed = reading.list.insert(Listed::new(text));
                self.take_text(text, Some(listed), signature, scheme)?;
            }
            _ => {
                let text = reading.text(at).map_err(read)?;
                self.take_text(text.as_bytes(), None, signature, scheme)?;
            }
        }
        if self.is_empty() {
            return Err(VerifyError::signature_malformed(at));
        }
        Ok(())
    }

    /// Reads the signatures in one text.
    #[inline]
    fn take_text<'t>(
        &mut self,
        text: &'t [u8],
        listed: Option<&mut Listed<'t>>,
        signature: &Signature,
        scheme: &Scheme,
    ) -> Result<(), VerifyError> {
        let Some(list) = &signature.list else {
            // Where it is alone, it has to be right.
            return match decode(text, signature, scheme) {
                Some(proof) => self.push(proof, 0, None),
                None => Err(VerifyError::signature_malformed(&signature.at)),
            };
        };
        if let Some(separator) = &list.sets {
            self.sets = text::split(text, separator).count();
            if self.sets > MAX_SETS {
                return Err(VerifyError::TooManySignatures);
            }
            for (set, text) in text::split(text, separator).enumerate() {
                self.take_set(set, text, list, None, signature, scheme)?;
            }
            Ok(())
        } else {
            self.take_set(0, text, list, listed, signature, scheme)
        }
    }

    fn take_set<'t>(
        &mut self,
        set: usize,
        text: &'t [u8],
        list: &List,
        mut listed: Option<&mut Listed<'t>>,
        signature: &Signature,
        scheme: &Scheme,
    ) -> Result<(), VerifyError> {
        let malformed = || VerifyError::signature_malformed(&signature.at);
        let tag_len = tag_text_len(signature, list, scheme);
        let mut rest = Some(text);
        while let Some(text) = rest {
            if let Some(len) = tag_len
                && let Some((value, behind)) = first_item(text, len, signature, list)
                && let Some(proof) = decode(value, signature, scheme)
            {
                self.push(proof, set, None)?;
                rest = behind;
                continue;
            }
            let (item, behind) = match text::split_once(text, &list.items) {
                Some((item, behind)) => (item, Some(behind)),
                None => (text, None),
            };
            rest = behind;
            let (name, value) = match &list.pair {
                Some(pair) => {
                    let (name, value) = text::split_once(item, pair).ok_or_else(malformed)?;
                    (Some(name), value)
                }
                None => (None, item),
            };
            if value.is_empty() || name == Some(&[]) {
                return Err(malformed());
            }
            let key = match (&signature.item, name) {
                (Some(ItemKey::Name(wanted)), Some(name)) if name != wanted.as_bytes() => {
                    if let Some(listed) = &mut listed {
                        listed.remember(name, value);
                    }
                    continue;
                }
                (Some(ItemKey::Secret { .. }), Some(name)) => Some(Box::new(name.into())),
                _ => None,
            };
            // An entry of another time or maker may look different; only a match counts.
            if let Some(proof) = decode(value, signature, scheme) {
                self.push(proof, set, key)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn push(
        &mut self,
        proof: Proof,
        set: usize,
        key: Option<Box<Box<[u8]>>>,
    ) -> Result<(), VerifyError> {
        let entry = Entry { proof, set, key };
        if self.first.is_none() {
            self.first = Some(entry);
        } else if self.second.is_none() {
            self.second = Some(entry);
        } else if self.len() < MAX_SIGNATURES {
            if self.more.is_empty() {
                self.more.reserve_exact(MAX_SIGNATURES - 2);
            }
            self.more.push(entry);
        } else {
            return Err(VerifyError::TooManySignatures);
        }
        Ok(())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + usize::from(self.second.is_some()) + self.more.len()
    }

    fn get(&self, place: usize) -> Option<&Entry> {
        match place {
            0 => self.first.as_ref(),
            1 => self.second.as_ref(),
            _ => self.more.get(place - 2),
        }
    }

    /// The entries of a set that can belong to `key`.
    #[inline]
    pub(super) fn for_key<'e>(
        &'e self,
        set: usize,
        signature: &'e Signature,
        key: &'e Key,
    ) -> impl Iterator<Item = &'e Entry> {
        let wanted = match &signature.item {
            Some(ItemKey::Secret { secret }) => Some(key.part(secret)),
            _ => None,
        };
        let all = (0..).map_while(|place| self.get(place));
        all.filter(move |entry| {
            entry.set == set
                && wanted.is_none_or(|wanted| {
                    entry.key.as_deref().map(|key| &**key) == wanted.map(str::as_bytes)
                })
        })
    }
}

/// How long a signature is as text, where it is always the same, and neither it nor its name can have a
/// separator in it: then the end of an item need not be searched for.
#[inline]
fn tag_text_len(signature: &Signature, list: &List, scheme: &Scheme) -> Option<usize> {
    let is_apart = |separator: &str| match separator.as_bytes() {
        [first, ..] => !first.is_ascii_alphanumeric() && !b"+/-_".contains(first),
        [] => false,
    };
    let is_plain = |name: &str| {
        let mut bytes = name.bytes();
        !name.is_empty() && bytes.all(|c| c.is_ascii_alphanumeric())
    };
    let is_told = match (&signature.item, &list.pair) {
        (Some(ItemKey::Name(name)), Some(pair)) => {
            is_plain(name) && is_apart(pair) && text::find(pair.as_bytes(), &list.items).is_none()
        }
        (None, None) => true,
        _ => false,
    };
    let is_told = is_told
        && is_apart(&list.items)
        && !list.items.starts_with('=')
        && signature.prefix.is_empty();
    let len = scheme.algorithm.tag_len().filter(|_| is_told)?;
    signature.encoding.text_len(len)
}

/// The value of the first item, if it is called as signatures are and has `len` bytes, and what stands behind the item.
#[inline]
fn first_item<'t>(
    text: &'t [u8],
    len: usize,
    signature: &Signature,
    list: &List,
) -> Option<(&'t [u8], Option<&'t [u8]>)> {
    let from = match (&signature.item, &list.pair) {
        (Some(ItemKey::Name(name)), Some(pair)) => text::strip(text::strip(text, name)?, pair)?,
        (None, None) => text,
        _ => return None,
    };
    let (value, behind) = from.split_at_checked(len)?;
    match behind {
        [] => Some((value, None)),
        _ => Some((value, Some(text::strip(behind, &list.items)?))),
    }
}

/// Decodes one signature: the canonical text, and where its length is known, of exactly that length.
#[inline]
pub(super) fn decode(text: &[u8], signature: &Signature, scheme: &Scheme) -> Option<Proof> {
    let prefix = signature.prefix.as_bytes();
    // To compare with nothing is slow where glibc does so by AVX-512: an empty `String` is at an
    // address that can't be read.
    let text = if prefix.is_empty() {
        text
    } else {
        text.strip_prefix(prefix)?
    };
    if let Some(len) = scheme.algorithm.tag_len() {
        return Tag::written(len, |room| signature.encoding.decode_into(text, room))
            .map(Proof::Tag);
    }
    match scheme.algorithm.family() {
        Family::Token => {
            let token = std::str::from_utf8(text).ok()?;
            Jws::parse(token, scheme.algorithm).map(|jws| Proof::Token(Box::new(jws)))
        }
        Family::Credential => {
            if signature.encoding == Encoding::Text {
                return Tag::new(&sha256(text)).map(Proof::Tag);
            }
            let bytes = decode_to_vec(text, signature.encoding, MAX_CREDENTIAL)?;
            Tag::new(&sha256(&bytes)).map(Proof::Tag)
        }
        Family::PublicKey => {
            decode_to_vec(text, signature.encoding, MAX_SIGNATURE_LEN).map(Proof::Signature)
        }
        Family::Hmac | Family::KeyedHash | Family::Needs(_) => None,
    }
}

pub(super) fn decode_to_vec(text: &[u8], encoding: Encoding, max: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; max];
    let len = encoding.decode_into(text, &mut bytes)?;
    bytes.truncate(len);
    Some(bytes)
}

#[cfg(test)]
mod tests;
