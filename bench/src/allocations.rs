//! An allocator that counts while it is told to.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

/// The system's allocator, with counters. A program that counts names it as its `#[global_allocator]`.
#[derive(Debug)]
pub struct Counting;

/// What one run of something allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// Allocations, and reallocations, which count as one each.
    pub calls: u64,
    /// Bytes asked for; a reallocation asks for its whole new size.
    pub bytes: u64,
    /// The most bytes alive at once. While a block is moved it is alive twice.
    pub peak: u64,
}

static ON: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// Counts what `run` allocates, in all threads.
pub fn count<R>(run: impl FnOnce() -> R) -> (R, Allocated) {
    for counter in [&CALLS, &BYTES, &LIVE, &PEAK] {
        counter.store(0, Relaxed);
    }
    ON.store(true, Relaxed);
    let result = run();
    ON.store(false, Relaxed);
    let allocated = Allocated {
        calls: CALLS.load(Relaxed),
        bytes: BYTES.load(Relaxed),
        peak: PEAK.load(Relaxed),
    };
    (result, allocated)
}

/// The bytes that what `make` made holds.
pub fn live<R>(make: impl FnOnce() -> R) -> u64 {
    let (_made, _) = count(make);
    LIVE.load(Relaxed)
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        came(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        came(layout.size(), 0);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        came(size, layout.size());
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        went(layout.size());
        unsafe { System.dealloc(block, layout) }
    }
}

/// A block of `size` bytes came, and after that one of `old` bytes went.
#[inline]
fn came(size: usize, old: usize) {
    if ON.load(Relaxed) {
        CALLS.fetch_add(1, Relaxed);
        BYTES.fetch_add(size as u64, Relaxed);
        let live = LIVE
            .fetch_add(size as u64, Relaxed)
            .wrapping_add(size as u64);
        // What was there before the count began may go during it, and take the sum below zero.
        if live < 1 << 63 {
            PEAK.fetch_max(live, Relaxed);
        }
        went(old);
    }
}

#[inline]
fn went(size: usize) {
    if ON.load(Relaxed) {
        LIVE.fetch_sub(size as u64, Relaxed);
    }
}
