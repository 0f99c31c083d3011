//! The pipeline: a request's way, from top to bottom.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use http::{Request, Response, StatusCode, request::Parts};
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
    replay::{Claim, ClaimGuard, replay_key},
    telemetry::{Event, Handling, Settlement, StoreStep, Verified as VerifiedEvent},
    verify::Authentic,
};

/// The response of a [`WebhookService`](crate::WebhookService).
pub struct ResponseFuture<E> {
    pipeline: Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>,
}

impl<E> ResponseFuture<E> {
    pub(super) fn new(
        pipeline: impl Future<Output = Result<Response<Body>, E>> + Send + 'static,
    ) -> Self {
        Self {
            pipeline: Box::pin(pipeline),
        }
    }
}

impl<E> Future for ResponseFuture<E> {
    type Output = Result<Response<Body>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.pipeline.as_mut().poll(context)
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
    let (authentic, received, bytes) = match opened {
        Opened::Reply(response) => {
            shared.emit(&Event::Answered {
                endpoint: &endpoint.name,
                provider: &endpoint.provider,
            });
            return Ok(response);
        }
        Opened::Delivery {
            authentic,
            received,
            signed,
            verify_time,
        } => {
            shared.emit(&Event::Verified(VerifiedEvent {
                endpoint: &endpoint.name,
                provider: &endpoint.provider,
                key_id: authentic.key_id(),
                skew_seconds: authentic.timestamp().map(|sent| now.seconds_since(sent)),
                body_bytes: received.len(),
                verify_time,
            }));
            (authentic, received, signed)
        }
    };
    if !endpoint.enforce {
        shadow(&mut parts, ShadowVerdict::genuine());
        let request = Request::from_parts(parts, Body::from(received));
        let handling = Handling::start(endpoint, shared.listener.as_ref(), false);
        let response = inner.call(request).await?;
        handling.end(response.status(), Settlement::Unguarded);
        return Ok(response.map(Body::new));
    }

    // From here on the request is genuine: only now the store is touched.
    let claim = match claim(&shared, endpoint, &authentic, &parts, &bytes).await {
        Ok(claim) => claim,
        Err(Settled::Done) => {
            shared.emit(&Event::Duplicate {
                endpoint: &endpoint.name,
                provider: &endpoint.provider,
            });
            return Ok(answer(&endpoint.scheme.answers.duplicate));
        }
        Err(Settled::Refused(rejection)) => return Ok(refuse(&shared, Some(endpoint), rejection)),
    };

    parts.extensions.insert(Verified(Arc::new(Delivery {
        endpoint: endpoint.clone(),
        authentic,
        bytes: bytes.clone(),
        claim: claim.as_ref().map(ClaimGuard::handle),
    })));
    describe_unpacked(&mut parts.headers, &bytes);
    let handling = Handling::start(endpoint, shared.listener.as_ref(), claim.is_some());
    // If this future is dropped, or the handler panics, the guard gives the claim back.
    let response = inner
        .call(Request::from_parts(parts, Body::from(bytes)))
        .await?;
    let Some(claim) = claim else {
        handling.end(response.status(), Settlement::Unguarded);
        return Ok(response.map(Body::new));
    };
    let wants_retry = claim.wants_retry();
    let commits = claim.is_done() || (is_done(&response) && !wants_retry);
    let settlement = match claim.settle(is_done(&response)).await {
        Ok(true) if commits => Settlement::Committed,
        Ok(true) => Settlement::Released,
        Ok(false) => Settlement::LeaseLost,
        Err(error) => {
            shared.store_failed(endpoint, StoreStep::Settle, &error);
            Settlement::NotStored
        }
    };
    handling.end(response.status(), settlement);
    if wants_retry && !response.status().is_server_error() {
        let rejection = Rejection::new(RejectionKind::RetryAsked);
        return Ok(refuse(&shared, Some(endpoint), rejection));
    }
    Ok(response.map(Body::new))
}

/// Why a genuine delivery does not go to the handler.
enum Settled {
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
    parts: &Parts,
    bytes: &Bytes,
) -> Result<Option<ClaimGuard>, Settled> {
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
        "",
    );
    let Some(key) = key else {
        return Ok(None);
    };
    match store.claim(&key, endpoint.lease).await {
        Ok(Claim::New(token)) => Ok(Some(ClaimGuard::new(
            Arc::clone(store),
            key,
            token,
            endpoint.done_ttl,
        ))),
        Ok(Claim::Done) => Err(Settled::Done),
        Ok(Claim::InFlight { remaining }) => {
            let retry_after = remaining;
            let kind = RejectionKind::InFlight { retry_after };
            Err(Settled::Refused(Rejection::new(kind)))
        }
        Err(error) if endpoint.fail_open => {
            shared.store_failed(endpoint, StoreStep::ClaimFailedOpen, &error);
            Ok(None)
        }
        Err(error) => {
            shared.store_failed(endpoint, StoreStep::Claim, &error);
            Err(Settled::Refused(Rejection::store(&error)))
        }
    }
}

/// Whether an answer ends an event.
///
/// A retry can't help a handler that found the event itself wrong, so most of 4xx
/// end it too. It can help where no handler judged the event: where a route, a
/// limit or the payload's type stood in the way, which the next release may mend,
/// and where the answer asks for another try.
fn is_done<B>(response: &Response<B>) -> bool {
    let status = response.status();
    let nobody_judged = response
        .extensions()
        .get::<Arc<WebhookRejection>>()
        .is_some()
        || matches!(
            status,
            StatusCode::NOT_FOUND
                | StatusCode::METHOD_NOT_ALLOWED
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
    let asks_again = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
    );
    !status.is_server_error() && !nobody_judged && !asks_again
}

/// Says what shadow mode found. What a layer outside has verified was for another endpoint.
fn shadow(parts: &mut Parts, verdict: ShadowVerdict) {
    parts.extensions.remove::<Verified>();
    parts.extensions.insert(verdict);
}
