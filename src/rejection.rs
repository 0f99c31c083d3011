//! Why a request did not reach the handler, and what its sender is told: the only place that knows status codes.

use std::{fmt, sync::Arc, time::Duration};

use axum_core::body::Body;
use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::{
    diagnosis::Diagnosis,
    key_source::KeySourceError,
    replay::StoreError,
    scheme::{Answer, Scheme},
    tenant::Tenant,
    verify::VerifyError,
};

/// Why a request did not reach the handler.
///
/// It stands in the extensions of the response, for middleware around the layer,
/// and is handed to the layer's observer. Its text is for the operator: the
/// sender gets one fixed sentence.
#[derive(Clone, Debug)]
pub struct Rejection {
    kind: RejectionKind,
    endpoint: Option<Arc<str>>,
    provider: Option<Arc<str>>,
    tenant: Option<Tenant>,
    diagnoses: Vec<Diagnosis>,
}

/// The kind of a [`Rejection`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionKind {
    /// No configured endpoint has this path, or exactly one does not fit. 404.
    NoEndpoint,
    /// The method is none of the provider's. 405.
    Method(Vec<Method>),
    /// The body is compressed, and the scheme signs what arrives. 415.
    ContentEncoding,
    /// The body is larger than the limit. 413.
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The bodies of all requests together are as many bytes as the layer may hold. 503, so that the provider tries again.
    BodyBudgetFull {
        /// How many those are.
        budget: usize,
    },
    /// The body did not arrive in time. 408.
    BodyTimeout,
    /// The body broke off, or could not be unpacked. 400.
    BodyUnreadable,
    /// It is not genuine. 401, or what the provider wants to hear instead.
    Verification(VerifyError),
    /// Another delivery of the same event is being handled. 503, so that the provider tries again.
    InFlight {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The keys can't be had now. 503, so that the provider tries again.
    Keys(String),
    /// The replay store can't answer. 503, so that the provider tries again.
    Store(String),
    /// The handler asked for the provider's retry. 503.
    RetryAsked,
}

impl From<VerifyError> for RejectionKind {
    fn from(error: VerifyError) -> Self {
        Self::Verification(error)
    }
}

impl From<KeySourceError> for RejectionKind {
    fn from(error: KeySourceError) -> Self {
        let reason = error.to_string();
        if error.is_unknown() {
            Self::Verification(VerifyError::KeyNotFound { reason })
        } else {
            Self::Keys(reason)
        }
    }
}

impl Rejection {
    pub(crate) fn new(kind: RejectionKind) -> Self {
        Self {
            kind,
            endpoint: None,
            provider: None,
            tenant: None,
            diagnoses: Vec::new(),
        }
    }

    pub(crate) fn store(error: &StoreError) -> Self {
        Self::new(RejectionKind::Store(error.to_string()))
    }

    pub(crate) fn at(mut self, endpoint: &Arc<str>, provider: &Arc<str>) -> Self {
        self.endpoint = Some(Arc::clone(endpoint));
        self.provider = Some(Arc::clone(provider));
        self
    }

    pub(crate) fn of_tenant(mut self, tenant: Option<&Tenant>) -> Self {
        self.tenant = tenant.cloned();
        self
    }

    pub(crate) fn with_diagnoses(mut self, diagnoses: Vec<Diagnosis>) -> Self {
        self.diagnoses = diagnoses;
        self
    }

    /// What kind of rejection it is.
    #[must_use]
    pub const fn kind(&self) -> &RejectionKind {
        &self.kind
    }

    /// The name of the endpoint, where one was selected.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// The id of the endpoint's provider, where one was selected.
    #[must_use]
    pub fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// The tenant that the request names, where its endpoint has tenants: a stranger may have made it up.
    #[must_use]
    pub const fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    /// What the operator may want to look at, the likeliest first: see [`diagnosis`](crate::diagnosis).
    ///
    /// Empty where nobody listens: no observer, no `tracing` subscriber, and no trials switched on.
    #[must_use]
    pub fn diagnoses(&self) -> &[Diagnosis] {
        &self.diagnoses
    }

    /// A stable name for the reason, for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.kind {
            RejectionKind::NoEndpoint => "no-endpoint",
            RejectionKind::Method(_) => "method",
            RejectionKind::ContentEncoding => "content-encoding",
            RejectionKind::BodyTooLarge { .. } => "body-too-large",
            RejectionKind::BodyBudgetFull { .. } => "body-budget-full",
            RejectionKind::BodyTimeout => "body-timeout",
            RejectionKind::BodyUnreadable => "body-unreadable",
            RejectionKind::Verification(error) => error.code(),
            RejectionKind::InFlight { .. } => "in-flight",
            RejectionKind::Keys(_) => "keys-unavailable",
            RejectionKind::Store(_) => "store-unavailable",
            RejectionKind::RetryAsked => "retry-asked",
        }
    }

    /// The status that the sender gets, unless its provider wants another one.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match &self.kind {
            RejectionKind::NoEndpoint => StatusCode::NOT_FOUND,
            RejectionKind::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            RejectionKind::ContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            RejectionKind::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            RejectionKind::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            RejectionKind::BodyUnreadable => StatusCode::BAD_REQUEST,
            RejectionKind::Verification(_) => StatusCode::UNAUTHORIZED,
            RejectionKind::BodyBudgetFull { .. }
            | RejectionKind::InFlight { .. }
            | RejectionKind::Keys(_)
            | RejectionKind::Store(_)
            | RejectionKind::RetryAsked => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The response: constant for every kind, and the same for every failed verification.
    pub(crate) fn into_response(self, scheme: Option<&Scheme>) -> Response<Body> {
        let mut response = match (&self.kind, scheme) {
            (RejectionKind::Verification(_), Some(scheme)) => answer(&scheme.answers.refused),
            (RejectionKind::Verification(_), None) => answer(&Answer::refusal()),
            _ => answer(&Answer::text(self.status().as_u16(), self.public_text())),
        };
        let headers = response.headers_mut();
        match &self.kind {
            RejectionKind::Method(allowed) => {
                let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>();
                if let Ok(value) = HeaderValue::try_from(allowed.join(", ")) {
                    headers.insert(header::ALLOW, value);
                }
            }
            RejectionKind::InFlight { retry_after } => {
                let seconds = retry_after.as_millis().div_ceil(1000).max(1);
                if let Ok(value) = HeaderValue::try_from(seconds.to_string()) {
                    headers.insert(header::RETRY_AFTER, value);
                }
            }
            RejectionKind::Keys(_) | RejectionKind::Store(_) | RejectionKind::RetryAsked => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
            }
            // By then the slowest have been cut off, where the pause in a body is the default.
            RejectionKind::BodyBudgetFull { .. } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            // What was not read is not worth reading: the connection ends with the answer.
            RejectionKind::BodyTooLarge { .. } | RejectionKind::BodyTimeout => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }

    const fn public_text(&self) -> &'static str {
        match &self.kind {
            RejectionKind::NoEndpoint => "not found\n",
            RejectionKind::Method(_) => "method not allowed\n",
            RejectionKind::ContentEncoding => "content encoding not supported\n",
            RejectionKind::BodyTooLarge { .. } => "payload too large\n",
            RejectionKind::BodyTimeout => "request timeout\n",
            RejectionKind::BodyUnreadable => "bad request\n",
            RejectionKind::Verification(_) => "webhook verification failed\n",
            RejectionKind::BodyBudgetFull { .. }
            | RejectionKind::InFlight { .. }
            | RejectionKind::Keys(_)
            | RejectionKind::Store(_)
            | RejectionKind::RetryAsked => "try again later\n",
        }
    }
}

/// The cause in the words of the operator.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RejectionKind::NoEndpoint => f.write_str("no configured endpoint fits the request"),
            RejectionKind::Method(_) => f.write_str("the method is none of the provider's"),
            RejectionKind::ContentEncoding => {
                f.write_str("the body is compressed, and the signature is over what arrives")
            }
            RejectionKind::BodyTooLarge { limit } => {
                write!(f, "the body is larger than {limit} bytes")
            }
            RejectionKind::BodyBudgetFull { budget } => {
                write!(f, "all bodies together are at the budget of {budget} bytes")
            }
            RejectionKind::BodyTimeout => f.write_str("the body did not arrive in time"),
            RejectionKind::BodyUnreadable => f.write_str("the body could not be read"),
            RejectionKind::Verification(error) => error.fmt(f),
            RejectionKind::InFlight { .. } => {
                f.write_str("another delivery of the same event is being handled")
            }
            RejectionKind::Keys(error) => write!(f, "the keys can't be had now: {error}"),
            RejectionKind::Store(error) => write!(f, "the replay store can't answer: {error}"),
            RejectionKind::RetryAsked => f.write_str("the handler asked for the provider's retry"),
        }
    }
}

impl std::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            RejectionKind::Verification(error) => Some(error),
            _ => None,
        }
    }
}

/// A fixed answer as a response. Nothing in it is ever taken for HTML.
pub(crate) fn answer(answer: &Answer) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    plain(status, &answer.content_type, answer.body.clone())
}

/// A response with a text, which no browser may take for something else.
pub(crate) fn plain(status: StatusCode, content_type: &str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if !body.is_empty() {
        *response.body_mut() = Body::from(body);
        if let Ok(value) = HeaderValue::try_from(content_type) {
            response.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        response.headers_mut().insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
    }
    response
}
