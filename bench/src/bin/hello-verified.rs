//! The same server with axum-webhook: bench/weight compares its size.

use axum::{Router, routing::post};
use axum_webhook::{Secret, VerifiedWebhook, WebhookLayer, providers};
use tokio::{net::TcpListener, runtime::Runtime};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let handler = |hook: VerifiedWebhook| async move { hook.raw().len().to_string() };
    let layer = WebhookLayer::new(providers::github(), Secret::from_env("SECRET")?)?;
    let app = Router::new().route("/webhook", post(handler)).layer(layer);
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:3000").await?;
        axum::serve(listener, app).await
    })?;
    Ok(())
}
