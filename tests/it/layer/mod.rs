//! The layer, the extractor and the stores: a request goes in at one end, and what comes out is judged.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod body;
mod extractor;
mod handshakes;
mod lease;
mod placement;
mod readiness;
mod refusals;
mod regressions;
mod replay;
mod selection;
mod support;
