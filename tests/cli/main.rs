//! The command line as its user meets it: the real binary, in sessions.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod https;
mod init;
mod leaks;
mod network;
mod readme;
mod receiver;
mod sessions;
mod support;
mod terminal;
