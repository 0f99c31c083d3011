//! Tokens for stores whose claims are counted by nobody but a server.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use crate::replay::ClaimToken;

/// Makes tokens that no other instance makes.
///
/// They have to be unique, not secret: only the store sees them. The keys of the two hashes are
/// the system's randomness; the time keeps copies of one virtual machine apart.
pub(crate) struct Tokens {
    high: RandomState,
    low: RandomState,
    count: AtomicU64,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Self {
            high: RandomState::new(),
            low: RandomState::new(),
            count: AtomicU64::new(0),
        }
    }

    pub(crate) fn next(&self) -> ClaimToken {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let seed = (number, SystemTime::now(), std::process::id());
        let [high, low] = [&self.high, &self.low].map(|half| u128::from(half.hash_one(seed)));
        ClaimToken::new(high << 64 | low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_a_token_are_random() {
        let (one, other) = (Tokens::new(), Tokens::new());
        let halves = |token: ClaimToken| [token.get() >> 64, token.get() & u128::from(u64::MAX)];
        for _ in 0..10 {
            let [first, second] = [one.next(), other.next()].map(halves);
            assert!(first[0] != second[0] && first[1] != second[1]);
        }
        assert_ne!(one.next().get(), one.next().get());
    }
}
