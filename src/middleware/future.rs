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
use http::{HeaderMap, Request, Response, header, request::Parts};
use tokio::runtime::Handle;
use tower_service::Service;

use crate::{
    diagnosis,
    endpoint::Endpoint,
    extract::{Delivery, ShadowVerdict, Verified, WebhookRejection},
    handshake,
    incoming::{Head, Incoming},
    middleware::{body, layer::Shared, select::original_uri},
    rejection::{Rejection, RejectionKind, answer, plain},
    replay::{self, ClaimGuard, Outcome, Settled, Taken, replay_key},
    scheme::ContentEncoding,
    telemetry,
    timestamp::Timestamp,
    verify::{Authentic, Begun, VerifyError},
};

type Pipeline<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

/// The response of a [`WebhookService`](crate::WebhookService).
pub struct ResponseFuture<E: 'static> {
    /// `None` once it has ended.
    pipeline: Option<Pipeline<E>>,
    /// Whether it runs on in the background if it is dropped.
    runs_on: Arc<AtomicBool>,
}

impl<E> ResponseFuture<E> {
    /// `pipeline` sets `runs_on` from where on it has to come to its end.
    pub(super) fn new(
        pipeline: impl Future<Output = Result<Response<Body>, E>> + Send + 'static,
        runs_on: Arc<AtomicBool>,
    ) -> Self {
        Self {
            pipeline: Some(Box::pin(pipeline)),
            runs_on,
        }
    }
}

impl<E> Future for ResponseFuture<E> {
    type Output = Result<Response<Body>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let pipeline = self.pipeline.as_mut();
        let polled = pipeline
            .expect("a future is not polled after it has ended")
            .as_mut()
            .poll(context);
        if polled.is_ready() {
            self.pipeline = None;
        }
        polled
    }
}

impl<E> Drop for ResponseFuture<E> {
    /// The client went away: nothing happens to a handler that is to run to its end.
    fn drop(&mut self) {
        if self.runs_on.load(Ordering::Acquire)
            && let Some(pipeline) = self.pipeline.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move {
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
    runs_on: Arc<AtomicBool>,
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
        return Ok(refuse(&shared, None, shared.selection.nothing_fits()));
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
        Opened::Reply(response) => return Ok(response),
        Opened::Delivery {
            authentic,
            received,
            signed,
        } => (authentic, received, signed),
    };
    if !endpoint.enforce {
        shadow(&mut parts, ShadowVerdict::genuine());
        let request = Request::from_parts(parts, Body::from(received));
        return Ok(inner.call(request).await?.map(Body::new));
    }

    // From here on the request is genuine: only now the store is touched.
    let claim = match claim(&shared, endpoint, &authentic, &parts, &bytes).await {
        Ok(claim) => claim,
        Err(Unclaimed::Done) => {
            telemetry::duplicate(&endpoint.name, &endpoint.provider);
            return Ok(answer(&endpoint.scheme.answers.duplicate));
        }
        Err(Unclaimed::Refused(rejection)) => {
            return Ok(refuse(&shared, Some(endpoint), rejection));
        }
    };

    parts.extensions.insert(Verified(Arc::new(Delivery {
        endpoint: endpoint.clone(),
        authentic,
        bytes: bytes.clone(),
        claim: claim.as_ref().map(ClaimGuard::handle),
    })));
    describe_unpacked(&mut parts.headers, &bytes);
    // If this future is dropped, or the handler panics, the guard gives the claim back.
    runs_on.store(shared.runs_to_the_end, Ordering::Release);
    let handling = inner.call(Request::from_parts(parts, Body::from(bytes)));
    let Some(claim) = claim else {
        return Ok(handling.await?.map(Body::new));
    };
    let response = replay::keep_lease(claim.handle(), handling).await?;
    let wants_retry = claim.wants_retry();
    let settled = claim.settle(is_done(endpoint, &response)).await;
    match &settled {
        Ok(Settled::AsAsked | Settled::RolledBack) => {}
        Ok(Settled::TooLate) => telemetry::not_settled(&endpoint.name, None),
        Err(error) => telemetry::not_settled(&endpoint.name, Some(error)),
    }
    let not_done = wants_retry || matches!(settled, Ok(Settled::RolledBack));
    if not_done && !response.status().is_server_error() {
        let rejection = Rejection::new(RejectionKind::RetryAsked);
        return Ok(refuse(&shared, Some(endpoint), rejection));
    }
    Ok(response.map(Body::new))
}

/// What a request turns out to be.
enum Opened {
    /// A question of the provider, with its answer.
    Reply(Response<Body>),
    /// A genuine delivery, with its body as it arrived and as it was signed.
    /// The two are the same bytes unless they were unpacked in between.
    Delivery {
        authentic: Authentic,
        received: Bytes,
        signed: Bytes,
    },
}

/// Why a request is refused, and its body, unless that broke while it was read.
struct Refused {
    rejection: Rejection,
    rest: Option<Body>,
}

/// Reads and verifies a request. What the head decides costs no byte of the body.
async fn open<B>(
    shared: &Shared,
    endpoint: &Endpoint,
    parts: &Parts,
    incoming_body: B,
    now: Timestamp,
) -> Result<Opened, Refused>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let scheme = &*endpoint.scheme;
    let head = head(endpoint, parts);
    let reply = |reply: handshake::HandshakeReply| {
        Opened::Reply(plain(reply.status, &reply.content_type, reply.body))
    };
    let is_delivery = scheme.methods.contains(&parts.method);
    if !scheme.handshakes.is_empty() {
        // What stands in the head of a question can be told before its body comes.
        let question = Incoming { head, body: &[] };
        if let Some(answer) = handshake::answer_unsigned(&question, scheme, &endpoint.keyring, now)
        {
            return Ok(reply(answer));
        }
    }
    let early = check_head(endpoint, parts, is_delivery).and_then(|encoding| {
        let begun = Begun::new(head, scheme, &endpoint.keyring, now);
        match begun {
            Ok(begun) => Ok((encoding, Ok(begun))),
            // A question in a body comes without a signature, so the body is needed to tell.
            Err(error) if handshake::may_be_in_body(scheme, &parts.method) => {
                Ok((encoding, Err(error)))
            }
            Err(error) => Err(RejectionKind::Verification(error)),
        }
    });
    let (encoding, mut begun) = match early {
        Ok(early) => early,
        Err(kind) => {
            return Err(Refused {
                rejection: diagnose(shared, kind, endpoint, head, None),
                rest: Some(Body::new(incoming_body)),
            });
        }
    };

    let incoming_body = pin!(incoming_body);
    let packed = encoding == Encoding::Gzip;
    let on_frame = |frame: &[u8]| {
        if let Ok(begun) = &mut begun
            && !packed
        {
            begun.update(frame);
        }
    };
    let refused = |kind, bytes: Option<&Bytes>| Refused {
        rejection: diagnose(shared, kind, endpoint, head, bytes.map(|bytes| &**bytes)),
        rest: bytes.cloned().map(Body::from),
    };
    let read = body::read(
        incoming_body,
        endpoint.body_limit,
        shared.deadlines,
        on_frame,
    );
    let received = read.await.map_err(|kind| refused(kind, None))?;
    let mut signed = received.clone();
    if packed {
        signed = unpack(&received, endpoint.body_limit)
            .map_err(|kind| refused(kind, Some(&received)))?;
        if let Ok(begun) = &mut begun {
            begun.update(&signed);
        }
    }

    let incoming = Incoming {
        head,
        body: &signed,
    };
    // The clock has gone on while the body came: the window is judged by when it started.
    let verified = begun.and_then(|begun| begun.finish(incoming, scheme, &endpoint.keyring, now));
    let authentic = match verified {
        Ok(authentic) => authentic,
        Err(error) => {
            let question = handshake::answer_unsigned(&incoming, scheme, &endpoint.keyring, now);
            return match question {
                Some(answer) => Ok(reply(answer)),
                None => Err(refused(RejectionKind::Verification(error), Some(&received))),
            };
        }
    };
    if let Some(answer) = handshake::answer_signed(&authentic, &incoming, scheme, &endpoint.keyring)
    {
        return Ok(reply(answer));
    }
    Ok(Opened::Delivery {
        authentic,
        received,
        signed,
    })
}

/// How the body is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
}

/// The checks that need neither a key nor the body.
fn check_head(
    endpoint: &Endpoint,
    parts: &Parts,
    is_delivery: bool,
) -> Result<Encoding, RejectionKind> {
    if !is_delivery {
        let handshakes = endpoint.scheme.handshakes.iter();
        let mut allowed = endpoint.scheme.methods.clone();
        allowed.extend(handshakes.map(|handshake| handshake.method.clone()));
        allowed.dedup();
        return Err(RejectionKind::Method(allowed));
    }
    let encoding = encoding(&parts.headers)
        .filter(|encoding| match endpoint.scheme.content_encoding {
            ContentEncoding::Gunzip if cfg!(feature = "gzip") => true,
            _ => *encoding == Encoding::Identity,
        })
        .ok_or(RejectionKind::ContentEncoding)?;
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if let Some(announced) = announced {
        // A number that does not fit is larger than any limit.
        let len = announced.parse::<usize>().unwrap_or(usize::MAX);
        if len > endpoint.body_limit {
            return Err(RejectionKind::BodyTooLarge {
                limit: endpoint.body_limit,
            });
        }
    }
    Ok(encoding)
}

/// How the headers say that the body is packed; `None` for anything but gzip.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(value) = values.next() else {
        return Some(Encoding::Identity);
    };
    let is = |name: &str| value.as_bytes().eq_ignore_ascii_case(name.as_bytes());
    if values.next().is_some() {
        None
    } else if is("identity") {
        Some(Encoding::Identity)
    } else if is("gzip") || is("x-gzip") {
        Some(Encoding::Gzip)
    } else {
        None
    }
}

/// Makes the headers of a body that arrived packed fit the one that the handler gets.
fn describe_unpacked(headers: &mut HeaderMap, bytes: &Bytes) {
    if encoding(headers) != Some(Encoding::Gzip) {
        return;
    }
    headers.remove(header::CONTENT_ENCODING);
    if headers.contains_key(header::CONTENT_LENGTH) {
        headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    }
}

#[cfg(feature = "gzip")]
fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, RejectionKind> {
    body::gunzip(packed, limit)
}

#[cfg(not(feature = "gzip"))]
fn unpack(_: &[u8], _: usize) -> Result<Bytes, RejectionKind> {
    Err(RejectionKind::ContentEncoding)
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
        "",
    );
    let Some(key) = key else {
        return Ok(None);
    };
    match replay::claim(store, &endpoint.name, key, endpoint.terms).await {
        Ok(Taken::New(guard)) => Ok(Some(guard)),
        Ok(Taken::Done) => Err(Unclaimed::Done),
        Ok(Taken::InFlight(retry_after)) => {
            let kind = RejectionKind::InFlight { retry_after };
            Err(Unclaimed::Refused(Rejection::new(kind)))
        }
        Err(error) if endpoint.fail_open => {
            telemetry::failed_open(&endpoint.name, &error);
            Ok(None)
        }
        Err(error) => Err(Unclaimed::Refused(Rejection::store(&error))),
    }
}

/// Whether an answer ends an event.
fn is_done<B>(endpoint: &Endpoint, response: &Response<B>) -> bool {
    let status = response.status();
    // No handler judged the event where the extractor refused the payload.
    let refused = response.extensions().get::<Arc<WebhookRejection>>();
    let done = refused.is_none() && endpoint.outcome.of(status) == Outcome::Done;
    if done && status.is_client_error() {
        telemetry::done_with_client_error(&endpoint.name, status);
    }
    done
}

fn head<'a>(endpoint: &'a Endpoint, parts: &'a Parts) -> Head<'a> {
    Head {
        method: &parts.method,
        uri: original_uri(parts),
        headers: &parts.headers,
        public_url: endpoint.public_url.as_ref(),
    }
}

fn diagnose(
    shared: &Shared,
    kind: RejectionKind,
    endpoint: &Endpoint,
    head: Head<'_>,
    body: Option<&[u8]>,
) -> Rejection {
    let hints = match &kind {
        // A flood of forgeries should not be paid for with guesses that nobody reads.
        RejectionKind::Verification(error) if shared.observer.is_some() || telemetry::listens() => {
            diagnosis::hints(error, head, body, &endpoint.scheme, &endpoint.keyring)
        }
        _ => Vec::new(),
    };
    Rejection::new(kind)
        .at(&endpoint.name, &endpoint.provider)
        .with_hints(hints)
}

/// Tells the operator why, and the sender only that.
fn refuse(shared: &Shared, endpoint: Option<&Endpoint>, rejection: Rejection) -> Response<Body> {
    let rejection = match endpoint {
        Some(endpoint) => rejection.at(&endpoint.name, &endpoint.provider),
        None => rejection,
    };
    telemetry::refused(&rejection);
    if let Some(observer) = &shared.observer {
        observer(&rejection);
    }
    rejection.into_response(endpoint.map(|endpoint| &*endpoint.scheme))
}

/// Says what shadow mode found. What a layer outside has verified was for another endpoint.
fn shadow(parts: &mut Parts, verdict: ShadowVerdict) {
    parts.extensions.remove::<Verified>();
    parts.extensions.insert(verdict);
}

fn report_shadow(shared: &Shared, rejection: &Rejection) {
    telemetry::unverified(rejection);
    if let Some(observer) = &shared.observer {
        observer(rejection);
    }
}

impl super::select::Selection {
    /// What is said where no endpoint is selected.
    fn nothing_fits(&self) -> Rejection {
        Rejection::new(match self {
            // Which endpoints there are is nobody's business: as a forgery.
            Self::Detect => RejectionKind::Verification(VerifyError::NoShape),
            _ => RejectionKind::NoEndpoint,
        })
    }
}
