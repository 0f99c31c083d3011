//! Why a layer can't be built.

use std::fmt;

use crate::endpoint::EndpointError;

/// Why a layer can't be built. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayerError {
    /// An endpoint can't be built.
    Endpoint(EndpointError),
    /// There is no endpoint at all.
    NoEndpoint,
    /// The endpoint of this name has no path.
    NoPath(String),
    /// Two endpoints have this path.
    DuplicatePath(String),
    /// A path can fit both of these.
    PathsOverlap(String, String),
    /// The endpoint of this name has tenants, and its keys are the same for all of them.
    TenantsShareKeys(String),
    /// Two endpoints have this name, so they would share their replay keys.
    DuplicateName(String),
    /// The scheme of the endpoint of this name signs the URL, and it has no public URL.
    NoPublicUrl(String),
    /// The pattern does not have exactly one `{…}` segment.
    Pattern(String),
}

impl From<EndpointError> for LayerError {
    fn from(error: EndpointError) -> Self {
        Self::Endpoint(error)
    }
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint(error) => error.fmt(f),
            Self::NoEndpoint => f.write_str("there is no endpoint"),
            Self::NoPath(name) => write!(f, "endpoint {name:?} has no path to select it by"),
            Self::DuplicatePath(path) => write!(f, "two endpoints have the path {path:?}"),
            Self::PathsOverlap(one, other) => write!(
                f,
                "a request can fit both the path {one:?} and the path {other:?}"
            ),
            Self::TenantsShareKeys(name) => write!(
                f,
                "endpoint {name:?} has tenants, but the same keys for all of them, so the deliveries of one could be \
                 sent to another: its keys should come from a source, such as `TenantKeys`"
            ),
            Self::DuplicateName(name) => write!(
                f,
                "two endpoints have the name {name:?}, so the events of one would count as the other's"
            ),
            Self::NoPublicUrl(name) => write!(
                f,
                "endpoint {name:?}: its provider signs the URL, so it needs `public_url`, the URL \
                 as the provider has it"
            ),
            Self::Pattern(pattern) => write!(
                f,
                "{pattern:?} should be a path with one segment in braces, such as \"/webhooks/{{provider}}\""
            ),
        }
    }
}

impl std::error::Error for LayerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Endpoint(error) => Some(error),
            _ => None,
        }
    }
}
