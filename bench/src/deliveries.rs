//! The deliveries that are measured, and the applications that receive them.

use std::{
    fmt::Debug,
    hint::black_box,
    mem,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    routing::post,
};
use axum_webhook::{
    Endpoint, Incoming, Keyring, Secret, Timestamp, VerifiedWebhook, WebhookLayer, WebhookService,
    replay::{MemoryReplayStore, Outcome},
    scheme::Scheme,
    sign::{Draft, Signed},
    verify,
};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use tower::{Layer as _, Service, ServiceExt as _};

/// A secret that every HMAC scheme takes.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub fn secret() -> Secret {
    Secret::new(SECRET).expect("it is one")
}

/// A JSON object of `size` bytes.
pub fn body(size: usize) -> Vec<u8> {
    let mut body = br#"{"id":"evt_1","text":""#.to_vec();
    body.resize(size - 2, b'x');
    body.extend(b"\"}");
    body
}

/// A delivery of `body`, signed now.
pub fn sign(scheme: &Scheme, body: impl Into<Vec<u8>>) -> Signed {
    Draft::new(body)
        .with_id("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W")
        .sign(scheme, secret())
        .expect("it can be signed")
}

/// A verification that needs no server.
pub struct Verification {
    pub scheme: Scheme,
    pub signed: Signed,
    keyring: Keyring,
    uri: Uri,
    now: Timestamp,
}

impl Verification {
    pub fn new(scheme: Scheme, body: impl Into<Vec<u8>>) -> Self {
        Self {
            signed: sign(&scheme, body),
            keyring: Keyring::new(&scheme, secret()).expect("a keyring"),
            scheme,
            uri: Uri::from_static("/webhook"),
            now: Timestamp::now(),
        }
    }

    pub fn run(&self) {
        let Signed {
            method,
            headers,
            body,
            ..
        } = &self.signed;
        let incoming = Incoming::new(method, &self.uri, headers, body);
        let authentic = verify(&incoming, &self.scheme, &self.keyring, self.now);
        black_box(authentic.expect("it is genuine"));
    }
}

/// A router whose handler takes the body as it comes.
pub fn unverified() -> Router {
    let handler = |body: Bytes| async move { body.len().to_string() };
    Router::new().route("/webhook", post(handler))
}

/// A router whose handler takes what was verified; it wants a layer.
pub fn verified() -> Router {
    let handler = |hook: VerifiedWebhook| async move { hook.raw().len().to_string() };
    Router::new().route("/webhook", post(handler))
}

pub fn layer(scheme: &Scheme) -> WebhookLayer {
    WebhookLayer::new(scheme.clone(), secret()).expect("a layer")
}

/// The layer around the router, as is cheapest.
pub fn around(scheme: &Scheme) -> WebhookService<Router> {
    layer(scheme).layer(verified())
}

/// The same with a store in memory. Each delivery is claimed and given back, so that it is new every time.
pub fn around_with_store(scheme: &Scheme) -> WebhookService<Router> {
    let endpoint = Endpoint::new(scheme.clone(), secret()).expect("an endpoint");
    let endpoint = endpoint.with_outcome(|_| Outcome::Retry);
    let layer = WebhookLayer::for_endpoint(endpoint).expect("a layer");
    layer
        .with_replay_store(MemoryReplayStore::new())
        .layer(verified())
}

/// What any layer does that reads a body and hands it on with a value beside it, in one boxed future. It verifies nothing.
#[derive(Clone)]
pub struct HandsOn<S> {
    inner: S,
    /// What it does with the body: nothing, or a MAC of it.
    work: fn(&Bytes),
}

/// What stands beside the body.
#[derive(Clone)]
struct HandedOn(Bytes);

impl<S> Service<Request<Body>> for HandsOn<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let clone = self.inner.clone();
        let mut ready = mem::replace(&mut self.inner, clone);
        let work = self.work;
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let bytes = to_bytes(body, 32 << 20).await.expect("a body");
            work(&bytes);
            parts.extensions.insert(HandedOn(bytes.clone()));
            let request = Request::from_parts(parts, Body::from(bytes));
            ready.call(request).await
        })
    }
}

/// A layer that hands on the body, around a router whose handler takes what was handed on.
pub fn hands_on(work: fn(&Bytes)) -> HandsOn<Router> {
    HandsOn {
        inner: handed_on(),
        work,
    }
}

/// The same by `Router::layer`.
pub fn hands_on_inside(work: fn(&Bytes)) -> Router {
    handed_on().layer(tower::layer::layer_fn(move |inner| HandsOn { inner, work }))
}

fn handed_on() -> Router {
    let handler =
        |Extension(HandedOn(body)): Extension<HandedOn>| async move { body.len().to_string() };
    Router::new().route("/webhook", post(handler))
}

/// A delivery that can be sent again and again: its body is shared, and its request made anew.
#[derive(Clone)]
pub struct Delivery {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Delivery {
    pub fn signed(scheme: &Scheme, body: impl Into<Vec<u8>>) -> Self {
        let signed = sign(scheme, body);
        Self {
            headers: signed.headers,
            body: signed.body.into(),
        }
    }

    /// The request, with its body in one frame.
    pub fn request(&self) -> Request<Body> {
        self.with_body(Body::from(self.body.clone()))
    }

    pub fn with_body(&self, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static("/webhook");
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// Sends it, and checks the status.
    pub fn send<S>(&self, service: S, wanted: StatusCode)
    where
        S: Service<Request<Body>, Response = Response<Body>>,
        S::Error: Debug,
    {
        send(service, self.request(), wanted);
    }
}

/// Sends a request, and checks the status. Nothing here waits for anything else, so no runtime is
/// measured; who gives way to others is called again.
pub fn send<S>(service: S, request: Request<Body>, wanted: StatusCode)
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Error: Debug,
{
    let mut response = pin!(service.oneshot(request));
    let mut context = Context::from_waker(Waker::noop());
    let response = loop {
        if let Poll::Ready(response) = response.as_mut().poll(&mut context) {
            break response.expect("the service answers");
        }
    };
    assert_eq!(response.status(), wanted);
    black_box(response);
}

/// A Stripe header of 4 KiB with 32 entries, of which only `last` may be right: the worst that is still looked at.
pub fn long_header(genuine: &str, last: &str) -> String {
    let (time, _) = genuine.split_once(',').expect("a time and a signature");
    let wrong = format!(",v1={}", "0".repeat(64)).repeat(31);
    let header = format!("{time}{wrong},v1={last}");
    let padding = 4096 - header.len() - ",v0=".len();
    format!("{header},v0={}", "0".repeat(padding))
}
