//! Secrets that are changed every 100 ms while deliveries come over real connections.
//!
//! ```text
//! cargo test --test rotation
//! AXUM_WEBHOOK_ROTATION_SECONDS=60 cargo test --test rotation
//! ```
//!
//! One endpoint is rotated by its handle, another one by rewriting its files. The program prints what it counted, and
//! fails if a genuine delivery was refused or a forged one handled. It loads the machine on purpose, so it
//! is a program of its own and not a part of `tests/it`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

#[path = "../support/chosen.rs"]
mod chosen;
mod client;
mod way;

use std::{
    env,
    net::SocketAddr,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::post};
use axum_webhook::{VerifiedWebhook, config::Config};
use futures_util::future::join_all;
use serde::Deserialize;
use tokio::{
    net::TcpListener,
    time::{Instant, interval, sleep},
};

use self::{
    chosen::Chosen,
    client::{Client, Counts},
    way::Way,
};

/// The time between two changes.
const CHANGE: Duration = Duration::from_millis(100);

/// The connections to each endpoint.
const CONNECTIONS: usize = 4;

/// How long a secret counts that is no longer in its file, as the configuration says.
const REREAD: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    if !Chosen::by_arguments().runs("rotation") {
        return ExitCode::SUCCESS;
    }
    let seconds = env::var("AXUM_WEBHOOK_ROTATION_SECONDS");
    let seconds = seconds.map_or(5, |seconds| seconds.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    if runtime.block_on(rotate_for(Duration::from_secs(seconds))) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// How often the handler ran for a delivery that was signed with a live secret, and for any other.
#[derive(Default)]
struct Handled {
    genuine: AtomicUsize,
    forged: AtomicUsize,
}

#[derive(Deserialize)]
struct Event {
    is_forged: bool,
}

async fn rotate_for(time: Duration) -> bool {
    let folder = way::Folder::new();
    let layer = Config::from_toml(&way::config(&folder, REREAD))
        .unwrap()
        .layer()
        .unwrap();
    let ways = [Way::handle(layer.handle()), Way::files(&folder)];
    let handled: [Arc<Handled>; 2] = Default::default();
    let mut app = Router::new();
    for (way, handled) in ways.iter().zip(&handled) {
        let handled = Arc::clone(handled);
        let handle = post(async move |hook: VerifiedWebhook<Event>| {
            let counter = if hook.payload.is_forged {
                &handled.forged
            } else {
                &handled.genuine
            };
            counter.fetch_add(1, SeqCst);
            StatusCode::OK
        });
        app = app.route(&format!("/webhooks/{}", way.name), handle);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app.layer(layer)).into_future());

    let runs = ways.iter().map(|way| rotate(way, address, time));
    let mut all_is_well = true;
    for ((counts, way), handled) in join_all(runs).await.into_iter().zip(&ways).zip(&handled) {
        let genuine = handled.genuine.load(SeqCst);
        let forged = handled.forged.load(SeqCst);
        println!(
            "rotation by {}: {:.1} s, {} changes, {} requests over {CONNECTIONS} connections: genuine accepted {}, \
             genuine refused {}, signed with what was taken out meanwhile {}; forged, or signed with what had been taken \
             out before, {}, of these handled {forged}; after the overlap the new one {}, the old one {}",
            way.name,
            time.as_secs_f32(),
            way.told(),
            counts.requests,
            counts.accepted,
            counts.refused,
            counts.outrun,
            counts.forged,
            counts.after_the_overlap.0,
            counts.after_the_overlap.1,
        );
        all_is_well &= counts.refused == 0
            && forged == 0
            && counts.forged > 0
            && counts.accepted > way.told()
            // One more came after the overlap.
            && genuine == counts.accepted + counts.outrun_but_accepted + 1
            && counts.after_the_overlap == (200, 401);
    }
    all_is_well
}

/// Changes the secrets for this time, while deliveries come.
async fn rotate(way: &Way, address: SocketAddr, time: Duration) -> Counts {
    let stop = AtomicBool::new(false);
    let clients = (0..CONNECTIONS).map(async |number| {
        let mut client = Client::connect(address, way, number).await;
        while !stop.load(SeqCst) {
            client.deliver().await;
        }
        client.counts
    });
    let operator = async {
        let start = Instant::now();
        let mut ticks = interval(CHANGE);
        while start.elapsed() < time {
            ticks.tick().await;
            way.rotate().await;
        }
        stop.store(true, SeqCst);
    };
    let (counts, ()) = tokio::join!(join_all(clients), operator);
    let mut counts = Counts::sum(counts);
    way.end().await;
    // Nobody signs with a new secret now, so it is the interval alone that makes the files be read.
    sleep(REREAD * 2).await;
    let mut client = Client::connect(address, way, CONNECTIONS).await;
    counts.after_the_overlap = client.deliver_both().await;
    counts
}
