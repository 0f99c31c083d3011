//! Two servers, their providers and strangers, for as long as is wanted, while one thing after the other breaks.
//!
//! ```text
//! tests/soak/run 600
//! cargo test --test soak --features postgres,redis
//! ```
//!
//! The program starts a Redis and a Postgres of its own, and itself as the servers. At the end it judges what all of them
//! have told, prints it, and fails where one of the promises was broken; docs/SOAK.md says how it is read. Then it
//! breaks the promises on purpose, one by one, and fails where that goes unnoticed.
//!
//! - `AXUM_WEBHOOK_SOAK_SECONDS`: how long; 10 by default
//! - `AXUM_WEBHOOK_SOAK_RATE`: how many requests come in a second beside the retries; 100 by default
//! - `AXUM_WEBHOOK_SOAK_SEED`: the chance that faults and deliveries follow; the time by default
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

#[path = "../support/child.rs"]
mod child;
#[path = "../support/chosen.rs"]
mod chosen;
mod endpoints;
#[path = "../support/http.rs"]
mod http;
mod ledger;
mod memory;
mod operator;
mod plan;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/proc.rs"]
mod proc;
mod provider;
#[path = "../support/redis.rs"]
mod redis;
mod server;
mod stranger;
mod table;
mod world;

use std::{
    collections::HashMap,
    env,
    process::{Command, ExitCode, Stdio},
    str::FromStr,
    sync::{Arc, atomic::Ordering::SeqCst},
    thread,
    time::Duration,
};

use axum_webhook::replay::PostgresReplayStore;
use sqlx::PgPool;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use self::{
    chosen::Chosen,
    memory::Memory,
    operator::Operator,
    plan::{Control, Random, now},
    table::Table,
    world::World,
};

/// How long a control goes on.
const CONTROL: u64 = 5;

/// How much is under way at most; more waits, as at a provider with so many workers.
const UNDER_WAY: usize = 1500;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("serve") => {
            server::serve(&arguments[1..]);
            return ExitCode::SUCCESS;
        }
        Some("--control") => {
            let control = Control::named(&arguments[1]).unwrap();
            return soak(CONTROL, Some(control)).print();
        }
        _ => {}
    }
    if !Chosen::by_arguments().runs("soak") {
        return ExitCode::SUCCESS;
    }
    let judgement = soak(variable("SECONDS").unwrap_or(10), None).print();
    if judgement != ExitCode::SUCCESS {
        return judgement;
    }
    if controls_are_noticed() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Breaks each promise on purpose, all in processes of their own, and looks whether this program sees it.
fn controls_are_noticed() -> bool {
    let program = env::current_exe().unwrap();
    let running = Control::ALL.map(|control| {
        let mut command = Command::new(&program);
        command.args(["--control", control.name()]);
        let output = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        (control, output.spawn().unwrap())
    });
    let mut all_are = true;
    for (control, process) in running {
        let output = process.wait_with_output().unwrap();
        let table = String::from_utf8(output.stdout).unwrap();
        let mut lines = table.lines().map(str::trim_start);
        let failed = format!("FAILED  {}", control.breaks());
        let line = lines.find(|line| line.starts_with(&failed));
        match line.filter(|_| output.status.code() == Some(1)) {
            Some(line) => println!("control, {}: noticed: {line}", control.name()),
            None => {
                all_are = false;
                let errors = String::from_utf8_lossy(&output.stderr);
                println!(
                    "control, {}: NOT noticed:\n{table}\n{errors}",
                    control.name()
                );
            }
        }
    }
    all_are
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(format!("AXUM_WEBHOOK_SOAK_{name}")).ok()?;
    text.parse().ok()
}

fn soak(seconds: u64, control: Option<Control>) -> Table {
    let seed = variable("SEED").unwrap_or_else(now);
    let rate = variable("RATE").unwrap_or(100);
    println!("soak: {seconds} s, {rate} new requests a second, seed {seed}");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = World::new(control, Duration::from_secs(seconds));
    let mut random = Random(seed);
    let mut operator = Operator::new(Arc::clone(&world), Random(random.next()));
    let url = operator.postgres.url();
    runtime.block_on(create_tables(&url));
    operator.start_servers();

    let time = Duration::from_secs(seconds);
    let end = std::time::Instant::now() + time;
    let mut memory = Memory::default();
    let mut operator = thread::scope(|scope| {
        let working = scope.spawn(|| operator.work_until(end));
        runtime.block_on(traffic(&world, time, rate, random, &mut memory));
        working.join().unwrap()
    });
    world.is_calm.store(true, SeqCst);
    runtime.block_on(async {
        while world.under_way() > 0 {
            sleep(Duration::from_millis(50)).await;
        }
    });
    memory.sample(&world, time.as_secs_f64());
    operator.stop_servers();
    let booked = runtime.block_on(booked(&url));
    let ledger = world.ledger();
    Table::new(
        &ledger,
        &ledger.findings(&booked),
        &memory,
        seconds,
        control,
    )
}

async fn create_tables(url: &str) {
    let pool = PgPool::connect(url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE payments (event text NOT NULL)")
        .execute(&pool)
        .await
        .unwrap();
    PostgresReplayStore::from(pool).migrate().await.unwrap();
}

/// How often each event was paid, as the database has it.
async fn booked(url: &str) -> HashMap<String, usize> {
    let pool = PgPool::connect(url).await.unwrap();
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT event, count(*) FROM payments GROUP BY event")
            .fetch_all(&pool)
            .await
            .unwrap();
    rows.into_iter()
        .map(|(event, paid)| (event, usize::try_from(paid).unwrap()))
        .collect()
}

/// Lets deliveries come: of 928, 600 are events (72 of them with a copy), 78 late copies, 150 forged and 100 malformed.
async fn traffic(
    world: &Arc<World>,
    time: Duration,
    rate: u32,
    mut random: Random,
    memory: &mut Memory,
) {
    let start = Instant::now();
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sampled = 0.0;
    while start.elapsed() < time {
        ticks.tick().await;
        let seconds = start.elapsed().as_secs_f64();
        if seconds - sampled > 0.5 {
            memory.sample(world, seconds);
            sampled = seconds;
        }
        while world.under_way() > UNDER_WAY {
            sleep(Duration::from_millis(10)).await;
        }
        let of_it = Random(random.next());
        let of_world = Arc::clone(world);
        match random.below(928) {
            0..600 => world.spawn(provider::deliver(of_world, of_it)),
            600..678 => {
                let acknowledged = &world.ledger().acknowledged;
                if !acknowledged.is_empty() {
                    let event = acknowledged[random.below(acknowledged.len())];
                    world.spawn(provider::copy(of_world, event, of_it, "late copies"));
                }
            }
            678..828 => world.spawn(stranger::forge(of_world, of_it)),
            _ => world.spawn(stranger::stammer(of_world, of_it)),
        }
    }
}
