//! Why a request is not genuine.

use std::{fmt, time::Duration};

use crate::{
    incoming::ReadError,
    scheme::{Field, Locate},
    tenant::TenantError,
};

/// Why a request is not genuine: for the operator, never for the sender.
///
/// It names places and never values, so it can be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The request looks like none of the provider's deliveries.
    NoShape,
    /// A value that must be there is missing or empty.
    Missing {
        /// What it is.
        name: String,
        /// Where it should stand.
        at: String,
    },
    /// A value stands there twice.
    Duplicate {
        /// What it is.
        name: String,
        /// Where it stands.
        at: String,
    },
    /// A value is longer than any real one.
    TooLong {
        /// What it is.
        name: String,
        /// Where it stands.
        at: String,
    },
    /// A value does not have the form that it must have.
    Malformed {
        /// What it is.
        name: String,
        /// Where it stands.
        at: String,
    },
    /// A value is not the one that it must be, by the scheme or by the secret.
    Unexpected {
        /// What it is.
        name: String,
        /// Where it stands.
        at: String,
    },
    /// The signature is not in its canonical encoding, not of its length, or the
    /// list has none of the scheme's version.
    SignatureMalformed {
        /// Where it stands.
        at: String,
    },
    /// The timestamp is not in its one spelling.
    TimestampMalformed {
        /// Where it stands.
        at: String,
    },
    /// There are more signatures than any provider sends.
    TooManySignatures,
    /// The timestamp is older than the tolerance allows.
    Stale {
        /// How old it is.
        age: Duration,
    },
    /// The timestamp is further ahead than the tolerance allows.
    Future {
        /// How far ahead it is.
        ahead: Duration,
    },
    /// A value contains the separator next to it, so the signed text could be read two ways.
    SeparatorInValue {
        /// What it is.
        name: String,
    },
    /// A header that must be signed is not among the signed ones.
    HeaderNotSigned {
        /// Its name.
        name: String,
    },
    /// The URL is signed, and no `public_url` is configured.
    NoPublicUrl,
    /// The request names a key that is not configured.
    UnknownKeyId,
    /// There is no key for such a request, says the source of keys.
    KeyNotFound {
        /// Why.
        reason: String,
    },
    /// The request does not say whose it is, or not in a harmless form.
    Tenant {
        /// Where the tenant should stand.
        at: String,
        /// What is wrong with it.
        error: TenantError,
    },
    /// No configured key is valid now.
    NoLiveKey,
    /// A batch has no items, so nothing in it is signed.
    EmptyBatch,
    /// No signature matches any key: another secret, or another content.
    Mismatch,
    /// The signature is right, but the body is not the one whose hash it covers.
    BodyHashMismatch,
    /// The token's `exp` has passed.
    TokenExpired {
        /// For how long.
        since: Duration,
    },
    /// The token's `nbf` has not come yet.
    TokenNotYetValid {
        /// How long it still takes.
        ahead: Duration,
    },
    /// The token is genuine, but says something else than it must.
    ClaimMismatch {
        /// Where the claim stands.
        at: String,
    },
}

impl VerifyError {
    #[cold]
    pub(crate) fn read(name: &str, at: &Locate, error: ReadError) -> Self {
        let name = name.to_owned();
        let at = at.to_string();
        match error {
            ReadError::Missing => Self::Missing { name, at },
            ReadError::Duplicate => Self::Duplicate { name, at },
            ReadError::TooLong => Self::TooLong { name, at },
            ReadError::Malformed => Self::Malformed { name, at },
        }
    }

    #[cold]
    pub(crate) fn unexpected(field: &Field) -> Self {
        Self::Unexpected {
            name: field.name.clone(),
            at: field.at.to_string(),
        }
    }

    #[cold]
    pub(crate) fn signature_malformed(at: &Locate) -> Self {
        Self::SignatureMalformed { at: at.to_string() }
    }

    /// A stable name for the reason, for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoShape => "no-shape",
            Self::Missing { .. } => "missing",
            Self::Duplicate { .. } => "duplicate",
            Self::TooLong { .. } => "too-long",
            Self::Malformed { .. } => "malformed",
            Self::Unexpected { .. } => "unexpected-value",
            Self::SignatureMalformed { .. } => "signature-malformed",
            Self::TimestampMalformed { .. } => "timestamp-malformed",
            Self::TooManySignatures => "too-many-signatures",
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
            Self::SeparatorInValue { .. } => "separator-in-value",
            Self::HeaderNotSigned { .. } => "header-not-signed",
            Self::NoPublicUrl => "no-public-url",
            Self::UnknownKeyId => "unknown-key-id",
            Self::KeyNotFound { .. } => "key-not-found",
            Self::Tenant { .. } => "tenant",
            Self::NoLiveKey => "no-live-key",
            Self::EmptyBatch => "empty-batch",
            Self::Mismatch => "mismatch",
            Self::BodyHashMismatch => "body-hash-mismatch",
            Self::TokenExpired { .. } => "token-expired",
            Self::TokenNotYetValid { .. } => "token-not-yet-valid",
            Self::ClaimMismatch { .. } => "claim-mismatch",
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoShape => {
                f.write_str("the request looks like none of the provider's deliveries")
            }
            Self::Missing { name, at } => write!(f, "{name} is missing ({at})"),
            Self::Duplicate { name, at } => write!(f, "{name} stands there more than once ({at})"),
            Self::TooLong { name, at } => write!(f, "{name} is too long ({at})"),
            Self::Malformed { name, at } => write!(f, "{name} does not have its form ({at})"),
            Self::Unexpected { name, at } => write!(f, "{name} is not what it must be ({at})"),
            Self::SignatureMalformed { at } => write!(
                f,
                "the signature is not in its canonical form, or there is none of the scheme's version ({at})"
            ),
            Self::TimestampMalformed { at } => {
                write!(f, "the timestamp is not in the unit of the scheme ({at})")
            }
            Self::TooManySignatures => f.write_str("there are too many signatures"),
            Self::Stale { age } => write!(f, "the timestamp is {} s old", age.as_secs()),
            Self::Future { ahead } => write!(f, "the timestamp is {} s ahead", ahead.as_secs()),
            Self::SeparatorInValue { name } => {
                write!(f, "{name} contains the separator next to it")
            }
            Self::HeaderNotSigned { name } => write!(f, "the header {name} is not signed"),
            Self::NoPublicUrl => {
                f.write_str("the URL is signed, and no `public_url` is configured")
            }
            Self::UnknownKeyId => f.write_str("the request names a key that is not configured"),
            Self::KeyNotFound { reason } => write!(f, "there is no key for it: {reason}"),
            Self::Tenant { at, error } => write!(f, "the tenant {error} ({at})"),
            Self::NoLiveKey => f.write_str("no configured key is valid now"),
            Self::EmptyBatch => f.write_str("the batch is empty, so nothing in it is signed"),
            Self::Mismatch => f.write_str("no signature matches any of the keys"),
            Self::BodyHashMismatch => f.write_str("the body is not the one whose hash is signed"),
            Self::TokenExpired { since } => {
                write!(f, "the token expired {} s ago", since.as_secs())
            }
            Self::TokenNotYetValid { ahead } => {
                write!(f, "the token is valid only in {} s", ahead.as_secs())
            }
            Self::ClaimMismatch { at } => {
                write!(f, "the token's claim {at} is not what it must be")
            }
        }
    }
}

impl std::error::Error for VerifyError {}
