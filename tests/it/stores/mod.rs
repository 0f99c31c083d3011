//! The stores: each of them, the contract that all of them keep, and the model that they all follow.
//!
//! The tests on Redis and Postgres need a server of each, and fail without one:
//!
//! ```text
//! scripts/servers run cargo test --all-features
//! ```

mod broken;
mod loom;
mod memory;
mod model;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod sharded;
#[cfg(feature = "postgres")]
mod tenants;
#[cfg(feature = "postgres")]
mod transaction;
#[cfg(any(feature = "redis", feature = "postgres"))]
mod wire;

/// The URL of a server for these tests.
#[cfg(any(feature = "redis", feature = "postgres"))]
#[track_caller]
fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set, so there is no server to test against: start the tests with \
             `scripts/servers run cargo test …`"
        )
    })
}

#[cfg(feature = "redis")]
#[track_caller]
fn redis_url() -> String {
    server("AXUM_WEBHOOK_TEST_REDIS")
}

#[cfg(feature = "postgres")]
#[track_caller]
fn postgres_url() -> String {
    server("AXUM_WEBHOOK_TEST_POSTGRES")
}
