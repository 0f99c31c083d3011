//! Without axum: the layer around a tower service, on hyper itself, with the time limit for headers that `axum::serve` lacks.
//!
//! ```text
//! cargo run --example hyper --no-default-features
//! ```
//!
//! It prints signed `curl` lines. Default features do no harm, but here nothing needs them.

mod support;

use std::{convert::Infallible, error::Error, pin::pin, time::Duration};

use axum_core::{
    body::Body,
    extract::FromRequestParts as _,
    response::{IntoResponse as _, Response},
};
use axum_webhook::{Endpoint, VerifiedWebhook, WebhookLayer, providers, sign::Draft};
use http::Request;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use serde::Deserialize;
use tokio::time::{sleep, timeout};
use tower::{Layer as _, service_fn};

#[derive(Deserialize)]
struct Push {
    r#ref: String,
}

/// Only what is genuine gets here.
async fn handle(request: Request<Body>) -> Result<Response, Infallible> {
    let (mut parts, _) = request.into_parts();
    // The extractor is axum-core's, which needs no router. A service that gets on with the body's bytes takes a
    // `VerifiedWebhook` without a type.
    let hook = match VerifiedWebhook::<Push>::from_request_parts(&mut parts, &()).await {
        Ok(hook) => hook,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    println!("{:?}: push to {}", hook.event_id(), hook.payload.r#ref);
    Ok(hook.accepted())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = support::listen().await?;
    let url = format!("http://{}/webhooks/github", listener.local_addr()?);
    let secret = support::secret("GITHUB_WEBHOOK_SECRET", "It's a Secret to Everybody")?;
    // Without a router it is the layer that answers 404 to every other path.
    let endpoint =
        Endpoint::new(providers::github(), secret.clone())?.with_path("/webhooks/github");
    let layer = WebhookLayer::by_path(vec![endpoint])?
        .on_refusal(|rejection| println!("refused: {rejection} {:?}", rejection.diagnoses()));
    let service = TowerToHyperService::new(layer.layer(service_fn(handle)));

    let signed = Draft::new(r#"{"ref":"refs/heads/main"}"#)
        .with_id("72d3162e-cc78-11e3-81ab-4c9367dc0958")
        .sign(&providers::github(), secret)?;
    println!("\n# 200: a push\n{}", support::curl(&url, &signed)?);
    let elsewhere = url.replace("github", "elsewhere");
    println!(
        "\n# 404: another path\n{}",
        support::curl(&elsewhere, &signed)?
    );
    println!("\nlistening on {url}");

    let mut server = http1::Builder::new();
    // The layer limits bodies; headers are read before any layer runs.
    server
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(10));
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(support::shutdown());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // A connection that is gone already, or no descriptor left: either passes.
                eprintln!("no connection: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let connection = server.serve_connection(TokioIo::new(stream), service.clone());
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("a connection broke: {error}");
            }
        });
    }
    // What is being handled ends; a sender that does not is left.
    drop(listener);
    timeout(Duration::from_secs(10), connections.shutdown()).await?;
    Ok(())
}
