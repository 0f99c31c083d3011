//! What the tests of the layer share: deliveries, handlers that count, bodies that misbehave, real sockets.

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt::{Debug, Write as _},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{BoxError, body::Body};
use axum_webhook::{
    Endpoint, Rejection, Secret, Timestamp, WebhookLayer,
    scheme::{Algorithm, Scheme, SecretFormat},
    sign::{Draft, Signed},
    testing::{self, FixedClock},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
    time::{Sleep, sleep, timeout},
};
use tower::{Service, ServiceExt as _, service_fn};

/// The one sentence that the sender of a forgery gets.
pub(super) const REFUSED: &str = "webhook verification failed\n";

/// What the handlers of these tests answer.
pub(super) const HANDLED: &str = "handled";

/// How long a test over a real socket waits before it gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The receiver's time in these tests.
pub(super) fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_700_000_000)
}

/// A secret of the form that the scheme's provider has; another one for each seed.
pub(super) fn secret(scheme: &Scheme, seed: &str) -> Secret {
    let bytes: Vec<u8> = seed.bytes().cycle().take(32).collect();
    let text = match scheme.secret {
        SecretFormat::Hex => hex(&bytes),
        SecretFormat::Base64 => BASE64.encode(&bytes),
        SecretFormat::Whsec => format!("whsec_{}", BASE64.encode(&bytes)),
        _ if scheme.algorithm == Algorithm::BasicAuth => format!("user:{seed}-password"),
        _ => format!("{seed}-secret-of-the-tests"),
    };
    scheme
        .secret_parts
        .iter()
        .fold(Secret::new(text).unwrap(), |secret, name| {
            secret.with_part(name, format!("the-{name}")).unwrap()
        })
}

/// The secret that the endpoints of these tests have.
pub(super) fn right(scheme: &Scheme) -> Secret {
    secret(scheme, "right")
}

/// A secret that no endpoint of these tests has.
pub(super) fn wrong(scheme: &Scheme) -> Secret {
    secret(scheme, "wrong")
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub(super) fn endpoint(scheme: &Scheme) -> Endpoint {
    Endpoint::new(scheme.clone(), right(scheme))
        .unwrap()
        .with_public_url("https://example.com".parse().unwrap())
}

/// A layer for one endpoint, at [`now`].
pub(super) fn layer(scheme: &Scheme) -> WebhookLayer {
    layer_for(endpoint(scheme))
}

pub(super) fn layer_for(endpoint: Endpoint) -> WebhookLayer {
    WebhookLayer::for_endpoint(endpoint)
        .unwrap()
        .with_clock(FixedClock::new(now()))
}

/// A draft with everything that the scheme signs, and with an id also where that is in a form.
fn sample(scheme: &Scheme) -> Draft {
    testing::sample(scheme, now())
}

/// A genuine delivery to `path`.
pub(super) fn signed_to(scheme: &Scheme, path: &str) -> Signed {
    sample(scheme)
        .with_url(format!("https://example.com{path}"))
        .sign(scheme, right(scheme))
        .unwrap_or_else(|error| panic!("{}: {error}", scheme.id))
}

/// A genuine delivery to `/webhook`.
pub(super) fn signed(scheme: &Scheme) -> Signed {
    signed_to(scheme, "/webhook")
}

/// A genuine delivery of `body`, as JSON.
pub(super) fn of_body(scheme: &Scheme, path: &str, body: impl Into<Vec<u8>>) -> Signed {
    Draft::new(body)
        .with_url(format!("https://example.com{path}"))
        .with_timestamp(now())
        .with_id("evt_1")
        .sign(scheme, right(scheme))
        .unwrap()
}

/// The same delivery, signed by somebody who does not know the secret.
pub(super) fn forged_to(scheme: &Scheme, path: &str) -> Signed {
    sample(scheme)
        .with_url(format!("https://example.com{path}"))
        .sign(scheme, wrong(scheme))
        .unwrap_or_else(|error| panic!("{}: {error}", scheme.id))
}

pub(super) fn forged(scheme: &Scheme) -> Signed {
    forged_to(scheme, "/webhook")
}

pub(super) fn request(signed: &Signed) -> Request<Body> {
    testing::request(signed).unwrap()
}

/// The request with another body.
pub(super) fn with_body<B>(signed: &Signed, body: B) -> Request<B> {
    request(signed).map(|_| body)
}

/// The delivery with one header added or changed.
pub(super) fn with_header(signed: &Signed, name: &'static str, value: &str) -> Signed {
    let mut signed = signed.clone();
    signed.headers.insert(name, value.parse().unwrap());
    signed
}

/// The delivery without a header that it has.
#[track_caller]
pub(super) fn without_header(signed: &Signed, name: &str) -> Signed {
    let mut signed = signed.clone();
    assert!(signed.headers.remove(name).is_some(), "there is no {name}");
    signed
}

/// Counts what happens: runs of a handler, polls of a body.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter(Arc<AtomicUsize>);

impl Counter {
    pub(super) fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) fn sub(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

pub(super) fn ok() -> Response<Body> {
    Response::new(Body::from(HANDLED))
}

pub(super) fn status(status: u16) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// A service from a function, as the layer needs it.
pub(super) fn handler<F, Fut>(
    run: F,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static
where
    F: Fn(Request<Body>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response<Body>> + Send,
{
    service_fn(move |request| {
        let run = run.clone();
        async move { Ok(run(request).await) }
    })
}

/// A handler that counts its runs and answers [`HANDLED`].
pub(super) fn counting(
    runs: &Counter,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static
+ use<> {
    let runs = runs.clone();
    handler(move |_| {
        runs.add();
        async { ok() }
    })
}

/// A response, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) rejection: Option<Rejection>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn code(&self) -> Option<&'static str> {
        self.rejection.as_ref().map(Rejection::code)
    }

    /// That the handler ran and answered.
    #[track_caller]
    pub(super) fn assert_handled(&self, name: &str) {
        assert_eq!(self.status, 200, "{name}: {:?}", self.rejection);
        assert_eq!(self.text(), HANDLED, "{name}");
        assert!(self.rejection.is_none(), "{name}: {:?}", self.rejection);
    }

    /// That it is the one public answer to a failed verification, for this reason.
    #[track_caller]
    pub(super) fn assert_refused(&self, name: &str, code: &str) {
        assert_eq!(self.code(), Some(code), "{name}: {:?}", self.rejection);
        assert_eq!(self.status, 401, "{name}");
        assert_eq!(self.text(), REFUSED, "{name}");
        let mut wanted = HeaderMap::new();
        wanted.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        wanted.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        let mut headers = self.headers.clone();
        // axum's router adds it, to every answer.
        headers.remove(header::CONTENT_LENGTH);
        assert_eq!(headers, wanted, "{name}");
    }

    /// That it is a refusal of its own kind, with this status, code and text.
    #[track_caller]
    pub(super) fn assert_is(&self, name: &str, status: u16, code: &str, text: &str) {
        assert_eq!(self.code(), Some(code), "{name}: {:?}", self.rejection);
        assert_eq!(self.status, status, "{name}");
        assert_eq!(self.text(), text, "{name}");
    }

    /// That the provider is asked to try again later.
    #[track_caller]
    pub(super) fn assert_try_again(&self, name: &str, code: &str) {
        self.assert_is(name, 503, code, "try again later\n");
        let seconds: u64 = self.header("retry-after").expect(name).parse().unwrap();
        assert!((1..=3600).contains(&seconds), "{name}: {seconds}");
    }
}

/// Sends a request, as a server does: once the service is ready.
pub(super) async fn send<S, B>(service: &S, request: Request<B>) -> Answer
where
    S: Service<Request<B>, Response = Response<Body>> + Clone,
    S::Error: Debug,
{
    let response = service.clone().oneshot(request).await.unwrap();
    answer(response).await
}

pub(super) async fn answer(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        rejection: parts.extensions.get::<Rejection>().cloned(),
        body: body.collect().await.unwrap().to_bytes(),
    }
}

/// What a body does next.
#[derive(Debug)]
pub(super) enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    /// Nothing for this long.
    Wait(Duration),
    /// The transport breaks.
    Fail,
    /// Nothing, ever.
    Hang,
}

/// A body that does what it is told, and counts how often it is asked.
#[derive(Debug)]
pub(super) struct Frames {
    steps: VecDeque<Step>,
    sleep: Option<Pin<Box<Sleep>>>,
    length: Option<u64>,
    pub(super) polls: Counter,
}

impl Frames {
    pub(super) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            sleep: None,
            length: None,
            polls: Counter::default(),
        }
    }

    /// A body in pieces of `size` bytes.
    pub(super) fn pieces(body: &[u8], size: usize) -> Self {
        Self::new(
            body.chunks(size)
                .map(|chunk| Step::Data(Bytes::copy_from_slice(chunk))),
        )
    }

    /// One that says how long it is, as a `Content-Length` does.
    pub(super) fn with_length(mut self, length: usize) -> Self {
        self.length = Some(length.try_into().unwrap());
        self
    }
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.polls.add();
        loop {
            if let Some(sleep) = &mut self.sleep {
                if sleep.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.sleep = None;
            }
            return Poll::Ready(match self.steps.pop_front() {
                None => None,
                Some(Step::Data(data)) => Some(Ok(Frame::data(data))),
                Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
                Some(Step::Fail) => Some(Err(io::ErrorKind::ConnectionReset.into())),
                Some(Step::Wait(duration)) => {
                    self.sleep = Some(Box::pin(sleep(duration)));
                    continue;
                }
                Some(Step::Hang) => {
                    self.steps.push_front(Step::Hang);
                    return Poll::Pending;
                }
            });
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// Serves `service` with hyper alone, on a real socket.
pub(super) async fn serve<S>(service: S) -> SocketAddr
where
    S: Service<Request<hyper::body::Incoming>, Response = Response<Body>>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
    S::Error: Into<BoxError> + Send + Sync,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let service = TowerToHyperService::new(service.clone());
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            // A client that breaks off is an error of the connection, and what some tests do.
            tokio::spawn(async move { drop(connection.await) });
        }
    });
    address
}

/// A client that writes and reads bytes, and never waits without end.
pub(super) struct Wire(BufStream<TcpStream>);

impl Wire {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufStream::new(stream))
    }

    pub(super) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// Sends another request, and reads its response. `None` if the connection is closed.
    pub(super) async fn ask_again(&mut self, bytes: &[u8]) -> Option<WireResponse> {
        let sent = self.0.write_all(bytes).await.is_ok() && self.0.flush().await.is_ok();
        if sent { self.response().await } else { None }
    }

    /// The next response; `None` if the server has closed the connection.
    pub(super) async fn response(&mut self) -> Option<WireResponse> {
        timeout(PATIENCE, self.read_response())
            .await
            .expect("the server does not answer")
    }

    async fn read_response(&mut self) -> Option<WireResponse> {
        let mut head = String::new();
        loop {
            let before = head.len();
            // A reset is as good as an end.
            let read = self.0.read_line(&mut head).await.unwrap_or(0);
            if read == 0 {
                assert!(head.is_empty(), "the response ends in its head: {head:?}");
                return None;
            }
            if &head[before..] == "\r\n" {
                break;
            }
        }
        let length = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.parse().unwrap());
        let mut body = vec![0; length];
        if !head.starts_with("HTTP/1.1 1") {
            self.0.read_exact(&mut body).await.unwrap();
        }
        Some(WireResponse {
            status: head[9..12].parse().unwrap(),
            head,
            body: String::from_utf8(body).unwrap(),
        })
    }
}

#[derive(Debug)]
pub(super) struct WireResponse {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

/// The head of a delivery as HTTP/1.1, without the empty line; `more` is further header lines.
pub(super) fn wire_head(signed: &Signed, more: &[&str]) -> String {
    let path = signed.url.strip_prefix("https://example.com").unwrap();
    let mut head = format!("{} {path} HTTP/1.1\r\nhost: example.com\r\n", signed.method);
    for (name, value) in &signed.headers {
        write!(head, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    for line in more {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head
}

/// A delivery as HTTP/1.1, with a `Content-Length`.
pub(super) fn wire_text(signed: &Signed) -> Vec<u8> {
    let length = format!("content-length: {}", signed.body.len());
    let mut text = wire_head(signed, &[&length]);
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(&signed.body);
    bytes
}

/// Everything that this thread traces, as long as the log lives.
///
/// One subscriber serves all threads: a subscriber for each would race for `tracing`'s cache of who is interested.
#[cfg(feature = "tracing")]
pub(super) struct Log(());

#[cfg(feature = "tracing")]
mod log {
    use std::{cell::RefCell, io, sync::Once};

    use tracing_subscriber::{filter::LevelFilter, fmt, util::SubscriberInitExt as _};

    use super::Log;

    thread_local! {
        static TRACED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
    }

    static INIT: Once = Once::new();

    impl Log {
        pub(in super::super) fn capture() -> Self {
            INIT.call_once(|| {
                fmt()
                    .with_max_level(LevelFilter::TRACE)
                    .with_ansi(false)
                    .with_writer(|| Writer)
                    .finish()
                    .init();
            });
            TRACED.set(Some(Vec::new()));
            Self(())
        }

        pub(in super::super) fn text(&self) -> String {
            let Self(()) = self;
            let traced = TRACED.with_borrow(|traced| traced.clone().unwrap());
            String::from_utf8(traced).unwrap()
        }
    }

    impl Drop for Log {
        fn drop(&mut self) {
            TRACED.set(None);
        }
    }

    struct Writer;

    impl io::Write for Writer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            TRACED.with_borrow_mut(|traced| {
                if let Some(traced) = traced {
                    traced.extend_from_slice(bytes);
                }
            });
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
