//! Shopify: a URL for each topic, since the topic's header is not signed, and what counts as the same event.
//!
//! ```text
//! cargo run --example shopify
//! ```
//!
//! It prints signed `curl` lines. `SHOPIFY_CLIENT_SECRET` is the app's client secret.

mod support;

use std::error::Error;

use axum::{Router, http::StatusCode, response::Response, routing::post};
use axum_webhook::{
    Endpoint, VerifiedWebhook, WebhookLayer, providers, replay::MemoryReplayStore, scheme::Dedupe,
    sign::Draft,
};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Order {
    id: u64,
    total_price: String,
    currency: String,
}

#[derive(Deserialize)]
struct Shop {
    myshopify_domain: String,
}

async fn on_order(hook: VerifiedWebhook<Order>) -> Result<Response, StatusCode> {
    expect(&hook, "orders/create")?;
    let order = &hook.payload;
    println!(
        "order {}: {} {}",
        order.id, order.total_price, order.currency
    );
    Ok(hook.accepted())
}

async fn on_uninstalled(hook: VerifiedWebhook<Shop>) -> Result<Response, StatusCode> {
    expect(&hook, "app/uninstalled")?;
    println!("{} has left", hook.payload.myshopify_domain);
    Ok(hook.accepted())
}

/// Finds a topic that was registered with another one's URL. It proves nothing: a body that somebody has kept can come with
/// any topic. What does is the URL, where only a body of its own topic fits the type.
fn expect<T>(hook: &VerifiedWebhook<T>, topic: &str) -> Result<(), StatusCode> {
    match hook.event_type() {
        Some(sent) if sent == topic => Ok(()),
        other => {
            println!("{other:?} was sent to the URL of {topic}");
            Err(StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen().await?;
    let url = format!("http://{}/shopify", listener.local_addr()?);
    let secret = support::secret("SHOPIFY_CLIENT_SECRET", "hush")?;
    // Shopify signs no id, so the layer can tell a repeat by its body alone. An order is created once, and its body
    // has its id: equal bodies are one event.
    let orders = Endpoint::new(providers::shopify(), secret.clone())?
        .with_name("orders/create")
        .with_path("/shopify/orders/create")
        .with_dedupe(Dedupe::Content)?;
    // A shop may leave, come back and leave again with the same body: two events, and the second one would be lost. So here
    // every delivery is handled, by a handler that does no harm when it runs twice.
    let uninstalled = Endpoint::new(providers::shopify(), secret.clone())?
        .with_name("app/uninstalled")
        .with_path("/shopify/app/uninstalled");
    let layer = WebhookLayer::by_path(vec![orders, uninstalled])?
        .with_replay_store(MemoryReplayStore::new())
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let app = Router::new()
        .route("/shopify/orders/create", post(on_order))
        .route("/shopify/app/uninstalled", post(on_uninstalled))
        .layer(layer);

    let order = json!({"id": 820_982_911, "total_price": "42.00", "currency": "EUR"});
    let shop = json!({"id": 548_380_009, "myshopify_domain": "hello.myshopify.com"});
    for (what, path, topic, body) in [
        ("200: an order", "orders/create", "orders/create", &order),
        (
            "200: the same order, answered and not handled again",
            "orders/create",
            "orders/create",
            &order,
        ),
        (
            "200: a shop that leaves",
            "app/uninstalled",
            "app/uninstalled",
            &shop,
        ),
        (
            "200: and leaves again: handled",
            "app/uninstalled",
            "app/uninstalled",
            &shop,
        ),
        (
            "422: a genuine order, sent on to another topic's URL",
            "app/uninstalled",
            "app/uninstalled",
            &order,
        ),
        (
            "422: a topic that was registered with the wrong URL",
            "orders/create",
            "orders/paid",
            &json!({"id": 1, "total_price": "1.00", "currency": "EUR"}),
        ),
    ] {
        let signed = Draft::new(body.to_string())
            .with_event_type(topic)
            .with_id("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043")
            .sign(&providers::shopify(), secret.clone())?;
        let line = support::curl(&format!("{url}/{path}"), &signed)?;
        println!("\n# {what}\n{line}");
    }
    println!("\nlistening on {url}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
