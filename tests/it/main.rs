//! The integration tests: one binary, so that they link once.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic: that is how it fails"
)]

mod attacks;
#[cfg(feature = "config")]
mod config;
mod core;
mod coverage;
mod layer;
mod links;
mod readme;
mod stores;

use axum_webhook::{providers, scheme::Scheme};

/// The providers whose deliveries these tests can sign: all but those with a public-key algorithm,
/// and those that need a feature which this build lacks.
///
/// Of the former only the provider holds the key that signs. Their genuine deliveries are in `tests/vectors`, and so the attacks
/// on them are in `core::vectors`; `layer::testing` signs for them with keys of its own.
fn signable() -> impl Iterator<Item = (&'static str, Scheme)> {
    providers::ALL
        .iter()
        .map(|(id, describe)| (*id, describe()))
        .filter(|(_, scheme)| !scheme.algorithm.has_public_key())
        .filter(|(_, scheme)| scheme.algorithm.needs_feature().is_none())
}

/// The name of a provider's file, without its ending.
fn file_of(id: &str) -> String {
    match id {
        // A keyword can't name a module.
        "box" => "box_webhooks".to_owned(),
        id => id.replace('-', "_"),
    }
}
