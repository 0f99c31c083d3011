//! Attacks on frames, trailers and streams, over real connections of HTTP/2.

use std::{net::SocketAddr, time::Duration};

use axum_webhook::{providers, scheme::Scheme, sign::Signed};
use bytes::Bytes;
use h2::{
    RecvStream, SendStream,
    client::{ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request, Response, Version};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use tower::Layer as _;

use super::{
    sockets::{IDLE, PATIENCE, TOTAL},
    support::{Counter, counting, forged, layer, signed, wire_text, without_header},
};

/// Serves `scheme` over HTTP/2 without TLS.
pub(super) async fn http2_server(scheme: &Scheme) -> (SocketAddr, Counter) {
    let runs = Counter::default();
    let layer = layer(scheme).with_body_timeouts(IDLE, TOTAL);
    let service = TowerToHyperService::new(layer.layer(counting(&runs)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service.clone());
            tokio::spawn(async move { drop(connection.await) });
        }
    });
    (address, runs)
}

/// A client that is in charge of each frame.
pub(super) struct Http2(SendRequest<Bytes>);

impl Http2 {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(async move { drop(connection.await) });
        Self(client)
    }

    /// Opens a stream: what comes back, and what its body is written to.
    async fn open(&mut self, head: Request<()>) -> (ResponseFuture, SendStream<Bytes>) {
        let mut client = self.0.clone().ready().await.unwrap();
        client.send_request(head, false).unwrap()
    }

    pub(super) async fn send(&mut self, head: Request<()>, body: &[u8]) -> Response<RecvStream> {
        let (response, mut stream) = self.open(head).await;
        let body = Bytes::copy_from_slice(body);
        // The server may have refused, and closed the stream, by now.
        drop(stream.send_data(body, true));
        status(response).await
    }
}

async fn status(response: ResponseFuture) -> Response<RecvStream> {
    let response = timeout(PATIENCE, response).await;
    response.expect("the server does not answer").unwrap()
}

/// The head of a delivery as HTTP/2 has it.
pub(super) fn head(signed: &Signed) -> Request<()> {
    let mut head = Request::builder()
        .method(signed.method.clone())
        .uri(&signed.url)
        .version(Version::HTTP_2)
        .body(())
        .unwrap();
    *head.headers_mut() = signed.headers.clone();
    head
}

/// Frames without a byte in them cost no byte of the limit, but they end with the body's time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_i5_endless_empty_frames_end_with_the_time_of_the_body() {
    let scheme = providers::github();
    let (address, runs) = http2_server(&scheme).await;
    let genuine = signed(&scheme);
    let flood = tokio::spawn({
        let head = head(&genuine);
        async move {
            let mut client = Http2::connect(address).await;
            let (mut response, mut stream) = client.open(head).await;
            let start = Instant::now();
            let mut frames = 0_usize;
            // Until the server answers or hangs up: both end it.
            while start.elapsed() < PATIENCE {
                for _ in 0..100 {
                    if stream.send_data(Bytes::new(), false).is_err() {
                        return (None, frames, start.elapsed());
                    }
                    frames += 1;
                }
                if let Ok(answer) = timeout(Duration::from_millis(1), &mut response).await {
                    let status = answer.ok().map(|response| response.status().as_u16());
                    return (status, frames, start.elapsed());
                }
            }
            panic!("{frames} empty frames, and no end");
        }
    });
    // Others are served meanwhile.
    let mut client = Http2::connect(address).await;
    for _ in 0..20 {
        let answer = client.send(head(&genuine), &genuine.body).await;
        assert_eq!(answer.status(), 200);
        sleep(TOTAL / 20).await;
    }
    let (status, frames, took) = flood.await.unwrap();
    assert!(matches!(status, Some(408) | None), "{status:?}");
    assert!(frames > 100 && took < PATIENCE / 2, "{frames} in {took:?}");
    assert_eq!(runs.count(), 20);
}

#[tokio::test]
async fn t_i8_trailers_of_http2_sign_nothing() {
    let scheme = providers::github();
    let (address, runs) = http2_server(&scheme).await;
    let genuine = signed(&scheme);
    let late = without_header(&genuine, "x-hub-signature-256");
    let mut trailers = HeaderMap::new();
    let signature = genuine.headers["x-hub-signature-256"].clone();
    trailers.insert("x-hub-signature-256", signature);
    for (name, signed, wanted, handled) in [
        ("in the trailers alone", &late, 401, 0),
        ("in both", &genuine, 200, 1),
    ] {
        let mut client = Http2::connect(address).await;
        let (response, mut stream) = client.open(head(signed)).await;
        drop(stream.send_data(Bytes::from(signed.body.clone()), false));
        drop(stream.send_trailers(trailers.clone()));
        assert_eq!(status(response).await.status(), wanted, "{name}");
        assert_eq!(runs.count(), handled, "{name}");
    }
}

/// Of the streams of one connection, the refused ones leave the others alone.
#[tokio::test]
async fn t_l7_a_refused_stream_does_not_poison_its_connection() {
    let scheme = providers::github();
    let (address, runs) = http2_server(&scheme).await;
    let genuine = signed(&scheme);
    let unsigned = without_header(&genuine, "x-hub-signature-256");
    let large = vec![b'x'; 300_000];
    let mut client = Http2::connect(address).await;
    for round in 1..=20 {
        for (bad, body) in [
            (&unsigned, &large),
            (&unsigned, &wire_text(&genuine)),
            (&forged(&scheme), &large),
        ] {
            let answer = client.send(head(bad), body).await;
            assert_eq!(answer.status(), 401, "round {round}");
        }
        let answer = client.send(head(&genuine), &genuine.body).await;
        assert_eq!(answer.status(), 200, "round {round}");
        assert_eq!(runs.count(), round);
    }
}
