//! axum-webhook: the layer, with its clock at the time of the requests.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum_core::body::Body;
use axum_webhook::{Endpoint, Secret, Timestamp, WebhookLayer, providers, testing::FixedClock};
use http::{Request, Response};
use tokio::runtime::{Builder, Runtime};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::{Question, clock::NOW};

/// Layers by their provider and secret; `None` for a secret that is refused.
type Layers = HashMap<(String, String), Option<WebhookLayer>>;

pub(crate) struct Ours {
    layers: Layers,
    runtime: Runtime,
}

impl Default for Ours {
    fn default() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build();
        Self {
            layers: Layers::new(),
            runtime: runtime.expect("a runtime can be built"),
        }
    }
}

impl Ours {
    /// Whether the request reaches the handler.
    pub(crate) fn accepts(&mut self, question: &Question) -> bool {
        let key = (question.family.clone(), question.secret.clone());
        let layer = self.layers.entry(key).or_insert_with(|| layer(question));
        let (Some(layer), Some(headers)) = (layer, question.headers()) else {
            return false;
        };
        let target = question.url.strip_prefix(ORIGIN).unwrap_or(&question.url);
        let Ok(mut request) = Request::post(target).body(Body::from(question.body())) else {
            return false;
        };
        *request.headers_mut() = headers;
        let handled = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&handled);
        let handler = service_fn(move |_: Request<Body>| {
            seen.store(true, Ordering::Relaxed);
            async { Ok::<_, Infallible>(Response::new(Body::empty())) }
        });
        let response = self.runtime.block_on(layer.layer(handler).oneshot(request));
        let is_success = response.is_ok_and(|response| response.status().is_success());
        let handled = handled.load(Ordering::Relaxed);
        assert_eq!(is_success, handled, "an answer without its handler");
        handled
    }
}

/// Where the endpoints are.
const ORIGIN: &str = "https://hooks.example.com";

fn layer(question: &Question) -> Option<WebhookLayer> {
    let scheme = providers::find(&question.family).expect("the family is a provider");
    let endpoint = Endpoint::new(scheme, Secret::new(&*question.secret).ok()?).ok()?;
    let endpoint = endpoint.with_public_url(ORIGIN.parse().expect("it is a URL"));
    let layer = WebhookLayer::for_endpoint(endpoint).ok()?;
    Some(layer.with_clock(FixedClock::new(Timestamp::from_unix_seconds(NOW))))
}
