//! What every replay store promises: the same sequence of calls, the same answers.
//!
//! A store's own tests call [`store_contract`] with a way to let time pass:
//! `tokio::time::advance` where the store uses tokio's clock, a real pause where it has its own.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum_webhook::replay::{Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore};
use tokio::task::JoinSet;

/// Runs the whole contract. `unit` is a time that the store can tell from twice as much.
pub(super) async fn store_contract<S: ReplayStore>(
    store: &Arc<S>,
    unit: Duration,
    advance: impl AsyncFn(Duration),
) {
    let subject = Subject {
        store: Arc::clone(store),
        unit,
    };
    subject.of_two_claims_one_is_new().await;
    subject
        .an_unknown_event_can_be_neither_committed_nor_released()
        .await;
    subject
        .a_committed_event_is_done_for_its_time(&advance)
        .await;
    subject.done_may_be_shorter_than_the_lease(&advance).await;
    subject.a_released_event_can_be_claimed_again().await;
    subject.only_the_owner_settles().await;
    subject.a_claim_is_settled_once().await;
    subject.a_lease_runs_out(&advance).await;
    subject.a_lapsed_claim_is_nobodys(&advance).await;
    subject.a_stale_owner_harms_no_new_one(&advance).await;
    subject.events_do_not_touch_each_other().await;
    subject.of_many_claims_at_once_one_is_new().await;
    subject
        .of_many_claims_of_a_lapsed_event_one_is_new(&advance)
        .await;
}

struct Subject<S> {
    store: Arc<S>,
    unit: Duration,
}

impl<S: ReplayStore> Subject<S> {
    async fn claim(&self, key: ReplayKey) -> Claim {
        self.store.claim(&key, 4 * self.unit).await.unwrap()
    }

    #[track_caller]
    fn token(claim: Claim) -> ClaimToken {
        match claim {
            Claim::New(token) => token,
            other => panic!("it should be new: {other:?}"),
        }
    }

    async fn new_claim(&self, key: ReplayKey) -> ClaimToken {
        Self::token(self.claim(key).await)
    }

    async fn commit(&self, key: ReplayKey, token: ClaimToken) -> bool {
        self.store.commit(&key, token, 8 * self.unit).await.unwrap()
    }

    async fn release(&self, key: ReplayKey, token: ClaimToken) -> bool {
        self.store.release(&key, token).await.unwrap()
    }

    async fn assert_in_flight(&self, key: ReplayKey) {
        let claim = self.claim(key).await;
        let Claim::InFlight { remaining } = claim else {
            panic!("it should be in flight: {claim:?}");
        };
        assert!(
            remaining > Duration::ZERO && remaining <= 4 * self.unit,
            "{remaining:?}"
        );
    }

    async fn assert_done(&self, key: ReplayKey) {
        assert_eq!(self.claim(key).await, Claim::Done);
    }

    async fn of_two_claims_one_is_new(&self) {
        let key = fresh_key();
        self.new_claim(key).await;
        self.assert_in_flight(key).await;
        self.assert_in_flight(key).await;
    }

    async fn an_unknown_event_can_be_neither_committed_nor_released(&self) {
        let key = fresh_key();
        let token = self.new_claim(fresh_key()).await;
        assert!(!self.commit(key, token).await);
        assert!(!self.release(key, token).await);
        self.new_claim(key).await;
    }

    async fn a_committed_event_is_done_for_its_time(&self, advance: &impl AsyncFn(Duration)) {
        let key = fresh_key();
        let token = self.new_claim(key).await;
        assert!(self.commit(key, token).await);
        self.assert_done(key).await;
        // Longer than the lease of its claim was.
        advance(6 * self.unit).await;
        self.assert_done(key).await;
        advance(3 * self.unit).await;
        self.new_claim(key).await;
    }

    async fn done_may_be_shorter_than_the_lease(&self, advance: &impl AsyncFn(Duration)) {
        let key = fresh_key();
        let token = self.new_claim(key).await;
        assert!(self.store.commit(&key, token, self.unit).await.unwrap());
        self.assert_done(key).await;
        advance(2 * self.unit).await;
        self.new_claim(key).await;
    }

    async fn a_released_event_can_be_claimed_again(&self) {
        let key = fresh_key();
        let first = self.new_claim(key).await;
        assert!(self.release(key, first).await);
        let second = self.new_claim(key).await;
        assert_ne!(first, second);
        assert!(!self.commit(key, first).await);
        assert!(self.commit(key, second).await);
        self.assert_done(key).await;
    }

    async fn only_the_owner_settles(&self) {
        let key = fresh_key();
        let owner = self.new_claim(key).await;
        let stranger = self.new_claim(fresh_key()).await;
        assert_ne!(owner, stranger);
        for token in [stranger, ClaimToken::new(0xdead_beef_dead_beef)] {
            assert!(!self.commit(key, token).await);
            assert!(!self.release(key, token).await);
            self.assert_in_flight(key).await;
        }
        assert!(self.commit(key, owner).await);
    }

    async fn a_claim_is_settled_once(&self) {
        let done = fresh_key();
        let token = self.new_claim(done).await;
        assert!(self.commit(done, token).await);
        assert!(!self.commit(done, token).await);
        assert!(!self.release(done, token).await, "what is done stays done");
        self.assert_done(done).await;

        let released = fresh_key();
        let token = self.new_claim(released).await;
        assert!(self.release(released, token).await);
        assert!(!self.release(released, token).await);
        assert!(!self.commit(released, token).await);
        self.new_claim(released).await;
    }

    async fn a_lease_runs_out(&self, advance: &impl AsyncFn(Duration)) {
        let key = fresh_key();
        self.new_claim(key).await;
        advance(2 * self.unit).await;
        let Claim::InFlight { remaining } = self.claim(key).await else {
            panic!("it should be in flight");
        };
        assert!(
            remaining <= 2 * self.unit,
            "asking does not prolong it: {remaining:?}"
        );
        advance(3 * self.unit).await;
        self.new_claim(key).await;
    }

    async fn a_lapsed_claim_is_nobodys(&self, advance: &impl AsyncFn(Duration)) {
        let key = fresh_key();
        let late = self.new_claim(key).await;
        advance(5 * self.unit).await;
        assert!(!self.commit(key, late).await);
        assert!(!self.release(key, late).await);
        self.new_claim(key).await;
    }

    async fn a_stale_owner_harms_no_new_one(&self, advance: &impl AsyncFn(Duration)) {
        let key = fresh_key();
        let stale = self.new_claim(key).await;
        advance(5 * self.unit).await;
        let owner = self.new_claim(key).await;
        assert_ne!(stale, owner);
        assert!(!self.release(key, stale).await);
        self.assert_in_flight(key).await;
        assert!(!self.commit(key, stale).await);
        self.assert_in_flight(key).await;
        assert!(self.commit(key, owner).await);
        assert!(!self.release(key, stale).await);
        self.assert_done(key).await;
    }

    async fn events_do_not_touch_each_other(&self) {
        let (a, b) = (fresh_key(), fresh_key());
        let (of_a, of_b) = (self.new_claim(a).await, self.new_claim(b).await);
        assert!(!self.commit(a, of_b).await);
        assert!(self.commit(a, of_a).await);
        self.assert_in_flight(b).await;
        assert!(self.release(b, of_b).await);
        self.assert_done(a).await;
    }

    async fn of_many_claims_at_once_one_is_new(&self) {
        self.race(fresh_key()).await;
    }

    async fn of_many_claims_of_a_lapsed_event_one_is_new(&self, advance: &impl AsyncFn(Duration)) {
        let key = fresh_key();
        self.new_claim(key).await;
        advance(5 * self.unit).await;
        self.race(key).await;
    }

    async fn race(&self, key: ReplayKey) {
        let mut claims = JoinSet::new();
        for _ in 0..64 {
            let (store, lease) = (Arc::clone(&self.store), 4 * self.unit);
            claims.spawn(async move { store.claim(&key, lease).await.unwrap() });
        }
        let claims = claims.join_all().await;
        let is_new = |claim: &&Claim| matches!(claim, Claim::New(_));
        assert_eq!(claims.iter().filter(is_new).count(), 1, "{claims:?}");
        assert!(!claims.contains(&Claim::Done), "{claims:?}");
    }
}

/// A key that no other test uses, nor another run on the same store.
pub(super) fn fresh_key() -> ReplayKey {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let random = RandomState::new();
    let mut bytes = [0; 32];
    for (at, piece) in bytes.chunks_mut(8).enumerate() {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        piece.copy_from_slice(&random.hash_one((at, number)).to_be_bytes());
    }
    ReplayKey::from_bytes(bytes)
}

#[tokio::test(start_paused = true)]
async fn the_memory_store_keeps_the_contract() {
    let store = Arc::new(MemoryReplayStore::new());
    store_contract(&store, Duration::from_secs(1), tokio::time::advance).await;
}

#[tokio::test(start_paused = true)]
async fn a_small_memory_store_keeps_it_too() {
    let store = Arc::new(MemoryReplayStore::with_capacity(10_000));
    store_contract(&store, Duration::from_millis(10), tokio::time::advance).await;
}

/// The claims of real threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_memory_store_keeps_it_between_threads() {
    let subject = Subject {
        store: Arc::new(MemoryReplayStore::new()),
        unit: Duration::from_mins(1),
    };
    for _ in 0..200 {
        subject.of_many_claims_at_once_one_is_new().await;
    }
}

/// The bound holds, nothing that has not expired is dropped for it, and what expired makes room.
#[tokio::test(start_paused = true)]
async fn a_full_memory_store_refuses_and_forgets_nothing() {
    let store = MemoryReplayStore::with_capacity(128);
    let lease = Duration::from_secs(10);
    let mut claimed = Vec::new();
    let mut refused = 0;
    for _ in 0..10_000 {
        let key = fresh_key();
        match store.claim(&key, lease).await {
            Ok(claim) => claimed.push((key, Subject::<MemoryReplayStore>::token(claim))),
            Err(error) => {
                assert_eq!(error.to_string(), "the replay store is full");
                refused += 1;
            }
        }
    }
    assert!(
        refused > 9000 && store.len() <= 128,
        "{refused} {}",
        store.len()
    );
    assert_eq!(store.len(), claimed.len());
    for (key, token) in &claimed {
        assert!(store.commit(key, *token, 2 * lease).await.unwrap());
    }
    for (key, _) in &claimed {
        assert_eq!(store.claim(key, lease).await.unwrap(), Claim::Done);
    }
    tokio::time::advance(3 * lease).await;
    for (key, _) in &claimed {
        assert!(matches!(store.claim(key, lease).await, Ok(Claim::New(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn released_and_expired_events_leave_nothing_in_memory() {
    let store = MemoryReplayStore::new();
    assert!(store.is_empty());
    for _ in 0..100 {
        let key = fresh_key();
        let claim = store.claim(&key, Duration::from_secs(1)).await.unwrap();
        let token = Subject::<MemoryReplayStore>::token(claim);
        store.release(&key, token).await.unwrap();
    }
    assert!(store.is_empty());
    for _ in 0..10_000 {
        store
            .claim(&fresh_key(), Duration::from_secs(1))
            .await
            .unwrap();
    }
    assert_eq!(store.len(), 10_000);
    tokio::time::advance(Duration::from_secs(2)).await;
    // Each claim clears its own part of the store.
    for _ in 0..2_000 {
        let key = fresh_key();
        let claim = store.claim(&key, Duration::from_secs(1)).await.unwrap();
        let token = Subject::<MemoryReplayStore>::token(claim);
        store.release(&key, token).await.unwrap();
    }
    assert!(store.len() < 100, "{}", store.len());
}
