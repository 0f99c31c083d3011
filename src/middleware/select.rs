//! Which endpoint a request is for.

use std::{collections::HashMap, sync::Arc};

#[cfg(feature = "axum")]
use axum::extract::{MatchedPath, OriginalUri};
use http::{HeaderName, Uri, request::Parts};

use crate::{
    diagnosis::Known, endpoint::Endpoint, incoming::Head, middleware::paths::Paths, scheme::Locate,
};

/// How a layer finds the endpoint of a request.
#[derive(Clone, Debug)]
pub(super) enum Selection {
    /// There is one.
    Fixed,
    /// By axum's matched path, or the path as received: these are the endpoints' own.
    Path(Paths),
    /// By the segment of the path at this place: the endpoint's name.
    Segment {
        pattern: Vec<String>,
        at: usize,
        names: HashMap<Arc<str>, usize>,
    },
    /// By what the request carries, if exactly one endpoint fits.
    Detect,
}

impl Selection {
    /// The endpoint of a request; `None` if none, or not exactly one, fits.
    pub(super) fn select<'e>(
        &self,
        endpoints: &'e [Arc<Endpoint>],
        parts: &Parts,
    ) -> Option<&'e Arc<Endpoint>> {
        match self {
            Self::Fixed => endpoints.first(),
            Self::Path(paths) => {
                let received = original_uri(parts).path();
                let number = matched_path(parts)
                    .and_then(|matched| paths.of_text(matched))
                    .or_else(|| paths.of_text(received))
                    .or_else(|| paths.fitting(received));
                endpoints.get(number?)
            }
            Self::Segment { pattern, at, names } => {
                let mut segments = original_uri(parts).path().split('/');
                let mut name = None;
                for (place, wanted) in pattern.iter().enumerate() {
                    let segment = segments.next()?;
                    if place == *at {
                        name = Some(segment);
                    } else if segment != wanted {
                        return None;
                    }
                }
                let name = name.filter(|_| segments.next().is_none());
                endpoints.get(*names.get(name?)?)
            }
            Self::Detect => {
                let mut fitting = endpoints.iter().filter(|endpoint| carries(parts, endpoint));
                let first = fitting.next()?;
                fitting.next().is_none().then_some(first)
            }
        }
    }
}

impl Selection {
    /// An endpoint as its operator knows it, with the path by which it is selected.
    pub(super) fn known<'e>(&self, endpoint: &'e Endpoint) -> Known<'e> {
        let path = match self {
            Self::Path(_) => endpoint.path().unwrap_or_default().to_owned(),
            Self::Segment { pattern, at, .. } => {
                let segments = pattern.iter().enumerate();
                let segments = segments.map(|(place, segment)| {
                    if place == *at {
                        endpoint.name()
                    } else {
                        segment
                    }
                });
                segments.collect::<Vec<_>>().join("/")
            }
            Self::Fixed | Self::Detect => String::new(),
        };
        Known {
            name: endpoint.name(),
            path,
        }
    }
}

/// The route that axum's router has matched.
#[cfg(feature = "axum")]
fn matched_path(parts: &Parts) -> Option<&str> {
    let matched = parts.extensions.get::<MatchedPath>();
    matched.map(MatchedPath::as_str)
}

#[cfg(not(feature = "axum"))]
const fn matched_path(_: &Parts) -> Option<&str> {
    None
}

/// The request's target as received, before a router stripped the prefix of a nest.
#[cfg(feature = "axum")]
pub(super) fn original_uri(parts: &Parts) -> &Uri {
    parts
        .extensions
        .get::<OriginalUri>()
        .map_or(&parts.uri, |original| &original.0)
}

#[cfg(not(feature = "axum"))]
pub(super) const fn original_uri(parts: &Parts) -> &Uri {
    &parts.uri
}

/// Whether the request carries a signature where the endpoint's scheme has it.
pub(super) fn carries(parts: &Parts, endpoint: &Endpoint) -> bool {
    let head = Head {
        method: &parts.method,
        uri: original_uri(parts),
        headers: &parts.headers,
        public_url: None,
    };
    endpoint.scheme.methods.contains(&parts.method)
        && endpoint.scheme.shapes.iter().any(|shape| {
            let signature = &shape.signature;
            let has_prefix = |name: &HeaderName| {
                head.header(name)
                    .is_ok_and(|text| text.starts_with(&signature.prefix))
            };
            match &signature.at {
                Locate::Header(name) => has_prefix(name),
                Locate::RepeatedHeader(name) => head.headers.contains_key(name),
                Locate::Headers(names) => names.iter().any(has_prefix),
                Locate::HeaderFamily(prefix) => {
                    crate::content::numbered(prefix, 1).is_some_and(|name| has_prefix(&name))
                }
                Locate::Bearer => head.bearer().is_ok(),
                Locate::Query(name) => head.has_query(name),
                // A body is not read to find out whose it is.
                Locate::Json(_)
                | Locate::Form(_)
                | Locate::OnlyForm(_)
                | Locate::Item(_)
                | Locate::Claim(_) => false,
            }
        })
}
