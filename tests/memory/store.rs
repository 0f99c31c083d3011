//! The store in memory under a flood.

use std::time::Duration;

use axum_webhook::replay::{Claim, MemoryReplayStore, ReplayKey, ReplayStore as _};
use futures_util::FutureExt as _;

use crate::process::{MIB, resident};

const EVENTS: u64 = 10_000_000;
const DAY: Duration = Duration::from_hours(24);

fn key(event: u64) -> ReplayKey {
    let mut bytes = [0; 32];
    for (place, part) in bytes.chunks_exact_mut(8).enumerate() {
        let mixed = (event + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15 ^ (place as u64) << 17);
        part.copy_from_slice(&(mixed ^ mixed >> 29).to_le_bytes());
    }
    ReplayKey::from_bytes(bytes)
}

fn claim(store: &MemoryReplayStore, event: u64) -> Option<Claim> {
    store.claim(&key(event), DAY).now_or_never().unwrap().ok()
}

/// Ten million events where a million have room.
pub(crate) fn t_m6_a_flood_of_events_is_bounded_and_evicts_nothing() {
    let before = resident();
    let store = MemoryReplayStore::new();
    let mut taken = Vec::new();
    let mut refused = 0;
    for event in 0..EVENTS {
        match claim(&store, event) {
            Some(Claim::New { token, .. }) => {
                let committed = store.commit(&key(event), token, DAY).now_or_never();
                assert!(committed.unwrap().unwrap());
                taken.push(event);
            }
            None => refused += 1,
            Some(other) => panic!("{other:?}"),
        }
    }
    let grown = resident().saturating_sub(before) - taken.capacity() * 8;
    println!(
        "  {EVENTS} events: {} taken, {refused} refused, {} MiB more",
        taken.len(),
        grown / MIB
    );
    // Each shard rounds its share up.
    let capacity = MemoryReplayStore::DEFAULT_CAPACITY;
    assert!(taken.len() <= capacity + capacity / 1000 && taken.len() > 950_000);
    assert!(grown <= 60 * capacity, "{grown}");
    for event in taken {
        assert_eq!(claim(&store, event), Some(Claim::Done));
    }
}
