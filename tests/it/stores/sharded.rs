//! Several stores as one.

use std::time::Duration;

use axum_webhook::{
    replay::{
        Claim, ClaimToken, MemoryReplayStore, ReplayKey, ReplayStore, ShardedReplayStore,
        StoreError,
    },
    testing::contract::fresh_key,
};

axum_webhook::store_contract!(
    #[tokio::test(start_paused = true)]
    of(3)
);

fn of(shards: usize) -> ShardedReplayStore<MemoryReplayStore> {
    ShardedReplayStore::new((0..shards).map(|_| MemoryReplayStore::new())).unwrap()
}

/// Where each event is: the shard that has one claim more than before.
async fn places(store: &ShardedReplayStore<MemoryReplayStore>, keys: &[ReplayKey]) -> Vec<usize> {
    let mut places = Vec::with_capacity(keys.len());
    let mut before: Vec<_> = store.shards().iter().map(MemoryReplayStore::len).collect();
    for key in keys {
        store.claim(key, Duration::from_mins(1)).await.unwrap();
        let after: Vec<_> = store.shards().iter().map(MemoryReplayStore::len).collect();
        let mut changed = (0..after.len()).filter(|at| after[*at] != before[*at]);
        places.push(changed.next().expect("a shard has it"));
        assert_eq!(changed.next(), None, "one shard has it");
        before = after;
    }
    places
}

#[tokio::test]
async fn each_shard_has_its_share_and_a_new_one_moves_only_what_it_gets() {
    let keys: Vec<_> = (0..4000).map(|_| fresh_key()).collect();
    let eight = places(&of(8), &keys).await;
    for shard in 0..8 {
        let share = eight.iter().filter(|at| **at == shard).count();
        // Nine standard deviations of a fair draw.
        assert!((310..=690).contains(&share), "shard {shard} has {share}");
    }
    let nine = places(&of(9), &keys).await;
    for (before, after) in eight.iter().zip(&nine) {
        assert!(after == before || *after == 8, "{before} became {after}");
    }
    assert!(nine.contains(&8));
}

/// Instances of different releases share the shards, so an event has the same one in each.
#[tokio::test]
async fn an_event_stays_with_its_shard_from_one_release_to_the_next() {
    let keys: Vec<_> = (0..16)
        .map(|byte| ReplayKey::from_bytes([byte; 32]))
        .collect();
    let places = places(&of(5), &keys).await;
    assert_eq!(places, [4, 3, 0, 4, 2, 2, 4, 1, 1, 4, 1, 3, 2, 0, 4, 0]);
}

/// Up, or down for good.
#[derive(Debug)]
struct Server(Option<MemoryReplayStore>);

impl Server {
    fn up(&self) -> Result<&MemoryReplayStore, StoreError> {
        self.0.as_ref().ok_or_else(|| StoreError::new("down"))
    }
}

impl ReplayStore for Server {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        self.up()?.claim(key, lease).await
    }

    async fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.up()?.renew(key, token, lease).await
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.up()?.commit(key, token, ttl).await
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        self.up()?.release(key, token).await
    }
}

#[tokio::test]
async fn a_shard_that_is_down_takes_only_its_own_events_with_it() {
    let store = ShardedReplayStore::new([
        Server(Some(MemoryReplayStore::new())),
        Server(None),
        Server(Some(MemoryReplayStore::new())),
    ])
    .unwrap();
    let (mut claimed, mut failed) = (0, 0);
    for _ in 0..300 {
        match store.claim(&fresh_key(), Duration::from_secs(1)).await {
            Ok(Claim::New { .. }) => claimed += 1,
            Err(error) => {
                assert_eq!(error.to_string(), "down");
                failed += 1;
            }
            Ok(other) => panic!("it is new: {other:?}"),
        }
    }
    assert!((40..=160).contains(&failed), "{failed} of 300 failed");
    assert_eq!(claimed + failed, 300);
}

#[test]
fn a_store_of_no_shards_is_none() {
    let none: [MemoryReplayStore; 0] = [];
    let error = ShardedReplayStore::new(none).unwrap_err();
    assert_eq!(error.to_string(), "a sharded store has at least one shard");
}

#[tokio::test]
async fn the_check_asks_every_shard() {
    let up = || Server(Some(MemoryReplayStore::new()));
    let all = ShardedReplayStore::new([up(), up()]).unwrap();
    all.check().await.unwrap();
    let one_down = ShardedReplayStore::new([up(), up(), Server(None)]).unwrap();
    let error = one_down.check().await.unwrap_err();
    assert_eq!(error.to_string(), "down");
}
