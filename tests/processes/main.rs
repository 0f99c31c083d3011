//! What only several processes can show: shared events, crashes, stalled owners, a store that is killed.
//!
//! ```text
//! scripts/servers run cargo test --features redis --test processes
//! ```
//!
//! The program starts itself as the servers, is their provider, and states at the end what was handled. It
//! kills and stops processes, so it is a program of its own and not a part of `tests/it`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

#[path = "../support/child.rs"]
mod child;
#[path = "../support/chosen.rs"]
mod chosen;
#[path = "../support/http.rs"]
mod http;
mod outage;
mod provider;
#[path = "../support/redis.rs"]
mod redis;
mod server;

use std::{env, process::ExitCode, time::Duration};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use self::{
    chosen::Chosen,
    provider::{HANDLED, Provider},
    server::Server,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "serve") {
        server::serve(&arguments[1..]);
        return ExitCode::SUCCESS;
    }
    let chosen = Chosen::by_arguments();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let start = Instant::now();
    let mut passed = 0;
    macro_rules! run {
        ($($test:path),+ $(,)?) => {
            $(if chosen.runs(stringify!($test)) {
                println!("test {} …", stringify!($test));
                runtime.block_on($test());
                passed += 1;
            })+
        };
    }
    run!(
        t_r5_the_event_of_a_killed_process_is_handled_after_its_lease,
        t_r6_an_owner_that_was_stopped_settles_nothing_of_its_successor,
        t_r8_of_64_copies_at_two_processes_one_is_handled,
        outage::t_r10_nothing_is_lost_or_done_twice_while_redis_is_killed,
    );
    println!(
        "processes: {passed} passed, 0 failed; finished in {:.1} s",
        start.elapsed().as_secs_f32()
    );
    ExitCode::SUCCESS
}

fn redis_url() -> String {
    env::var("AXUM_WEBHOOK_TEST_REDIS").expect(
        "AXUM_WEBHOOK_TEST_REDIS is not set, so there is no server to test against: start this with \
         `scripts/servers run cargo test --features redis --test processes`",
    )
}

/// Two processes with one store.
fn two_servers(url: &str, lease: Duration) -> [Server; 2] {
    let prefix = format!("processes-{}-{lease:?}:", std::process::id());
    [
        Server::start(url, &prefix, lease),
        Server::start(url, &prefix, lease),
    ]
}

async fn t_r5_the_event_of_a_killed_process_is_handled_after_its_lease() {
    let lease = Duration::from_secs(2);
    let [mut killed, other] = two_servers(&redis_url(), lease);
    let event = Provider.event("evt_killed", 60_000, 200);
    let first = tokio::spawn(event.deliver(killed.address));
    killed.wait_for_begin(1).await;
    killed.kill();
    let killed_at = Instant::now();
    assert!(first.await.unwrap().is_none(), "nobody answers");

    let retry = Provider.event("evt_killed", 10, 200);
    let early = retry.clone().deliver(other.address).await.unwrap();
    assert_eq!(early.status, 503);
    let mut retries = 1;
    loop {
        sleep(Duration::from_millis(100)).await;
        retries += 1;
        let answer = retry.clone().deliver(other.address).await.unwrap();
        if answer.status == 200 {
            assert_eq!(answer.body, HANDLED);
            break;
        }
        assert_eq!(answer.status, 503);
        assert!(killed_at.elapsed() < 2 * lease, "its lease does not end");
    }
    println!(
        "  killed in the handler; {retries} retries, the last one handled {} ms after, with a lease of {} ms",
        killed_at.elapsed().as_millis(),
        lease.as_millis()
    );
    assert_eq!(other.runs().len(), 1);
}

async fn t_r6_an_owner_that_was_stopped_settles_nothing_of_its_successor() {
    let lease = Duration::from_secs(1);
    for (status, name) in [(200, "evt_commit"), (500, "evt_release")] {
        let [stopped, other] = two_servers(&redis_url(), lease);
        let first = Provider.event(name, 300, status);
        let first = tokio::spawn(first.deliver(stopped.address));
        stopped.wait_for_begin(1).await;
        stopped.signal("STOP");
        sleep(lease + Duration::from_millis(300)).await;
        // The other one takes over, and is still at it when the stopped one goes on.
        let event = Provider.event(name, 900, 200);
        let second = tokio::spawn(event.clone().deliver(other.address));
        other.wait_for_begin(1).await;
        stopped.signal("CONT");
        let late = first.await.unwrap().unwrap();
        assert_eq!(late.status, status, "its own answer stands");
        let copy = event.clone().deliver(stopped.address).await.unwrap();
        assert_eq!(copy.status, 503, "the claim of the other one stands");
        let second = second.await.unwrap().unwrap();
        assert_eq!((second.status, second.body.as_str()), (200, HANDLED));
        for server in [&stopped, &other] {
            let copy = event.clone().deliver(server.address).await.unwrap();
            assert_eq!((copy.status, copy.body.as_str()), (200, ""), "it is done");
        }
        println!("  stopped for longer than its lease, then {status}: the other one's claim stood");
    }
}

async fn t_r8_of_64_copies_at_two_processes_one_is_handled() {
    const COPIES: usize = 64;
    let rounds = env::var("AXUM_WEBHOOK_ROUNDS").map_or(1000, |rounds| rounds.parse().unwrap());
    let servers = two_servers(&redis_url(), Duration::from_mins(2));
    let start = Instant::now();
    let (mut duplicates, mut asked_again) = (0, 0);
    for round in 0..rounds {
        let event = Provider.event(&format!("evt_{round}"), 3, 200);
        let copies = (0..COPIES).map(|copy| event.clone().deliver(servers[copy % 2].address));
        let mut handled = 0;
        for answer in join_all(copies).await {
            let answer = answer.expect("there is an answer");
            match (answer.status, answer.body.as_str()) {
                (200, HANDLED) => handled += 1,
                (200, "") => duplicates += 1,
                (503, _) => asked_again += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(handled, 1, "round {round}");
    }
    let mut runs: Vec<_> = servers.iter().flat_map(Server::runs).collect();
    assert_eq!(runs.len(), rounds, "each event once");
    let at_each: Vec<usize> = servers.iter().map(|server| server.runs().len()).collect();
    runs.sort_by_key(|run| (run.event.clone(), run.began));
    let together = runs
        .windows(2)
        .filter(|pair| pair[0].event == pair[1].event && pair[1].began < pair[0].ended)
        .count();
    assert_eq!(together, 0);
    println!(
        "  {rounds} rounds of {COPIES} copies in {:.1} s: handled {} ({} and {}), at the same time {together}, \
         duplicates answered as a success {duplicates}, asked to come again {asked_again}",
        start.elapsed().as_secs_f32(),
        runs.len(),
        at_each[0],
        at_each[1],
    );
}
