//! Payments from Stripe, each booked exactly once: "done" is stored in the transaction that books it.
//!
//! A process may be killed between any two lines of the handler. Either payment and "done" are stored, and the
//! retry is answered as a success without a run; or neither is, and the retry books it.
//!
//! ```text
//! DATABASE_URL=postgres://user@localhost/shop cargo run --example stripe_idempotent --features postgres
//! ```
//!
//! It prints signed `curl` lines, each to be sent as often as you like, and a line that looks into the table.
//! `STRIPE_WEBHOOK_SECRET` is the secret of the endpoint's page.
//!
//! To see that a crash books nothing, give the handler a pause before its commit with `PAUSE_SECONDS=20`, kill the
//! server (`kill -9`) while it waits, look at the table, start the server again and send the same line once more. Until the
//! lease of the killed one has run out (two minutes, here ten seconds), the answer is 503: Stripe would come again.

mod support;

use std::{env, error::Error, time::Duration};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use axum_webhook::{
    Endpoint, Secret, Timestamp, VerifiedWebhook, WebhookLayer, providers,
    replay::{PostgresReplayStore, sqlx_0_9::DoneIn as _},
    sign::Draft,
};
use serde::Deserialize;
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::time::sleep;

/// What this service reads of an event.
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
    amount_received: i64,
}

async fn on_event(State(pool): State<PgPool>, hook: VerifiedWebhook<Event>) -> Response {
    if hook.event_type() != Some("payment_intent.succeeded") {
        return hook.accepted();
    }
    match book(&pool, &hook).await {
        Ok(()) => hook.accepted(),
        Err(error) => {
            // Nothing is booked, and Stripe comes again.
            eprintln!("{:?} is not booked: {error}", hook.event_id());
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Books a payment, and marks its event as done: both, or neither.
async fn book(pool: &PgPool, hook: &VerifiedWebhook<Event>) -> Result<(), Box<dyn Error>> {
    let intent = &hook.payload.data.object;
    let mut transaction = pool.begin().await?;
    // No `ON CONFLICT`: that the event comes here once is the layer's business.
    sqlx::query("INSERT INTO payments (event, intent, cents) VALUES ($1, $2, $3)")
        .bind(hook.event_id())
        .bind(&intent.id)
        .bind(intent.amount_received)
        .execute(&mut *transaction)
        .await?;
    if let Ok(seconds) = env::var("PAUSE_SECONDS") {
        println!("{} waits before its commit", intent.id);
        sleep(Duration::from_secs(seconds.parse()?)).await;
    }
    hook.done_in(&mut transaction).await?;
    transaction.commit().await?;
    println!("{} paid {}", intent.id, intent.amount_received);
    Ok(())
}

async fn app(secret: Secret) -> Result<Router, Box<dyn Error>> {
    let url = env::var("DATABASE_URL").map_err(|error| format!("DATABASE_URL: {error}"))?;
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .connect(&url)
        .await?;
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS payments \
         (event text NOT NULL, intent text NOT NULL, cents bigint NOT NULL)",
    )
    .execute(&pool)
    .await?;
    // The store has connections of its own, so that handlers that are busy never keep it waiting.
    let store = PostgresReplayStore::new(&url)?;
    store.migrate().await?;

    let endpoint = Endpoint::new(providers::stripe(), secret)?
        .with_name("payments")
        .with_lease(Duration::from_secs(10));
    let layer = WebhookLayer::for_endpoint(endpoint)?
        .with_replay_store(store)
        .on_refusal(|rejection| eprintln!("refused: {rejection} {:?}", rejection.diagnoses()));
    Ok(Router::new()
        .route("/webhooks/stripe", post(on_event))
        .with_state(pool)
        .layer(layer))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen().await?;
    let url = format!("http://{}/webhooks/stripe", listener.local_addr()?);
    let secret = support::secret("STRIPE_WEBHOOK_SECRET", "whsec_only_for_tests")?;
    let app = app(secret.clone()).await?;

    let now = Timestamp::now().unix_seconds();
    for cents in [4200, 1700] {
        let (event, intent) = (format!("evt_{now}_{cents}"), format!("pi_{now}_{cents}"));
        let body = json!({
            "id": event,
            "type": "payment_intent.succeeded",
            "data": {"object": {"id": intent, "amount_received": cents}},
        });
        let signed = Draft::new(body.to_string()).sign(&providers::stripe(), secret.clone())?;
        let line = support::curl(&url, &signed)?;
        println!("\n# 200: {cents} cents are paid, however often it is sent\n{line}");
    }
    println!("\n# the table\npsql \"$DATABASE_URL\" -c 'SELECT * FROM payments'");
    println!("\nlistening on {url}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
