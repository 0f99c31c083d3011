//! What a source of keys may know of a request.

use std::{borrow::Cow, fmt};

use http::{HeaderMap, Method, Uri};
use tokio::time::Instant;

use crate::{
    content::Reading, incoming::Incoming, scheme::Scheme, tenant::Tenant, timestamp::Timestamp,
};

/// What a [`KeySource`](crate::KeySource) may know of a request: nothing in it is verified yet.
#[derive(Clone)]
pub struct KeyRequest<'a> {
    pub(crate) scheme: &'a Scheme,
    pub(crate) reading: Reading<'a>,
    pub(crate) key_id: Option<Cow<'a, str>>,
    pub(crate) key_url: Option<Cow<'a, str>>,
    pub(crate) tenant: Option<&'a Tenant>,
    pub(crate) now: Timestamp,
    /// When the source was asked first: keys that did not fit were fetched before that.
    pub(crate) asked: Instant,
}

impl<'a> KeyRequest<'a> {
    /// A provider's question, which names no key.
    pub(crate) fn of_question(
        incoming: Incoming<'a>,
        scheme: &'a Scheme,
        now: Timestamp,
        asked: Instant,
    ) -> Option<Self> {
        Some(Self {
            scheme,
            reading: Reading::new(scheme.shapes.first()?, incoming),
            key_id: None,
            key_url: None,
            tenant: None,
            now,
            asked,
        })
    }

    /// The same request, for this tenant.
    pub(crate) const fn of_tenant(mut self, tenant: Option<&'a Tenant>) -> Self {
        self.tenant = tenant;
        self
    }
}

impl KeyRequest<'_> {
    /// The endpoint's scheme.
    #[must_use]
    pub const fn scheme(&self) -> &Scheme {
        self.scheme
    }

    /// The id of the key that the request names, where the scheme has a place for it.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The URL of the key that the request names, where the scheme has a place for it.
    ///
    /// Anybody can write anything there.
    #[must_use]
    pub fn key_url(&self) -> Option<&str> {
        self.key_url.as_deref()
    }

    /// The tenant that the request names, where the endpoint says
    /// [where it stands](crate::Endpoint::with_tenant).
    #[must_use]
    pub const fn tenant(&self) -> Option<&Tenant> {
        self.tenant
    }

    /// The request's method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        self.reading.incoming.head.method
    }

    /// The request's target as received, before any router stripped a prefix.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        self.reading.incoming.head.uri
    }

    /// The request's headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        self.reading.incoming.head.headers
    }

    /// The receiver's time.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }
}

impl fmt::Debug for KeyRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRequest")
            .field("head", &self.reading.incoming.head)
            .finish_non_exhaustive()
    }
}
