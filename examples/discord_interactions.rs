//! Discord: commands whose answer is the response, under a public key; `PING` is answered by the layer.
//!
//! ```text
//! cargo run --example discord_interactions --features ed25519
//! ```
//!
//! `DISCORD_PUBLIC_KEY` is the *Public Key* of the application's page. Without it the example makes a key pair of its own,
//! and prints `curl` lines that are signed with it.

mod support;

use std::{env, error::Error};

use axum::{Json, Router, routing::post};
use axum_webhook::{
    Secret, VerifiedWebhook, WebhookLayer, providers,
    replay::MemoryReplayStore,
    testing::{self, Delivery, NearMiss},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// What this application reads of an interaction.
#[derive(Deserialize)]
struct Interaction {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    name: Option<String>,
}

/// The response is the answer, and is due within three seconds.
async fn on_interaction(hook: VerifiedWebhook<Interaction>) -> Json<Value> {
    let name = hook
        .payload
        .data
        .as_ref()
        .and_then(|data| data.name.as_deref());
    println!("interaction {:?}: {name:?}", hook.event_id());
    let content = match name {
        Some("hello") => "Hello!".to_owned(),
        _ => "That is unknown here.".to_owned(),
    };
    // CHANNEL_MESSAGE_WITH_SOURCE; the flag 64 shows it to the asker alone.
    Json(json!({"type": 4, "data": {"content": content, "flags": 64}}))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen().await?;
    let url = format!("http://{}/interactions", listener.local_addr()?);
    let scheme = providers::discord_interactions();
    let is_real = env::var_os("DISCORD_PUBLIC_KEY").is_some();
    let key = if is_real {
        Secret::from_env("DISCORD_PUBLIC_KEY")?
    } else {
        testing::secret(&scheme)
    };
    let layer = WebhookLayer::new(scheme.clone(), key.clone())?
        .with_replay_store(MemoryReplayStore::new())
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let app = Router::new()
        .route("/interactions", post(on_interaction))
        .layer(layer);

    // Only Discord has the private key of a real one.
    if !is_real {
        let delivery = |body: Value| {
            let delivery = Delivery::new(&scheme, key.clone()).with_url(&url);
            delivery.with_body(body.to_string())
        };
        let ping = delivery(json!({"id": "1", "type": 1})).sign()?;
        let command = delivery(json!({"id": "2", "type": 2, "data": {"name": "hello"}})).sign()?;
        // Discord sends such ones, when the URL is saved and later, to see that they are refused.
        let forged = delivery(json!({"id": "3", "type": 1})).near_misses()?;
        let forged = forged.iter().find(|miss| miss.name() == "wrong key");
        for (what, signed) in [
            ("200: PING, which the layer answers", Some(&ping)),
            ("200: a command", Some(&command)),
            (
                "401: PING, signed with another key",
                forged.map(NearMiss::signed),
            ),
        ] {
            let signed = signed.ok_or("there is no such delivery")?;
            println!("\n# {what}\n{}", support::curl(&url, signed)?);
        }
    }
    println!("\nlistening on {url}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
