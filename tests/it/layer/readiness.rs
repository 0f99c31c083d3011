//! The inner service that was polled ready is the one that is called.

use std::{
    convert::Infallible,
    future::{Ready, poll_fn, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use axum_webhook::providers;
use http::{Request, Response};
use tokio::{
    task::{JoinSet, yield_now},
    time::timeout,
};
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer};
use tower_test::mock;

use super::support::{
    Counter, answer, counting, forged, handler, layer, ok, request, send, signed,
};

/// Panics where it is called without having said that it is ready; a clone has not.
#[derive(Default)]
pub(super) struct MustBeReady {
    is_ready: bool,
    pub(super) runs: Counter,
}

impl Clone for MustBeReady {
    fn clone(&self) -> Self {
        Self {
            is_ready: false,
            runs: self.runs.clone(),
        }
    }
}

impl Service<Request<Body>> for MustBeReady {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(self.is_ready, "called without being ready");
        self.is_ready = false;
        self.runs.add();
        ready(Ok(ok()))
    }
}

#[tokio::test]
async fn t_l5_the_ready_service_is_called_and_no_clone_of_it() {
    let scheme = providers::github();
    let inner = MustBeReady::default();
    let runs = inner.runs.clone();
    let mut service = layer(&scheme).layer(inner);
    for number in 1..=10 {
        poll_fn(|context| Service::<Request<Body>>::poll_ready(&mut service, context))
            .await
            .unwrap();
        let response = service.call(request(&signed(&scheme))).await.unwrap();
        answer(response).await.assert_handled("genuine");
        assert_eq!(runs.count(), number);
    }
}

/// The positive control: the mock does notice.
#[tokio::test]
#[should_panic(expected = "called without being ready")]
async fn a_service_that_was_not_polled_panics() {
    let scheme = providers::github();
    let mut service = layer(&scheme).layer(MustBeReady::default());
    drop(service.call(request(&signed(&scheme))).await);
}

#[tokio::test]
async fn t_l5_is_ready_when_the_inner_service_is() {
    let scheme = providers::github();
    let (mut service, mut inner) =
        mock::spawn_layer::<Request<Body>, Response<Body>, _>(layer(&scheme));
    inner.allow(0);
    assert!(service.poll_ready::<Request<Body>>().is_pending());
    inner.allow(1);
    assert!(service.is_woken());
    assert!(matches!(
        service.poll_ready::<Request<Body>>(),
        Poll::Ready(Ok(()))
    ));
    let call = service.call(request(&signed(&scheme)));
    let reply = async {
        let (_, reply) = inner.next_request().await.unwrap();
        reply.send_response(ok());
    };
    let (response, ()) = tokio::join!(call, reply);
    answer(response.unwrap()).await.assert_handled("genuine");
}

#[tokio::test]
async fn an_error_of_readiness_comes_out() {
    let (mut service, mut inner) =
        mock::spawn_layer::<Request<Body>, Response<Body>, _>(layer(&providers::github()));
    inner.send_error("the inner service is broken");
    let Poll::Ready(Err(error)) = service.poll_ready::<Request<Body>>() else {
        panic!("it should be an error");
    };
    assert_eq!(error.to_string(), "the inner service is broken");
}

/// A handler that knows how many of it ran at the same time.
fn watched(
    runs: &Counter,
    most: &Arc<AtomicUsize>,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static
+ use<> {
    let (runs, most, running) = (runs.clone(), Arc::clone(most), Counter::default());
    handler(move |_| {
        runs.add();
        most.fetch_max(running.add(), Ordering::SeqCst);
        let running = running.clone();
        async move {
            yield_now().await;
            running.sub();
            ok()
        }
    })
}

#[tokio::test]
async fn t_l5_many_deliveries_pass_a_concurrency_limit_of_one() {
    let scheme = providers::github();
    let (runs, most) = (Counter::default(), Arc::default());
    let service = ServiceBuilder::new()
        .layer(layer(&scheme))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(watched(&runs, &most));
    for _ in 0..50 {
        send(&service, request(&signed(&scheme)))
            .await
            .assert_handled("in sequence");
    }
    let mut deliveries = JoinSet::new();
    for _ in 0..50 {
        let (service, request) = (service.clone(), request(&signed(&scheme)));
        deliveries.spawn(async move { send(&service, request).await });
    }
    while let Some(delivery) = deliveries.join_next().await {
        delivery.unwrap().assert_handled("in parallel");
    }
    assert_eq!(runs.count(), 100);
    assert_eq!(most.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_gives_its_permit_back() {
    let scheme = providers::github();
    let runs = Counter::default();
    let mut service = ServiceBuilder::new()
        .layer(layer(&scheme))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(counting(&runs));
    for _ in 0..3 {
        let ready = ServiceExt::<Request<Body>>::ready(&mut service)
            .await
            .unwrap();
        let response = ready.call(request(&forged(&scheme))).await.unwrap();
        answer(response).await.assert_refused("forged", "mismatch");
        let ready = ServiceExt::<Request<Body>>::ready(&mut service)
            .await
            .unwrap();
        // A call that is dropped before it was polled holds nothing either.
        drop(ready.call(request(&signed(&scheme))));
    }
    timeout(
        Duration::from_secs(1),
        send(&service, request(&signed(&scheme))),
    )
    .await
    .expect("there is no permit left")
    .assert_handled("genuine");
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn what_the_layer_is_made_of_says_what_it_is() {
    let layer = layer(&providers::github());
    let mut service = layer.layer(counting(&Counter::default()));
    let shown = format!("{layer:?}");
    assert!(
        shown.starts_with("WebhookLayer {") && shown.contains("github"),
        "{shown}"
    );
    assert_eq!(format!("{service:?}"), "WebhookService { .. }");
    let signed = signed(&providers::github());
    let ready = ServiceExt::<Request<Body>>::ready(&mut service).await;
    let future = ready.unwrap().call(request(&signed));
    assert_eq!(format!("{future:?}"), "ResponseFuture { .. }");
}
