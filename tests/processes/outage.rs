//! Redis is killed and started again, again and again, while a provider delivers and retries.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    provider::{HANDLED, Provider},
    redis::Redis,
    server::Server,
    two_servers,
};

/// How long events come. Retries go on after that.
const TIME: Duration = Duration::from_secs(20);
/// How long the provider retries an event: far longer than the lease.
const PATIENCE: Duration = Duration::from_secs(30);
const LEASE: Duration = Duration::from_secs(3);

/// What the provider saw.
#[derive(Default)]
struct Seen {
    deliveries: AtomicUsize,
    asked_again: AtomicUsize,
    failed: AtomicUsize,
    forged: AtomicUsize,
    forged_handled: AtomicUsize,
    given_up: AtomicUsize,
}

/// Delivers one event until it is a success, and a second time later on, as providers do.
async fn deliver(number: usize, servers: [SocketAddr; 2], seen: Arc<Seen>) {
    let id = format!("evt_{number}");
    let start = Instant::now();
    let mut tries = 0;
    let mut pause = Duration::from_millis(50);
    while !once(&id, number, tries, servers, &seen).await {
        tries += 1;
        if start.elapsed() > PATIENCE {
            seen.given_up.fetch_add(1, Ordering::Relaxed);
            return;
        }
        sleep(pause).await;
        pause = Duration::from_secs(2).min(2 * pause);
    }
    sleep(Duration::from_millis(
        u64::try_from(number % 7).unwrap() * 500,
    ))
    .await;
    // Whatever happens to this one: it must not be handled.
    once(&id, number, tries + 1, servers, &seen).await;
}

/// One try, and sometimes a copy of it at the same time at the other server; whether one was a success.
async fn once(
    id: &str,
    number: usize,
    tries: usize,
    servers: [SocketAddr; 2],
    seen: &Seen,
) -> bool {
    // Some handlers fail at first; some take longer than half a lease.
    let status = if number.is_multiple_of(13) && tries == 0 {
        500
    } else {
        200
    };
    let millis = match number % 29 {
        0 => 2000,
        _ => 5 + u64::try_from(number % 40).unwrap(),
    };
    let event = Provider.event(id, millis, status);
    let to = servers[(number + tries) % 2];
    seen.deliveries.fetch_add(1, Ordering::Relaxed);
    let answer = if number.is_multiple_of(5) {
        let copy = event.clone().deliver(servers[(number + tries + 1) % 2]);
        let (answer, copy) = tokio::join!(event.deliver(to), copy);
        seen.deliveries.fetch_add(1, Ordering::Relaxed);
        match copy {
            Some(copy) if copy.status == 200 => Some(copy),
            _ => answer,
        }
    } else {
        event.deliver(to).await
    };
    match answer.map(|answer| answer.status) {
        Some(200) => true,
        Some(503) => {
            seen.asked_again.fetch_add(1, Ordering::Relaxed);
            false
        }
        _ => {
            seen.failed.fetch_add(1, Ordering::Relaxed);
            false
        }
    }
}

pub(crate) async fn t_r10_nothing_is_lost_or_done_twice_while_redis_is_killed() {
    let mut redis = Redis::start();
    let servers = two_servers(&redis.url(), LEASE);
    let addresses = [servers[0].address, servers[1].address];
    let seen = Arc::new(Seen::default());
    let over = Arc::new(AtomicBool::new(false));

    let forger = {
        let (seen, over) = (Arc::clone(&seen), Arc::clone(&over));
        tokio::spawn(async move {
            while !over.load(Ordering::Relaxed) {
                let number = seen.forged.fetch_add(1, Ordering::Relaxed);
                // Of an event that is there, or of one that never was.
                let of = if number % 4 < 2 { "evt" } else { "forged" };
                let forgery = Provider.forgery(&format!("{of}_{}", number / 4));
                let answer = forgery.deliver(addresses[number % 2]).await;
                if !answer.is_some_and(|answer| answer.status == 401 && answer.body != HANDLED) {
                    seen.forged_handled.fetch_add(1, Ordering::Relaxed);
                }
                sleep(Duration::from_millis(8)).await;
            }
        })
    };

    let start = Instant::now();
    let mut events = JoinSet::new();
    let mut kills = 0;
    let mut next_kill = Duration::from_secs(1);
    let mut back: Option<Duration> = None;
    while start.elapsed() < TIME || back.is_some() {
        let now = start.elapsed();
        if let Some(then) = back {
            if now >= then {
                redis.start_again();
                back = None;
                next_kill = now + Duration::from_millis(1800);
            }
        } else if now >= next_kill && now < TIME {
            redis.kill();
            kills += 1;
            back = Some(now + Duration::from_millis(200 + 300 * (kills % 4)));
        }
        if now < TIME {
            for _ in 0..2 {
                let number = events.len();
                events.spawn(deliver(number, addresses, Arc::clone(&seen)));
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
    let sent = events.len();
    events.join_all().await;
    over.store(true, Ordering::Relaxed);
    forger.await.unwrap();
    report(&servers, sent, kills, &seen, start.elapsed());
}

fn report(servers: &[Server; 2], sent: usize, kills: u64, seen: &Seen, time: Duration) {
    let mut successes: HashMap<String, usize> = HashMap::new();
    let (mut runs, mut failures) = (0, 0);
    for run in servers.iter().flat_map(Server::runs) {
        runs += 1;
        if run.status == 200 {
            *successes.entry(run.event).or_default() += 1;
        } else {
            failures += 1;
        }
    }
    let genuine = |event: &&String| {
        let number: Option<usize> = event.strip_prefix("evt_").and_then(|n| n.parse().ok());
        number.is_some_and(|number| number < sent)
    };
    let forged = successes.keys().filter(|event| !genuine(event)).count()
        + seen.forged_handled.load(Ordering::Relaxed);
    let lost = sent - successes.keys().filter(genuine).count();
    let double = successes.values().filter(|count| **count > 1).count();
    let count = |number: &AtomicUsize| number.load(Ordering::Relaxed);
    println!(
        "  {sent} events in {:.0} s, Redis killed {kills} times: deliveries {}, asked to come again {}, failed {}, \
         runs {runs} of which {failures} failed",
        time.as_secs_f32(),
        count(&seen.deliveries),
        count(&seen.asked_again),
        count(&seen.failed),
    );
    println!(
        "  forged deliveries {}, forged handled {forged}, lost {lost}, double successes {double}",
        count(&seen.forged)
    );
    assert!(kills >= 5, "{kills}");
    assert_eq!(count(&seen.given_up), 0);
    assert_eq!((forged, lost, double), (0, 0, 0));
}
