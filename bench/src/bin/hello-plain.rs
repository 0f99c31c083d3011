//! A server without axum-webhook: bench/weight compares its size.

use axum::{Router, routing::post};
use bytes::Bytes;
use tokio::{net::TcpListener, runtime::Runtime};

fn main() -> std::io::Result<()> {
    let handler = |body: Bytes| async move { body.len().to_string() };
    let app = Router::new().route("/webhook", post(handler));
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:3000").await?;
        axum::serve(listener, app).await
    })
}
