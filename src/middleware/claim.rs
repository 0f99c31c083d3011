//! The claim of a genuine delivery: made before the handler, and settled by what it answers.

use std::{pin::pin, sync::Arc};

use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use http::{Request, Response, request::Parts};
use tower_service::Service;

use crate::{
    endpoint::Endpoint,
    extract::{Verified, WebhookRejection},
    incoming::Incoming,
    middleware::{
        future::verified,
        layer::Shared,
        open::{Genuine, head},
        refuse::refuse,
    },
    rejection::{Rejection, RejectionKind, answer},
    replay::{self, ClaimGuard, DynStore, Outcome, StoreError, Taken, replay_key},
    telemetry::{Event, Settlement, StoreStep},
    tenant::Tenant,
};

/// Claims the event of a genuine delivery, unless nothing signed identifies it, and makes the request for its
/// handler. The error is the answer to one that does not go there.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` holds its arguments twice"
)]
pub(super) fn claim(
    shared: &Shared,
    store: &Arc<dyn DynStore>,
    endpoint: &Arc<Endpoint>,
    parts: Parts,
    genuine: Genuine,
) -> impl Future<Output = Result<(Option<ClaimGuard>, Request<Body>), Response<Body>>> {
    async move {
        let incoming = Incoming {
            head: head(endpoint, &parts),
            body: genuine.signed(),
        };
        let scheme = &endpoint.scheme;
        let key = replay_key(
            &genuine.authentic,
            scheme,
            scheme.dedupe,
            incoming,
            &endpoint.name,
            genuine.tenant.as_ref().map_or("", Tenant::as_str),
        );
        let claim = match key {
            Some(key) => {
                let claimed = replay::claim(store, shared.reporter(endpoint), key, endpoint.terms);
                match claimed.await {
                    // The operator knows that it was handled, and wants it handled once more.
                    Ok(Taken::Done) if genuine.is_replayed => None,
                    claimed => judge(shared, endpoint, genuine.tenant.as_ref(), claimed)?,
                }
            }
            None => None,
        };
        let request = verified(parts, endpoint, genuine, claim.as_ref());
        Ok((claim, request))
    }
}

/// Whether a delivery goes to its handler, now that the store has said what it knows of its event.
#[expect(
    clippy::result_large_err,
    reason = "it is the answer, which few deliveries get"
)]
fn judge(
    shared: &Shared,
    endpoint: &Endpoint,
    tenant: Option<&Tenant>,
    claimed: Result<Taken, StoreError>,
) -> Result<Option<ClaimGuard>, Response<Body>> {
    let refused =
        |rejection: Rejection| Err(refuse(shared, Some(endpoint), rejection.of_tenant(tenant)));
    match claimed {
        Ok(Taken::New(guard)) => Ok(Some(guard)),
        Ok(Taken::Done) => {
            shared.emit(&Event::Duplicate {
                endpoint: &endpoint.name,
                provider: &endpoint.provider,
            });
            Err(answer(&endpoint.scheme.answers.duplicate))
        }
        Ok(Taken::InFlight(retry_after)) => {
            refused(Rejection::new(RejectionKind::InFlight { retry_after }))
        }
        Err(error) if endpoint.fail_open => {
            shared.store_failed(endpoint, StoreStep::ClaimFailedOpen, &error);
            Ok(None)
        }
        Err(error) => {
            shared.store_failed(endpoint, StoreStep::Claim, &error);
            refused(Rejection::store(&error))
        }
    }
}

/// Runs the handler of a claimed event, and settles the claim.
///
/// If this future is dropped, or the handler panics, the guard gives the claim back, after the handler is gone.
pub(super) fn guarded<S, R>(
    shared: &Shared,
    endpoint: &Endpoint,
    claim: ClaimGuard,
    inner: &mut S,
    request: Request<Body>,
) -> impl Future<Output = Result<Response<Body>, S::Error>>
where
    S: Service<Request<Body>, Response = Response<R>>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let verified = request.extensions().get::<Verified>();
    let tenant = verified.and_then(|verified| verified.0.tenant.clone());
    async move {
        // Of these three the last is dropped first.
        let claim = claim;
        let handling = shared.handling(endpoint, true);
        let answering = pin!(inner.call(request));
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
            return Ok(refuse(shared, Some(endpoint), rejection));
        }
        Ok(response.map(Body::new))
    }
}

/// Whether an answer ends an event.
fn is_done<B>(endpoint: &Endpoint, response: &Response<B>) -> bool {
    // No handler judged the event where the extractor refused the payload.
    let refused = response.extensions().get::<Arc<WebhookRejection>>();
    refused.is_none() && endpoint.outcome.of(response.status()) == Outcome::Done
}
