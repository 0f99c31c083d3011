//! A secret that changes while the server runs, in a file and by name, without a delivery refused.
//!
//! ```text
//! cargo run --example rotation
//! ```
//!
//! It prints the commands to try: signed `curl` lines for the old and the new secret, what changes the file, and what
//! to type here to rotate by name. Each genuine delivery prints the id of the key that matched.

mod support;

use std::{error::Error, fs, io, process};

use axum::{Router, response::Response, routing::post};
use axum_webhook::{
    Secret, VerifiedWebhook, WebhookHandle, config::Config, providers, sign::Draft,
};

// Everybody can read these: yours come from where your secrets are kept.
const OLD: &str = "only-for-tests-the-old-secret";
const NEW: &str = "only-for-tests-the-new-secret";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let name = format!("axum-webhook-rotation-{}", process::id());
    let file = std::env::temp_dir().join(name);
    fs::write(&file, OLD)?;

    let config = format!(
        r#"
        [[endpoint]]
        name = "mounted"
        provider = "github"
        secrets = [{{ id = "file", value = "file:{}" }}]

        [[endpoint]]
        name = "held"
        provider = "github"
        secrets = [{{ id = "old", value = "plain:{OLD}" }}]
        "#,
        file.display()
    );
    let layer = Config::from_toml(&config)?.layer()?.on_refusal(|refusal| {
        println!("refused: {refusal}");
    });
    let handle = layer.handle();
    let app = Router::new()
        .route("/webhooks/mounted", post(on_event))
        .route("/webhooks/held", post(on_event))
        .layer(layer);
    let listener = support::listen().await?;
    let url = format!("http://{}/webhooks", listener.local_addr()?);

    println!("A file. Before and after the change, send the first and the second line.");
    println!(
        "\n# 200: signed with the old secret\n{}",
        curl(&url, "mounted", OLD)?
    );
    println!(
        "\n# 401: signed with the new one\n{}",
        curl(&url, "mounted", NEW)?
    );
    println!("\n# the change\nprintf {NEW} > '{}'", file.display());
    println!("\nBy name. Type `both` here, and later `new`. Before, between and after, send");
    println!(
        "\n# 200: signed with the old secret\n{}",
        curl(&url, "held", OLD)?
    );
    println!(
        "\n# 401: signed with the new one\n{}",
        curl(&url, "held", NEW)?
    );
    println!("\nlistening on {url}");

    std::thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            match rotate(&handle, line.trim()) {
                Ok(()) => println!("done: {line}"),
                Err(error) => println!("nothing has changed: {error}"),
            }
        }
    });
    axum::serve(listener, app)
        .with_graceful_shutdown(support::shutdown())
        .await?;
    fs::remove_file(file)?;
    Ok(())
}

async fn on_event(hook: VerifiedWebhook) -> Response {
    println!("{}: signed with {}", hook.endpoint(), hook.key_id());
    hook.accepted()
}

/// First the new and the old one; once no delivery names the old one any more, the new one alone.
fn rotate(handle: &WebhookHandle, line: &str) -> Result<(), Box<dyn Error>> {
    let old = Secret::new(OLD)?.with_id("old");
    let new = Secret::new(NEW)?.with_id("new");
    match line {
        "both" => handle.rotate("held", [new, old])?,
        "new" => handle.rotate("held", new)?,
        _ => return Err("type `both` or `new`".into()),
    }
    Ok(())
}

/// A `curl` line with a delivery that is signed with `secret`. GitHub signs no time, so it works for ever.
fn curl(url: &str, endpoint: &str, secret: &str) -> Result<String, Box<dyn Error>> {
    let signed = Draft::new("{}").sign(&providers::github(), Secret::new(secret)?)?;
    support::curl(&format!("{url}/{endpoint}"), &signed)
}
