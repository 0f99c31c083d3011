//! A signature of fixed size, which compares in constant time only.

use subtle::ConstantTimeEq as _;

/// The bytes of a MAC or a hash: at most 64.
///
/// There is no `PartialEq`: two tags are compared by [`matches`](Self::matches).
#[derive(Clone, Copy)]
pub(crate) struct Tag {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Tag {
    /// The longest tag: HMAC-SHA512.
    pub(crate) const MAX: usize = 64;

    /// Creates a tag; `None` if `bytes` has more than [`MAX`](Self::MAX).
    pub(crate) fn new(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        let len = u8::try_from(from.len()).ok()?;
        Some(Self { bytes, len })
    }

    /// The tag of `len` bytes that `write` puts into the room that it gets, and counts.
    #[inline]
    pub(crate) fn written(
        len: usize,
        write: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        let room = bytes.get_mut(..len)?;
        if write(room)? != len {
            return None;
        }
        let len = u8::try_from(len).ok()?;
        Some(Self { bytes, len })
    }

    /// Whether both tags are the same, in a time that is always the same.
    #[inline]
    pub(crate) fn matches(&self, other: &Self) -> bool {
        // What is behind a tag is zero in each, so that all words can be compared.
        let mut difference = u64::from(self.len ^ other.len);
        for (own, other) in self.words().zip(other.words()) {
            difference |= own ^ other;
        }
        difference.ct_eq(&0).into()
    }

    fn words(&self) -> impl Iterator<Item = u64> {
        let (words, _) = self.bytes.as_chunks();
        words.iter().copied().map(u64::from_ne_bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proper_prefix_never_matches() {
        let full = Tag::new(&[7; 32]).expect("32 bytes fit");
        assert!(full.matches(&full));
        for len in 0..32 {
            let prefix = Tag::new(&vec![7; len]).expect("it fits");
            assert!(!full.matches(&prefix) && !prefix.matches(&full), "{len}");
        }
        assert!(!full.matches(&Tag::new(&[7; 33]).expect("33 bytes fit")));
    }

    #[test]
    fn each_bit_counts() {
        let full = Tag::new(&[7; 32]).expect("32 bytes fit");
        for bit in 0..256 {
            let mut bytes = [7; 32];
            if let Some(byte) = bytes.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
            assert!(!full.matches(&Tag::new(&bytes).expect("it fits")), "{bit}");
        }
    }

    #[test]
    fn more_than_64_bytes_are_no_tag() {
        assert!(Tag::new(&[0; 65]).is_none());
    }
}
