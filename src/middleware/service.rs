//! The service: takes the ready inner one and hands it to the pipeline.

use std::{
    fmt, mem,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

#[cfg(feature = "inspector")]
use crate::middleware::inspected::inspected;
use crate::middleware::{ResponseFuture, future::run, layer::Shared};

/// The service that a [`WebhookLayer`](crate::WebhookLayer) makes.
#[derive(Clone)]
pub struct WebhookService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> WebhookService<S> {
    pub(super) const fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }
}

impl<S, B, R> Service<Request<B>> for WebhookService<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that was polled ready is the one that is called; its clone may not be.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        let runs_on = self.shared.runs_to_the_end.then(Arc::default);
        let shared = Arc::clone(&self.shared);
        #[cfg(feature = "inspector")]
        if let Some(inspector) = &self.shared.inspector {
            return ResponseFuture::new(runs_on, |runs_on| {
                inspected(&shared, inspector, ready, request, runs_on)
            });
        }
        ResponseFuture::new(runs_on, |runs_on| run(shared, ready, request, runs_on))
    }
}

impl<S> fmt::Debug for WebhookService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookService").finish_non_exhaustive()
    }
}
