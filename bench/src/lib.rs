//! What the measuring programs have in common.

pub mod allocations;
pub mod by_hand;
pub mod deliveries;
pub mod prototype;
