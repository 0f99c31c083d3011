//! Several stores as one, for a fleet that one server can't carry.

use std::time::Duration;

use crate::replay::{Claim, ClaimToken, ReplayKey, ReplayStore, StoreError};

/// Several stores as one: each event is kept by one of them, which its key chooses.
///
/// Every instance has to list the same stores in the same order. If one of them can't answer, its events
/// are answered 503, and all others are handled.
///
/// ```
/// use axum_webhook::replay::{MemoryReplayStore, ShardedReplayStore};
///
/// let store = ShardedReplayStore::new([MemoryReplayStore::new(), MemoryReplayStore::new()])?;
/// # Ok::<(), axum_webhook::replay::StoreError>(())
/// ```
///
/// # When a store is added
///
/// At the end of the list, the new one gets its share of the events, and all others stay where they
/// are. What moves is forgotten: with the ninth store, one event in nine that was handled before would be
/// handled again if its provider repeated it, and one that is in flight meanwhile could be claimed twice. While instances with the
/// old and the new list run side by side, they do not see each other's claims of those events.
/// So begin with more stores than are needed: several can share a server.
///
/// # Limits
///
/// With [`PostgresReplayStore`](crate::replay)s inside, "done" can't be a part of a handler's
/// transaction: the handler does not know which of them keeps its event.
#[derive(Debug)]
pub struct ShardedReplayStore<S> {
    shards: Vec<S>,
}

impl<S: ReplayStore> ShardedReplayStore<S> {
    /// Creates a store of `shards`.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub fn new(shards: impl IntoIterator<Item = S>) -> Result<Self, StoreError> {
        let shards: Vec<S> = shards.into_iter().collect();
        if shards.is_empty() {
            return Err(StoreError::new("a sharded store has at least one shard"));
        }
        Ok(Self { shards })
    }

    /// The stores, in their order.
    #[must_use]
    pub fn shards(&self) -> &[S] {
        &self.shards
    }

    fn shard(&self, key: &ReplayKey) -> Result<&S, StoreError> {
        // A key is a hash, so its start is as good as the whole.
        let start = key.as_bytes().first_chunk().copied();
        let start = start.map_or(0, u64::from_le_bytes);
        let numbered = (0_u64..).zip(&self.shards);
        let highest = numbered.max_by_key(|(number, _)| score(start, *number));
        highest
            .map(|(_, shard)| shard)
            .ok_or_else(|| StoreError::new("a sharded store has at least one shard"))
    }
}

/// How much an event is drawn to a shard. It stays with the highest score, so a new shard moves nothing but what it gets.
// ref: rendezvous hashing (Thaler and Ravishankar, 1998); the finaliser is that of SplitMix64, but for
// its last step, which leaves the upper bits as they are, and those decide.
const fn score(key: u64, shard: u64) -> u64 {
    let mut mixed = key ^ shard.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb)
}

impl<S: ReplayStore> ReplayStore for ShardedReplayStore<S> {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        self.shard(key)?.claim(key, lease).await
    }

    async fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.shard(key)?.renew(key, token, lease).await
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.shard(key)?.commit(key, token, ttl).await
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        self.shard(key)?.release(key, token).await
    }

    /// Asks all of them, one after the other.
    async fn check(&self) -> Result<(), StoreError> {
        for shard in &self.shards {
            shard.check().await?;
        }
        Ok(())
    }

    fn answers_at_once(&self) -> bool {
        self.shards.iter().all(ReplayStore::answers_at_once)
    }
}
