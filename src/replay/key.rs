//! What makes two deliveries the same event: authenticated bytes and nothing else.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{
    incoming::Incoming,
    scheme::{Dedupe, Scheme},
    verify::Authentic,
};

/// The key of an event: a SHA-256 over endpoint, tenant and what identifies the event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplayKey([u8; 32]);

impl ReplayKey {
    /// Creates a key from the 32 bytes of a hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The first bytes, in hex.
impl fmt::Debug for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplayKey(")?;
        for byte in self.0.iter().take(4) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("…)")
    }
}

/// The key of a verified delivery; `None` where nothing authenticated identifies its event.
///
/// The witness is the proof that the bytes were signed, so that a forged request
/// can't mark an event as seen.
pub(crate) fn replay_key(
    authentic: &Authentic,
    scheme: &Scheme,
    dedupe: Dedupe,
    incoming: Incoming<'_>,
    endpoint: &str,
    tenant: &str,
) -> Option<ReplayKey> {
    let mut hash = Sha256::new();
    // Each part stands behind its length, so that no two lists of parts are the same bytes.
    let mut part = |bytes: &[u8]| {
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(bytes);
    };
    part(b"axum-webhook 1");
    part(endpoint.as_bytes());
    part(tenant.as_bytes());
    match dedupe {
        Dedupe::Off => return None,
        Dedupe::Id => {
            let id = authentic.event_id(scheme, &incoming)?;
            if id.is_empty() {
                return None;
            }
            part(b"id");
            part(id.as_bytes());
        }
        Dedupe::Content => {
            part(b"content");
            part(&authentic.content_digest(scheme, incoming)?);
        }
    }
    Some(ReplayKey(hash.finalize().into()))
}
