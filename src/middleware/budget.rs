//! How many bytes of bodies a layer holds at once, over all of its requests.

use std::{
    mem,
    sync::atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;

use crate::{rejection::RejectionKind, telemetry};

/// What a layer holds by default: 256 bodies of the default limit, or some ten thousand of the size that most have.
const DEFAULT: usize = 256 << 20;

/// A body up to this size may use the whole budget. One that is larger leaves a quarter of it to those,
/// so however many of the large ones are slow, the usual ones get in.
const SMALL: usize = 64 << 10;

/// The most that is allocated on the word of a `Content-Length` before as much has come.
const MAX_FIRST_ALLOCATION: usize = 1 << 20;

/// The bytes that a layer, and what it was cloned from, may hold.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: usize,
    held: AtomicUsize,
}

impl Budget {
    /// A budget in which a body of `largest` bytes has room, packed and unpacked, whatever it is set to.
    pub(super) fn new(bytes: Option<usize>, largest: usize) -> Self {
        let bytes = bytes.unwrap_or(DEFAULT);
        Self {
            bytes: bytes.max(largest.saturating_mul(4)),
            held: AtomicUsize::new(0),
        }
    }

    pub(super) const fn without_end() -> Self {
        Self {
            bytes: usize::MAX,
            held: AtomicUsize::new(0),
        }
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// What may be held when a body of `size` bytes is.
    const fn most(&self, size: usize) -> usize {
        if size <= SMALL {
            self.bytes
        } else {
            self.bytes - self.bytes / 4
        }
    }
}

/// What one request holds of the budget. It is given back with the request's future.
#[derive(Debug)]
pub(super) struct Held<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl<'a> Held<'a> {
    pub(super) const fn nothing_of(budget: &'a Budget) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Takes `more` bytes.
    pub(super) fn take(&mut self, more: usize) -> Result<(), RejectionKind> {
        let size = self.bytes.saturating_add(more);
        if self.grow(size, self.budget.most(size)) {
            Ok(())
        } else {
            Err(RejectionKind::BodyBudgetFull {
                budget: self.budget.bytes,
            })
        }
    }

    /// Takes as much as makes `wanted` bytes, where half of the budget is free; answers whether it did.
    fn take_in_advance(&mut self, wanted: usize) -> bool {
        self.grow(wanted, self.budget.bytes / 2)
    }

    /// Holds `size` bytes, if all that is held is no more than `most` then. One step, so that nobody is
    /// refused for what another one is refused meanwhile.
    fn grow(&mut self, size: usize, most: usize) -> bool {
        let more = size.saturating_sub(self.bytes);
        let add = |held: usize| held.checked_add(more).filter(|held| *held <= most);
        let held = &self.budget.held;
        let grown = held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        if grown.is_ok() {
            self.bytes += more;
            telemetry::bodies_grew(more);
        }
        grown.is_ok()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
            telemetry::bodies_shrank(self.bytes);
        }
    }
}

/// A body as it arrives. One of a single frame is that frame, and is not copied.
pub(super) struct Buffer {
    first: Bytes,
    rest: Vec<u8>,
    /// What the sender has announced.
    expected: usize,
    limit: usize,
}

impl Buffer {
    pub(super) const fn new(expected: usize, limit: usize) -> Self {
        Self {
            first: Bytes::new(),
            rest: Vec::new(),
            expected,
            limit,
        }
    }

    /// Adds what has arrived, which is not over the limit. What is allocated for it is taken from the budget before.
    pub(super) fn push(&mut self, data: Bytes, held: &mut Held<'_>) -> Result<(), RejectionKind> {
        let len = self.first.len() + self.rest.len();
        if len == 0 {
            held.take(data.len())?;
            self.first = data;
            return Ok(());
        }
        let needed = len + data.len();
        if needed > self.rest.capacity() {
            let capacity = self.capacity(needed, held)?;
            self.rest.reserve_exact(capacity - self.rest.len());
            self.rest.extend_from_slice(&mem::take(&mut self.first));
        }
        self.rest.extend_from_slice(&data);
        Ok(())
    }

    /// The first frame, while it is the only one.
    pub(super) fn first(&self) -> &[u8] {
        &self.first
    }

    pub(super) fn into_bytes(self) -> Bytes {
        if self.rest.is_empty() {
            self.first
        } else {
            self.rest.into()
        }
    }

    /// Where there is plenty of the budget, what was announced, or twice what there was; else a quarter more than is needed.
    fn capacity(&self, needed: usize, held: &mut Held<'_>) -> Result<usize, RejectionKind> {
        let wanted = if needed > self.expected {
            2 * self.rest.capacity()
        } else if needed > MAX_FIRST_ALLOCATION {
            self.expected
        } else {
            self.expected.min(MAX_FIRST_ALLOCATION)
        };
        let wanted = needed.max(wanted.min(self.limit));
        if held.take_in_advance(wanted) {
            return Ok(wanted);
        }
        let capacity = wanted.min(needed + needed / 4);
        held.take(capacity - held.bytes.min(capacity))?;
        Ok(capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn budget(bytes: usize) -> Budget {
        Budget::new(Some(bytes), 0)
    }

    fn frame(size: usize) -> Bytes {
        vec![b'x'; size].into()
    }

    #[track_caller]
    fn assert_full<T: std::fmt::Debug>(result: Result<T, RejectionKind>, budget: usize) {
        assert_eq!(
            result.map(|_| ()),
            Err(RejectionKind::BodyBudgetFull { budget })
        );
    }

    #[test]
    fn what_is_held_is_given_back() {
        let budget = budget(MIB);
        let mut one = Held::nothing_of(&budget);
        one.take(1000).expect("there is room");
        one.take(24).expect("there is room");
        let mut other = Held::nothing_of(&budget);
        other.take(MIB / 2).expect("there is room");
        assert_eq!(budget.held(), 1024 + MIB / 2);
        drop(one);
        assert_eq!(budget.held(), MIB / 2);
        drop(other);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn large_bodies_leave_a_quarter_to_small_ones() {
        let budget = budget(MIB);
        let mut large = Held::nothing_of(&budget);
        assert_full(large.take(MIB * 3 / 4 + 1), MIB);
        large.take(MIB * 3 / 4).expect("three quarters");
        assert_full(Held::nothing_of(&budget).take(SMALL + 1), MIB);
        let mut small = Vec::new();
        for _ in 0..MIB / 4 / SMALL {
            let mut one = Held::nothing_of(&budget);
            one.take(SMALL).expect("a small one");
            small.push(one);
        }
        assert_eq!(budget.held(), MIB);
        assert_full(Held::nothing_of(&budget).take(1), MIB);
        small.pop();
        Held::nothing_of(&budget).take(SMALL).expect("again");
    }

    /// What is refused changes nothing for the others, and what it had it keeps until it ends.
    #[test]
    fn a_refusal_takes_nothing() {
        let budget = budget(MIB);
        let mut one = Held::nothing_of(&budget);
        one.take(10).expect("there is room");
        assert_full(one.take(usize::MAX), MIB);
        assert_full(one.take(MIB), MIB);
        assert_eq!(budget.held(), 10);
    }

    #[test]
    fn the_largest_body_has_room_packed_and_unpacked() {
        let budget = Budget::new(Some(1), 1000 * SMALL);
        let mut both = Held::nothing_of(&budget);
        both.take(1000 * SMALL).expect("packed");
        both.take(1000 * SMALL).expect("unpacked");
        let mut endless = Budget::without_end();
        endless.held = AtomicUsize::new(100);
        Held::nothing_of(&endless).take(1 << 40).expect("no end");
    }

    #[test]
    fn one_frame_is_not_copied() {
        let budget = budget(MIB);
        let mut share = Held::nothing_of(&budget);
        let (mut buffer, data) = (Buffer::new(1000, MIB), frame(1000));
        buffer.push(data.clone(), &mut share).expect("room");
        assert_eq!(budget.held(), 1000);
        assert_eq!(buffer.into_bytes().as_ptr(), data.as_ptr());
    }

    const FRAME: usize = 64 << 10;

    /// What is allocated at most while a body comes in frames: the old room and the new one, and the frame.
    fn peak(expected: usize, size: usize) -> usize {
        let budget = Budget::without_end();
        let mut share = Held::nothing_of(&budget);
        let mut buffer = Buffer::new(expected, usize::MAX);
        let allocated = |buffer: &Buffer| buffer.first.len() + buffer.rest.capacity();
        let pushes = (0..size / FRAME).map(|_| {
            let before = allocated(&buffer);
            buffer.push(frame(FRAME), &mut share).expect("room");
            let after = allocated(&buffer);
            FRAME + after + if after > before { before } else { 0 }
        });
        pushes.max().unwrap_or(0)
    }

    /// T-I7: the sender says how much will come, and has sent one frame, two, or a mebibyte.
    #[test]
    fn what_is_announced_is_allocated_when_some_of_it_has_come() {
        let limit = 100 * MIB;
        for (expected, at_two, at_a_mebibyte) in [
            (0, 2 * FRAME, 2 * MIB),
            (3 * FRAME, 3 * FRAME, 24 * FRAME),
            (MIB, MIB, 2 * MIB),
            (MIB + FRAME, MIB, MIB + FRAME),
            (5 * MIB, MIB, 5 * MIB),
            (usize::MAX, MIB, limit),
        ] {
            let budget = Budget::without_end();
            let mut share = Held::nothing_of(&budget);
            let mut buffer = Buffer::new(expected, limit);
            let mut push = |count: usize| {
                for _ in 0..count {
                    buffer.push(frame(FRAME), &mut share).expect("room");
                }
                buffer.rest.capacity()
            };
            assert_eq!(push(1), 0, "{expected} announced");
            assert_eq!(push(1), at_two, "{expected} announced");
            assert!(push(MIB / FRAME - 2) <= 2 * MIB, "{expected} announced");
            assert_eq!(push(1), at_a_mebibyte, "{expected} announced");
        }
    }

    #[test]
    fn a_mebibyte_has_no_more_room_than_that_until_more_comes() {
        let budget = Budget::without_end();
        let mut share = Held::nothing_of(&budget);
        let mut buffer = Buffer::new(5 * MIB, 100 * MIB);
        for _ in 0..2 {
            buffer.push(frame(MIB / 2), &mut share).expect("room");
        }
        assert_eq!(buffer.rest.capacity(), MIB);
    }

    #[test]
    fn a_body_is_hardly_held_twice() {
        for size in [2 * FRAME, 3 * FRAME, MIB - FRAME, MIB] {
            assert!(peak(size, size) <= size + 2 * FRAME, "{size} announced");
        }
        for size in [2 * MIB, 16 * MIB, 25 * MIB] {
            let most = size + MIB + FRAME;
            assert!(peak(size, size) <= most, "{size} announced");
        }
        for size in [MIB, 4 * MIB, 16 * MIB] {
            assert!(
                peak(0, size) <= size + size / 2 + FRAME,
                "{size} not announced"
            );
        }
    }

    /// Whatever the sender announces and however it arrives: what is allocated is held.
    #[test]
    fn what_is_allocated_is_what_is_held() {
        let sizes = [7, 4096, 100_000];
        for (expected, size) in [0, 10, 300_000, usize::MAX]
            .into_iter()
            .flat_map(|expected| sizes.map(|size| (expected, size)))
        {
            for used in [0, 9 * MIB] {
                let budget = budget(16 * MIB);
                let mut others = Held::nothing_of(&budget);
                others.take(used).expect("room");
                let mut share = Held::nothing_of(&budget);
                let mut buffer = Buffer::new(expected, 300_000);
                let mut growths = 0;
                for count in 1..=300_000 / size {
                    let before = buffer.rest.capacity();
                    buffer.push(frame(size), &mut share).expect("room");
                    growths += usize::from(buffer.rest.capacity() > before);
                    let allocated = buffer.first.len() + buffer.rest.capacity();
                    assert_eq!(budget.held(), used + allocated);
                    let least = if used > 0 {
                        5 * (count + 1) * size / 4
                    } else {
                        usize::MAX
                    };
                    assert!(
                        allocated <= least.min(300_000),
                        "{allocated} for {count} of {size}"
                    );
                }
                assert!(growths < 80, "{growths} for {size}");
                assert_eq!(buffer.into_bytes().len(), 300_000 / size * size);
            }
        }
    }

    #[test]
    fn a_body_that_finds_no_room_is_refused_and_gives_back_what_it_had() {
        let budget = budget(MIB);
        let mut share = Held::nothing_of(&budget);
        let mut buffer = Buffer::new(0, 10 * MIB);
        let full = (0..1000).find_map(|_| buffer.push(frame(10_000), &mut share).err());
        assert_full(full.map_or(Ok(()), Err), MIB);
        drop(share);
        assert_eq!(budget.held(), 0);
    }
}
