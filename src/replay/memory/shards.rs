//! The map behind the store: every answer is one step under one lock.
//!
//! `tests/it/stores/loom.rs` compiles this file against loom's lock, so that every
//! order of the steps is tried; it therefore names no other module but `sync`.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, hash_map::Entry},
    hash::{BuildHasher as _, Hash, RandomState},
    time::Duration,
};

use super::sync::{AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};

/// Up to here, the queue of a shard is not worth tidying.
const SMALL_QUEUE: usize = 64;

/// What a claim finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing: the event is the claimer's, under this number.
    New(u64),
    /// A claim of somebody else, which still runs for this long.
    InFlight(Duration),
    /// It is done.
    Done,
    /// Nothing, and no room for more.
    Full,
}

/// A bounded map of events, in parts that are locked one by one. Times are since any one moment.
pub(crate) struct Shards<K> {
    parts: Box<[Mutex<Shard<K>>]>,
    hasher: RandomState,
    /// How many entries a shard may have.
    capacity: usize,
    /// The number of the last claim.
    claims: AtomicU64,
}

struct Shard<K> {
    entries: HashMap<K, State>,
    /// When entries expire, the soonest first. An entry that was changed since
    /// then has another time in `entries`, and is left alone.
    expiries: BinaryHeap<Reverse<(Duration, K)>>,
}

#[derive(Clone, Copy)]
struct State {
    expires: Duration,
    /// The number of the claim; `None` when the event is done.
    owner: Option<u64>,
}

impl<K: Copy + Ord + Hash> Shards<K> {
    /// The first claim has the number after `claims`.
    pub(crate) fn new(shards: usize, events: usize, claims: u64) -> Self {
        let empty = |_| {
            Mutex::new(Shard {
                entries: HashMap::new(),
                expiries: BinaryHeap::new(),
            })
        };
        Self {
            parts: (0..shards).map(empty).collect(),
            hasher: RandomState::new(),
            capacity: events.div_ceil(shards).max(1),
            claims: AtomicU64::new(claims),
        }
    }

    pub(crate) fn len(&self) -> usize {
        let parts = self.parts.iter();
        parts.map(|shard| lock(shard).entries.len()).sum()
    }

    /// How many places the queues of expiries have.
    #[cfg(test)]
    pub(crate) fn queued(&self) -> usize {
        let parts = self.parts.iter();
        parts.map(|shard| lock(shard).expiries.len()).sum()
    }

    pub(crate) fn claim(&self, key: K, now: Duration, lease: Duration) -> Found {
        let mut shard = self.shard(&key);
        shard.purge(now);
        if let Some(known) = shard.entries.get(&key)
            && known.expires > now
        {
            return match known.owner {
                None => Found::Done,
                Some(_) => Found::InFlight(known.expires.saturating_sub(now)),
            };
        }
        if shard.entries.len() >= self.capacity && !shard.entries.contains_key(&key) {
            return Found::Full;
        }
        // Under the lock, so that of two claims of one event the later has the larger number.
        let number = self.claims.fetch_add(1, Ordering::Relaxed) + 1;
        let state = State {
            expires: now.saturating_add(lease),
            owner: Some(number),
        };
        shard.set(key, state);
        Found::New(number)
    }

    /// Lets the claim `number` run for `lease` from now; answers whether it still stood.
    pub(crate) fn renew(&self, key: K, number: u64, now: Duration, lease: Duration) -> bool {
        let mut shard = self.shard(&key);
        let state = State {
            expires: now.saturating_add(lease),
            owner: Some(number),
        };
        shard.owns(&key, number, now) && shard.set(key, state)
    }

    pub(crate) fn commit(&self, key: K, number: u64, now: Duration, ttl: Duration) -> bool {
        let mut shard = self.shard(&key);
        let state = State {
            expires: now.saturating_add(ttl),
            owner: None,
        };
        shard.owns(&key, number, now) && shard.set(key, state)
    }

    pub(crate) fn release(&self, key: K, number: u64, now: Duration) -> bool {
        let mut shard = self.shard(&key);
        shard.owns(&key, number, now) && shard.entries.remove(&key).is_some()
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K>> {
        let hash = self.hasher.hash_one(key);
        let index = usize::try_from(hash >> 32).unwrap_or(0) % self.parts.len();
        let shard = self.parts.get(index);
        lock(shard.expect("the index is below the number of shards"))
    }
}

impl<K: Copy + Ord + Hash> Shard<K> {
    fn owns(&self, key: &K, number: u64, now: Duration) -> bool {
        let owns = |state: &State| state.owner == Some(number) && state.expires > now;
        self.entries.get(key).is_some_and(owns)
    }

    fn set(&mut self, key: K, state: State) -> bool {
        self.entries.insert(key, state);
        // A storm of claims that are given back leaves a place in the queue for each of them.
        if self.expiries.len() > SMALL_QUEUE.max(2 * self.entries.len()) {
            let current = self.entries.iter();
            self.expiries = current
                .map(|(key, state)| Reverse((state.expires, *key)))
                .collect();
        } else {
            self.expiries.push(Reverse((state.expires, key)));
        }
        true
    }

    fn purge(&mut self, now: Duration) {
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
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
