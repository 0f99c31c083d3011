//! The store of a single process.

mod shards;
mod table;

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::time::Instant;

use self::{
    shards::{Found, Shards},
    table::{Digest, Table},
};
use crate::replay::{Claim, ClaimToken, ReplayKey, ReplayStore, StoreError};

/// What `shards` locks and counts with.
mod sync {
    pub(super) use std::sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    };
}

/// So many locks that threads seldom wait for one.
const SHARDS: usize = 64;

/// The store of a single process: a bounded map in memory.
///
/// It forgets when the process ends, and it knows nothing of other instances.
/// It never evicts what has not expired: when it is full, it refuses, so the
/// layer answers 503 and the provider tries again. Time is monotonic, so a
/// clock that is set back or ahead reopens nothing.
///
/// An event costs 37 to 43 bytes. Of its key 128 bits are kept, half of them hashed under
/// a seed of this store, so that nobody can choose keys that meet. Nothing runs in the
/// background: each claim removes some of what has expired.
///
/// Fencing numbers begin at the unix time in microseconds, so that they also
/// rise from one run of the process to the next.
pub struct MemoryReplayStore {
    shards: Shards,
    seed: RandomState,
    start: Instant,
}

impl MemoryReplayStore {
    /// The default capacity: a million events, at most 43 MB.
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
        let shards = SHARDS.max(events.div_ceil(Table::LARGEST));
        Self {
            shards: Shards::new(shards, events, u64::try_from(micros).unwrap_or(0)),
            seed: RandomState::new(),
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

    fn digest(&self, key: &ReplayKey) -> Digest {
        let (start, end) = (key.as_bytes().first_chunk(), key.as_bytes().last_chunk());
        [
            self.seed
                .hash_one(start.copied().map_or(0, u128::from_le_bytes)),
            end.copied().map_or(0, u64::from_le_bytes),
        ]
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
        match self.shards.claim(self.digest(key), self.now(), lease) {
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
        let (digest, now) = (self.digest(key), self.now());
        Ok(number(token).is_some_and(|number| self.shards.renew(digest, number, now, lease)))
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        let (digest, now) = (self.digest(key), self.now());
        Ok(number(token).is_some_and(|number| self.shards.commit(digest, number, now, ttl)))
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        let (digest, now) = (self.digest(key), self.now());
        Ok(number(token).is_some_and(|number| self.shards.release(digest, number, now)))
    }

    fn answers_at_once(&self) -> bool {
        true
    }
}

/// The number of the claim; `None` for a token of another store.
fn number(token: ClaimToken) -> Option<u64> {
    token.get().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(1_000_000);

    /// The events of these tests, far from each other in the index.
    fn digest(number: u64) -> Digest {
        [number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number]
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn claim_all(shards: &Shards, numbers: std::ops::Range<u64>, now: u64, lease: Duration) {
        for number in numbers {
            let found = shards.claim(digest(number), seconds(now), lease);
            assert!(matches!(found, Found::New(_)), "{number}: {found:?}");
        }
    }

    #[test]
    fn a_claim_ends_with_the_last_of_its_time() {
        let shards = Shards::new(1, 10_000, 0);
        // So many that a sweep does not come to all of them.
        claim_all(&shards, 0..1000, 0, seconds(5));
        let before = shards.claim(digest(999), seconds(4), LONG);
        assert_eq!(before, Found::InFlight(seconds(1)));
        for number in 0..1000 {
            assert!(!shards.commit(digest(number), number + 1, seconds(5), LONG));
        }
        // The sweep begins with the others.
        claim_all(&shards, 900..1000, 5, LONG);
    }

    #[test]
    fn a_full_shard_makes_room_where_anything_has_expired() {
        let shards = Shards::new(1, 200, 0);
        claim_all(&shards, 0..100, 0, LONG);
        claim_all(&shards, 100..200, 0, seconds(5));
        let claim = |now| shards.claim(digest(200), seconds(now), LONG);
        assert_eq!(claim(4), Found::Full);
        assert!(matches!(claim(5), Found::New(_)));
        for number in 0..100 {
            let found = shards.claim(digest(number), seconds(5), LONG);
            assert!(matches!(found, Found::InFlight(_)), "{number}: {found:?}");
        }
    }

    /// It has its place, and needs no room.
    #[test]
    fn a_full_shard_takes_an_event_again_that_it_knows() {
        let shards = Shards::new(1, 200, 0);
        claim_all(&shards, 0..180, 0, LONG);
        claim_all(&shards, 180..200, 0, seconds(5));
        claim_all(&shards, 199..200, 5, LONG);
        let again = shards.claim(digest(199), seconds(5), LONG);
        assert_eq!(again, Found::InFlight(LONG));
        assert_eq!(shards.len(), 200);
    }

    #[test]
    fn what_has_expired_is_swept_however_often_it_was_passed_before() {
        let shards = Shards::new(1, 10_000, 0);
        claim_all(&shards, 0..1, 0, seconds(5));
        claim_all(&shards, 1..2, 0, seconds(10));
        claim_all(&shards, 2..3, 5, LONG);
        assert_eq!(shards.len(), 2, "the first one is gone");
        claim_all(&shards, 3..43, 6, LONG);
        assert_eq!(shards.len(), 42, "the second one still counts");
        claim_all(&shards, 43..83, 10, LONG);
        assert_eq!(shards.len(), 81, "the second one is gone");
    }
}
