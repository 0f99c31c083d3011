//! What an event costs Redis, and what a fleet needs of it: `bin/fleet.rs`, fed with what is measured here.

use std::{
    env,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum_webhook::replay::{Claim, ClaimToken, RedisReplayStore, ReplayKey, ReplayStore as _};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

use crate::{
    Paths, page,
    rounds::{Spread, spread},
    stores::{IN_FLIGHT, TTL, address, event, info},
};

const ROUNDS: u64 = 5;
const EVENTS: u64 = 200_000;

/// What one event costs.
struct Cost {
    /// Microseconds of the server's main thread.
    claim: f64,
    commit: f64,
    /// Microseconds of all threads here, for both.
    client: f64,
    /// Bytes in the server's memory, once it is done.
    bytes: f64,
    /// Bytes to the server and back, for both.
    there: f64,
    back: f64,
}

pub fn run(paths: &Paths) {
    let url = address("AXUM_WEBHOOK_TEST_REDIS");
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let costs: Vec<Cost> = (0..ROUNDS)
        .map(|round| measure(&runtime, &url, round))
        .collect();
    let of = |part: fn(&Cost) -> f64| spread(costs.iter().map(part));
    let (claim, commit, bytes) = (
        of(|cost| cost.claim),
        of(|cost| cost.commit),
        of(|cost| cost.bytes),
    );
    let line = |what: &str, cost: Spread| {
        let Spread { median, p10, p90 } = cost;
        format!("| {what} | {median:.1} | {p10:.1} – {p90:.1} |\n")
    };
    let version = field(&info(&url, "server"), "redis_version:").to_owned();
    let table = format!(
        "| Redis {version}, {EVENTS} events in a round | median | p10 – p90 |\n|---|---|---|\n"
    ) + &line("CPU of its main thread for a claim, µs", claim)
        + &line("CPU of its main thread for a commit, µs", commit)
        + &line("CPU of the client for both, µs", of(|cost| cost.client))
        + &line("bytes to the server for both", of(|cost| cost.there))
        + &line("bytes from the server for both", of(|cost| cost.back))
        + &line("memory of an event that is done, bytes", bytes);
    page::put(&paths.scale(), "measured", &table);

    let simulation = env::current_exe().expect("a path").with_file_name("fleet");
    let output = Command::new(simulation)
        .args(["--claim-us", &format!("{:.1}", claim.median)])
        .args(["--commit-us", &format!("{:.1}", commit.median)])
        .args(["--bytes", &format!("{:.0}", bytes.median)])
        .output()
        .expect("the simulation runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("it is text");
    page::put(&paths.scale(), "fleet", &text);
}

fn measure(runtime: &Runtime, url: &str, round: u64) -> Cost {
    let store = Arc::new(RedisReplayStore::new(url).expect("a URL of Redis"));
    // The connection is opened, and the scripts loaded, before anything is counted.
    let first = runtime.block_on(claim(&store, round * (EVENTS + 1)));
    runtime.block_on(commit(&store, first));
    let begin = Meters::read(url);
    let claims = Arc::new(Mutex::new(Vec::new()));
    let (own, kept) = (Arc::clone(&store), Arc::clone(&claims));
    each(runtime, move |number| {
        let (store, claims) = (Arc::clone(&own), Arc::clone(&kept));
        async move {
            let made = claim(&store, round * (EVENTS + 1) + 1 + number).await;
            claims.lock().expect("no panic").push(made);
        }
    });
    let claimed = Meters::read(url);
    let claims = claims.lock().expect("no panic").clone();
    each(runtime, move |number| {
        let made = claims[usize::try_from(number).expect("not many")];
        let store = Arc::clone(&store);
        async move { commit(&store, made).await }
    });
    #[expect(clippy::cast_precision_loss, reason = "it is to be printed")]
    let events = EVENTS as f64;
    let end = Meters::read(url);
    Cost {
        claim: (claimed.server - begin.server) * 1e6 / events,
        commit: (end.server - claimed.server) * 1e6 / events,
        client: (end.client - begin.client) * 1e6 / events,
        bytes: (end.memory - begin.memory) / events,
        there: (end.there - begin.there) / events,
        back: (end.back - begin.back) / events,
    }
}

type Made = (ReplayKey, ClaimToken);

async fn claim(store: &RedisReplayStore, number: u64) -> Made {
    let key = event(number);
    match store.claim(&key, TTL).await.expect("it answers") {
        Claim::New { token, .. } => (key, token),
        other => panic!("{other:?}"),
    }
}

async fn commit(store: &RedisReplayStore, (key, token): Made) {
    assert!(store.commit(&key, token, TTL).await.expect("it answers"));
}

/// Runs a step for each event, so many at once as a busy instance has.
fn each<F>(runtime: &Runtime, step: impl Fn(u64) -> F + Clone + Send + 'static)
where
    F: Future<Output = ()> + Send,
{
    runtime.block_on(async {
        let tasks: Vec<_> = (0..IN_FLIGHT)
            .map(|first| {
                let step = step.clone();
                tokio::spawn(async move {
                    let mut number = first;
                    while number < EVENTS {
                        step(number).await;
                        number += IN_FLIGHT;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
    });
}

/// What has been used up to now.
struct Meters {
    /// Seconds that the server's main thread has worked, and all threads here.
    server: f64,
    client: f64,
    memory: f64,
    there: f64,
    back: f64,
}

impl Meters {
    fn read(url: &str) -> Self {
        let text = ["cpu", "memory", "stats"].map(|section| info(url, section));
        let text = text.concat();
        let of = |name: &str| -> f64 { field(&text, name).parse().expect("a number") };
        let client = Duration::try_from(clock_gettime(ClockId::ProcessCPUTime));
        Self {
            server: of("used_cpu_user_main_thread:") + of("used_cpu_sys_main_thread:"),
            client: client.expect("the clock counts from 0 on").as_secs_f64(),
            memory: of("used_memory:"),
            there: of("total_net_input_bytes:"),
            back: of("total_net_output_bytes:"),
        }
    }
}

fn field<'t>(text: &'t str, name: &str) -> &'t str {
    let found = text.lines().find_map(|line| line.strip_prefix(name));
    found.unwrap_or_else(|| panic!("{name} is not in {text}"))
}
