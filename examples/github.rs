//! GitHub: one URL for all events, each read as its own type.
//!
//! ```text
//! cargo run --example github
//! ```
//!
//! It prints signed `curl` lines. `GITHUB_WEBHOOK_SECRET` is the secret of the webhook's page.

mod support;

use std::error::Error;

use axum::{Router, http::StatusCode, response::Response, routing::post};
use axum_webhook::{VerifiedWebhook, WebhookLayer, providers, sign::Draft};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

#[derive(Deserialize)]
struct Push {
    r#ref: String,
    repository: Repository,
}

#[derive(Deserialize)]
struct Issues {
    action: String,
    issue: Issue,
    repository: Repository,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
    default_branch: String,
}

async fn on_event(hook: VerifiedWebhook) -> Result<Response, StatusCode> {
    // GitHub signs the body, not this header. So it may say how to read the body, and nothing else.
    match hook.event_type() {
        Some("push") => on_push(&read(&hook)?),
        Some("issues") => {
            let Issues {
                action,
                issue,
                repository,
            } = read(&hook)?;
            println!("{}#{} is {action}", repository.full_name, issue.number);
        }
        // `ping`, and what you will be sent by mistake. GitHub shows anything but a 2xx as a failure.
        other => println!("nothing to do for {other:?}"),
    }
    Ok(hook.accepted())
}

fn on_push(push: &Push) {
    let Repository {
        full_name,
        default_branch,
    } = &push.repository;
    if push.r#ref.strip_prefix("refs/heads/") == Some(default_branch) {
        // GitHub signs no time and no id either: a push that somebody has kept is genuine for ever. It is a reason to
        // look at the branch, and its commit is not the one to deploy.
        println!("fetch {default_branch} of {full_name}, and deploy");
    }
}

/// The signed body as the event that the header names.
fn read<T: DeserializeOwned>(hook: &VerifiedWebhook) -> Result<T, StatusCode> {
    serde_json::from_slice(hook.raw()).map_err(|error| {
        println!("{:?} has another body: {error}", hook.event_type());
        StatusCode::UNPROCESSABLE_ENTITY
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen().await?;
    let url = format!("http://{}/webhooks/github", listener.local_addr()?);
    let secret = support::secret("GITHUB_WEBHOOK_SECRET", "It's a Secret to Everybody")?;
    let layer = WebhookLayer::new(providers::github(), secret.clone())?
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let app = Router::new()
        .route("/webhooks/github", post(on_event))
        .layer(layer);

    let repository = json!({"full_name": "octo/hello", "default_branch": "main"});
    let push = json!({"ref": "refs/heads/main", "repository": repository});
    let issue = json!({"action": "opened", "issue": {"number": 1}, "repository": repository});
    for (what, event, body) in [
        ("200: a push to the branch that is deployed", "push", &push),
        ("200: an issue", "issues", &issue),
        ("422: genuine, but not what its header says", "push", &issue),
        (
            "200: nothing to do",
            "ping",
            &json!({"zen": "Keep it small."}),
        ),
    ] {
        let signed = Draft::new(body.to_string())
            .with_event_type(event)
            .with_id("72d3162e-cc78-11e3-81ab-4c9367dc0958")
            .sign(&providers::github(), secret.clone())?;
        println!("\n# {what}\n{}", support::curl(&url, &signed)?);
    }
    println!("\nlistening on {url}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
