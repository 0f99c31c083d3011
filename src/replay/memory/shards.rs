//! The map behind the store: every answer is one step under one lock.
//!
//! `tests/it/stores/loom.rs` compiles this file against loom's lock, so that every
//! order of the steps is tried; it therefore names no other modules but `sync` and `table`.

use std::{num::NonZeroU64, time::Duration};

use super::{
    sync::{AtomicU64, Mutex, MutexGuard, Ordering, PoisonError},
    table::{Digest, Entry, Moment, Table},
};

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
pub(crate) struct Shards {
    parts: Box<[Mutex<Table>]>,
    /// How many entries a shard may have.
    capacity: usize,
    /// The number of the last claim.
    claims: AtomicU64,
}

impl Shards {
    /// The first claim has the number after `claims`.
    pub(crate) fn new(shards: usize, events: usize, claims: u64) -> Self {
        Self {
            parts: (0..shards).map(|_| Mutex::new(Table::new())).collect(),
            capacity: events.div_ceil(shards).clamp(1, Table::LARGEST),
            claims: AtomicU64::new(claims),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|shard| lock(shard).len()).sum()
    }

    pub(crate) fn claim(&self, digest: Digest, now: Duration, lease: Duration) -> Found {
        let now = moment(now);
        let mut shard = self.shard(digest);
        shard.sweep(now);
        let known = shard.find(digest);
        if let Some((_, known)) = known
            && known.expires > now
        {
            let remaining = known.expires.get() - now.get();
            return match known.owner {
                None => Found::Done,
                Some(_) => Found::InFlight(Duration::from_nanos(remaining)),
            };
        }
        if known.is_none() && shard.len() >= self.capacity {
            shard.sweep_for_room(now);
            if shard.len() >= self.capacity {
                return Found::Full;
            }
        }
        // Under the lock, so that of two claims of one event the later has the larger number.
        let owner = self
            .claims
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        let entry = Entry {
            digest,
            expires: after(now, lease),
            owner: NonZeroU64::new(owner),
        };
        match known {
            Some((slot, _)) => shard.set(slot, entry),
            None => shard.insert(entry),
        }
        Found::New(owner)
    }

    /// Lets the claim `number` run for `lease` from now; answers whether it still stood.
    pub(crate) fn renew(
        &self,
        digest: Digest,
        number: u64,
        now: Duration,
        lease: Duration,
    ) -> bool {
        self.change(digest, number, now, lease, NonZeroU64::new(number))
    }

    pub(crate) fn commit(&self, digest: Digest, number: u64, now: Duration, ttl: Duration) -> bool {
        self.change(digest, number, now, ttl, None)
    }

    pub(crate) fn release(&self, digest: Digest, number: u64, now: Duration) -> bool {
        let mut shard = self.shard(digest);
        let owned = owned(&shard, digest, number, moment(now));
        owned.is_some_and(|slot| {
            shard.remove(slot);
            true
        })
    }

    fn change(
        &self,
        digest: Digest,
        number: u64,
        now: Duration,
        time: Duration,
        owner: Option<NonZeroU64>,
    ) -> bool {
        let now = moment(now);
        let mut shard = self.shard(digest);
        owned(&shard, digest, number, now).is_some_and(|slot| {
            let expires = after(now, time);
            shard.set(
                slot,
                Entry {
                    digest,
                    expires,
                    owner,
                },
            );
            true
        })
    }

    fn shard(&self, digest: Digest) -> MutexGuard<'_, Table> {
        // The upper bits of the same number decide where it stands in its shard.
        let [first, _] = digest;
        let index = usize::try_from(first % self.parts.len() as u64).unwrap_or(0);
        let shard = self.parts.get(index);
        lock(shard.expect("the index is below the number of shards"))
    }
}

/// The slot of the entry, if the claim `number` still counts.
fn owned(shard: &Table, digest: Digest, number: u64, now: Moment) -> Option<usize> {
    let (slot, entry) = shard.find(digest)?;
    let owns = entry.owner.is_some_and(|owner| owner.get() == number) && entry.expires > now;
    owns.then_some(slot)
}

fn moment(since: Duration) -> Moment {
    let nanos = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
    Moment::MIN.saturating_add(nanos)
}

/// At the end of `time`, or of 584 years.
fn after(now: Moment, time: Duration) -> Moment {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    now.saturating_add(nanos)
}

/// A panic can't leave a shard half changed, so a poisoned lock is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
