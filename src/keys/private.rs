//! Secrets that can sign although their keys are public ones: for tests.

#[cfg(any(feature = "ed25519", feature = "public-key"))]
use std::sync::Arc;

use crate::keys::Secret;
#[cfg(any(feature = "ed25519", feature = "public-key"))]
use crate::{crypto::public::PrivateKey, keys::secret::Value};

#[cfg(any(feature = "ed25519", feature = "public-key"))]
impl Secret {
    /// The public key of a pair, which keeps the private one.
    pub(crate) fn of_pair(private: Arc<PrivateKey>) -> Option<Self> {
        Some(Self::with_value(Value::Pair(
            private.public_text()?,
            private,
        )))
    }

    /// The signature of its private key over `message`; `None` where it has none.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.value {
            Value::Pair(_, private) => private.sign(message),
            _ => None,
        }
    }
}

#[cfg(not(any(feature = "ed25519", feature = "public-key")))]
impl Secret {
    /// No key signs without the features.
    #[expect(clippy::unused_self, reason = "with the features it is used")]
    pub(crate) const fn sign(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
