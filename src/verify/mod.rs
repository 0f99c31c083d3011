//! Is this request genuine? Pure: a request, a scheme, keys and the time go in; a witness or a reason comes out.

mod authentic;
mod begun;
mod checks;
mod entries;
mod error;
mod matching;
mod token;
mod window;

#[cfg(feature = "remote-keys")]
use crate::content::Reading;
use crate::{incoming::Incoming, keys::Keyring, scheme::Scheme, timestamp::Timestamp};

pub use self::{authentic::Authentic, error::VerifyError};
pub(crate) use self::{
    begun::{Begun, Keyed},
    checks::fits,
    entries::{MAX_SETS, MAX_SIGNATURES},
};

/// Whether a request, as far as it can be read without its key, may belong to a secret with these parts.
#[cfg(feature = "remote-keys")]
pub(crate) fn may_be_of<'p>(
    reading: &Reading<'_>,
    part: &impl Fn(&str) -> Option<&'p str>,
) -> bool {
    checks::misfit(reading, part).is_none()
}

/// Verifies a request.
///
/// It reads no clock and does no I/O: `now` is the receiver's time. The scheme
/// should have passed [`Scheme::validate`], and the keyring should be made for it.
/// The request's method is the layer's to check.
///
/// ```
/// use axum_webhook::{Incoming, Keyring, Secret, Timestamp, providers, verify};
/// use http::{HeaderMap, Method, Uri};
///
/// let scheme = providers::github();
/// let keyring = Keyring::new(&scheme, Secret::new("It's a Secret to Everybody")?)?;
/// let mut headers = HeaderMap::new();
/// headers.insert(
///     "x-hub-signature-256",
///     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17".parse()?,
/// );
/// let uri = Uri::from_static("/webhooks/github");
/// let incoming = Incoming::new(&Method::POST, &uri, &headers, b"Hello, World!");
/// let authentic = verify(&incoming, &scheme, &keyring, Timestamp::now())?;
/// assert_eq!(authentic.key_id(), "key-1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// With the reason, which is for the operator and never for the sender.
pub fn verify(
    incoming: &Incoming<'_>,
    scheme: &Scheme,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Authentic, VerifyError> {
    let mut begun = Begun::unread();
    begun.read_with(keyring, incoming.head, scheme, now)?;
    begun.finish(None, keyring, *incoming, scheme, now)
}
