//! Keeps the lease of a handler that takes long.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use tokio::{
    runtime::Handle,
    task::JoinHandle,
    time::{Instant, sleep_until, timeout_at},
};

use crate::{
    replay::guard::ClaimHandle,
    task,
    telemetry::{Event, StoreStep},
};

/// Runs a handler, and renews its lease once it has outlived half of it.
///
/// A handler that is quicker costs no task, and one that never waits costs nothing. One without a claim is just run.
pub(crate) async fn keep_lease<F: Future>(
    claim: Option<Arc<ClaimHandle>>,
    handler: F,
) -> F::Output {
    let Some(claim) = claim else {
        return handler.await;
    };
    let mut handler = pin!(handler);
    {
        let first = poll_fn(|context| Poll::Ready(handler.as_mut().poll(context))).await;
        if let Poll::Ready(answer) = first {
            return answer;
        }
    }
    let Ok(runtime) = Handle::try_current() else {
        return handler.await;
    };
    let half = claim.began() + claim.terms().lease / 2;
    if let Ok(answer) = timeout_at(half, handler.as_mut()).await {
        return answer;
    }
    let _renewing = Renewing(task::spawn(&runtime, renew(claim)));
    handler.await
}

/// Ends with the handler, however that ends.
struct Renewing(JoinHandle<()>);

impl Drop for Renewing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Renews at every half of the lease. If the store can't answer, it is asked again after a tenth.
async fn renew(claim: Arc<ClaimHandle>) {
    let terms = claim.terms();
    let last = claim.began() + terms.renewal;
    let mut next = Instant::now();
    while next <= last {
        sleep_until(next).await;
        if claim.is_decided() {
            return;
        }
        let asked = Instant::now();
        let until = claim.runs_until();
        next = match timeout_at(until, claim.renew()).await {
            Ok(Ok(true)) => asked + terms.lease / 2,
            Ok(Err(error)) if Instant::now() < until => {
                let reporter = claim.reporter();
                reporter.emit(&Event::StoreFailed {
                    endpoint: &reporter.endpoint,
                    provider: &reporter.provider,
                    step: StoreStep::Renew,
                    error: &error,
                });
                // A lease of no length is no reason to ask without a pause.
                Instant::now() + (terms.lease / 10).max(Duration::from_millis(1))
            }
            // It was taken over, or the store did not answer while the lease ran.
            _ => return report_loss(&claim),
        };
    }
    sleep_until(claim.runs_until()).await;
    report_loss(&claim);
}

fn report_loss(claim: &ClaimHandle) {
    if !claim.is_decided() {
        claim.set_lost();
        let reporter = claim.reporter();
        reporter.emit(&Event::LeaseLost {
            endpoint: &reporter.endpoint,
            provider: &reporter.provider,
        });
    }
}
