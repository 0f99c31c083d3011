//! The stores on servers: bench/run starts both.

use std::{
    env,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum_webhook::replay::{Claim, PostgresReplayStore, RedisReplayStore, ReplayKey, ReplayStore};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::runtime::{Builder, Runtime};

use crate::{
    Paths,
    page::{self, Bound},
    rounds::{Spread, spread},
};

const ROUNDS: usize = 5;
pub const TTL: Duration = Duration::from_hours(1);

/// Claims that are under way at once on Redis' one connection, and how many there are in a round.
pub const IN_FLIGHT: u64 = 256;
const REDIS_CLAIMS: u64 = 200_000;

/// The same in Postgres, where each takes a connection.
const CONNECTIONS: u32 = 8;
const POSTGRES_CLAIMS: u64 = 5_000;

pub fn run(paths: &Paths) {
    let (redis, postgres) = (
        address("AXUM_WEBHOOK_TEST_REDIS"),
        address("AXUM_WEBHOOK_TEST_POSTGRES"),
    );
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let text = page::goals_head() + &on_redis(&runtime, &redis) + &on_postgres(&runtime, &postgres);
    page::put(&paths.page(), "stores", &text);
}

/// The URL of a server that bench/run has started.
pub fn address(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: bench/run starts the servers"))
}

fn on_redis(runtime: &Runtime, url: &str) -> String {
    let store = Arc::new(RedisReplayStore::new(url).expect("a URL of Redis"));
    let events = Arc::new(AtomicU64::new(0));
    // The connection is opened, and the script loaded, before anything is counted.
    runtime.block_on(claim(&*store, &events));
    let before = commands(url);
    let rates = (0..ROUNDS).map(|_| {
        let (store, events) = (Arc::clone(&store), Arc::clone(&events));
        per_second(runtime, IN_FLIGHT, REDIS_CLAIMS, move || {
            let (store, events) = (Arc::clone(&store), Arc::clone(&events));
            async move { claim(&*store, &events).await }
        })
    });
    let rates = spread(rates.collect::<Vec<_>>().into_iter());
    let plain = spread(plain_sets(runtime, url, &events).into_iter());
    let rounds = u32::try_from(ROUNDS).expect("not many");
    #[expect(clippy::cast_precision_loss, reason = "it is to be printed")]
    let trips = (commands(url) - before) as f64 / (f64::from(rounds) * REDIS_CLAIMS as f64);
    let trips = Spread {
        p10: trips,
        median: trips,
        p90: trips,
    };
    page::goal_line(
        "Redis: claims per second, 256 in flight on one connection",
        100_000.0,
        rates,
        Bound::AtLeast,
    ) + &page::goal_line(
        "Redis: scripts and transactions per claim",
        1.0,
        trips,
        Bound::AtMost,
    ) + &rate_line("Redis: plain SET NX PX a second, in the same way", plain)
}

fn plain_sets(runtime: &Runtime, url: &str, events: &Arc<AtomicU64>) -> Vec<f64> {
    let client = redis::Client::open(url).expect("a URL of Redis");
    let connection = runtime.block_on(client.get_multiplexed_async_connection());
    let connection = connection.expect("Redis answers");
    let round = |_| {
        let (connection, events) = (connection.clone(), Arc::clone(events));
        per_second(runtime, IN_FLIGHT, REDIS_CLAIMS, move || {
            let (mut connection, events) = (connection.clone(), Arc::clone(&events));
            async move {
                let mut set = redis::cmd("SET");
                set.arg(next(&events).as_bytes())
                    .arg(1)
                    .arg("NX")
                    .arg("PX")
                    .arg(3_600_000);
                set.exec_async(&mut connection).await.expect("it answers");
            }
        })
    };
    (0..ROUNDS).map(round).collect()
}

/// What there is no goal for.
fn rate_line(what: &str, rate: Spread) -> String {
    format!(
        "| {what} | – | {:.0} | {:.0} – {:.0} | |\n",
        rate.median, rate.p10, rate.p90
    )
}

fn on_postgres(runtime: &Runtime, url: &str) -> String {
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS);
    let pool = runtime
        .block_on(pool.connect(url))
        .expect("Postgres answers");
    let store = Arc::new(PostgresReplayStore::from(pool.clone()));
    runtime.block_on(async {
        store.migrate().await.expect("it can be migrated");
        let table = "create table if not exists plain (key bytea primary key)";
        sqlx::query(table).execute(&pool).await.expect("a table");
    });
    let events = Arc::new(AtomicU64::new(0));
    let mut rates = Vec::new();
    let mut ratios = Vec::new();
    for round in 0..2 * ROUNDS {
        let claims = || {
            let (store, events) = (Arc::clone(&store), Arc::clone(&events));
            per_second(
                runtime,
                u64::from(CONNECTIONS),
                POSTGRES_CLAIMS,
                move || {
                    let (store, events) = (Arc::clone(&store), Arc::clone(&events));
                    async move { claim(&*store, &events).await }
                },
            )
        };
        let inserts = || {
            let (pool, events) = (pool.clone(), Arc::clone(&events));
            per_second(
                runtime,
                u64::from(CONNECTIONS),
                POSTGRES_CLAIMS,
                move || {
                    let (pool, events) = (pool.clone(), Arc::clone(&events));
                    async move { insert(&pool, &events).await }
                },
            )
        };
        // The one that comes second finds a busier disk, so they take turns.
        let (own, plain) = if round % 2 == 0 {
            let own = claims();
            (own, inserts())
        } else {
            let plain = inserts();
            (claims(), plain)
        };
        rates.push(own);
        ratios.push(own / plain);
    }
    let rates = spread(rates.into_iter());
    page::goal_line(
        "Postgres: claims beside a plain INSERT … ON CONFLICT DO NOTHING through the same pool",
        0.5,
        spread(ratios.into_iter()),
        Bound::AtLeast,
    ) + &rate_line("Postgres: claims per second, 8 connections", rates)
}

/// How many of `step` end in a second, when `in_flight` of them run at once.
fn per_second<F>(
    runtime: &Runtime,
    in_flight: u64,
    count: u64,
    step: impl Fn() -> F + Clone + Send + 'static,
) -> f64
where
    F: Future<Output = ()> + Send,
{
    let start = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..in_flight)
            .map(|_| {
                let step = step.clone();
                tokio::spawn(async move {
                    for _ in 0..count / in_flight {
                        step().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "it is to be printed")]
    let done = (count / in_flight * in_flight) as f64;
    done / start.elapsed().as_secs_f64()
}

async fn claim(store: &impl ReplayStore, events: &AtomicU64) {
    let claim = store.claim(&next(events), TTL).await.expect("it answers");
    assert!(matches!(claim, Claim::New { .. }));
}

async fn insert(pool: &PgPool, events: &AtomicU64) {
    let insert = sqlx::query("insert into plain values ($1) on conflict do nothing");
    let key = next(events);
    insert
        .bind(key.as_bytes().as_slice())
        .execute(pool)
        .await
        .expect("it answers");
}

fn next(events: &AtomicU64) -> ReplayKey {
    event(events.fetch_add(1, Ordering::Relaxed))
}

pub fn event(number: u64) -> ReplayKey {
    let mut bytes = [0; 32];
    for (place, part) in bytes.chunks_exact_mut(8).enumerate() {
        let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ (place as u64) << 17);
        part.copy_from_slice(&(mixed ^ mixed >> 29).to_le_bytes());
    }
    ReplayKey::from_bytes(bytes)
}

/// The scripts and transactions that Redis was asked to run.
fn commands(url: &str) -> u64 {
    let text = info(url, "commandstats");
    let calls = |line: &str| {
        let commands = ["evalsha", "eval", "exec"];
        let of_one = |command| line.strip_prefix(&format!("cmdstat_{command}:calls="));
        commands
            .into_iter()
            .find_map(of_one)?
            .split(',')
            .next()?
            .parse::<u64>()
            .ok()
    };
    text.lines().filter_map(calls).sum()
}

/// What Redis says of itself.
pub fn info(url: &str, section: &str) -> String {
    let address = url.trim_start_matches("redis://").trim_end_matches('/');
    let mut connection = TcpStream::connect(address).expect("Redis answers");
    connection
        .write_all(format!("INFO {section}\r\nQUIT\r\n").as_bytes())
        .expect("it listens");
    let mut text = String::new();
    connection.read_to_string(&mut text).expect("it is text");
    text
}
