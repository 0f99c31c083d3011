//! The guide: how it works, what it promises, and what to do in which situation.
//!
//! Start with [`how_it_decides`] if you want to trust it, with [`cookbook`] if you have a situation at hand,
//! and with [`migrating`] if you have an endpoint already.

#[doc = include_str!("guide/how_it_decides.md")]
pub mod how_it_decides {}

#[doc = include_str!("guide/promises.md")]
pub mod promises {}

#[doc = include_str!("guide/defaults.md")]
pub mod defaults {}

#[doc = include_str!("guide/rotation.md")]
pub mod rotation {}

#[doc = include_str!("guide/deployment.md")]
pub mod deployment {}

#[doc = include_str!("guide/migrating.md")]
pub mod migrating {}

#[doc = include_str!("guide/cookbook.md")]
pub mod cookbook {}

#[doc = include_str!("guide/vulnerabilities.md")]
pub mod vulnerabilities {}
