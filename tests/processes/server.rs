//! A server in a process of its own, which tells what its handler does.

use std::{
    net::SocketAddr,
    process::Command,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, http::StatusCode, routing::post};
use axum_webhook::{Endpoint, VerifiedWebhook, WebhookLayer, providers, replay::RedisReplayStore};
use serde::Deserialize;
use tokio::{net::TcpListener, time::sleep};

use crate::{
    child::{Child, tell},
    provider::{HANDLED, secret},
};

/// A run of the handler that came to its end. Times are in microseconds.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) event: String,
    pub(crate) began: u128,
    pub(crate) ended: u128,
    pub(crate) status: u16,
}

/// A server process; it ends with this.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    told: Arc<Mutex<Told>>,
}

#[derive(Default)]
struct Told {
    begun: usize,
    runs: Vec<Run>,
}

impl Server {
    pub(crate) fn start(url: &str, prefix: &str, lease: Duration) -> Self {
        let told = Arc::new(Mutex::new(Told::default()));
        let heard = Arc::clone(&told);
        let lease = lease.as_millis().to_string();
        let process = Child::start(&["serve", url, prefix, &lease], move |line| {
            let words: Vec<&str> = line.split(' ').collect();
            let mut told = heard.lock().unwrap();
            match words[..] {
                ["begun"] => told.begun += 1,
                [event, began, ended, status] => told.runs.push(Run {
                    event: event.to_owned(),
                    began: began.parse().unwrap(),
                    ended: ended.parse().unwrap(),
                    status: status.parse().unwrap(),
                }),
                _ => panic!("{line}"),
            }
        });
        Self {
            address: process.address,
            process,
            told,
        }
    }

    /// Waits until the handler has begun `runs` times.
    pub(crate) async fn wait_for_begin(&self, runs: usize) {
        for _ in 0..500 {
            if self.told.lock().unwrap().begun >= runs {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("the handler does not begin");
    }

    pub(crate) fn runs(&self) -> Vec<Run> {
        self.told.lock().unwrap().runs.clone()
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }
}

#[derive(Deserialize)]
struct Event {
    id: String,
    millis: u64,
    status: u16,
}

/// The server: `serve URL PREFIX LEASE`. It prints its address, and a line for each run.
pub(crate) fn serve(arguments: &[String]) {
    let [url, prefix, lease] = arguments else {
        panic!("serve URL PREFIX LEASE");
    };
    let store = RedisReplayStore::new(url).unwrap().with_prefix(prefix);
    let lease = Duration::from_millis(lease.parse().unwrap());
    let endpoint = Endpoint::new(providers::stripe(), secret()).unwrap();
    let layer = WebhookLayer::for_endpoint(endpoint.with_lease(lease))
        .unwrap()
        .with_replay_store(store);
    let app = Router::new()
        .route("/webhooks/stripe", post(handle))
        .layer(layer);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        tell(&listener.local_addr().unwrap().to_string());
        axum::serve(listener, app).await.unwrap();
    });
}

async fn handle(hook: VerifiedWebhook<Event>) -> (StatusCode, &'static str) {
    let Event { id, millis, status } = &hook.payload;
    tell("begun");
    let began = micros();
    sleep(Duration::from_millis(*millis)).await;
    tell(&format!("{id} {began} {} {status}", micros()));
    (StatusCode::from_u16(*status).unwrap(), HANDLED)
}

fn micros() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_micros()
}
