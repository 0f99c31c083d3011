//! The store of a single process.

mod shards;

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::time::Instant;

use self::shards::{Found, Shards};
use crate::replay::{Claim, ClaimToken, ReplayKey, ReplayStore, StoreError};

/// What `shards` locks and counts with.
mod sync {
    pub(super) use std::sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    };
}

const SHARDS: usize = 64;

/// The store of a single process: a bounded map in memory.
///
/// It forgets when the process ends, and it knows nothing of other instances.
/// It never evicts what has not expired: when it is full, it refuses, so the
/// layer answers 503 and the provider tries again. Time is monotonic, so a
/// clock that is set back or ahead reopens nothing.
///
/// Fencing numbers begin at the unix time in microseconds, so that they also
/// rise from one run of the process to the next.
pub struct MemoryReplayStore {
    shards: Shards<ReplayKey>,
    start: Instant,
}

impl MemoryReplayStore {
    /// The default capacity: a million events, about 150 MB at worst.
    pub const DEFAULT_CAPACITY: usize = 1_000_000;

    /// Creates a store for [`DEFAULT_CAPACITY`](Self::DEFAULT_CAPACITY) events.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(Self::DEFAULT_CAPACITY)
    }

    /// Creates a store for about `events` events that have not expired. Nothing
    /// is reserved in advance.
    #[must_use]
    pub fn with_capacity(events: usize) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| since.as_micros());
        Self {
            shards: Shards::new(SHARDS, events, u64::try_from(micros).unwrap_or(0)),
            start: Instant::now(),
        }
    }

    /// How many events are remembered, expired ones that nobody has looked for among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Whether no event is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Default for MemoryReplayStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplayStore")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl ReplayStore for MemoryReplayStore {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        match self.shards.claim(*key, self.now(), lease) {
            Found::New(fence) => Ok(Claim::New {
                token: ClaimToken::new(fence.into()),
                fence,
            }),
            Found::InFlight(remaining) => Ok(Claim::InFlight { remaining }),
            Found::Done => Ok(Claim::Done),
            Found::Full => Err(StoreError::new("the replay store is full")),
        }
    }

    async fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        Ok(number(token).is_some_and(|number| self.shards.renew(*key, number, self.now(), lease)))
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        Ok(number(token).is_some_and(|number| self.shards.commit(*key, number, self.now(), ttl)))
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        Ok(number(token).is_some_and(|number| self.shards.release(*key, number, self.now())))
    }
}

/// The number of the claim; `None` for a token of another store.
fn number(token: ClaimToken) -> Option<u64> {
    token.get().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_storm_of_claims_that_are_given_back_leaves_no_queue() {
        let shards = Shards::new(1, 1000, 0);
        for key in 0..100 {
            let found = shards.claim(key, SECOND, 600 * SECOND);
            assert!(matches!(found, Found::New(_)));
        }
        for _ in 0..100_000 {
            let Found::New(number) = shards.claim(100, SECOND, 600 * SECOND) else {
                panic!("it was given back");
            };
            assert!(shards.renew(100, number, SECOND, 700 * SECOND));
            assert!(shards.release(100, number, SECOND));
        }
        assert!(shards.queued() <= 2 * 101 + 1, "{}", shards.queued());
        // What is left still expires.
        assert_eq!(shards.len(), 100);
        shards.claim(100, 602 * SECOND, SECOND);
        assert_eq!(shards.len(), 1);
    }
}
