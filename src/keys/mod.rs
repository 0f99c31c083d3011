//! Secrets, and the keyring that they become for a scheme.

mod keyring;
mod secret;

pub(crate) use self::keyring::Key;
#[cfg(feature = "remote-keys")]
pub(crate) use self::keyring::{PublishedKey, check_parts};
pub use self::{
    keyring::{Keyring, KeyringError, Secrets},
    secret::{Secret, SecretError},
};
