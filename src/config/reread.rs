//! How often the files of secrets are looked at: `server.reread`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    endpoint::{Endpoint, EndpointError},
    key_source::FileKeys,
    keys::Secret,
    scheme::Scheme,
    units::Span,
};

/// The time between two looks at a file; `None` where it is read once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reread(Option<Duration>);

impl Default for Reread {
    fn default() -> Self {
        Self(Some(FileKeys::INTERVAL))
    }
}

impl Reread {
    /// The endpoint of `secrets`, with a watch on those that are in files.
    pub(super) fn endpoint(
        self,
        scheme: Scheme,
        secrets: Vec<Secret>,
    ) -> Result<Endpoint, EndpointError> {
        let is_watched = secrets.iter().any(|secret| !secret.files().is_empty())
            && !secrets.iter().any(Secret::is_remote);
        match self.0.filter(|_| is_watched) {
            Some(interval) => {
                let keys = FileKeys::new(&scheme, secrets)?.with_interval(interval);
                Endpoint::from_source(scheme, keys)
            }
            None => Endpoint::new(scheme, secrets),
        }
    }
}

impl<'de> Deserialize<'de> for Reread {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        if text == "off" {
            return Ok(Self(None));
        }
        let span: Span = text.parse().map_err(|error| {
            D::Error::custom(format!("{error}; or \"off\", to read the files once"))
        })?;
        Ok(Self(Some(span.duration())))
    }
}
