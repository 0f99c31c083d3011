//! Discord: commands whose answer is the response, under a public key; `PING` is answered by the layer.
//!
//! ```text
//! cargo run --example discord_interactions --features ed25519
//! ```
//!
//! `DISCORD_PUBLIC_KEY` is the *Public Key* of the application's page. Without it the example makes a key pair that
//! everybody can make, and prints `curl` lines that are signed with it.

mod support;

use std::{env, error::Error, fmt::Write as _};

use axum::{Json, Router, http::HeaderMap, routing::post};
use axum_webhook::{
    Timestamp, VerifiedWebhook, WebhookLayer, providers, replay::MemoryReplayStore, sign::Signed,
};
use ed25519_dalek::{Signer as _, SigningKey};
use http::Method;
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
    // Only Discord has the private key of yours. Everybody has this one.
    let for_tests = SigningKey::from_bytes(&[7; 32]);
    let public_key = hex(for_tests.verifying_key().as_bytes());
    let secret = support::secret("DISCORD_PUBLIC_KEY", &public_key)?;
    let layer = WebhookLayer::new(providers::discord_interactions(), secret)?
        .with_replay_store(MemoryReplayStore::new())
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let app = Router::new()
        .route("/interactions", post(on_interaction))
        .layer(layer);

    if env::var_os("DISCORD_PUBLIC_KEY").is_none() {
        for (what, body) in [
            (
                "200: PING, which the layer answers",
                json!({"id": "1", "type": 1}),
            ),
            (
                "200: a command",
                json!({"id": "2", "type": 2, "data": {"name": "hello"}}),
            ),
        ] {
            let signed = sign(&for_tests, &body.to_string())?;
            println!("\n# {what}\n{}", support::curl(&url, &signed)?);
        }
        // Discord sends such ones, when the URL is saved and later, to see that they are refused.
        let forged = sign(&SigningKey::from_bytes(&[8; 32]), r#"{"id":"3","type":1}"#)?;
        println!(
            "\n# 401: PING, signed with another key\n{}",
            support::curl(&url, &forged)?
        );
    }
    println!("\nlistening on {url}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}

/// What Discord would send. `sign::Draft` does not sign with private keys, since a receiver has none.
fn sign(key: &SigningKey, body: &str) -> Result<Signed, Box<dyn Error>> {
    let timestamp = Timestamp::now().unix_seconds().to_string();
    let signature = key.sign(format!("{timestamp}{body}").as_bytes());
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse()?);
    headers.insert("x-signature-timestamp", timestamp.parse()?);
    headers.insert("x-signature-ed25519", hex(&signature.to_bytes()).parse()?);
    Ok(Signed {
        method: Method::POST,
        url: "https://example.com/interactions".to_owned(),
        headers,
        body: body.into(),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
