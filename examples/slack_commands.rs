//! Slack: a slash command as a struct, answered in the channel, and the question whether the URL is ours.
//!
//! ```text
//! cargo run --example slack_commands
//! ```
//!
//! It prints signed `curl` lines. `SLACK_SIGNING_SECRET` is the *signing secret* of the app's page.

mod support;

use std::error::Error;

use axum::{Json, Router, response::Response, routing::post};
use axum_webhook::{
    VerifiedWebhook, WebhookLayer, providers, replay::MemoryReplayStore, sign::Draft,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What this app reads of a command's form.
#[derive(Deserialize)]
struct SlashCommand {
    command: String,
    #[serde(default)]
    text: String,
    user_id: String,
}

/// An answer to whoever typed the command.
#[derive(Serialize)]
struct Answer {
    response_type: &'static str,
    text: String,
}

impl Answer {
    /// Only the one who typed the command sees it.
    const fn ephemeral(text: String) -> Self {
        Self {
            response_type: "ephemeral",
            text,
        }
    }

    /// The whole channel sees it.
    const fn in_channel(text: String) -> Self {
        Self {
            response_type: "in_channel",
            text,
        }
    }
}

/// Slack waits three seconds. What takes longer is answered at once, and later at the form's `response_url`.
async fn on_command(hook: VerifiedWebhook<SlashCommand>) -> Json<Answer> {
    let SlashCommand {
        command,
        text,
        user_id,
    } = &hook.payload;
    println!("{user_id} typed {command} {text}");
    Json(match (command.as_str(), text.trim()) {
        ("/deploy", "") => Answer::ephemeral("what should be deployed?".to_owned()),
        // That Slack sent it says who typed it, not that they may.
        ("/deploy", what) => Answer::in_channel(format!("<@{user_id}> asks for {what}")),
        _ => Answer::ephemeral(format!("{command} is unknown here")),
    })
}

async fn on_event(hook: VerifiedWebhook) -> Response {
    println!("event {:?}: {:?}", hook.event_id(), hook.event_type());
    hook.accepted()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen().await?;
    let url = format!("http://{}/slack", listener.local_addr()?);
    let secret = support::secret("SLACK_SIGNING_SECRET", "8f742231b10e8888abcd99yyyzzz85a5")?;
    // An app has one signing secret, so one layer stands around all its URLs. It answers `url_verification` by
    // itself: no handler knows of it.
    let layer = WebhookLayer::new(providers::slack(), secret.clone())?
        .with_replay_store(MemoryReplayStore::new())
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let app = Router::new()
        .route("/slack/commands", post(on_command))
        .route("/slack/events", post(on_event))
        .layer(layer);

    let form = "application/x-www-form-urlencoded";
    let typed = "command=%2Fdeploy&text=api+to+production&user_id=U024BE7LH&trigger_id=1.2";
    let question = json!({"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"});
    let event =
        json!({"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"}});
    for (what, path, kind, body) in [
        ("200: a command", "commands", form, typed.to_owned()),
        (
            "200: is this URL ours? The layer answers with the challenge",
            "events",
            "application/json",
            question.to_string(),
        ),
        (
            "200: an event",
            "events",
            "application/json",
            event.to_string(),
        ),
    ] {
        let signed = Draft::new(body)
            .with_content_type(kind)
            .sign(&providers::slack(), secret.clone())?;
        let line = support::curl(&format!("{url}/{path}"), &signed)?;
        println!("\n# {what}\n{line}");
    }
    println!("\nlistening on {url}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
