//! How often an endpoint's refusals may be looked into.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// So many refusals in a row are looked into: what a person does by hand.
const BURST: u32 = 5;

/// And then one in this time.
const INTERVAL: Duration = Duration::from_secs(1);

/// Lets a few refusals through and holds back a flood of them.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    used: u32,
    /// Since when `used` has not become less.
    since: Option<Instant>,
}

impl Gate {
    /// Whether one more may pass now.
    pub(crate) fn pass(&self) -> bool {
        let now = Instant::now();
        // A panic can't leave it half changed.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = *state.since.get_or_insert(now);
        let regained = now.duration_since(since).as_secs() / INTERVAL.as_secs();
        let regained = u32::try_from(regained).unwrap_or(u32::MAX);
        if regained > 0 {
            state.used = state.used.saturating_sub(regained);
            state.since = Some(now);
        }
        let passes = state.used < BURST;
        if passes {
            state.used += 1;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn five_pass_at_once_and_then_one_a_second() {
        let gate = Gate::default();
        let passes = |times: usize| (0..times).filter(|_| gate.pass()).count();
        assert_eq!(passes(100), 5);
        tokio::time::advance(Duration::from_millis(900)).await;
        assert_eq!(passes(100), 0);
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(passes(100), 1);
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(passes(100), 5);
    }
}
