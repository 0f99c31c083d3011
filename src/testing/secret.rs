//! Secrets for tests, of whatever form a scheme wants, made anew in each process.

#[cfg(any(feature = "ed25519", feature = "public-key"))]
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use std::{
    hash::{BuildHasher as _, RandomState},
    sync::OnceLock,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

#[cfg(any(feature = "ed25519", feature = "public-key"))]
use crate::crypto::public::PrivateKey;
use crate::{
    crypto::sha256,
    keys::Secret,
    scheme::{Algorithm, Encoding, Scheme, SecretFormat},
};

/// A secret for the tests of an endpoint of `scheme`: of the form that it wants, with all its parts.
///
/// Where the provider signs with a private key, it is a key pair: an endpoint takes the public key of it, and
/// [`Delivery`](crate::testing::Delivery) and [`Draft`](crate::sign::Draft) sign with the private one.
///
/// It is the same one as long as the process runs, so that an application and its test may each ask for it, and another one in each
/// process, so that one which is forgotten somewhere lets nobody in.
///
/// ```
/// use axum_webhook::{WebhookLayer, providers, testing};
///
/// # #[cfg(feature = "ed25519")] {
/// let scheme = providers::discord_interactions();
/// let layer = WebhookLayer::new(scheme.clone(), testing::secret(&scheme))?;
/// let ping = testing::Delivery::new(&scheme, testing::secret(&scheme)).with_body(r#"{"id":"1","type":1}"#);
/// assert!(ping.request()?.headers().contains_key("x-signature-ed25519"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn secret(scheme: &Scheme) -> Secret {
    let parts = scheme.secret_parts.iter();
    parts.fold(of("endpoint", scheme), |secret, name| {
        with_part(secret, name)
    })
}

/// Whether a delivery of `scheme` can be signed here.
pub(super) fn signs(scheme: &Scheme) -> bool {
    !scheme.algorithm.has_public_key() || other_secret(scheme).sign(&[]).is_some()
}

/// A secret that no endpoint has, of the form that the scheme wants. Its parts are for the caller to add.
pub(super) fn other_secret(scheme: &Scheme) -> Secret {
    of("nobody", scheme)
}

fn with_part(secret: Secret, name: &str) -> Secret {
    let secret = secret.with_part(name, format!("the-{name}"));
    secret.expect("it is neither empty nor padded")
}

fn of(whose: &'static str, scheme: &Scheme) -> Secret {
    let bytes = bytes(&[whose, &scheme.id]);
    pair(whose, scheme, bytes).unwrap_or_else(|| text(scheme, &bytes))
}

fn text(scheme: &Scheme, bytes: &[u8]) -> Secret {
    let hex = Encoding::Hex.encode(bytes);
    let text = match scheme.secret {
        SecretFormat::Base64 => STANDARD.encode(bytes),
        SecretFormat::Whsec => format!("whsec_{}", STANDARD.encode(bytes)),
        _ if scheme.algorithm == Algorithm::BasicAuth => format!("user:{hex}"),
        _ => hex,
    };
    Secret::new(text).expect("it is neither empty nor padded")
}

/// A key pair, if the scheme needs one. Those of RSA take a while to make, so each is made once.
#[cfg(any(feature = "ed25519", feature = "public-key"))]
fn pair(whose: &'static str, scheme: &Scheme, seed: [u8; 32]) -> Option<Secret> {
    type Made = HashMap<(&'static str, Algorithm), Option<Arc<PrivateKey>>>;
    static MADE: OnceLock<Mutex<Made>> = OnceLock::new();

    if !scheme.algorithm.has_public_key() {
        return None;
    }
    let made = MADE.get_or_init(Mutex::default);
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    let private = made
        .entry((whose, scheme.algorithm.primitive()))
        .or_insert_with(|| PrivateKey::make(scheme.algorithm, seed).map(Arc::new));
    Secret::of_pair(Arc::clone(private.as_ref()?))
}

#[cfg(not(any(feature = "ed25519", feature = "public-key")))]
fn pair(_: &'static str, _: &Scheme, _: [u8; 32]) -> Option<Secret> {
    None
}

/// Bytes that nobody knows before the process has begun.
fn bytes(names: &[&str]) -> [u8; 32] {
    static SEED: OnceLock<[u64; 4]> = OnceLock::new();

    // The keys of these hashes are the system's randomness.
    let seed = SEED.get_or_init(|| [(); 4].map(|()| RandomState::new().hash_one("testing")));
    sha256(format!("{seed:?} {names:?}").as_bytes())
}
