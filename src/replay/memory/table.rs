//! The entries of one shard: sorted by digest, each as near to its home as those before it allow.
//!
//! Sorted entries need no hash to be found, no links, and no marks where one was removed; they are copied in
//! their order when the table grows. So an entry costs its 32 bytes and a gap of at most 7/9 of them.
// ref: linear probing in sorted order (Amble and Knuth, "Ordered hash tables", 1974)

use std::{mem, num::NonZeroU64};

/// What stands for an event. The first number is as good as random, and decides where it stands.
pub(crate) type Digest = [u64; 2];

/// A time in nanoseconds.
pub(crate) type Moment = NonZeroU64;

/// How many places a claim looks at for what has expired. Each claim adds one entry at most, so
/// in the long run about one entry in thirty waits to be looked at.
const SWEPT: usize = 32;
/// The same for a claim that finds no room. A small shard has fewer; in a large one the next claim looks further.
const SWEPT_FOR_ROOM: usize = 1024;
/// What a table has for those that overflow its last home.
const OVERFLOW: usize = 4;

#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) digest: Digest,
    pub(crate) expires: Moment,
    /// The number of the claim; `None` when the event is done.
    pub(crate) owner: Option<NonZeroU64>,
}

pub(crate) struct Table {
    /// At least as many as there are homes: the last ones may have overflown.
    places: Vec<Option<Entry>>,
    homes: usize,
    len: usize,
    /// Where the sweep goes on.
    cursor: usize,
    /// Nothing expires earlier.
    soonest: Moment,
    /// The same of what the sweep has passed since its start, and of what was changed since then.
    passed: Moment,
}

impl Table {
    pub(crate) const fn new() -> Self {
        Self {
            places: Vec::new(),
            homes: 0,
            len: 0,
            cursor: 0,
            soonest: Moment::MAX,
            passed: Moment::MAX,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The entry and its place, or else the place where it would stand.
    pub(crate) fn find(&self, digest: Digest) -> Result<(usize, Entry), usize> {
        let home = home(digest, self.homes);
        for (place, entry) in self.places.iter().enumerate().skip(home) {
            match entry {
                Some(entry) if entry.digest < digest => {}
                Some(entry) if entry.digest == digest => return Ok((place, *entry)),
                _ => return Err(place),
            }
        }
        Err(self.places.len())
    }

    /// Changes the entry at a place that was found.
    pub(crate) fn set(&mut self, place: usize, entry: Entry) {
        self.soonest = self.soonest.min(entry.expires);
        self.passed = self.passed.min(entry.expires);
        if let Some(place) = self.places.get_mut(place) {
            *place = Some(entry);
        }
    }

    /// Adds an entry at the place where it would stand.
    pub(crate) fn insert(&mut self, mut place: usize, entry: Entry, now: Moment) {
        if 4 * (self.len + 1) > 3 * self.homes {
            self.rebuild(now);
            place = self
                .find(entry.digest)
                .map_or_else(|place| place, |(place, _)| place);
        }
        self.len += 1;
        let behind = self.places.iter().skip(place);
        let moved = behind.take_while(|entry| entry.is_some()).count();
        if place + moved == self.places.len() {
            self.places.reserve_exact(OVERFLOW);
            self.places.push(None);
        }
        self.places.copy_within(place..place + moved, place + 1);
        self.set(place, entry);
    }

    /// Removes the entry at a place that was found, and moves those behind it that are not at home.
    pub(crate) fn remove(&mut self, place: usize) {
        let next = place + 1;
        let away = |(at, entry): &(usize, &Option<Entry>)| {
            entry.is_some_and(|entry| home(entry.digest, self.homes) < *at)
        };
        let behind = self.places.iter().enumerate().skip(next);
        let end = next + behind.take_while(away).count();
        self.places.copy_within(next..end, place);
        if let Some(last) = self.places.get_mut(end - 1) {
            *last = None;
        }
        self.len -= 1;
        // What the sweep has not seen may have moved before its place.
        if place < self.cursor {
            self.cursor -= 1;
        }
    }

    /// Removes a few of what has expired, where the last call stopped.
    pub(crate) fn sweep(&mut self, now: Moment) {
        self.sweep_places(SWEPT, now);
    }

    /// The same, for a claim that needs room.
    pub(crate) fn sweep_for_room(&mut self, now: Moment) {
        self.sweep_places(SWEPT_FOR_ROOM, now);
    }

    fn sweep_places(&mut self, places: usize, now: Moment) {
        if now < self.soonest {
            return;
        }
        for _ in 0..places {
            match self.places.get(self.cursor) {
                Some(Some(entry)) if entry.expires <= now => self.remove(self.cursor),
                Some(place) => {
                    let expires = place.map_or(Moment::MAX, |entry| entry.expires);
                    self.passed = self.passed.min(expires);
                    self.cursor += 1;
                }
                None => {
                    self.cursor = 0;
                    self.soonest = mem::replace(&mut self.passed, Moment::MAX);
                    // After a storm, its memory is given back.
                    if self.len < self.homes / 8 {
                        self.rebuild(now);
                    }
                    if now < self.soonest {
                        return;
                    }
                }
            }
        }
    }

    /// Makes room for 7/9 more than what has not expired.
    fn rebuild(&mut self, now: Moment) {
        let live = |entry: &&Entry| entry.expires > now;
        self.len = self.places.iter().flatten().filter(live).count();
        self.homes = (self.len + 1).max(4) * 16 / 9;
        self.soonest = Moment::MAX;
        self.passed = Moment::MAX;
        self.cursor = 0;
        let mut places = Vec::with_capacity(self.homes + OVERFLOW);
        for entry in self.places.iter().flatten().filter(live) {
            self.soonest = self.soonest.min(entry.expires);
            places.resize(places.len().max(home(entry.digest, self.homes)), None);
            places.push(Some(*entry));
        }
        places.resize(places.len().max(self.homes), None);
        self.places = places;
    }
}

/// The place of a digest in a table without any other; a larger digest has none before it.
fn home(digest: Digest, homes: usize) -> usize {
    let [first, _] = digest;
    let scaled = u128::from(first) * homes as u128;
    usize::try_from(scaled >> 64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    const NOW: Moment = Moment::MIN;
    const LATER: Moment = Moment::MAX;

    fn entry(digest: Digest, expires: Moment) -> Entry {
        Entry {
            digest,
            expires,
            owner: None,
        }
    }

    fn put(table: &mut Table, entry: Entry, now: Moment) {
        match table.find(entry.digest) {
            Ok((place, _)) => table.set(place, entry),
            Err(place) => table.insert(place, entry, now),
        }
    }

    fn contents(table: &Table) -> Vec<Digest> {
        let entries = table.places.iter().flatten();
        entries.map(|entry| entry.digest).collect()
    }

    /// Few digests, so that they are met again, and some as close together as can be.
    fn digest() -> impl Strategy<Value = Digest> {
        let spread = (0..48_u64).prop_map(|number| [number << 58 | number, 0]);
        let crowded = (0..24_u64).prop_map(|number| [u64::MAX - number % 2, number]);
        prop_oneof![spread, crowded]
    }

    proptest! {
        /// Nothing is lost and nothing comes twice, whatever is added, removed and swept in between.
        #[test]
        fn a_table_holds_what_a_map_holds(steps in vec((digest(), 0..4_u8, 1..40_u64), 1..400)) {
            let (mut table, mut map) = (Table::new(), BTreeMap::new());
            for (at, (digest, step, time)) in (1..).zip(steps) {
                let now = Moment::MIN.saturating_add(at);
                match step {
                    0 => {
                        if let Ok((place, _)) = table.find(digest) {
                            table.remove(place);
                        }
                        map.remove(&digest);
                    }
                    1 => table.sweep(now),
                    _ => {
                        let expires = now.saturating_add(time);
                        put(&mut table, entry(digest, expires), now);
                        map.insert(digest, expires);
                    }
                }
                for (digest, expires) in &map {
                    let found = table.find(*digest).ok();
                    let found = found.map(|(_, entry)| entry.expires);
                    prop_assert!(found == Some(*expires) || (found.is_none() && *expires <= now));
                }
                let contents = contents(&table);
                prop_assert!(contents.is_sorted_by(|one, next| one < next));
                prop_assert_eq!(contents.len(), table.len());
                prop_assert!(table.places.iter().flatten().all(|entry| entry.expires >= table.soonest));
            }
            table.sweep_for_room(LATER);
            prop_assert_eq!(table.len(), 0);
        }
    }

    #[test]
    fn an_entry_costs_at_most_60_bytes() {
        let mut table = Table::new();
        for number in 1..20_000_u64 {
            let digest = [number.wrapping_mul(0x9e37_79b9_7f4a_7c15), 0];
            put(&mut table, entry(digest, LATER), NOW);
            let bytes = table.places.capacity() * size_of::<Option<Entry>>();
            let len = table.len();
            assert!(len < 100 || bytes <= 60 * len, "{bytes} for {len}");
        }
    }

    /// Each sweep is short, and they get everywhere; then the memory is given back.
    #[test]
    fn what_expires_after_a_storm_is_swept_bit_by_bit() {
        let mut table = Table::new();
        for number in 0..10_000_u64 {
            let digest = [number.wrapping_mul(0x9e37_79b9_7f4a_7c15), 0];
            put(&mut table, entry(digest, NOW.saturating_add(1)), NOW);
        }
        let mut sweeps = 0;
        while table.len() > 0 {
            let before = table.len();
            table.sweep(LATER);
            assert!(before - table.len() <= SWEPT);
            sweeps += 1;
            assert!(sweeps <= 1000, "{} are left", table.len());
        }
        (0..1000).for_each(|_| table.sweep(LATER));
        assert!(table.places.len() < 100, "{}", table.places.len());
    }
}
