//! A key that a provider sends by itself, on its way to the operator and no further.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use zeroize::Zeroizing;

/// A key that an **unsigned** request brought to an endpoint that waits for one.
///
/// Anybody can have sent it. It is wiped from memory when it is dropped, and prints as `[redacted]`.
pub struct PairedKey(Zeroizing<String>);

impl PairedKey {
    pub(crate) fn new(text: Vec<u8>) -> Option<Self> {
        String::from_utf8(text).ok().map(Zeroizing::new).map(Self)
    }

    /// The text of the key, to be stored where secrets are kept.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PairedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairedKey([redacted])")
    }
}

/// An endpoint's wait for its key. It ends with the first one; clones wait for the same.
#[derive(Clone)]
pub(crate) struct Pairing {
    is_over: Arc<AtomicBool>,
    on_key: Arc<dyn Fn(PairedKey) + Send + Sync>,
}

impl Pairing {
    pub(crate) fn new(on_key: impl Fn(PairedKey) + Send + Sync + 'static) -> Self {
        Self {
            is_over: Arc::new(AtomicBool::new(false)),
            on_key: Arc::new(on_key),
        }
    }

    /// Hands the key on, if it is the first one.
    pub(crate) fn take(&self, key: PairedKey) -> bool {
        let is_first = !self.is_over.swap(true, Ordering::AcqRel);
        if is_first {
            (self.on_key)(key);
        }
        is_first
    }
}
