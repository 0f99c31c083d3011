//! Secrets, and the keyring that they become for a scheme.

mod doubt;
mod id;
mod key;
mod keyring;
mod private;
mod secret;

#[cfg(feature = "remote-keys")]
pub(crate) use self::key::{PublishedKey, check_parts};
pub(crate) use self::{doubt::Doubt, id::KeyId, key::Key, secret::read_file};
pub use self::{
    keyring::{Keyring, KeyringError, Secrets},
    secret::{Secret, SecretError},
};
