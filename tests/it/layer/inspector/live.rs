//! Server-sent events, over a real socket.

use std::time::Duration;

use axum_webhook::{inspector, providers};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tower::Layer as _;

use super::{
    super::support::{Counter, counting, layer, of_body, request, send},
    Page,
};

/// Reads until a text has come. It never waits without end.
async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut read = String::new();
    let reading = async {
        let mut buffer = [0; 1024];
        while !read.contains(wanted) {
            let len = stream.read(&mut buffer).await.unwrap();
            assert!(len > 0, "it ends before {wanted:?}: {read}");
            read.push_str(std::str::from_utf8(&buffer[..len]).unwrap());
        }
    };
    timeout(Duration::from_secs(10), reading).await.unwrap();
    read
}

#[tokio::test]
async fn news_come_at_once_and_say_nothing_of_the_delivery() {
    let scheme = providers::github();
    let inspector = inspector();
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move { axum::serve(listener, page.0).await });

    let mut stream = TcpStream::connect(address).await.unwrap();
    let ask = format!("GET /inspector/events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let head = read_until(&mut stream, "data: 0\n\n").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert!(head.contains("cache-control: no-store"), "{head}");

    let delivery = of_body(&scheme, "/webhook", r#"{"zen":"calm"}"#);
    send(&service, request(&delivery))
        .await
        .assert_handled("genuine");
    let news = read_until(&mut stream, "\n\n").await;
    assert!(news.contains("data: ") && !news.contains("calm"), "{news}");

    // The end of the inspector ends the connection's body, so that a graceful shutdown comes to an end.
    inspector.close();
    let mut rest = Vec::new();
    read_until(&mut stream, "0\r\n\r\n").await;
    stream.shutdown().await.unwrap();
    timeout(Duration::from_secs(10), stream.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    served.abort();
}

#[tokio::test]
async fn only_so_many_pages_wait() {
    let inspector = inspector();
    let page = Page::of(&inspector);
    let mut open = Vec::new();
    for _ in 0..64 {
        let answer = tower::ServiceExt::oneshot(page.0.clone(), super::get("/events"))
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        open.push(answer);
    }
    assert_eq!(page.get("/events").await.status, 503);
    open.pop();
    let answer = tower::ServiceExt::oneshot(page.0.clone(), super::get("/events"))
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}
