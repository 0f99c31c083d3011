//! Payments from Stripe, each booked exactly once: "done" is stored in the transaction that books it.
//!
//! A process may be killed between any two lines of the handler. Either payment and "done" are stored, and the
//! retry is answered as a success without a run; or neither is, and the retry books it.
//!
//! ```text
//! export DATABASE_URL=postgres://user@localhost/shop STRIPE_WEBHOOK_SECRET=whsec_only_for_tests
//! cargo run --example stripe_idempotent --features postgres
//! ```
//!
//! In another terminal, with the same secret: deliver an event as often as you like, and look.
//!
//! ```text
//! eval "$(cargo run --quiet --example stripe_idempotent --features postgres -- curl evt_1 4200)"
//! psql "$DATABASE_URL" -c 'SELECT * FROM payments'
//! ```
//!
//! To see that a crash books nothing, give the handler a pause before its commit with `PAUSE_SECONDS=20`, kill the
//! server (`kill -9`) while it waits, look at the table, start the server again and deliver once more. Until the lease of
//! the killed one has run out (two minutes, here ten seconds), the answer is 503: Stripe would come again.

use std::{env, error::Error, fmt::Write as _, time::Duration};

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
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{net::TcpListener, time::sleep};

const LISTEN: &str = "127.0.0.1:3000";

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

async fn app() -> Result<Router, Box<dyn Error>> {
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .connect(&env::var("DATABASE_URL")?)
        .await?;
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS payments \
         (event text NOT NULL, intent text NOT NULL, cents bigint NOT NULL)",
    )
    .execute(&pool)
    .await?;
    // The store has connections of its own, so that handlers that are busy never keep it waiting.
    let store = PostgresReplayStore::new(&env::var("DATABASE_URL")?)?;
    store.migrate().await?;

    let secret = Secret::from_env("STRIPE_WEBHOOK_SECRET")?;
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

/// A signed delivery of the event `id` as a `curl` line.
fn curl(id: &str, cents: &str) -> Result<String, Box<dyn Error>> {
    let cents: i64 = cents.parse()?;
    let body = format!(
        r#"{{"id":"{id}","type":"payment_intent.succeeded","data":{{"object":{{"id":"pi_{id}","amount_received":{cents}}}}}}}"#
    );
    let signed = Draft::new(body.as_str())
        .with_timestamp(Timestamp::now())
        .sign(
            &providers::stripe(),
            Secret::from_env("STRIPE_WEBHOOK_SECRET")?,
        )?;
    let mut line = format!("curl -i http://{LISTEN}/webhooks/stripe");
    for (name, value) in &signed.headers {
        write!(line, " -H '{name}: {}'", value.to_str()?)?;
    }
    Ok(format!("{line} --data-binary '{body}'"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [command, id, cents] = arguments.as_slice()
        && command == "curl"
    {
        println!("{}", curl(id, cents)?);
        return Ok(());
    }
    let listener = TcpListener::bind(LISTEN).await?;
    println!("listening on http://{LISTEN}/webhooks/stripe");
    axum::serve(listener, app().await?).await?;
    Ok(())
}
