//! The times and the numbers of a soak, and the chance by which things happen.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long a claim counts without a word from its process: longer than any fault, so that the end of a handler can be stored after it.
pub(crate) const LEASE: Duration = Duration::from_secs(15);
/// How long it is renewed, which it is at half of the lease.
pub(crate) const RENEWAL: Duration = Duration::from_secs(10);
/// How long a request waits for a store at most, as the crate's stores have it.
pub(crate) const STORE_PATIENCE: Duration = Duration::from_millis(2500);

/// What a handler takes whose lease is renewed, and what one takes that hangs: longer than its lease, renewed or not.
pub(crate) const LONG: Duration = Duration::from_secs(10);
pub(crate) const HANG: Duration = Duration::from_secs(26);

/// When a request without an answer counts as one that hangs, beside the time that its handler was asked to take.
pub(crate) const ANSWER: Duration = Duration::from_secs(15);

/// The provider's pauses between two tries: doubled from the first to the last, where real ones go from seconds to hours.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(100);
pub(crate) const LAST_PAUSE: Duration = Duration::from_secs(3);
/// How long it tries an event after the last fault.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) const ROTATION: Duration = Duration::from_secs(10);

/// What goes wrong on purpose, so that the program can be seen to notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// The servers verify nothing.
    Forged,
    /// The layer takes a failed handler for one that is done.
    Lost,
    /// The servers remember nothing.
    Together,
    /// Redis is told to forget.
    Double,
}

impl Control {
    pub(crate) const ALL: [Self; 4] = [Self::Forged, Self::Lost, Self::Together, Self::Double];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Lost => "lost",
            Self::Together => "together",
            Self::Double => "double",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|control| control.name() == name)
    }

    /// The line of the table that has to fail.
    pub(crate) fn breaks(self) -> &'static str {
        match self {
            Self::Forged => "forged handled",
            Self::Lost => "lost",
            Self::Together => "two at a time",
            Self::Double => "double successes, Redis",
        }
    }
}

/// `SplitMix64`: what a seed says, it says again.
// ref: https://prng.di.unimi.it/splitmix64.c
#[derive(Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    pub(crate) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.next() % (to - from))
    }

    /// Whether something happens that does so in this many of a thousand cases.
    pub(crate) fn permille(&mut self, chance: usize) -> bool {
        self.below(1000) < chance
    }
}

/// Microseconds of a clock that all processes of the machine share, and that nobody sets.
pub(crate) fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec * 1_000_000 + now.tv_nsec / 1000).unwrap()
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap()
}
