//! Stripe: events as an enum with an arm for all others, two live secrets, and each event booked once.
//!
//! ```text
//! cargo run --example stripe
//! ```
//!
//! It prints signed `curl` lines. `STRIPE_WEBHOOK_SECRET` is the secret of the endpoint's page, and with
//! `STRIPE_WEBHOOK_SECRET_OLD` the one that is being rotated out is accepted too.

mod support;

use std::{collections::HashMap, error::Error, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use axum_webhook::{
    Secret, VerifiedWebhook, WebhookLayer, providers, replay::MemoryReplayStore, sign::Draft,
};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

/// What this service reads of an event.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Event {
    #[serde(rename = "payment_intent.succeeded")]
    Paid { data: Data<PaymentIntent> },
    #[serde(rename = "charge.refunded")]
    Refunded { data: Data<Charge> },
    /// Whatever else the endpoint is sent, now or after Stripe's next release.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Data<T> {
    object: T,
}

#[derive(Deserialize)]
struct PaymentIntent {
    id: String,
    amount_received: u64,
}

#[derive(Deserialize)]
struct Charge {
    payment_intent: String,
    amount_refunded: u64,
}

/// In place of a database: what was paid and what was given back, by payment intent.
type Ledger = Arc<Mutex<HashMap<String, Entry>>>;

#[derive(Debug, Default)]
struct Entry {
    paid: u64,
    refunded: u64,
}

async fn on_event(State(ledger): State<Ledger>, hook: VerifiedWebhook<Event>) -> Response {
    let Ok(mut ledger) = ledger.try_lock() else {
        // Busy: the event is given back, and Stripe's retry is handled.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    // Events come in any order. Both amounts are totals, so it does not matter here.
    match &hook.payload {
        Event::Paid { data } => {
            let entry = ledger.entry(data.object.id.clone()).or_default();
            entry.paid = data.object.amount_received;
        }
        Event::Refunded { data } => {
            let intent = data.object.payment_intent.clone();
            ledger.entry(intent).or_default().refunded = data.object.amount_refunded;
        }
        // Say yes, or Stripe sends it for three days.
        Event::Other => {}
    }
    println!(
        "{:?} {:?}, signed with {}: {ledger:?}",
        hook.event_type(),
        hook.event_id(),
        hook.key_id(),
    );
    hook.accepted()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen().await?;
    let url = format!("http://{}/webhooks/stripe", listener.local_addr()?);
    let current = support::secret("STRIPE_WEBHOOK_SECRET", "whsec_only_for_tests")?;
    let mut secrets = vec![current.clone().with_id("current")];
    if let Ok(old) = Secret::from_env("STRIPE_WEBHOOK_SECRET_OLD") {
        secrets.push(old.with_id("old"));
    }
    let layer = WebhookLayer::new(providers::stripe(), secrets)?
        // For one process. `stripe_idempotent` has Postgres, for several and across crashes.
        .with_replay_store(MemoryReplayStore::new())
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let app = Router::new()
        .route("/webhooks/stripe", post(on_event))
        .with_state(Ledger::default())
        .layer(layer);

    let paid = json!({"id": "pi_1", "amount_received": 4200});
    let refunded = json!({"payment_intent": "pi_1", "amount_refunded": 1200});
    for (what, id, kind, object) in [
        ("200: a payment", "evt_1", "payment_intent.succeeded", &paid),
        (
            "200: the same event, answered and not booked again",
            "evt_1",
            "payment_intent.succeeded",
            &paid,
        ),
        (
            "200: a part of it is given back",
            "evt_2",
            "charge.refunded",
            &refunded,
        ),
        (
            "422: a payment that has no amount",
            "evt_3",
            "payment_intent.succeeded",
            &refunded,
        ),
        (
            "200: nothing to do",
            "evt_4",
            "customer.created",
            &json!({"id": "cus_1"}),
        ),
    ] {
        let body = json!({"id": id, "type": kind, "data": {"object": object}});
        let signed = Draft::new(body.to_string()).sign(&providers::stripe(), current.clone())?;
        println!("\n# {what}\n{}", support::curl(&url, &signed)?);
    }
    println!("\nlistening on {url}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
