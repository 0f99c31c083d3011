//! The layer by which the goals for a request were set, written again after their description: one scheme, which the
//! compiler knows, a future of its own that is not boxed, and nothing else.
//!
//! It has no other way to select, no other key, no store, no budget, no deadline, no diagnosis, and nobody hears of
//! a refusal. What ours costs above it is the price of those.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::body::{Body, HttpBody as _};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{Request, Response, StatusCode, request::Parts};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::by_hand::{ByHand, Signature};

/// No more is reserved before it has come, in bytes.
const MOST_AT_FIRST: usize = 1 << 20;

/// Verifies deliveries of Stripe of at most `limit` bytes.
#[derive(Clone)]
pub struct Prototype {
    pub key: ByHand,
    pub limit: usize,
}

impl<S> Layer<S> for Prototype {
    type Service = PrototypeService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let layer = self.clone();
        PrototypeService { inner, layer }
    }
}

#[derive(Clone)]
pub struct PrototypeService<S> {
    inner: S,
    layer: Prototype,
}

impl<S> Service<Request<Body>> for PrototypeService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = State<S>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> State<S> {
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        let (parts, body) = request.into_parts();
        let Some(signature) = self.layer.key.stripe_signature(&parts.headers) else {
            return State::Refused;
        };
        let size = body.size_hint().exact().unwrap_or(0);
        let expected = usize::try_from(size).unwrap_or(usize::MAX);
        if expected > self.layer.limit {
            return State::Refused;
        }
        State::Reads {
            ready: Some((parts, ready)),
            body,
            signature: Some(signature),
            first: None,
            rest: BytesMut::new(),
            expected,
            limit: self.layer.limit,
        }
    }
}

pin_project! {
    #[project = Now]
    pub enum State<S>
    where
        S: Service<Request<Body>>,
    {
        Reads {
            ready: Option<(Parts, S)>,
            body: Body,
            signature: Option<Signature>,
            first: Option<Bytes>,
            rest: BytesMut,
            expected: usize,
            limit: usize,
        },
        Answers {
            #[pin]
            answer: S::Future,
        },
        Refused,
    }
}

impl<S> Future for State<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Output = Result<Response<Body>, S::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.as_mut().project() {
                Now::Answers { answer } => return answer.poll(context),
                Now::Refused => return Poll::Ready(Ok(refusal())),
                Now::Reads {
                    ready,
                    body,
                    signature,
                    first,
                    rest,
                    expected,
                    limit,
                } => {
                    let frame = ready!(Pin::new(body).poll_frame(context));
                    let next = match frame {
                        Some(Err(_)) => State::Refused,
                        Some(Ok(frame)) => {
                            let data = frame.into_data().unwrap_or_default();
                            let held = first.as_ref().map_or(0, Bytes::len) + rest.len();
                            if let Some(signature) = signature
                                && held + data.len() <= *limit
                            {
                                signature.update(&data);
                                take(data, first, rest, *expected);
                                continue;
                            }
                            State::Refused
                        }
                        None => {
                            let is_right = signature.take().is_some_and(Signature::is_right);
                            match ready.take().filter(|_| is_right) {
                                Some((parts, mut service)) => {
                                    let bytes = first.take();
                                    let bytes =
                                        bytes.unwrap_or_else(|| std::mem::take(rest).freeze());
                                    let request = Request::from_parts(parts, Body::from(bytes));
                                    let answer = service.call(request);
                                    State::Answers { answer }
                                }
                                None => State::Refused,
                            }
                        }
                    };
                    self.set(next);
                }
            }
        }
    }
}

/// A body of one frame is that frame; one of several is copied into one piece.
fn take(data: Bytes, first: &mut Option<Bytes>, rest: &mut BytesMut, expected: usize) {
    if first.is_none() && rest.is_empty() {
        *first = Some(data);
        return;
    }
    if let Some(first) = first.take() {
        rest.reserve(expected.clamp(first.len() + data.len(), MOST_AT_FIRST));
        rest.put_slice(&first);
    }
    rest.put_slice(&data);
}

fn refusal() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}
