//! What work takes, where somebody wants to know.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Adds up the time of several pieces of work. It reads no clock where nobody wants to know.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    runs: bool,
    nanos: AtomicU64,
}

impl Stopwatch {
    /// A watch that runs for metrics, for traces, and for a listener.
    pub(crate) fn new(has_listener: bool) -> Self {
        Self {
            runs: has_listener || cfg!(feature = "metrics") || super::trace::measures(),
            nanos: AtomicU64::new(0),
        }
    }

    pub(crate) fn time<T>(&self, work: impl FnOnce() -> T) -> T {
        if !self.runs {
            return work();
        }
        let start = Instant::now();
        let done = work();
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
        done
    }

    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Relaxed))
    }
}
