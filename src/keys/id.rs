//! The name of a key.

use std::{fmt, ops::Deref, sync::Arc};

/// The longest id that is copied.
const SHORT: usize = 22;

/// The id of a key. Each verified delivery takes a copy, and a short one is copied whole: to count
/// who shares it costs more.
#[derive(Clone)]
pub(crate) enum KeyId {
    Short { bytes: [u8; SHORT], len: u8 },
    Long(Arc<str>),
}

impl From<&str> for KeyId {
    fn from(id: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..id.len()), u8::try_from(id.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(id.as_bytes());
                Self::Short { bytes, len }
            }
            _ => Self::Long(id.into()),
        }
    }
}

impl Deref for KeyId {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Short { bytes, len } => {
                let bytes = bytes.get(..usize::from(*len)).unwrap_or_default();
                str::from_utf8(bytes).expect("it was a text")
            }
            Self::Long(id) => id,
        }
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_any_length_is_kept() {
        for id in [
            "",
            "key-1",
            "é",
            "0123456789012345678901",
            "01234567890123456789012",
            "012345678901234567890é",
        ] {
            assert_eq!(&*KeyId::from(id), id);
            assert_eq!(KeyId::from(id).to_string(), id);
        }
    }
}
