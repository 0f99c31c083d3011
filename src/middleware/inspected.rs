//! A request's way under the eyes of an inspector: the same pipeline, between a body and a service that are looked at.
//!
//! Without an inspector nothing of this is on the way of a request.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    task::{Context, Poll},
};

use axum::extract::OriginalUri;
use axum_core::{BoxError, body::Body};
use bytes::Bytes;
use http::{Request, Response, StatusCode, request::Parts};
use http_body::{Frame, SizeHint};
use tower_service::Service;

use crate::{
    extract::{Delivery, Verified},
    inspector::{Again, Arrival, Inspector, Record, copied, lasting},
    middleware::{future::run, layer::Shared, select::original_uri},
    telemetry::Event,
};

/// The pipeline of a request that `inspector` looks at.
pub(super) fn inspected<S, B, R>(
    shared: &Arc<Shared>,
    inspector: &Inspector,
    inner: S,
    request: Request<B>,
    runs_on: Option<Arc<AtomicBool>>,
) -> impl Future<Output = Result<Response<Body>, S::Error>> + Send + use<S, B, R>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let (parts, body) = request.into_parts();
    let endpoint = shared.selection.select(&shared.endpoints, &parts);
    let record = inspector.begin(Arrival {
        at: shared.clock.now(),
        method: &parts.method,
        uri: original_uri(&parts),
        headers: &parts.headers,
        endpoint: endpoint.map(|endpoint| (&**endpoint).into()),
        again_of: None,
    });
    let body = Watched {
        inner: Box::pin(body),
        record: Arc::clone(&record),
    };
    let request = Request::from_parts(parts, body);
    watch(Arc::clone(shared), inner, request, runs_on, record, None)
}

/// Runs the pipeline, and keeps how it ended. `again` is what the operator hands on once more.
async fn watch<S, B, R>(
    shared: Arc<Shared>,
    inner: S,
    request: Request<B>,
    runs_on: Option<Arc<AtomicBool>>,
    record: Arc<Record>,
    again: Option<Arc<Delivery>>,
) -> Result<Response<Body>, S::Error>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    let ending = Ending(Some(Arc::clone(&record)));
    // Of a request that comes from outside, the service was polled ready before.
    let is_ready = again.is_none();
    let heard = heard_by(&shared, &record, again);
    let mut tap = Tap {
        inner,
        shared,
        record,
    };
    let response = async {
        if !is_ready {
            poll_fn(|context| tap.poll_ready(context)).await?;
        }
        run(heard, tap, request, runs_on).await
    };
    let response = response.await;
    ending.end(response.as_ref().ok().map(Response::status));
    response
}

/// What the services of a layer share, with a listener for this one request.
fn heard_by(
    shared: &Arc<Shared>,
    record: &Arc<Record>,
    again: Option<Arc<Delivery>>,
) -> Arc<Shared> {
    let (record, outer) = (Arc::clone(record), shared.listener.clone());
    let listener = move |event: &Event<'_>| {
        record.hear(event);
        if let Some(outer) = &outer {
            outer(event);
        }
    };
    Arc::new(Shared {
        listener: Some(Arc::new(listener)),
        again,
        ..(**shared).clone()
    })
}

/// Keeps how a request ended, also where it is dropped.
struct Ending(Option<Arc<Record>>);

impl Ending {
    fn end(mut self, status: Option<StatusCode>) {
        if let Some(record) = self.0.take() {
            record.answered(status);
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(record) = self.0.take() {
            record.broke_off();
        }
    }
}

/// A body of which the record keeps what arrives.
struct Watched<B> {
    inner: Pin<Box<B>>,
    record: Arc<Record>,
}

impl<B: http_body::Body<Data = Bytes>> http_body::Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = self.inner.as_mut().poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.record.arrived(data);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The inner service, before which the record sees what is genuine.
struct Tap<S> {
    inner: S,
    /// As the layer has it, without the listener of this request.
    shared: Arc<Shared>,
    record: Arc<Record>,
}

impl<S, R> Service<Request<Body>> for Tap<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        let (parts, body) = request.into_parts();
        // A layer outside may have put one there for another endpoint; a shadow takes it out.
        if let Some(Verified(delivery)) = parts.extensions.get::<Verified>() {
            self.record
                .is_genuine(&parts, delivery, || self.again(&parts, delivery));
        }
        self.inner.call(Request::from_parts(parts, body))
    }
}

impl<S, R> Tap<S>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    /// What hands this delivery to the inner service once more.
    ///
    /// Nothing but the pipeline makes the `Delivery` that it is built from, so what was not verified by this process has none.
    fn again(&self, parts: &Parts, delivery: &Delivery) -> Box<Again> {
        let inner = Mutex::new(self.inner.clone());
        // Without the inspector, which is to own this.
        let shared = Arc::new(Shared {
            inspector: None,
            ..(*self.shared).clone()
        });
        let parts = kept(parts);
        let (endpoint, authentic) = (delivery.endpoint.clone(), delivery.authentic.clone());
        let tenant = delivery.tenant.clone();
        Box::new(move |bytes, record| {
            let delivery = Arc::new(Delivery {
                endpoint: endpoint.clone(),
                authentic: authentic.clone(),
                tenant: tenant.clone(),
                bytes,
                claim: None,
                is_replayed: true,
            });
            let inner = inner.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let request = Request::from_parts(parts.clone(), Body::empty());
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                shared.emit(&Event::Replayed {
                    endpoint: &delivery.endpoint.name,
                    provider: &delivery.endpoint.provider,
                });
                let replayed = watch(shared, inner, request, None, record, Some(delivery));
                Some(replayed.await.ok()?.status())
            })
        })
    }
}

/// A copy of a request's head that keeps no buffer of its connection alive.
fn kept(parts: &Parts) -> Parts {
    let mut kept = parts.clone();
    kept.headers = copied(&parts.headers);
    kept.uri = lasting(&parts.uri);
    kept.extensions.remove::<Verified>();
    if let Some(OriginalUri(original)) = kept.extensions.remove::<OriginalUri>() {
        kept.extensions.insert(OriginalUri(lasting(&original)));
    }
    kept
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;
    use crate::{inspector, timestamp::Timestamp};

    /// Or one of known length would be waited for, and had more room than it needs.
    #[test]
    fn what_a_body_says_of_itself_is_said() {
        let (parts, ()) = Request::new(()).into_parts();
        let record = inspector().begin(Arrival {
            at: Timestamp::now(),
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            endpoint: None,
            again_of: None,
        });
        let watched = |body| Watched {
            inner: Box::pin(body),
            record: Arc::clone(&record),
        };
        let body = watched(Body::from("abc"));
        assert_eq!(body.size_hint().exact(), Some(3));
        assert!(!body.is_end_stream());
        assert!(watched(Body::empty()).is_end_stream());
    }
}
