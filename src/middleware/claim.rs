//! The claim of a genuine delivery: made before the handler, and settled by what it answers.

use std::sync::Arc;

use axum_core::body::Body;
use http::{Response, request::Parts};

use crate::{
    endpoint::Endpoint,
    extract::WebhookRejection,
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

/// Claims the event of a genuine delivery, unless nothing signed identifies it, and marks the request for its
/// handler, who gets the body. The error is the answer to one that does not go there.
#[expect(clippy::manual_async_fn, reason = "an `async fn` holds its arguments twice")]
pub(super) fn claim(
    shared: &Shared,
    store: &Arc<dyn DynStore>,
    endpoint: &Arc<Endpoint>,
    parts: &mut Parts,
    genuine: Genuine,
) -> impl Future<Output = Result<(Option<ClaimGuard>, Body), Response<Body>>> {
    async move {
        let incoming = Incoming {
            head: head(endpoint, parts),
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
        let body = verified(parts, endpoint, genuine, claim.as_ref());
        Ok((claim, body))
    }
}

/// Whether a delivery goes to its handler, now that the store has said what it knows of its event.
#[expect(clippy::result_large_err, reason = "it is the answer, which few deliveries get")]
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

/// Settles the claim of an event whose handler has come to its end.
pub(super) async fn settle(
    shared: &Shared,
    endpoint: &Endpoint,
    claim: ClaimGuard,
    is_done: bool,
) -> Settlement {
    match claim.settle(is_done).await {
        Ok(settled) => Settlement::from(settled),
        Err(error) => {
            shared.store_failed(endpoint, StoreStep::Settle, &error);
            Settlement::NotStored
        }
    }
}

/// Whether an answer ends an event.
pub(super) fn is_done<B>(endpoint: &Endpoint, response: &Response<B>) -> bool {
    // No handler judged the event where the extractor refused the payload.
    let refused = response.extensions().get::<Arc<WebhookRejection>>();
    refused.is_none() && endpoint.outcome.of(response.status()) == Outcome::Done
}
