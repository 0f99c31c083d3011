use axum_webhook::{Endpoint, WebhookLayer, providers};

fn main() {
    let _ = WebhookLayer::new(providers::github());
    let _ = Endpoint::new(providers::github());
}
