//! What the crate has to do with whatever features it is built: each recorded delivery of each provider is accepted and
//! what is forged from it is refused, or the layer says at its start which feature is missing. Nothing panics.
//!
//! `scripts/features` runs it for each pair of features.

mod recorded;

use std::{
    convert::Infallible,
    error::Error,
    fs,
    future::{Ready, ready},
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use axum_core::body::Body;
use axum_webhook::{
    Endpoint, WebhookLayer, providers,
    scheme::Scheme,
    testing::{FixedClock, Vector},
};
use http::{Request, Response, StatusCode};
use tower_layer::Layer as _;
use tower_service::Service;

/// The handler: it counts how often it runs.
#[derive(Clone, Default)]
struct Handler {
    runs: Arc<AtomicUsize>,
}

impl Service<Request<Body>> for Handler {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        self.runs.fetch_add(1, Ordering::Relaxed);
        ready(Ok(Response::default()))
    }
}

/// What came of a provider.
#[derive(PartialEq)]
enum Outcome {
    /// A delivery was accepted, and this many forged ones were refused.
    Works(usize),
    /// The layer can't be built, and the error names this feature.
    Needs(&'static str),
}

/// A layer that can't be built in this build has to name a feature that this build lacks.
fn missing_feature(error: &str) -> Option<&'static str> {
    let features = [
        ("ed25519", cfg!(feature = "ed25519")),
        ("keccak", cfg!(feature = "keccak")),
        ("nfkd", cfg!(feature = "nfkd")),
        ("jwt", cfg!(feature = "jwt")),
        ("public-key", cfg!(feature = "public-key")),
    ];
    // `cli` and `remote-keys` bring some of them.
    let lacks = |name: &str, is_on: bool| {
        let brought = match name {
            "public-key" => cfg!(any(feature = "remote-keys", feature = "cli")),
            _ => cfg!(feature = "cli"),
        };
        !is_on && !brought
    };
    let mut named = features
        .into_iter()
        .filter(|(name, is_on)| lacks(name, *is_on) && error.contains(&format!("{name:?}")));
    named.next().map(|(name, _)| name)
}

async fn try_vector(scheme: &Scheme, vector: &Vector) -> Result<Outcome, Box<dyn Error>> {
    let endpoint = match Endpoint::new(scheme.clone(), vector.secrets()?) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            let text = error.to_string();
            return missing_feature(&text)
                .map(Outcome::Needs)
                .ok_or(text.into());
        }
    };
    let endpoint = match vector.url.as_deref().and_then(|url| url.split('?').next()) {
        Some(url) => endpoint.with_public_url(url.parse()?),
        None => endpoint,
    };
    let clock = FixedClock::new(vector.time());
    let layer = WebhookLayer::for_endpoint(endpoint)?.with_clock(clock);
    let handler = Handler::default();
    let mut service = layer.layer(handler.clone());
    let misses = vector.near_misses(scheme)?;
    for miss in &misses {
        let response = service.call(miss.request()?).await?;
        let runs = handler.runs.load(Ordering::Relaxed);
        if runs > 0 || response.status() != StatusCode::from_u16(scheme.answers.refused.status)? {
            let status = response.status();
            return Err(format!("{}: {status}, {runs} runs of the handler", miss.name()).into());
        }
    }
    let response = service.call(vector.request()?).await?;
    match handler.runs.load(Ordering::Relaxed) {
        1 if response.status() == StatusCode::OK => Ok(Outcome::Works(misses.len())),
        runs => Err(format!("{}, {runs} runs of the handler", response.status()).into()),
    }
}

/// The first of the provider's recorded deliveries that this build can verify, or the feature that it lacks.
async fn try_provider(scheme: &Scheme, vectors: &[Vector]) -> Result<Outcome, Box<dyn Error>> {
    let mut needs = None;
    let mut wrong = Vec::new();
    for vector in vectors {
        match try_vector(scheme, vector).await {
            Ok(Outcome::Needs(feature)) => needs = Some(feature),
            Ok(works) => return Ok(works),
            Err(error) => wrong.push(format!("{}: {error}", vector.name)),
        }
    }
    needs.map(Outcome::Needs).ok_or(wrong.join("; ").into())
}

async fn t_c3_each_provider_works_or_says_which_feature_it_needs() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    let (mut working, mut waiting, mut forged) = (0, 0, 0);
    for (id, describe) in providers::ALL {
        let text = fs::read_to_string(folder.join(format!("{id}.toml")))?;
        let vectors = recorded::vectors(&text)?;
        let outcome = try_provider(&describe(), &vectors).await;
        match outcome.map_err(|error| format!("{id}: {error}"))? {
            Outcome::Works(refused) => {
                working += 1;
                forged += refused;
            }
            Outcome::Needs(_) => waiting += 1,
        }
    }
    if working < 100 || forged < 500 {
        return Err(format!("only {working} providers work, {forged} forged deliveries").into());
    }
    println!(
        "{working} providers work, {waiting} name the feature that they need, {forged} forged deliveries refused"
    );
    Ok(())
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime of one thread");
    match runtime.block_on(t_c3_each_provider_works_or_says_which_feature_it_needs()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
