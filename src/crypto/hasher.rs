//! MACs and hashes behind one face.

use hmac::{
    Hmac, KeyInit as _,
    digest::{FixedOutput, Update as _},
};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::{crypto::Tag, scheme::Algorithm};

/// A MAC with its key taken in, or a plain hash. A clone starts from the same state.
#[derive(Clone)]
pub(crate) enum Hasher {
    HmacSha1(Hmac<Sha1>),
    HmacSha224(Hmac<Sha224>),
    HmacSha256(Hmac<Sha256>),
    HmacSha384(Hmac<Sha384>),
    HmacSha512(Hmac<Sha512>),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    #[cfg(feature = "keccak")]
    Keccak256(sha3::Keccak256),
}

/// Runs `$body` with the hasher inside, whichever it is.
macro_rules! with_inner {
    ($hasher:expr, $inner:ident => $body:expr) => {
        match $hasher {
            Hasher::HmacSha1($inner) => $body,
            Hasher::HmacSha224($inner) => $body,
            Hasher::HmacSha256($inner) => $body,
            Hasher::HmacSha384($inner) => $body,
            Hasher::HmacSha512($inner) => $body,
            Hasher::Sha1($inner) => $body,
            Hasher::Sha256($inner) => $body,
            Hasher::Sha512($inner) => $body,
            #[cfg(feature = "keccak")]
            Hasher::Keccak256($inner) => $body,
        }
    };
}

impl Hasher {
    /// A MAC with `key`; `None` if the algorithm is none.
    ///
    /// An empty key would work and be known to everybody: whoever calls this has refused it before.
    pub(crate) fn keyed(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        match algorithm {
            Algorithm::HmacSha1 => Hmac::new_from_slice(key).ok().map(Self::HmacSha1),
            Algorithm::HmacSha224 => Hmac::new_from_slice(key).ok().map(Self::HmacSha224),
            Algorithm::HmacSha256 => Hmac::new_from_slice(key).ok().map(Self::HmacSha256),
            Algorithm::HmacSha384 => Hmac::new_from_slice(key).ok().map(Self::HmacSha384),
            Algorithm::HmacSha512 => Hmac::new_from_slice(key).ok().map(Self::HmacSha512),
            _ => None,
        }
    }

    /// A plain hash; `None` if the algorithm is none.
    pub(crate) fn plain(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::Sha1 => Some(Self::Sha1(Sha1::default())),
            Algorithm::Sha256 => Some(Self::Sha256(Sha256::default())),
            Algorithm::Sha512 => Some(Self::Sha512(Sha512::default())),
            #[cfg(feature = "keccak")]
            Algorithm::Keccak256 => Some(Self::Keccak256(sha3::Keccak256::default())),
            _ => None,
        }
    }

    /// Takes in more of the message.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        with_inner!(self, inner => inner.update(bytes));
    }

    /// The tag of the message so far.
    pub(crate) fn finish(&self) -> Tag {
        with_inner!(self, inner => tag(inner.clone()))
    }

    /// The tag of the message so far with what `feed` adds to it.
    ///
    /// What is inside is copied by itself, since the largest of them is twice the usual one.
    #[inline]
    pub(crate) fn finish_with<E>(
        &self,
        feed: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), E>,
    ) -> Result<Tag, E> {
        with_inner!(self, inner => {
            let mut inner = inner.clone();
            feed(&mut |bytes| inner.update(bytes))?;
            Ok(tag(inner))
        })
    }
}

#[inline]
fn tag(hash: impl FixedOutput) -> Tag {
    Tag::new(&hash.finalize_fixed()).expect("no hash here is longer than SHA-512")
}

/// The SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    <Sha256 as sha2::Digest>::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_a_key_is_no_plain_hash_and_the_other_way_round() {
        assert!(Hasher::keyed(Algorithm::Sha256, b"key").is_none());
        assert!(Hasher::plain(Algorithm::HmacSha256).is_none());
    }

    #[test]
    fn a_hash_is_as_long_as_its_algorithm_says() {
        for algorithm in [
            Algorithm::HmacSha1,
            Algorithm::HmacSha224,
            Algorithm::HmacSha256,
            Algorithm::HmacSha384,
            Algorithm::HmacSha512,
            Algorithm::Sha1,
            Algorithm::Sha256,
            Algorithm::Sha512,
            #[cfg(feature = "keccak")]
            Algorithm::Keccak256,
        ] {
            let hasher = Hasher::keyed(algorithm, b"key").or(Hasher::plain(algorithm));
            let len = hasher.map(|hasher| hasher.finish().as_bytes().len());
            assert_eq!(len, algorithm.tag_len(), "{algorithm}");
            assert!(len.is_some(), "{algorithm}");
        }
    }

    #[cfg(feature = "keccak")]
    #[test]
    fn keccak_is_ethereum_s_and_not_sha3() {
        // ref: Ethereum's yellow paper, appendix on notation: KEC(()), the hash of nothing.
        let empty = Hasher::plain(Algorithm::Keccak256).map(|hasher| hasher.finish());
        let want = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
        let got = empty.map(|tag| crate::scheme::Encoding::Hex.encode(tag.as_bytes()));
        assert_eq!(got.as_deref(), Some(want));
    }
}
