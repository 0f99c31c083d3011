//! What every replay store promises, as tests: [`store_contract!`](crate::store_contract) writes them.
//!
//! Each of these functions panics where the store breaks the promise that its name says. They use keys that no
//! other run has used, so one store can be put through all of them at once, and a server needs no cleaning.
//!
//! Time passes by `tokio::time::sleep`: for a store on tokio's clock, a paused runtime makes it
//! pass at once; others take up to three seconds.
#![allow(clippy::missing_panics_doc, reason = "a test panics: that is how it fails")]

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{task::JoinSet, time::sleep};

use crate::replay::{Claim, ClaimToken, ReplayKey, ReplayStore};

/// Writes the tests that a replay store has to pass, into the module where it stands.
///
/// It takes the attribute that makes a test of an async function, and an expression for the
/// store, which may `.await`.
///
/// ```
/// mod my_store {
///     use axum_webhook::replay::MemoryReplayStore;
///
///     axum_webhook::store_contract!(#[tokio::test(start_paused = true)] MemoryReplayStore::new());
/// }
/// ```
#[macro_export]
macro_rules! store_contract {
    ($(#[$test:meta])+ $store:expr) => {
        $crate::store_contract!(@each [$(#[$test])+] [$store]
            of_two_claims_one_is_new
            an_unknown_event_can_not_be_settled
            a_committed_event_is_done_for_its_time
            done_may_be_shorter_than_the_lease
            a_released_event_can_be_claimed_again
            only_the_owner_settles
            a_claim_is_settled_once
            a_lease_runs_out
            a_renewed_lease_runs_on
            a_lapsed_claim_is_nobodys
            a_stale_owner_harms_no_new_one
            a_later_claim_has_a_larger_fence
            events_do_not_touch_each_other
            of_many_claims_at_once_one_is_new
            of_many_claims_of_a_lapsed_event_one_is_new
        );
    };
    (@each $tests:tt $store:tt $($name:ident)+) => {
        $($crate::store_contract!(@one $tests $store $name);)+
    };
    (@one [$(#[$test:meta])+] [$store:expr] $name:ident) => {
        $(#[$test])+
        async fn $name() {
            $crate::testing::contract::$name(&::std::sync::Arc::new($store)).await;
        }
    };
}

/// A time that a store has to tell from twice as much.
const UNIT: Duration = Duration::from_millis(200);
const LEASE: Duration = Duration::from_millis(4 * 200);
const TTL: Duration = Duration::from_millis(8 * 200);

/// A key that no other test uses, nor another run on the same server.
#[must_use]
pub fn fresh_key() -> ReplayKey {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let random = RandomState::new();
    let mut bytes = [0; 32];
    for (at, piece) in bytes.chunks_mut(8).enumerate() {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        piece.copy_from_slice(&random.hash_one((at, number)).to_be_bytes());
    }
    ReplayKey::from_bytes(bytes)
}

/// As its name says.
pub async fn of_two_claims_one_is_new<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    new_claim(store, key).await;
    assert_in_flight(store, key).await;
    assert_in_flight(store, key).await;
}

/// As its name says.
pub async fn an_unknown_event_can_not_be_settled<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    let (token, _) = new_claim(store, fresh_key()).await;
    assert!(!renew(store, key, token).await);
    assert!(!commit(store, key, token).await);
    assert!(!release(store, key, token).await);
    new_claim(store, key).await;
}

/// As its name says, whatever the lease of its claim was.
pub async fn a_committed_event_is_done_for_its_time<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    let (token, _) = new_claim(store, key).await;
    assert!(commit(store, key, token).await);
    assert_done(store, key).await;
    sleep(6 * UNIT).await;
    assert_done(store, key).await;
    sleep(3 * UNIT).await;
    new_claim(store, key).await;
}

/// As its name says.
pub async fn done_may_be_shorter_than_the_lease<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    let (token, _) = new_claim(store, key).await;
    let committed = store.commit(&key, token, UNIT).await;
    assert!(committed.expect("the store answers"));
    assert_done(store, key).await;
    sleep(2 * UNIT).await;
    new_claim(store, key).await;
}

/// As its name says, and by another token.
pub async fn a_released_event_can_be_claimed_again<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    let (first, _) = new_claim(store, key).await;
    assert!(release(store, key, first).await);
    let (second, _) = new_claim(store, key).await;
    assert_ne!(first, second);
    assert!(!renew(store, key, first).await);
    assert!(!commit(store, key, first).await);
    assert!(commit(store, key, second).await);
    assert_done(store, key).await;
}

/// As its name says.
pub async fn only_the_owner_settles<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    let (owner, _) = new_claim(store, key).await;
    let (stranger, _) = new_claim(store, fresh_key()).await;
    assert_ne!(owner, stranger);
    for token in [stranger, ClaimToken::new(0xdead_beef_dead_beef)] {
        assert!(!renew(store, key, token).await);
        assert!(!commit(store, key, token).await);
        assert!(!release(store, key, token).await);
        assert_in_flight(store, key).await;
    }
    assert!(commit(store, key, owner).await);
}

/// As its name says: what is done stays done, and what is given back stays so.
pub async fn a_claim_is_settled_once<S: ReplayStore>(store: &Arc<S>) {
    let done = fresh_key();
    let (token, _) = new_claim(store, done).await;
    assert!(commit(store, done, token).await);
    assert!(!commit(store, done, token).await);
    assert!(!release(store, done, token).await);
    assert!(!renew(store, done, token).await);
    assert_done(store, done).await;

    let released = fresh_key();
    let (token, _) = new_claim(store, released).await;
    assert!(release(store, released, token).await);
    assert!(!release(store, released, token).await);
    assert!(!commit(store, released, token).await);
    assert!(!renew(store, released, token).await);
    new_claim(store, released).await;
}

/// As its name says, and asking does not prolong it.
pub async fn a_lease_runs_out<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    new_claim(store, key).await;
    sleep(2 * UNIT).await;
    let remaining = assert_in_flight(store, key).await;
    assert!(remaining <= 2 * UNIT, "{remaining:?}");
    sleep(3 * UNIT).await;
    new_claim(store, key).await;
}

/// As its name says, from the renewal on, and not without end.
pub async fn a_renewed_lease_runs_on<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    let (token, _) = new_claim(store, key).await;
    for _ in 0..3 {
        sleep(3 * UNIT).await;
        assert!(renew(store, key, token).await);
        let remaining = assert_in_flight(store, key).await;
        assert!(remaining > 3 * UNIT, "{remaining:?}");
    }
    sleep(5 * UNIT).await;
    new_claim(store, key).await;
}

/// As its name says, also before another has claimed it.
pub async fn a_lapsed_claim_is_nobodys<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    let (late, _) = new_claim(store, key).await;
    sleep(5 * UNIT).await;
    assert!(!renew(store, key, late).await);
    assert!(!commit(store, key, late).await);
    assert!(!release(store, key, late).await);
    new_claim(store, key).await;
}

/// As its name says.
pub async fn a_stale_owner_harms_no_new_one<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    let (stale, _) = new_claim(store, key).await;
    sleep(5 * UNIT).await;
    let (owner, _) = new_claim(store, key).await;
    assert_ne!(stale, owner);
    assert!(!release(store, key, stale).await);
    assert_in_flight(store, key).await;
    assert!(!commit(store, key, stale).await);
    assert_in_flight(store, key).await;
    assert!(!renew(store, key, stale).await);
    assert!(commit(store, key, owner).await);
    assert!(!release(store, key, stale).await);
    assert_done(store, key).await;
}

/// As its name says, whether the earlier one was given back, lapsed or is forgotten as done.
pub async fn a_later_claim_has_a_larger_fence<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    let (token, first) = new_claim(store, key).await;
    assert!(release(store, key, token).await);
    let (_, second) = new_claim(store, key).await;
    assert!(first < second, "given back: {first} {second}");
    sleep(5 * UNIT).await;
    let (token, third) = new_claim(store, key).await;
    assert!(second < third, "lapsed: {second} {third}");
    let committed = store.commit(&key, token, UNIT).await;
    assert!(committed.expect("the store answers"));
    sleep(2 * UNIT).await;
    let (_, fourth) = new_claim(store, key).await;
    assert!(third < fourth, "forgotten: {third} {fourth}");
}

/// As its name says.
pub async fn events_do_not_touch_each_other<S: ReplayStore>(store: &Arc<S>) {
    let (a, b) = (fresh_key(), fresh_key());
    let (of_a, _) = new_claim(store, a).await;
    let (of_b, _) = new_claim(store, b).await;
    assert!(!commit(store, a, of_b).await);
    assert!(commit(store, a, of_a).await);
    assert_in_flight(store, b).await;
    assert!(release(store, b, of_b).await);
    assert_done(store, a).await;
}

/// As its name says.
pub async fn of_many_claims_at_once_one_is_new<S: ReplayStore>(store: &Arc<S>) {
    race(store, fresh_key()).await;
}

/// As its name says.
pub async fn of_many_claims_of_a_lapsed_event_one_is_new<S: ReplayStore>(store: &Arc<S>) {
    let key = fresh_key();
    new_claim(store, key).await;
    sleep(5 * UNIT).await;
    race(store, key).await;
}

async fn race<S: ReplayStore>(store: &Arc<S>, key: ReplayKey) {
    let mut claims = JoinSet::new();
    for _ in 0..64 {
        let store = Arc::clone(store);
        // Longer than the slowest of them takes.
        claims.spawn(async move { store.claim(&key, 50 * LEASE).await });
    }
    let claims = claims.join_all().await;
    let is_new = |claim: &&_| matches!(claim, Ok(Claim::New { .. }));
    let waits = |claim: &&_| matches!(claim, Ok(Claim::InFlight { .. }));
    assert_eq!(claims.iter().filter(is_new).count(), 1, "{claims:?}");
    assert_eq!(claims.iter().filter(waits).count(), 63, "{claims:?}");
}

async fn claim<S: ReplayStore>(store: &Arc<S>, key: ReplayKey) -> Claim {
    let claim = store.claim(&key, LEASE).await;
    claim.expect("the store answers")
}

async fn new_claim<S: ReplayStore>(store: &Arc<S>, key: ReplayKey) -> (ClaimToken, u64) {
    match claim(store, key).await {
        Claim::New { token, fence } => (token, fence),
        other => panic!("it should be new: {other:?}"),
    }
}

async fn renew<S: ReplayStore>(store: &Arc<S>, key: ReplayKey, token: ClaimToken) -> bool {
    let held = store.renew(&key, token, LEASE).await;
    held.expect("the store answers")
}

async fn commit<S: ReplayStore>(store: &Arc<S>, key: ReplayKey, token: ClaimToken) -> bool {
    let held = store.commit(&key, token, TTL).await;
    held.expect("the store answers")
}

async fn release<S: ReplayStore>(store: &Arc<S>, key: ReplayKey, token: ClaimToken) -> bool {
    let held = store.release(&key, token).await;
    held.expect("the store answers")
}

async fn assert_in_flight<S: ReplayStore>(store: &Arc<S>, key: ReplayKey) -> Duration {
    let claim = claim(store, key).await;
    let Claim::InFlight { remaining } = claim else {
        panic!("it should be in flight: {claim:?}");
    };
    assert!(
        remaining > Duration::ZERO && remaining <= LEASE,
        "{remaining:?}"
    );
    remaining
}

async fn assert_done<S: ReplayStore>(store: &Arc<S>, key: ReplayKey) {
    assert_eq!(claim(store, key).await, Claim::Done);
}
