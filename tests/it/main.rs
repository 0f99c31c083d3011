//! The integration tests: one binary, so that they link once.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

#[cfg(feature = "config")]
mod config;
mod core;
mod layer;
mod readme;
