//! The store in memory, claimed and committed by two threads.

use std::{
    collections::HashMap,
    fs,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use axum_webhook::replay::{Claim, MemoryReplayStore, ReplayKey, ReplayStore as _};
use bench::allocations;
use futures_util::FutureExt as _;

use crate::{
    Paths,
    page::{self, Bound},
    rounds::{Spread, spread},
};

const THREADS: u64 = 2;
const EVENTS: u64 = 1_000_000;
const ROUNDS: usize = 5;
const TTL: Duration = Duration::from_hours(1);

pub fn run(paths: &Paths) {
    let mut ours = Vec::new();
    let mut plain = Vec::new();
    for _ in 0..ROUNDS {
        ours.push(memory());
        plain.push(one_mutex());
    }
    let nanos = |of: fn(&Filled) -> f64, filled: &[Filled]| spread(filled.iter().map(of));
    let line = |name: &str, filled: &[Filled]| {
        let times = [
            nanos(|filled| filled.insert.elapsed, filled),
            nanos(|filled| filled.insert.running, filled),
            nanos(|filled| filled.again.elapsed, filled),
            nanos(|filled| filled.again.running, filled),
        ];
        let [insert, running, again, again_running] = times.map(text);
        format!(
            "| {name} | {insert} | {running} | {again} | {again_running} | {:.0} |\n",
            filled[0].bytes_per_entry
        )
    };
    let text = format!(
        "| {EVENTS} events on {THREADS} threads | claim and commit, ns | while they run, ns | claim of what is done, ns | while they run, ns | bytes an entry |\n|---|---|---|---|---|---|\n{}{}{}{}{}{}",
        line("`MemoryReplayStore`", &ours),
        line("one `Mutex<HashMap>` without leases, one step", &plain),
        page::goals_head(),
        page::goal_line(
            "claim and commit, ns",
            200.0,
            nanos(|filled| filled.insert.elapsed, &ours),
            Bound::AtMost
        ),
        page::goal_line(
            "the same while the threads run, ns",
            200.0,
            nanos(|filled| filled.insert.running, &ours),
            Bound::AtMost
        ),
        page::goal_line(
            "bytes an entry",
            60.0,
            nanos(|filled| filled.bytes_per_entry, &ours),
            Bound::AtMost
        ),
    );
    page::put(&paths.page(), "replay", &text);
}

fn text(nanos: Spread) -> String {
    format!("{:.0} ({:.0} – {:.0})", nanos.median, nanos.p10, nanos.p90)
}

struct Filled {
    insert: Nanos,
    again: Nanos,
    bytes_per_entry: f64,
}

/// Time through the number of events, over all threads.
struct Nanos {
    elapsed: f64,
    /// Only while the threads had a processor: what has elapsed where nothing else runs.
    running: f64,
}

fn memory() -> Filled {
    let make = || MemoryReplayStore::with_capacity(usize::try_from(2 * EVENTS).expect("it fits"));
    let insert = |store: &MemoryReplayStore, event: u64| {
        let key = key(event);
        let claim = now(store.claim(&key, TTL)).expect("there is room");
        let Claim::New { token, .. } = claim else {
            panic!("it is new")
        };
        assert!(now(store.commit(&key, token, TTL)).expect("it answers"));
    };
    let again = |store: &MemoryReplayStore, event: u64| {
        let claim = now(store.claim(&key(event), TTL)).expect("it answers");
        assert_eq!(claim, Claim::Done);
    };
    fill(make, insert, again)
}

fn one_mutex() -> Filled {
    let insert = |map: &Mutex<HashMap<ReplayKey, Instant>>, event: u64| {
        map.lock()
            .expect("no panic")
            .insert(key(event), Instant::now());
    };
    let again = |map: &Mutex<HashMap<ReplayKey, Instant>>, event: u64| {
        assert!(map.lock().expect("no panic").contains_key(&key(event)));
    };
    fill(|| Mutex::new(HashMap::new()), insert, again)
}

fn fill<S: Sync>(
    make: impl Fn() -> S,
    insert: impl Fn(&S, u64) + Sync,
    again: impl Fn(&S, u64) + Sync,
) -> Filled {
    let store = make();
    let nanos = |step: &(dyn Fn(&S, u64) + Sync)| {
        let start = Instant::now();
        let running: u64 = thread::scope(|scope| {
            let store = &store;
            let fill = |part| {
                let before = running();
                (part..EVENTS)
                    .step_by(2)
                    .for_each(|event| step(store, event));
                running() - before
            };
            let threads: Vec<_> = (0..THREADS)
                .map(|part| scope.spawn(move || fill(part)))
                .collect();
            let times = threads.into_iter().map(|thread| thread.join());
            times.map(|time| time.expect("no panic")).sum()
        });
        #[expect(clippy::cast_precision_loss, reason = "it is to be printed")]
        let nanos = Nanos {
            elapsed: start.elapsed().as_secs_f64() * 1e9 / EVENTS as f64,
            running: running as f64 / (THREADS * EVENTS) as f64,
        };
        nanos
    };
    let (insert_nanos, again_nanos) = (nanos(&insert), nanos(&again));
    // The store itself is counted, not the buffers that it grew out of.
    let counted = allocations::live(|| {
        let store = make();
        (0..EVENTS).for_each(|event| insert(&store, event));
        store
    });
    #[expect(clippy::cast_precision_loss, reason = "it is to be printed")]
    let bytes_per_entry = counted as f64 / EVENTS as f64;
    Filled {
        insert: insert_nanos,
        again: again_nanos,
        bytes_per_entry,
    }
}

/// For how many nanoseconds this thread has had a processor.
// ref: proc(5), schedstat
fn running() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("a Linux");
    let first = text.split_whitespace().next().expect("a time");
    first.parse().expect("a number")
}

/// As good as a hash: what is measured is the store.
fn key(event: u64) -> ReplayKey {
    let mut bytes = [0; 32];
    for (place, part) in bytes.chunks_exact_mut(8).enumerate() {
        let mixed = (event + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ (place as u64) << 17);
        part.copy_from_slice(&(mixed ^ mixed >> 29).to_le_bytes());
    }
    ReplayKey::from_bytes(bytes)
}

fn now<T>(step: impl Future<Output = T>) -> T {
    step.now_or_never()
        .expect("the store in memory never waits")
}
