//! What can be wrong with a draft.

use std::fmt;

use http::HeaderName;

use crate::{keys::KeyringError, verify::VerifyError};

/// Why a delivery can't be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// A value that the scheme signs is neither given nor in the body.
    MissingValue(String),
    /// The scheme's content has no field of this name.
    UnknownField(String),
    /// The scheme has no shape for this content type.
    ContentType(String),
    /// The body is not what the scheme needs, such as JSON with the signed fields.
    Body,
    /// The URL is not one.
    Url,
    /// A value can't stand in this header.
    HeaderValue(HeaderName),
    /// There is no private key: with a public one, only the provider can sign. In tests
    /// [`testing::secret`](crate::testing::secret()) has both, and a recorded delivery is a [`testing::Vector`](crate::testing::Vector).
    Unsupported,
    /// The secrets are not what the scheme needs.
    Keyring(KeyringError),
    /// What is signed could be read two ways.
    Content(VerifyError),
}

impl From<KeyringError> for SignError {
    fn from(error: KeyringError) -> Self {
        Self::Keyring(error)
    }
}

impl From<VerifyError> for SignError {
    fn from(error: VerifyError) -> Self {
        Self::Content(error)
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingValue(name) => write!(f, "the scheme signs {name:?}, which is not given"),
            Self::UnknownField(name) => write!(f, "the scheme's content has no field {name:?}"),
            Self::ContentType(kind) => write!(f, "the scheme has no shape for {kind:?}"),
            Self::Body => f.write_str("the body is not what the scheme needs"),
            Self::Url => f.write_str("the URL is not one like \"https://example.com/webhook\""),
            Self::HeaderValue(name) => write!(f, "a value can't stand in the header {name}"),
            Self::Unsupported => f.write_str(
                "with a public key only the provider can sign; `testing::secret` makes a key pair for tests",
            ),
            Self::Keyring(error) => error.fmt(f),
            Self::Content(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SignError {}
