//! Every order in which threads can claim and settle an event in memory.
//!
//! The map itself (`src/replay/memory/{shards,table}.rs`) is compiled here once more, with loom's lock.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use loom::{sync::Arc, thread};

use self::{
    shards::{Found, Shards},
    table::Digest,
};

mod sync {
    pub(super) use std::sync::PoisonError;

    pub(super) use loom::sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    };
}

#[allow(dead_code, reason = "the models use a part of it")]
#[path = "../../../src/replay/memory/shards.rs"]
mod shards;

#[path = "../../../src/replay/memory/table.rs"]
mod table;

const KEY: Digest = [1, 0];
const OTHER: Digest = [2, 0];
const NOW: Duration = Duration::from_secs(100);
const LEASE: Duration = Duration::from_secs(10);

/// Runs `first` and the others at once, in every order, and gives their answers to `judge`.
fn model<T: Send + 'static, const N: usize>(
    before: fn(&Shards),
    threads: [fn(&Shards) -> T; N],
    judge: fn(&Shards, Vec<T>),
) {
    loom::model(move || {
        let shards = Arc::new(Shards::new(1, 10, 0));
        before(&shards);
        let running: Vec<_> = threads
            .into_iter()
            .map(|run| {
                let shards = Arc::clone(&shards);
                thread::spawn(move || run(&shards))
            })
            .collect();
        let answers = running.into_iter().map(|thread| thread.join().unwrap());
        judge(&shards, answers.collect());
    });
}

fn claim(shards: &Shards) -> Found {
    shards.claim(KEY, NOW, LEASE)
}

#[track_caller]
fn assert_one_is_new(found: &[Found]) {
    let new = found.iter().filter(|found| matches!(found, Found::New(_)));
    assert_eq!(new.count(), 1, "{found:?}");
}

#[test]
fn t_r8_of_three_claims_one_is_new() {
    model(
        |_| {},
        [claim, claim, claim],
        |_, found| {
            assert_one_is_new(&found);
        },
    );
}

/// Two claim an event whose lease has run out; a third clears the map of what has expired.
#[test]
fn t_r8_of_two_claims_of_a_lapsed_event_one_is_new() {
    let lapsed = |shards: &Shards| {
        shards.claim(KEY, Duration::ZERO, LEASE);
    };
    let expire = |shards: &Shards| shards.claim(OTHER, NOW, LEASE);
    model(lapsed, [claim, claim, expire], |_, mut found| {
        assert!(matches!(found.pop(), Some(Found::New(_))));
        assert_one_is_new(&found);
    });
}

/// Whatever comes first: the stale owner settles nothing that is another's.
#[test]
fn t_r6_a_stale_owner_settles_nothing() {
    let stale = |shards: &Shards| {
        assert_eq!(shards.claim(KEY, Duration::ZERO, LEASE), Found::New(1));
    };
    let commit = |shards: &Shards| {
        assert!(!shards.commit(KEY, 1, NOW, LEASE));
        Found::Done
    };
    let release = |shards: &Shards| {
        assert!(!shards.release(KEY, 1, NOW));
        Found::Done
    };
    model(stale, [claim, commit, release], |shards, found| {
        let Found::New(owner) = found[0] else {
            panic!("it had lapsed: {found:?}");
        };
        assert!(shards.commit(KEY, owner, NOW, LEASE));
        assert_eq!(claim(shards), Found::Done);
    });
}

/// A commit and a release of one owner, and a claim: it is done, or it is free, and never both.
#[test]
fn a_claim_is_settled_once() {
    let owner = |shards: &Shards| {
        assert_eq!(claim(shards), Found::New(1));
    };
    let commit = |shards: &Shards| {
        let committed = shards.commit(KEY, 1, NOW, LEASE);
        if committed { Found::Done } else { Found::Full }
    };
    let release = |shards: &Shards| {
        let released = shards.release(KEY, 1, NOW);
        if released { Found::New(0) } else { Found::Full }
    };
    model(owner, [commit, release, claim], |_, found| {
        match (found[0], found[1]) {
            (Found::Done, Found::Full) => assert!(!matches!(found[2], Found::New(_))),
            (Found::Full, Found::New(_)) => assert_ne!(found[2], Found::Done),
            settled => panic!("{settled:?}"),
        }
    });
}

/// The control: looking first and claiming then is found out, so these models can fail.
#[test]
fn a_store_that_looks_and_then_claims_is_found_out() {
    let careless = |shards: &Shards| {
        // As one that has a lock for each step, and none for both.
        let seen = shards.len();
        if seen == 0 {
            return match claim(shards) {
                Found::InFlight(_) => Found::New(0),
                found => found,
            };
        }
        Found::InFlight(LEASE)
    };
    let found_out = catch_unwind(AssertUnwindSafe(|| {
        model(
            |_| {},
            [careless, careless],
            |_, found| {
                assert_one_is_new(&found);
            },
        );
    }));
    assert!(found_out.is_err());
}
