//! Why there are no keys: for a request, or ever.

use std::fmt;

/// Why a source has no keys for a request.
///
/// Its text is for the operator, and the sender never sees it. It should name no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySourceError {
    is_unknown: bool,
    message: String,
}

impl KeySourceError {
    /// There is no key for such a request: it is refused like any other forgery.
    #[must_use]
    pub fn unknown(message: impl Into<String>) -> Self {
        Self {
            is_unknown: true,
            message: message.into(),
        }
    }

    /// The source can't tell now: the request is answered 503, so that its sender tries again.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self {
            is_unknown: false,
            message: message.into(),
        }
    }

    /// Whether there is no key for such a request, and there will be none.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        self.is_unknown
    }
}

impl fmt::Display for KeySourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for KeySourceError {}

/// Why published keys can't be used for an endpoint. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoteKeysError {
    /// The provider publishes none, so they have to be pasted.
    NotPublished,
    /// Fetching keys needs the feature `remote-keys`.
    NeedsFeature,
    /// One secret is fetched and another one pasted.
    Mixed,
    /// This URL is not on the provider's hosts, or not of the plainest form.
    Url(String),
    /// What should be a certificate in PEM is none.
    Certificate,
}

impl fmt::Display for RemoteKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPublished => f.write_str(
                "a secret is to be fetched, but the scheme has no `remote_keys`: paste the secret",
            ),
            Self::NeedsFeature => {
                f.write_str("a secret is to be fetched, which needs feature \"remote-keys\"")
            }
            Self::Mixed => f.write_str(
                "one secret is to be fetched and another one is pasted: make them two endpoints",
            ),
            Self::Url(url) => write!(
                f,
                "{url:?} should be an https URL on one of the provider's hosts, without port, query or escapes"
            ),
            Self::Certificate => f.write_str("a root certificate should be PEM"),
        }
    }
}

impl std::error::Error for RemoteKeysError {}
