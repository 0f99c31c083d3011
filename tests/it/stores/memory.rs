//! The store of a single process.

use std::{sync::Arc, time::Duration};

use axum_webhook::{
    replay::{Claim, ClaimToken, MemoryReplayStore, ReplayStore as _},
    testing::contract::{self, fresh_key},
};
use tokio::time::advance;

axum_webhook::store_contract!(
    #[tokio::test(start_paused = true)]
    MemoryReplayStore::new()
);

mod small {
    use super::MemoryReplayStore;

    axum_webhook::store_contract!(
        #[tokio::test(start_paused = true)]
        MemoryReplayStore::with_capacity(10_000)
    );
}

/// The claims of real threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_the_claims_of_many_threads_one_is_new() {
    let store = Arc::new(MemoryReplayStore::new());
    for _ in 0..200 {
        contract::of_many_claims_at_once_one_is_new(&store).await;
    }
}

#[track_caller]
fn token(claim: Claim) -> ClaimToken {
    match claim {
        Claim::New { token, .. } => token,
        other => panic!("it should be new: {other:?}"),
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
            Ok(claim) => claimed.push((key, token(claim))),
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
    advance(3 * lease).await;
    for (key, _) in &claimed {
        token(store.claim(key, lease).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn released_and_expired_events_leave_nothing_in_memory() {
    let store = MemoryReplayStore::new();
    assert!(store.is_empty());
    for _ in 0..100 {
        let key = fresh_key();
        let claim = store.claim(&key, Duration::from_secs(1)).await.unwrap();
        store.release(&key, token(claim)).await.unwrap();
    }
    assert!(store.is_empty());
    for _ in 0..10_000 {
        store
            .claim(&fresh_key(), Duration::from_secs(1))
            .await
            .unwrap();
    }
    assert_eq!(store.len(), 10_000);
    assert!(!store.is_empty());
    advance(Duration::from_secs(2)).await;
    // Each claim clears its own part of the store.
    for _ in 0..2_000 {
        let key = fresh_key();
        let claim = store.claim(&key, Duration::from_secs(1)).await.unwrap();
        store.release(&key, token(claim)).await.unwrap();
    }
    assert!(store.len() < 100, "{}", store.len());
}

/// It counts on from where an earlier process may have stopped.
#[tokio::test]
async fn a_fence_rises_from_one_run_to_the_next() {
    let key = fresh_key();
    let mut last = 0;
    for _ in 0..3 {
        let store = MemoryReplayStore::new();
        for _ in 0..3 {
            let claim = store.claim(&key, Duration::from_secs(1)).await.unwrap();
            let Claim::New { token, fence } = claim else {
                panic!("it should be new: {claim:?}");
            };
            assert!(last < fence, "{last} {fence}");
            last = fence;
            store.release(&key, token).await.unwrap();
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test]
async fn it_shows_how_many_events_it_has() {
    let store = MemoryReplayStore::new();
    store
        .claim(&fresh_key(), Duration::from_secs(1))
        .await
        .unwrap();
    assert_eq!(format!("{store:?}"), "MemoryReplayStore { len: 1, .. }");
}
