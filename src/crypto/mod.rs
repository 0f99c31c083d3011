//! From an algorithm to verify and sign: the only place that hashes, and that compares secrets.

mod hasher;
pub(crate) mod jws;
#[cfg(any(feature = "ed25519", feature = "public-key"))]
pub(crate) mod public;
mod tag;
#[cfg(test)]
mod wycheproof;

pub(crate) use self::{
    hasher::{Hasher, sha256},
    tag::Tag,
};
