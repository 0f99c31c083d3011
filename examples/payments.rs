//! Payments from Stripe: a typed payload, two live secrets, and an effect that happens once for each event.
//!
//! ```text
//! STRIPE_WEBHOOK_SECRET=whsec_… cargo run --example payments
//! ```
//!
//! With `STRIPE_WEBHOOK_SECRET_OLD` the secret that is being rotated out is accepted too.

use std::{collections::HashMap, error::Error, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use axum_webhook::{
    Endpoint, Secret, VerifiedWebhook, WebhookLayer, providers, replay::MemoryReplayStore,
};
use serde::Deserialize;
use tokio::{net::TcpListener, sync::Mutex};

/// What this service reads of an event. What it does not know yet stays a valid event.
#[derive(Deserialize)]
struct Event {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Intent,
}

#[derive(Deserialize)]
struct Intent {
    id: String,
    #[serde(default)]
    amount_received: u64,
}

/// In place of a database: what was paid, by payment intent.
type Ledger = Arc<Mutex<HashMap<String, u64>>>;

async fn on_event(State(ledger): State<Ledger>, hook: VerifiedWebhook<Event>) -> Response {
    if hook.event_type() != Some("payment_intent.succeeded") {
        // Not ours to judge: say yes, so that Stripe does not send it for three days.
        return hook.accepted();
    }
    let intent = &hook.payload.data.object;
    let Ok(mut ledger) = ledger.try_lock() else {
        // Busy: the event is given back, and Stripe's retry will be handled.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    ledger.insert(intent.id.clone(), intent.amount_received);
    println!(
        "{} paid {} ({:?}, signed with {})",
        intent.id,
        intent.amount_received,
        hook.event_id(),
        hook.key_id(),
    );
    hook.accepted()
}

fn app(secrets: Vec<Secret>) -> Result<Router, Box<dyn Error>> {
    let endpoint = Endpoint::new(providers::stripe(), secrets)?.with_name("payments");
    let layer = WebhookLayer::for_endpoint(endpoint)?
        .with_replay_store(MemoryReplayStore::new())
        .on_refusal(|rejection| {
            eprintln!("refused: {rejection} {:?}", rejection.diagnoses());
        });
    Ok(Router::new()
        .route("/webhooks/stripe", post(on_event))
        .with_state(Ledger::default())
        .layer(layer))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut secrets = vec![Secret::from_env("STRIPE_WEBHOOK_SECRET")?.with_id("current")];
    if let Ok(old) = Secret::from_env("STRIPE_WEBHOOK_SECRET_OLD") {
        secrets.push(old.with_id("old"));
    }
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!(
        "listening on http://{}/webhooks/stripe",
        listener.local_addr()?
    );
    axum::serve(listener, app(secrets)?).await?;
    Ok(())
}
