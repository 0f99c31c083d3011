//! Nothing is handled twice: the store that remembers events, and the claim around a handler.
//!
//! A verified delivery *claims* its event before the handler runs. The claim is
//! a lease with a token: it ends as **done** or is **released**, as the handler's answer says
//! ([`Outcome::of`]; the 422 of [`VerifiedWebhook`](crate::VerifiedWebhook) itself releases too);
//! is **released** on an error, a panic or a dropped future; and **lapses** when the process
//! dies. So a provider's retry is accepted exactly when the first attempt did not finish.
//!
//! This is at-least-once across crashes: a process that dies after the
//! handler's last effect and before "done" is stored runs the handler again. Where the effects are
//! writes to Postgres, `PostgresReplayStore` can store "done" with them, in one transaction.
//!
//! # A handler that takes long
//!
//! Its lease is renewed from half of it on, so the lease says how long a retry waits after a crash,
//! and not how long a handler may take ([`Endpoint::with_renewal`](crate::Endpoint::with_renewal)
//! does). A process that is held up as a whole, or can't reach its store, may lose its lease all the same:
//! [`is_lease_lost`](crate::VerifiedWebhook::is_lease_lost) tells the handler, and
//! [`fence`](crate::VerifiedWebhook::fence) tells whatever it writes to.
//!
//! # Stores
//!
//! | | remembers | feature |
//! |---|---|---|
//! | [`MemoryReplayStore`] | as long as the process lives, for this process alone | |
//! | `RedisReplayStore` | as Redis persists, for all instances | `redis` |
//! | `PostgresReplayStore` | durably, for all instances | `postgres` |
//! | your own [`ReplayStore`] | | |
//! | [`ShardedReplayStore`] of any of them | as they do | |
//!
//! Keys are SHA-256 hashes over endpoint, tenant and what identifies the event, so a store can be
//! shared, learns no content, and has small keys.
//!
//! # While the store can't answer
//!
//! New deliveries are answered 503 with `Retry-After`, so the provider sends them again and nothing
//! is lost; [`dangerous_fail_open`](crate::Endpoint::dangerous_fail_open) handles them unguarded
//! instead. A handler that runs already is told if its lease ends meanwhile. One that finished has its end stored as soon
//! as the store is back, if its lease still runs then; if not, the event may be handled again.
//! Both stores with a server find it again by themselves.

mod guard;
mod heartbeat;
mod key;
mod memory;
mod outcome;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod sharded;
mod store;
#[cfg(any(feature = "redis", feature = "postgres"))]
mod token;

#[cfg(feature = "postgres")]
pub use self::postgres::{PostgresReplayStore, sqlx_0_9};
#[cfg(feature = "redis")]
pub use self::redis::RedisReplayStore;
pub(crate) use self::{
    guard::{ClaimGuard, ClaimHandle, Settled, Taken, Terms, claim},
    heartbeat::keep_lease,
    key::replay_key,
    store::DynStore,
};
pub use self::{
    key::ReplayKey,
    memory::MemoryReplayStore,
    outcome::Outcome,
    sharded::ShardedReplayStore,
    store::{Claim, ClaimToken, ReplayStore, StoreError},
};

/// The longest time that a store with a server counts with, ten years: far beyond every retry.
#[cfg(any(feature = "redis", feature = "postgres"))]
const LONGEST: std::time::Duration = std::time::Duration::from_hours(87_600);
