//! The main job: a server that verifies webhooks as a file says, and prints each genuine one.
//!
//! ```text
//! cargo run --example receiver
//! cargo run --example receiver -- --config FILE --listen ADDR
//! cargo run --example receiver -- --list-providers
//! cargo run --example receiver --features metrics -- --metrics 127.0.0.1:9464
//! cargo run --example receiver --features inspector
//! ```
//!
//! One JSON line on stdout for each verified delivery; what is refused goes to
//! stderr with its diagnosis. At the start it prints a report and a signed `curl` line for each endpoint.
//! With `--metrics` Prometheus finds them at `/metrics`, on loopback only. With the feature `inspector` the last deliveries are
//! on a page at `/inspector`, if it listens on loopback.

#[cfg(feature = "metrics")]
#[path = "support/prometheus.rs"]
mod prometheus;
mod support;

use std::{error::Error, fmt::Write as _, net::SocketAddr, process::ExitCode};

use axum::{Router, response::Response, routing::any};
use axum_webhook::{
    Endpoint, Rejection, Tenant, Timestamp, VerifiedWebhook, WebhookLayer, config::Config,
    providers, testing::sample,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

const DEFAULT_CONFIG: &str = include_str!("receiver.toml");
const DEFAULT_LISTEN: &str = "127.0.0.1:3000";
const USAGE: &str =
    "usage: receiver [--config FILE] [--listen ADDR] [--metrics ADDR] [--list-providers]";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("receiver: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut config = None;
    let mut metrics = None;
    let mut listen = DEFAULT_LISTEN.to_owned();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--list-providers" => {
                for (id, _) in providers::ALL {
                    println!("{id}");
                }
                return Ok(());
            }
            "--config" => config = Some(arguments.next().ok_or(USAGE)?),
            "--listen" => listen = arguments.next().ok_or(USAGE)?,
            "--metrics" => metrics = Some(arguments.next().ok_or(USAGE)?),
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            _ => return Err(USAGE.into()),
        }
    }
    let config = match config {
        Some(path) => Config::from_file(&path).map_err(|error| format!("{path}: {error}"))?,
        None => Config::from_toml(DEFAULT_CONFIG)?,
    };

    let endpoints = config.endpoints()?;
    let mut app = Router::new();
    for endpoint in &endpoints {
        app = app.route(endpoint.path().unwrap_or("/"), any(print));
    }
    let layer = config.layer()?;
    eprintln!("{}", layer.full_report().await);
    let layer = layer.on_refusal(report);
    if let Some(address) = metrics {
        serve_metrics(&address).await?;
    }

    let listener = TcpListener::bind(&listen)
        .await
        .map_err(|error| format!("can't listen on {listen}: {error}"))?;
    let address = listener.local_addr()?;
    eprintln!("listening on http://{address}");
    let (app, pages) = with_inspector(app, layer, address);
    for endpoint in &endpoints {
        eprintln!("\n# {} ({})", endpoint.name(), endpoint.provider());
        match curl(&config, endpoint, address) {
            Ok(line) => eprintln!("{line}"),
            Err(error) => eprintln!("# no sample: {error}"),
        }
    }
    eprintln!();
    axum::serve(listener, app)
        .with_graceful_shutdown(async {
            support::shutdown().await;
            pages();
        })
        .await?;
    Ok(())
}

/// The webhooks with the page of the inspector beside them, and what ends its wait for news. It is for this machine only.
#[cfg(feature = "inspector")]
fn with_inspector(
    app: Router,
    layer: WebhookLayer,
    address: SocketAddr,
) -> (Router, impl FnOnce()) {
    // What this handler does can be done again without harm.
    let inspector = axum_webhook::inspector().dangerous_allow_replay();
    let app = if address.ip().is_loopback() {
        eprintln!("inspector at http://{address}/inspector");
        let app = app.layer(layer.with_inspector(&inspector));
        app.nest_service("/inspector", inspector.router())
    } else {
        app.layer(layer)
    };
    (app, move || inspector.close())
}

#[cfg(not(feature = "inspector"))]
fn with_inspector(app: Router, layer: WebhookLayer, _: SocketAddr) -> (Router, impl FnOnce()) {
    (app.layer(layer), || {})
}

/// Serves the metrics beside the webhooks, to this machine only: they are not for the world.
#[cfg(feature = "metrics")]
async fn serve_metrics(address: &str) -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = address.parse()?;
    if !address.ip().is_loopback() {
        return Err(format!("metrics are served on loopback only, and {address} is not").into());
    }
    let registry = prometheus::Registry::default();
    metrics::set_global_recorder(registry.clone())?;
    axum_webhook::telemetry::describe_metrics();
    let listener = TcpListener::bind(address).await?;
    eprintln!("metrics at http://{}/metrics", listener.local_addr()?);
    let text = [(http::header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    let page = axum::routing::get(async move || (text, registry.render()));
    let app = Router::new().route("/metrics", page);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(())
}

#[cfg(not(feature = "metrics"))]
#[expect(clippy::unused_async, reason = "with the feature it waits")]
async fn serve_metrics(_: &str) -> Result<(), Box<dyn Error>> {
    Err("`--metrics` needs the feature \"metrics\"".into())
}

/// What is printed of a genuine delivery. What the request does not say is `null`.
#[derive(Serialize)]
struct Line<'a> {
    endpoint: &'a str,
    provider: &'a str,
    tenant: Option<&'a str>,
    event_id: Option<&'a str>,
    event_type: Option<&'a str>,
    /// Unix seconds.
    timestamp: Option<i64>,
    key_id: &'a str,
    /// `new`, or `operator` where the operator has handed it on once more. Duplicates never get here.
    replay: &'static str,
    bytes: usize,
    body_sha256: String,
}

/// The handler of every endpoint: one line for one genuine delivery.
async fn print(hook: VerifiedWebhook) -> Response {
    let line = Line {
        endpoint: hook.endpoint(),
        provider: hook.provider(),
        tenant: hook.tenant().map(Tenant::as_str),
        event_id: hook.event_id(),
        event_type: hook.event_type(),
        timestamp: hook.timestamp().map(Timestamp::unix_seconds),
        key_id: hook.key_id(),
        replay: if hook.is_replayed_by_operator() {
            "operator"
        } else {
            "new"
        },
        bytes: hook.raw().len(),
        body_sha256: hex(&Sha256::digest(hook.raw())),
    };
    match serde_json::to_string(&line) {
        Ok(line) => println!("{line}"),
        Err(error) => eprintln!("can't print a delivery: {error}"),
    }
    hook.accepted()
}

/// Says on stderr why a request was refused.
fn report(rejection: &Rejection) {
    let endpoint = rejection.endpoint().unwrap_or("-");
    eprintln!("refused [{endpoint}] {}: {rejection}", rejection.code());
    if let Some(tenant) = rejection.tenant() {
        eprintln!("  tenant: {tenant}");
    }
    for diagnosis in rejection.diagnoses() {
        eprintln!("  {}: {diagnosis}", diagnosis.code());
    }
}

/// A `curl` line with a signed delivery for an endpoint.
fn curl(
    config: &Config,
    endpoint: &Endpoint,
    address: SocketAddr,
) -> Result<String, Box<dyn Error>> {
    let secrets = config.secrets(endpoint.name())?;
    let path = endpoint.path().unwrap_or("/");
    let url = match endpoint.public_url() {
        Some(public_url) => public_url.join(path),
        None => format!("http://{address}{path}"),
    };
    let signed = sample(endpoint.scheme(), Timestamp::now())
        .with_url(url)
        .sign(endpoint.scheme(), secrets)?;
    support::curl(&format!("http://{address}{path}"), &signed)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
