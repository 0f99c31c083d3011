//! Endpoints from a file: the file says paths, secrets and limits, the code what is done with the events of a provider.
//!
//! ```text
//! cargo run --example from_config
//! cargo run --example from_config -- --config FILE
//! ```
//!
//! It serves [`from_config.toml`](from_config.toml), and prints what is wrong with a file or signed `curl` lines.

mod support;

use std::error::Error;

use axum::{Router, response::Response, routing::post};
use axum_webhook::{Timestamp, VerifiedWebhook, config::Config, testing::sample};
use serde::Deserialize;

#[derive(Deserialize)]
struct Push {
    #[serde(default)]
    r#ref: String,
}

async fn on_push(hook: VerifiedWebhook<Push>) -> Response {
    println!("{}: push to {:?}", hook.endpoint(), hook.payload.r#ref);
    hook.accepted()
}

async fn on_payment(hook: VerifiedWebhook) -> Response {
    let (id, key) = (hook.event_id(), hook.key_id());
    println!("{}: event {id:?}, signed with {key}", hook.endpoint());
    hook.accepted()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [file, listen] = support::options(["--config", "--listen"])?;
    let config = match file {
        Some(file) => Config::from_file(&file).map_err(|error| format!("{file}: {error}"))?,
        None => Config::from_toml(include_str!("from_config.toml"))?,
    };
    let mut app = Router::new();
    let endpoints = config.endpoints()?;
    for endpoint in &endpoints {
        let handler = match endpoint.provider() {
            "github" => post(on_push),
            "stripe" => post(on_payment),
            other => {
                return Err(format!("{}: there is no code for {other}", endpoint.name()).into());
            }
        };
        // `Config` gives every endpoint a path.
        app = app.route(endpoint.path().unwrap_or("/"), handler);
    }
    let layer = config.layer()?;
    // Schemes, keys by their ids, and what looks wrong about a secret.
    println!("{}", layer.report());
    let app = app.layer(
        layer.on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses())),
    );

    let listener = support::bind(listen).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    for endpoint in &endpoints {
        let path = endpoint.path().unwrap_or("/");
        for (secret, number) in config.secrets(endpoint.name())?.into_iter().zip(1..) {
            let signed = sample(endpoint.scheme(), Timestamp::now())
                .with_id(format!("evt_{number}"))
                .sign(endpoint.scheme(), secret)?;
            let line = support::curl(&format!("{origin}{path}"), &signed)?;
            println!(
                "\n# 200: for {}, under its secret {number}\n{line}",
                endpoint.name()
            );
        }
    }
    println!("\nlistening on {origin}");
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    Ok(())
}
