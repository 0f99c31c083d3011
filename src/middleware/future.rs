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
    extract::{Delivery, ShadowVerdict, Verified, WebhookRejection},
    incoming::Incoming,
    middleware::{
        layer::Shared,
        open::{Opened, Refused, describe_unpacked, head, open},
        refuse::{nothing_fits, refuse, report_shadow},
    },
    rejection::{Rejection, RejectionKind, answer},
    replay::{self, ClaimGuard, Outcome, Taken, replay_key},
    scheme::ContentEncoding,
    task,
    telemetry::{
        Event, Handling, InSpan, Settlement, StoreStep, Verified as VerifiedEvent, in_span,
    },
    tenant::Tenant,
    verify::Authentic,
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
    pub(super) fn new(
        pipeline: impl Future<Output = Result<Response<Body>, E>> + Send + 'static,
        runs_on: Option<Arc<AtomicBool>>,
    ) -> Self {
        // Boxed first: what goes into the span is moved, and this is large.
        let pipeline: Pipeline<E> = Box::pin(pipeline);
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
pub(super) async fn run<S, B, R>(
    shared: Arc<Shared>,
    mut inner: S,
    request: Request<B>,
    runs_on: Option<Arc<AtomicBool>>,
) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<Body>, Response = Response<R>>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let (mut parts, incoming_body) = request.into_parts();

    // The endpoint comes from the configuration.
    let Some(endpoint) = shared.selection.select(&shared.endpoints, &parts) else {
        return Ok(refuse(&shared, None, nothing_fits(&shared, &parts)));
    };

    let now = shared.clock.now();
    let opened = match open(&shared, endpoint, &parts, incoming_body, now).await {
        Ok(opened) => opened,
        Err(Refused {
            rejection,
            rest: Some(rest),
        }) if !endpoint.enforce => {
            // A shadow only looks: the request goes on as it came.
            report_shadow(&shared, &rejection);
            shadow(&mut parts, ShadowVerdict::refused(&rejection));
            let request = Request::from_parts(parts, rest);
            return Ok(inner.call(request).await?.map(Body::new));
        }
        Err(Refused { rejection, .. }) => return Ok(refuse(&shared, Some(endpoint), rejection)),
    };
    let (authentic, tenant, received, bytes) = match opened {
        Opened::Reply(response) => {
            shared.emit(&Event::Answered {
                endpoint: &endpoint.name,
                provider: &endpoint.provider,
            });
            return Ok(response);
        }
        Opened::Delivery {
            authentic,
            tenant,
            received,
            signed,
            verify_time,
        } => {
            // What the operator hands on again was verified, and counted, when it came.
            if !shared.is_again() {
                shared.emit(&Event::Verified(VerifiedEvent {
                    endpoint: &endpoint.name,
                    provider: &endpoint.provider,
                    tenant: tenant.as_ref(),
                    key_id: authentic.key_id(),
                    skew_seconds: authentic.timestamp().map(|sent| now.seconds_since(sent)),
                    body_bytes: received.len(),
                    verify_time,
                }));
            }
            (authentic, tenant, received, signed)
        }
    };
    if !endpoint.enforce {
        shadow(&mut parts, ShadowVerdict::genuine());
        let request = Request::from_parts(parts, Body::from(received));
        let handling = Handling::start(shared.reporter(endpoint), false);
        let response = inner.call(request).await?;
        handling.end(response.status(), Settlement::Unguarded);
        return Ok(response.map(Body::new));
    }

    // From here on the request is genuine: only now the store is touched.
    let claiming = claim(
        &shared,
        endpoint,
        &authentic,
        tenant.as_ref(),
        &parts,
        &bytes,
    );
    let claim = match claiming.await {
        Ok(claim) => claim,
        // The operator knows that it was handled, and wants it handled once more.
        Err(Unclaimed::Done) if shared.is_again() => None,
        Err(Unclaimed::Done) => {
            shared.emit(&Event::Duplicate {
                endpoint: &endpoint.name,
                provider: &endpoint.provider,
            });
            return Ok(answer(&endpoint.scheme.answers.duplicate));
        }
        Err(Unclaimed::Refused(rejection)) => {
            let rejection = rejection.of_tenant(tenant.as_ref());
            return Ok(refuse(&shared, Some(endpoint), rejection));
        }
    };

    parts.extensions.insert(Verified(Arc::new(Delivery {
        endpoint: endpoint.clone(),
        authentic,
        tenant: tenant.clone(),
        bytes: bytes.clone(),
        claim: claim.as_ref().map(ClaimGuard::handle),
        is_replayed: shared.is_again(),
    })));
    if endpoint.scheme.content_encoding == ContentEncoding::Gunzip {
        describe_unpacked(&mut parts.headers, &bytes);
    }
    let handling = Handling::start(shared.reporter(endpoint), claim.is_some());
    // If this future is dropped, or the handler panics, the guard gives the claim back.
    if let Some(runs_on) = &runs_on {
        runs_on.store(true, Ordering::Release);
    }
    let answering = pin!(inner.call(Request::from_parts(parts, Body::from(bytes))));
    let Some(claim) = claim else {
        let response = answering.await?;
        handling.end(response.status(), Settlement::Unguarded);
        return Ok(response.map(Body::new));
    };
    let response = replay::keep_lease(claim.handle(), answering).await?;
    let wants_retry = claim.wants_retry();
    let settlement = match claim.settle(is_done(endpoint, &response)).await {
        Ok(settled) => Settlement::from(settled),
        Err(error) => {
            shared.store_failed(endpoint, StoreStep::Settle, &error);
            Settlement::NotStored
        }
    };
    handling.end(response.status(), settlement);
    let not_done = wants_retry || settlement == Settlement::RolledBack;
    if not_done && !response.status().is_server_error() {
        let rejection = Rejection::new(RejectionKind::RetryAsked).of_tenant(tenant.as_ref());
        return Ok(refuse(&shared, Some(endpoint), rejection));
    }
    Ok(response.map(Body::new))
}

/// Why a genuine delivery does not go to the handler.
enum Unclaimed {
    /// It was handled before.
    Done,
    /// It has to come again.
    Refused(Rejection),
}

/// Claims the event of a genuine delivery; `None` where nothing signed identifies it.
async fn claim(
    shared: &Shared,
    endpoint: &Endpoint,
    authentic: &Authentic,
    tenant: Option<&Tenant>,
    parts: &Parts,
    bytes: &Bytes,
) -> Result<Option<ClaimGuard>, Unclaimed> {
    let Some(store) = &shared.store else {
        return Ok(None);
    };
    let incoming = Incoming {
        head: head(endpoint, parts),
        body: bytes,
    };
    let scheme = &endpoint.scheme;
    let key = replay_key(
        authentic,
        scheme,
        scheme.dedupe,
        incoming,
        &endpoint.name,
        tenant.map_or("", Tenant::as_str),
    );
    let Some(key) = key else {
        return Ok(None);
    };
    match replay::claim(store, shared.reporter(endpoint), key, endpoint.terms).await {
        Ok(Taken::New(guard)) => Ok(Some(guard)),
        Ok(Taken::Done) => Err(Unclaimed::Done),
        Ok(Taken::InFlight(retry_after)) => {
            let kind = RejectionKind::InFlight { retry_after };
            Err(Unclaimed::Refused(Rejection::new(kind)))
        }
        Err(error) if endpoint.fail_open => {
            shared.store_failed(endpoint, StoreStep::ClaimFailedOpen, &error);
            Ok(None)
        }
        Err(error) => {
            shared.store_failed(endpoint, StoreStep::Claim, &error);
            Err(Unclaimed::Refused(Rejection::store(&error)))
        }
    }
}

/// Whether an answer ends an event.
fn is_done<B>(endpoint: &Endpoint, response: &Response<B>) -> bool {
    // No handler judged the event where the extractor refused the payload.
    let refused = response.extensions().get::<Arc<WebhookRejection>>();
    refused.is_none() && endpoint.outcome.of(response.status()) == Outcome::Done
}

/// Says what shadow mode found. What a layer outside has verified was for another endpoint.
fn shadow(parts: &mut Parts, verdict: ShadowVerdict) {
    parts.extensions.remove::<Verified>();
    parts.extensions.insert(verdict);
}
