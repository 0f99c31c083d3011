//! What the fuzzers run: one function for each target, which takes any bytes and panics where a promise is broken.
//!
//! It is compiled twice: with a fuzzer around it by `fuzz/run`, and into the crate's own `cargo test`, which runs
//! each target with the inputs that fuzzers have found (`tests/fuzz/main.rs`). So it uses the public API only, and each target that
//! can does not just look for crashes: it holds the crate against a reference, which is as naive as can be.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a target may panic: that is how it fails"
)]

pub mod canonical;
#[cfg(feature = "config")]
pub mod config;
pub mod grammar;
pub mod headers;
pub mod json;
#[cfg(feature = "jwt")]
pub mod jws;
pub mod keys;
pub mod replay;
pub mod request;
pub mod support;
pub mod times;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

/// A target: any bytes go in, and it panics where a promise is broken.
pub type Target = fn(&[u8]) -> Outcome;

/// How far the bytes came. It says of a run how much of it was about more than the first check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The crate was not asked: they are no text, or no header.
    Skipped,
    /// The crate refused them.
    Refused,
    /// They passed every check.
    Accepted,
}

impl Outcome {
    /// What the crate said.
    #[must_use]
    pub const fn of(accepted: bool) -> Self {
        if accepted {
            Self::Accepted
        } else {
            Self::Refused
        }
    }
}

/// The targets by their names, which are those of their files in `fuzz_targets` and of their folders in `corpus`.
pub const TARGETS: &[(&str, Target)] = &[
    #[cfg(feature = "config")]
    ("config", config::config),
    ("form", canonical::form),
    ("header_base64", headers::base64),
    ("header_credential", headers::credential),
    ("header_numbered", headers::numbered),
    ("header_pairs", headers::pairs),
    ("header_prefix", headers::prefix),
    ("header_sets", headers::sets),
    ("header_versions", headers::versions),
    ("json", json::json),
    #[cfg(feature = "jwt")]
    ("jws", jws::jws),
    ("public_key", keys::public_key),
    ("replay_layer", replay::layer),
    ("replay_store", replay::store),
    ("request", request::request),
    #[cfg(feature = "config")]
    ("scheme", config::scheme),
    ("secret", keys::secret),
    ("sns", canonical::sns),
    ("template", grammar::template),
    ("timestamp", times::timestamp),
    ("units", times::units),
    ("url", canonical::url),
];

/// No input may take longer, in milliseconds.
const LIMIT_MS: u64 = 100;

/// Runs a target, and looks at the clock. Where an input takes long it is run again, since the machine may have been busy.
pub fn clocked(target: Target, data: &[u8]) -> Outcome {
    static SLOWEST: AtomicU64 = AtomicU64::new(1000);
    let run = || {
        let start = Instant::now();
        let outcome = target(data);
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        (micros, outcome)
    };
    let (first, outcome) = run();
    if first > SLOWEST.load(Ordering::Relaxed) {
        let micros = (0..4).map(|_| run().0).fold(first, u64::min);
        if SLOWEST.fetch_max(micros, Ordering::Relaxed) < micros {
            eprintln!("slowest: {micros} us");
        }
        assert!(micros < LIMIT_MS * 1000, "it takes {micros} us");
    }
    outcome
}
