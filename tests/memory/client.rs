//! Providers and strangers on their connections, and the receiver.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::post};
use axum_webhook::{
    Endpoint, Secret, VerifiedWebhook, WebhookLayer, providers,
    sign::{Draft, Signed},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    runtime::Runtime,
    sync::Semaphore,
    time::timeout,
};

const SECRET: &str = "It's a Secret to Everybody";

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_mins(10);

/// How many may wait to be accepted: more than ever come at once. Where more wait, the system resets some, and the layer never sees them.
const WAITING: u32 = 4096;

/// A layer for bodies of at most a MiB.
pub(crate) fn layer() -> WebhookLayer {
    let endpoint = Endpoint::new(providers::github(), Secret::new(SECRET).unwrap()).unwrap();
    WebhookLayer::for_endpoint(endpoint.with_body_limit("1MiB".parse().unwrap())).unwrap()
}

pub(crate) fn signed(body: Vec<u8>) -> Signed {
    let secret = Secret::new(SECRET).unwrap();
    Draft::new(body).sign(&providers::github(), secret).unwrap()
}

/// The head of a delivery, with one more line.
pub(crate) fn head(signed: &Signed, more: &str) -> Vec<u8> {
    let mut head = "POST / HTTP/1.1\r\nhost: localhost\r\n".to_owned();
    for (name, value) in &signed.headers {
        write!(head, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    write!(head, "{more}\r\n\r\n").unwrap();
    head.into_bytes()
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    /// Deliveries that the handler has begun.
    pub(crate) begun: Arc<AtomicUsize>,
    /// Handlers of large bodies go on one for each permit.
    pub(crate) gate: Arc<Semaphore>,
}

/// Serves on a runtime.
pub(crate) fn serve(runtime: &Runtime, layer: WebhookLayer) -> Receiver {
    let (begun, gate) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(0)));
    let (counter, waits) = (Arc::clone(&begun), Arc::clone(&gate));
    let handler = post(async move |hook: VerifiedWebhook| {
        counter.fetch_add(1, SeqCst);
        if hook.raw().len() > 100_000 {
            waits.acquire().await.unwrap().forget();
        }
        StatusCode::OK
    });
    let app = Router::new().route("/", handler).layer(layer);
    let _entered = runtime.enter();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(WAITING).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(axum::serve(listener, app).into_future());
    Receiver {
        address,
        begun,
        gate,
    }
}

/// The status and the whole answer; `None` where the connection broke without one.
pub(crate) async fn answer(stream: &mut TcpStream) -> Option<(u16, String)> {
    let mut text = Vec::new();
    let mut piece = [0; 1024];
    while !text.ends_with(b"\n") || text.ends_with(b"\r\n") && !text.ends_with(b"\r\n\r\n") {
        match timeout(PATIENCE, stream.read(&mut piece)).await.unwrap() {
            Ok(0) | Err(_) => break,
            Ok(len) => text.extend_from_slice(&piece[..len]),
        }
    }
    let text = String::from_utf8(text).unwrap();
    let status = text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().unwrap();
    Some((status, text))
}

/// Delivers a body at once.
pub(crate) async fn deliver(address: SocketAddr, signed: &Signed) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = format!("content-length: {}", signed.body.len());
    stream.write_all(&head(signed, &length)).await.unwrap();
    // It may be refused before all of it is there.
    let _ = stream.write_all(&signed.body).await;
    answer(&mut stream).await
}
