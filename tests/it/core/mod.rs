//! The pure core through its public API: values go in, values come out. No axum, no tokio, no clock.
//!
//! A test whose name begins with `t_…` holds against the attack of that id in `docs/ATTACKS.md`, one that
//! begins with `b…` against that defect of a peer.

mod cross_scheme;
mod delivery;
mod freshness;
mod grammar;
mod injectivity;
mod jwt;
mod linter;
mod negatives;
mod properties;
mod regressions;
mod round_trips;
mod samples;
mod schemes;
mod secrets;
#[cfg(feature = "jwt")]
mod tokens;
mod urls;
mod values;
pub(crate) mod vectors;
