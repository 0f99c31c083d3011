//! The layer, the extractor and the stores: a request goes in at one end, and what comes out is judged.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod answers;
mod body;
mod budget;
mod catalogue;
#[cfg(feature = "config")]
mod configured;
mod diagnosis;
mod echoes;
mod extractor;
mod handshakes;
mod http2;
#[cfg(feature = "inspector")]
mod inspector;
mod key_source;
mod lease;
mod no_runtime;
mod pairing;
mod placement;
mod questions;
mod readiness;
mod refusals;
mod regressions;
#[cfg(feature = "remote-keys")]
mod remote;
mod replay;
mod rotation;
mod secret_files;
mod secret_lint;
mod selection;
mod siblings;
mod sockets;
mod strangers;
mod support;
mod telemetry;
mod tenants;
mod testing;
mod unset;
