//! Secrets, and the keyring that they become for a scheme.

mod keyring;
mod secret;

pub(crate) use self::keyring::Key;
pub use self::{
    keyring::{Keyring, KeyringError, Secrets},
    secret::{Secret, SecretError},
};
