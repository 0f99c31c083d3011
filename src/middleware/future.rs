//! The pipeline: a request's way, from top to bottom.

use std::{
    fmt,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use http::{Request, Response, request::Parts};
use tokio::runtime::Handle;
use tower_service::Service;

use crate::{
    endpoint::Endpoint,
    extract::{Delivery, Verified},
    middleware::{
        budget::Held,
        claim::{claim, is_done, settle},
        layer::Shared,
        open::{Genuine, Opened, Refused, describe_unpacked, open},
        refuse::{nothing_fits, refuse},
        shadow::observe,
    },
    rejection::{Rejection, RejectionKind},
    replay::{self, ClaimGuard},
    scheme::ContentEncoding,
    task,
    telemetry::{InSpan, Settlement, in_span},
    tenant::Tenant,
};

type Pipeline<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

/// The response of a [`WebhookService`](crate::WebhookService).
pub struct ResponseFuture<E: 'static> {
    /// `None` once it has ended.
    pipeline: Option<InSpan<Pipeline<E>>>,
    /// Whether it runs on in the background if it is dropped; `None` where it never does.
    runs_on: Option<Arc<AtomicBool>>,
}

impl<E> ResponseFuture<E> {
    /// `pipeline` sets `runs_on` from where on it has to come to its end.
    #[inline]
    pub(super) fn new<F>(
        runs_on: Option<Arc<AtomicBool>>,
        pipeline: impl FnOnce(Option<Arc<AtomicBool>>) -> F,
    ) -> Self
    where
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    {
        // It is large: its box is there before it is made, and is what goes into the span.
        let place = Box::new_uninit();
        let pipeline = Box::write(place, pipeline(runs_on.clone()));
        let pipeline: Pipeline<E> = Box::into_pin(pipeline);
        Self {
            pipeline: Some(in_span(pipeline)),
            runs_on,
        }
    }
}

impl<E> Future for ResponseFuture<E> {
    type Output = Result<Response<Body>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let pipeline = self.pipeline.as_mut();
        let pipeline = pipeline.expect("a future is not polled after it has ended");
        let polled = Pin::new(pipeline).poll(context);
        if polled.is_ready() {
            self.pipeline = None;
        }
        polled
    }
}

impl<E> Drop for ResponseFuture<E> {
    /// The client went away: nothing happens to a handler that is to run to its end.
    fn drop(&mut self) {
        let runs_on = self.runs_on.as_ref();
        if runs_on.is_some_and(|runs_on| runs_on.load(Ordering::Acquire))
            && let Some(pipeline) = self.pipeline.take()
            && let Ok(runtime) = Handle::try_current()
        {
            task::spawn(&runtime, async move {
                // Nobody is left to hear the answer.
                let _ = pipeline.await;
            });
        }
    }
}

impl<E> fmt::Debug for ResponseFuture<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// The one function in which the order stands.
///
/// It is no `async fn`, which would hold the parts of the request twice, as does every step that holds much.
pub(super) fn run<S, B, R>(
    shared: Arc<Shared>,
    mut inner: S,
    request: Request<B>,
    runs_on: Option<Arc<AtomicBool>>,
) -> impl Future<Output = Result<Response<Body>, S::Error>>
where
    S: Service<Request<Body>, Response = Response<R>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let (mut parts, incoming_body) = request.into_parts();
    async move {
        // The endpoint comes from the configuration.
        let Some(endpoint) = shared.selection.select(&shared.endpoints, &parts) else {
            return Ok(refuse(&shared, None, nothing_fits(&shared, &parts)));
        };

        let now = shared.clock.now();
        let mut held = Held::nothing_of(&shared.budget);
        if !endpoint.enforce {
            // Boxed, as all that few requests come to: the others need no room for it.
            return Box::pin(observe(
                &shared,
                endpoint,
                &mut inner,
                parts,
                incoming_body,
                now,
                &mut held,
            ))
            .await;
        }
        let genuine = match open(&shared, endpoint, &parts, incoming_body, now, &mut held).await {
            Ok(Opened::Delivery(genuine)) => genuine,
            Ok(Opened::Reply(response)) => return Ok(response),
            Err(Refused { rejection, .. }) => {
                return Ok(refuse(&shared, Some(endpoint), rejection));
            }
        };

        // From here on the request is genuine: only now the store is touched.
        let (claim, body) = match &shared.store {
            None => (None, verified(&mut parts, endpoint, genuine, None)),
            Some(store) => match claim(&shared, store, endpoint, &mut parts, genuine).await {
                Ok(claimed) => claimed,
                Err(response) => return Ok(response),
            },
        };
        if let Some(runs_on) = &runs_on {
            runs_on.store(true, Ordering::Release);
        }
        let tenant = claim.as_ref().and_then(|_| tenant(&parts));
        // If this is dropped, or the handler panics, the claim is given back after the handler is gone: of the
        // claim, the handling and the handler the last is dropped first.
        let handling = shared.handling(endpoint, claim.is_some());
        let response = {
            let answering = pin!(inner.call(Request::from_parts(parts, body)));
            let lease = claim.as_ref().map(ClaimGuard::handle);
            replay::keep_lease(lease, answering).await?
        };
        let Some(claim) = claim else {
            handling.end(response.status(), Settlement::Unguarded);
            return Ok(response.map(Body::new));
        };
        let wants_retry = claim.wants_retry();
        let settlement = settle(&shared, endpoint, claim, is_done(endpoint, &response)).await;
        handling.end(response.status(), settlement);
        let not_done = wants_retry || settlement == Settlement::RolledBack;
        if not_done && !response.status().is_server_error() {
            let rejection = Rejection::new(RejectionKind::RetryAsked).of_tenant(tenant.as_ref());
            return Ok(refuse(&shared, Some(endpoint), rejection));
        }
        Ok(response.map(Body::new))
    }
}

/// Marks a request as genuine; the body is the one that its handler gets.
#[inline]
pub(super) fn verified(
    parts: &mut Parts,
    endpoint: &Arc<Endpoint>,
    genuine: Genuine,
    claim: Option<&ClaimGuard>,
) -> Body {
    let bytes = genuine.unpacked.unwrap_or(genuine.received);
    if endpoint.scheme.content_encoding == ContentEncoding::Gunzip {
        describe_unpacked(&mut parts.headers, &bytes);
    }
    parts.extensions.insert(Verified(Arc::new(Delivery {
        endpoint: Arc::clone(endpoint),
        authentic: genuine.authentic,
        tenant: genuine.tenant,
        bytes: bytes.clone(),
        claim: claim.map(ClaimGuard::handle),
        is_replayed: genuine.is_replayed,
    })));
    Body::from(bytes)
}

/// Whose genuine request it is.
fn tenant(parts: &Parts) -> Option<Tenant> {
    let verified = parts.extensions.get::<Verified>()?;
    verified.0.tenant.clone()
}

#[cfg(test)]
mod tests {
    use axum::Router;

    use super::*;
    use crate::{Secret, WebhookLayer, providers};

    /// Every request allocates it.
    #[test]
    fn the_pipeline_of_a_router_is_small() -> Result<(), Box<dyn std::error::Error>> {
        let secret = Secret::new("It's a Secret to Everybody")?;
        let layer = WebhookLayer::new(providers::github(), secret)?;
        let request = Request::new(Body::empty());
        let pipeline = run(layer.shared, Router::new(), request, None);
        let size = size_of_val(&pipeline);
        assert!(size <= 1344, "{size} bytes");
        Ok(())
    }
}
