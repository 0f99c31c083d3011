//! The signatures that a request carries.

use crate::{
    content::{Reading, numbered},
    crypto::{Tag, jws::Jws, sha256},
    incoming::ReadError,
    keys::Key,
    scheme::{Encoding, Family, ItemKey, Locate, Scheme, Signature},
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

/// The signatures of a request: one without an allocation, more if need be.
#[derive(Default)]
pub(super) struct Entries<'a> {
    first: Option<Entry>,
    more: Vec<Entry>,
    pub(super) sets: usize,
    /// The text in which other items of the list stand beside the signatures.
    pub(super) list: Option<&'a str>,
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
    /// The item's key, where each secret has its own.
    key: Option<Box<str>>,
}

impl<'a> Entries<'a> {
    /// Reads the signatures, and decodes each.
    pub(super) fn read(reading: &Reading<'a>, scheme: &Scheme) -> Result<Self, VerifyError> {
        let signature = &reading.shape.signature;
        let at = &signature.at;
        let read = |error| VerifyError::read("signature", at, error);
        let head = reading.incoming.head;
        let mut entries = Self {
            sets: 1,
            ..Self::default()
        };
        match at {
            Locate::Headers(names) => {
                let mut seen = false;
                for name in names {
                    match head.header(name) {
                        Err(ReadError::Missing) if !head.headers.contains_key(name) => {}
                        text => {
                            seen = true;
                            entries.take_text(text.map_err(read)?, signature, scheme)?;
                        }
                    }
                }
                if !seen {
                    return Err(read(ReadError::Missing));
                }
            }
            Locate::RepeatedHeader(name) => {
                for text in head.headers_called(name) {
                    entries.take_text(text.map_err(read)?, signature, scheme)?;
                }
                if !head.headers.contains_key(name) {
                    return Err(read(ReadError::Missing));
                }
            }
            Locate::HeaderFamily(prefix) => {
                for number in 1.. {
                    let name = numbered(prefix, number).ok_or(read(ReadError::Malformed))?;
                    match head.header(&name) {
                        Err(ReadError::Missing)
                            if number > 1 && !head.headers.contains_key(&name) =>
                        {
                            break;
                        }
                        text => entries.take_text(text.map_err(read)?, signature, scheme)?,
                    }
                }
            }
            Locate::Header(_) | Locate::Bearer => {
                let text = match at {
                    Locate::Header(name) => head.header(name),
                    _ => head.bearer(),
                };
                let text = text.map_err(read)?;
                entries.list = Some(text);
                entries.take_text(text, signature, scheme)?;
            }
            _ => entries.take_text(&reading.text(at).map_err(read)?, signature, scheme)?,
        }
        if entries.first.is_none() {
            return Err(VerifyError::SignatureMalformed { at: at.to_string() });
        }
        Ok(entries)
    }

    /// Reads the signatures in one text.
    #[inline]
    fn take_text(
        &mut self,
        text: &str,
        signature: &Signature,
        scheme: &Scheme,
    ) -> Result<(), VerifyError> {
        let malformed = || VerifyError::SignatureMalformed {
            at: signature.at.to_string(),
        };
        let Some(list) = &signature.list else {
            // Where it is alone, it has to be right.
            let proof = decode(text, signature, scheme).ok_or_else(malformed)?;
            return self.push(proof, 0, None);
        };
        if let Some(separator) = &list.sets {
            self.sets = text::split(text, separator).count();
            if self.sets > MAX_SETS {
                return Err(VerifyError::TooManySignatures);
            }
            for (set, text) in text::split(text, separator).enumerate() {
                self.take_set(set, text, signature, scheme)?;
            }
            Ok(())
        } else {
            self.take_set(0, text, signature, scheme)
        }
    }

    fn take_set(
        &mut self,
        set: usize,
        text: &str,
        signature: &Signature,
        scheme: &Scheme,
    ) -> Result<(), VerifyError> {
        let malformed = || VerifyError::SignatureMalformed {
            at: signature.at.to_string(),
        };
        let list = signature.list.as_ref().ok_or_else(malformed)?;
        for item in text::split(text, &list.items) {
            let (name, value) = match &list.pair {
                Some(pair) => {
                    let (name, value) = text::split_once(item, pair).ok_or_else(malformed)?;
                    (Some(name), value)
                }
                None => (None, item),
            };
            if value.is_empty() || name == Some("") {
                return Err(malformed());
            }
            let key = match (&signature.item, name) {
                (Some(ItemKey::Name(wanted)), Some(name)) if name != wanted => continue,
                (Some(ItemKey::Secret { .. }), Some(name)) => Some(name.into()),
                _ => None,
            };
            // An entry of another time or maker may look different; only a match counts.
            if let Some(proof) = decode(value, signature, scheme) {
                self.push(proof, set, key)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, proof: Proof, set: usize, key: Option<Box<str>>) -> Result<(), VerifyError> {
        let entry = Entry { proof, set, key };
        if self.first.is_none() {
            self.first = Some(entry);
        } else if self.more.len() + 1 < MAX_SIGNATURES {
            self.more.push(entry);
        } else {
            return Err(VerifyError::TooManySignatures);
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }

    /// The entries of a set that can belong to `key`.
    #[inline]
    pub(super) fn of<'e>(
        &'e self,
        set: usize,
        signature: &'e Signature,
        key: &'e Key,
    ) -> impl Iterator<Item = &'e Entry> {
        let wanted = match &signature.item {
            Some(ItemKey::Secret { secret }) => Some(key.part(secret)),
            _ => None,
        };
        self.first.iter().chain(&self.more).filter(move |entry| {
            entry.set == set && wanted.is_none_or(|wanted| entry.key.as_deref() == wanted)
        })
    }
}

/// Decodes one signature: the canonical text, and where its length is known, of exactly that length.
#[inline]
pub(super) fn decode(text: &str, signature: &Signature, scheme: &Scheme) -> Option<Proof> {
    let token = text.strip_prefix(&signature.prefix)?;
    let text = token.as_bytes();
    match scheme.algorithm.family() {
        Family::Token => Jws::parse(token, scheme.algorithm).map(|jws| Proof::Token(Box::new(jws))),
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
        Family::Hmac | Family::KeyedHash | Family::Needs(_) => {
            // A little room more than any tag has, so that base64 of a longer one fails by its length.
            let mut bytes = [0; Tag::MAX + 2];
            let len = signature.encoding.decode_into(text, &mut bytes)?;
            if scheme.algorithm.tag_len() != Some(len) {
                return None;
            }
            Tag::new(bytes.get(..len)?).map(Proof::Tag)
        }
    }
}

pub(super) fn decode_to_vec(text: &[u8], encoding: Encoding, max: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; max];
    let len = encoding.decode_into(text, &mut bytes)?;
    bytes.truncate(len);
    Some(bytes)
}
