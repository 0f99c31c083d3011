//! The store of a single process.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, hash_map::Entry},
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::replay::{Claim, ClaimToken, ReplayKey, ReplayStore, StoreError};

const SHARDS: usize = 64;

/// The store of a single process: a bounded map in memory.
///
/// It forgets when the process ends, and it knows nothing of other instances.
/// It never evicts what has not expired: when it is full, it refuses, so the
/// layer answers 503 and the provider tries again. Time is monotonic, so a
/// clock that is set back or ahead reopens nothing.
pub struct MemoryReplayStore {
    shards: Box<[Mutex<Shard>]>,
    hasher: RandomState,
    capacity: usize,
    next_token: AtomicU64,
}

#[derive(Default)]
struct Shard {
    entries: HashMap<ReplayKey, State>,
    /// When entries expire, the soonest first. An entry that was changed since
    /// then has another time in `entries`, and is left alone.
    expiries: BinaryHeap<Reverse<(Instant, ReplayKey)>>,
}

#[derive(Clone, Copy)]
struct State {
    expires: Instant,
    /// `None` when the event is done.
    token: Option<u64>,
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
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            capacity: events.div_ceil(SHARDS).max(1),
            next_token: AtomicU64::new(0),
        }
    }

    /// How many events are remembered, expired ones that nobody has looked for among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| lock(shard).entries.len())
            .sum()
    }

    /// Whether no event is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, key: &ReplayKey) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(key);
        let index = usize::try_from(hash >> 32).unwrap_or(0) % SHARDS;
        let shard = self
            .shards
            .get(index)
            .expect("the index is below the number of shards");
        lock(shard)
    }

    fn try_claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        let now = Instant::now();
        let token = self.next_token.fetch_add(1, Ordering::Relaxed);
        let mut shard = self.shard(key);
        shard.purge(now);
        let full = shard.entries.len() >= self.capacity;
        let state = State {
            expires: now + lease,
            token: Some(token),
        };
        match shard.entries.entry(*key) {
            Entry::Occupied(entry) if entry.get().expires > now => {
                let known = entry.get();
                return Ok(match known.token {
                    None => Claim::Done,
                    Some(_) => Claim::InFlight {
                        remaining: known.expires - now,
                    },
                });
            }
            Entry::Occupied(mut entry) => {
                entry.insert(state);
            }
            Entry::Vacant(_) if full => {
                return Err(StoreError::new("the replay store is full"));
            }
            Entry::Vacant(entry) => {
                entry.insert(state);
            }
        }
        shard.expiries.push(Reverse((state.expires, *key)));
        Ok(Claim::New(ClaimToken::new(token.into())))
    }

    /// Changes the entry of `key`, if `token` still owns it.
    fn settle(&self, key: &ReplayKey, token: ClaimToken, ttl: Option<Duration>) -> bool {
        let now = Instant::now();
        let mut shard = self.shard(key);
        let owns = |state: &State| {
            state
                .token
                .is_some_and(|owner| u128::from(owner) == token.get())
                && state.expires > now
        };
        if !shard.entries.get(key).is_some_and(owns) {
            return false;
        }
        match ttl {
            Some(ttl) => {
                let expires = now + ttl;
                shard.entries.insert(
                    *key,
                    State {
                        expires,
                        token: None,
                    },
                );
                shard.expiries.push(Reverse((expires, *key)));
            }
            None => {
                shard.entries.remove(key);
            }
        }
        true
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
        self.try_claim(key, lease)
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        Ok(self.settle(key, token, Some(ttl)))
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        Ok(self.settle(key, token, None))
    }
}

impl Shard {
    fn purge(&mut self, now: Instant) {
        while let Some(Reverse((expires, key))) = self.expiries.peek().copied() {
            if expires > now {
                return;
            }
            self.expiries.pop();
            if let Entry::Occupied(entry) = self.entries.entry(key)
                && entry.get().expires == expires
            {
                entry.remove();
            }
        }
    }
}

/// A panic can't leave a shard half changed, so a poisoned lock is as good as any.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
