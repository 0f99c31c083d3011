//! The entries of one shard: in chunks that never move, and a small index of where each stands.
//!
//! A claim of a new event reads the index alone, whose places are 4 bytes, and writes where the last one wrote. What is large
//! is hardly touched, which is what counts where a million events are more than the processor's caches hold.
//! An entry costs its 32 bytes and 5 to 11 in the index, and nothing is copied when there are more of them.

use std::{mem, num::NonZeroU64};

/// What stands for an event. The first number is as good as random, and decides where it is looked for.
pub(crate) type Digest = [u64; 2];

/// A time in nanoseconds.
pub(crate) type Moment = NonZeroU64;

/// How many entries a claim looks at for what has expired. Each claim adds one at most, so
/// in the long run about one in fifteen waits to be looked at.
const SWEPT: usize = 16;
/// The same for a claim that finds no room: in a large shard the next one looks further.
const SWEPT_FOR_ROOM: usize = 1024;

const CHUNK: usize = 64;

/// The bits of a word of the index that say where its entry stands, counted from 1: 0 where there is none.
/// The others are the first ones of its digest.
const SLOT: u32 = 0x1fff;

#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) digest: Digest,
    pub(crate) expires: Moment,
    /// The number of the claim; `None` when the event is done.
    pub(crate) owner: Option<NonZeroU64>,
}

#[derive(Clone, Copy)]
enum Slot {
    Taken(Entry),
    /// Nothing, and the next one of this kind.
    Free(Option<u16>),
}

pub(crate) struct Table {
    /// As many as a power of two, of which three in four are taken at most.
    index: Vec<u32>,
    #[expect(clippy::vec_box, reason = "what is there stays where it is when more comes")]
    chunks: Vec<Box<[Slot; CHUNK]>>,
    /// How many slots were ever taken.
    used: usize,
    /// The first of those that are free again.
    free: Option<u16>,
    len: usize,
    /// Where the sweep goes on.
    cursor: usize,
    /// Nothing expires earlier.
    soonest: Moment,
    /// The same of what the sweep has passed since its start, and of what was changed since then.
    passed: Moment,
}

impl Table {
    /// How many entries a table can have.
    pub(crate) const LARGEST: usize = SLOT as usize;

    pub(crate) const fn new() -> Self {
        Self {
            index: Vec::new(),
            chunks: Vec::new(),
            used: 0,
            free: None,
            len: 0,
            cursor: 0,
            soonest: Moment::MAX,
            passed: Moment::MAX,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The entry and its slot.
    pub(crate) fn find(&self, digest: Digest) -> Option<(usize, Entry)> {
        let tag = tag(digest);
        let mut place = self.home(tag);
        loop {
            let word = self.word(place);
            let slot = slot_of(word)?;
            if word & !SLOT == tag
                && let Some(Slot::Taken(entry)) = self.slot(slot)
                && entry.digest == digest
            {
                return Some((slot, *entry));
            }
            place += 1;
        }
    }

    /// Changes the entry of a slot that was found.
    pub(crate) fn set(&mut self, slot: usize, entry: Entry) {
        self.soonest = self.soonest.min(entry.expires);
        self.passed = self.passed.min(entry.expires);
        if let Some(slot) = self.slot_mut(slot) {
            *slot = Slot::Taken(entry);
        }
    }

    /// Adds an entry that was not found, to fewer than the most that there can be.
    pub(crate) fn insert(&mut self, entry: Entry) {
        if 4 * (self.len + 1) > 3 * self.index.len() {
            self.grow();
        }
        let slot = match self.free {
            Some(slot) => usize::from(slot),
            None => self.used,
        };
        match self.slot(slot) {
            Some(Slot::Free(next)) => self.free = *next,
            _ => self.chunks.push(Box::new([Slot::Free(None); CHUNK])),
        }
        self.used = self.used.max(slot + 1);
        self.len += 1;
        self.set(slot, entry);
        self.put(word(tag(entry.digest), slot));
    }

    /// Removes the entry of a slot that was found.
    pub(crate) fn remove(&mut self, slot: usize) {
        let free = Slot::Free(self.free);
        let taken = self.slot_mut(slot).map(|slot| mem::replace(slot, free));
        let Some(Slot::Taken(entry)) = taken else {
            return;
        };
        self.free = u16::try_from(slot).ok();
        self.len -= 1;
        let own = word(tag(entry.digest), slot);
        let mut hole = self.home(own);
        while self.word(hole) != own {
            hole += 1;
        }
        // Those behind it that are not at home move up.
        let mut next = hole;
        loop {
            next += 1;
            let word = self.word(next);
            if slot_of(word).is_none() {
                break;
            }
            let mask = self.mask();
            let away = next.wrapping_sub(self.home(word)) & mask;
            if away >= next - hole {
                self.set_word(hole, word);
                hole = next;
            }
        }
        self.set_word(hole, 0);
    }

    /// Removes a few of what has expired, where the last call stopped.
    pub(crate) fn sweep(&mut self, now: Moment) {
        self.sweep_slots(SWEPT, now);
    }

    /// The same, for a claim that needs room.
    pub(crate) fn sweep_for_room(&mut self, now: Moment) {
        self.sweep_slots(SWEPT_FOR_ROOM, now);
    }

    fn sweep_slots(&mut self, slots: usize, now: Moment) {
        if now < self.soonest {
            return;
        }
        for _ in 0..slots {
            if self.cursor >= self.used {
                self.cursor = 0;
                self.soonest = mem::replace(&mut self.passed, Moment::MAX);
                // After a storm, its memory is given back.
                if self.used > CHUNK && self.len < self.used / 8 {
                    self.shrink();
                }
                if now < self.soonest {
                    return;
                }
            }
            match self.slot(self.cursor) {
                Some(Slot::Taken(entry)) if entry.expires <= now => self.remove(self.cursor),
                Some(Slot::Taken(entry)) => self.passed = self.passed.min(entry.expires),
                _ => {}
            }
            self.cursor += 1;
        }
    }

    /// Doubles the index. The words themselves say where they belong.
    fn grow(&mut self) {
        let places = (2 * self.index.len()).max(8);
        for word in mem::replace(&mut self.index, vec![0; places]) {
            if slot_of(word).is_some() {
                self.put(word);
            }
        }
    }

    fn shrink(&mut self) {
        let table = mem::replace(self, Self::new());
        for slot in table.chunks.iter().flat_map(|chunk| chunk.iter()) {
            if let Slot::Taken(entry) = slot {
                self.insert(*entry);
            }
        }
    }

    /// Puts a word where the first place is free.
    fn put(&mut self, word: u32) {
        let mut place = self.home(word);
        while slot_of(self.word(place)).is_some() {
            place += 1;
        }
        self.set_word(place, word);
    }

    /// Where a word belongs: those with larger digests are behind.
    fn home(&self, word: u32) -> usize {
        let scaled = u64::from(word) * self.index.len() as u64;
        usize::try_from(scaled >> 32).unwrap_or(0)
    }

    const fn mask(&self) -> usize {
        self.index.len().wrapping_sub(1)
    }

    /// After the last place comes the first.
    fn word(&self, place: usize) -> u32 {
        let word = self.index.get(place & self.mask());
        word.copied().unwrap_or(0)
    }

    fn set_word(&mut self, place: usize, word: u32) {
        let place = place & self.mask();
        if let Some(at) = self.index.get_mut(place) {
            *at = word;
        }
    }

    fn slot(&self, slot: usize) -> Option<&Slot> {
        self.chunks.get(slot / CHUNK)?.get(slot % CHUNK)
    }

    fn slot_mut(&mut self, slot: usize) -> Option<&mut Slot> {
        self.chunks.get_mut(slot / CHUNK)?.get_mut(slot % CHUNK)
    }
}

/// The part of a digest that the index keeps.
fn tag([first, _]: Digest) -> u32 {
    u32::try_from(first >> 32).unwrap_or(0) & !SLOT
}

fn word(tag: u32, slot: usize) -> u32 {
    tag | (u32::try_from(slot + 1).unwrap_or(0) & SLOT)
}

/// `None` where a place of the index is free.
fn slot_of(word: u32) -> Option<usize> {
    usize::try_from(word & SLOT).ok()?.checked_sub(1)
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

    fn put(table: &mut Table, entry: Entry) {
        match table.find(entry.digest) {
            Some((slot, _)) => table.set(slot, entry),
            None => table.insert(entry),
        }
    }

    fn entries(table: &Table) -> Vec<Entry> {
        let slots = table.chunks.iter().flat_map(|chunk| chunk.iter());
        let taken = slots.filter_map(|slot| match slot {
            Slot::Taken(entry) => Some(*entry),
            Slot::Free(_) => None,
        });
        taken.collect()
    }

    /// As if it were hashed.
    const fn spread(number: u64) -> Digest {
        [number.wrapping_mul(0x9e37_79b9_7f4a_7c15), 0]
    }

    fn bytes(table: &Table) -> usize {
        table.index.capacity() * size_of::<u32>()
            + table.chunks.capacity() * size_of::<usize>()
            + table.chunks.len() * CHUNK * size_of::<Slot>()
    }

    /// Few digests, so that they are met again, and some that the index can't tell apart.
    fn digest() -> impl Strategy<Value = Digest> {
        let apart = (0..48_u64).prop_map(|number| [number << 58 | number, 0]);
        let crowded = (0..24_u64).prop_map(|number| [u64::MAX - number % 2, number]);
        prop_oneof![apart, crowded]
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
                        if let Some((slot, _)) = table.find(digest) {
                            table.remove(slot);
                        }
                        map.remove(&digest);
                    }
                    1 => table.sweep(now),
                    _ => {
                        let expires = now.saturating_add(time);
                        put(&mut table, entry(digest, expires));
                        map.insert(digest, expires);
                    }
                }
                for (digest, expires) in &map {
                    let found = table.find(*digest).map(|(_, entry)| entry.expires);
                    prop_assert!(found == Some(*expires) || (found.is_none() && *expires <= now));
                }
                let entries = entries(&table);
                prop_assert_eq!(entries.len(), table.len());
                let words = table.index.iter().filter(|word| slot_of(**word).is_some());
                prop_assert_eq!(words.count(), table.len());
                for entry in entries {
                    prop_assert!(map.contains_key(&entry.digest));
                    prop_assert!(entry.expires >= table.soonest);
                }
            }
            table.sweep_for_room(LATER);
            prop_assert_eq!(table.len(), 0);
        }
    }

    #[test]
    fn the_largest_table_costs_at_most_60_bytes_an_entry_on_its_way() {
        let mut table = Table::new();
        for number in 1..=Table::LARGEST as u64 {
            put(&mut table, entry(spread(number), LATER));
            let (bytes, len) = (bytes(&table), table.len());
            assert!(len < 200 || bytes <= 60 * len, "{bytes} for {len}");
        }
        assert_eq!(table.len(), Table::LARGEST);
        for number in 1..=Table::LARGEST as u64 {
            assert!(table.find(spread(number)).is_some());
        }
    }

    #[test]
    fn what_is_removed_makes_room_for_others() {
        let mut table = Table::new();
        for number in 1..10_000 {
            put(&mut table, entry(spread(number), LATER));
            if let Some((slot, _)) = table.find(spread(number.saturating_sub(50))) {
                table.remove(slot);
            }
        }
        assert_eq!(table.len(), 50);
        assert_eq!((table.chunks.len(), table.index.len()), (1, 128));
    }

    #[test]
    fn what_is_removed_is_removed_once() {
        let mut table = Table::new();
        for number in 1..4 {
            put(&mut table, entry(spread(number), LATER));
        }
        let (slot, _) = table.find(spread(2)).expect("it is there");
        for _ in 0..2 {
            table.remove(slot);
            assert_eq!(table.len(), 2);
            assert!(table.find(spread(1)).is_some() && table.find(spread(3)).is_some());
        }
    }

    /// Each sweep is short, and they get everywhere; then the memory is given back.
    #[test]
    fn what_expires_after_a_storm_is_swept_bit_by_bit() {
        let mut table = Table::new();
        for number in 1..=8000 {
            put(&mut table, entry(spread(number), NOW.saturating_add(1)));
        }
        put(&mut table, entry(spread(0), LATER));
        let mut sweeps = 0;
        while table.len() > 1 {
            let before = table.len();
            table.sweep(LATER.min(Moment::MIN.saturating_add(9)));
            assert!(before - table.len() <= SWEPT);
            sweeps += 1;
            assert!(sweeps <= 1000, "{} are left", table.len());
        }
        table.sweep(NOW.saturating_add(9));
        assert_eq!((table.chunks.len(), table.index.len()), (1, 8));
        assert!(table.find(spread(0)).is_some());
    }
}
