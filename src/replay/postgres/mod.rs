//! The store of several instances, in Postgres.

pub mod sqlx_0_9;

use std::{
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use sqlx::{
    PgPool,
    error::DatabaseError,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions},
    query::Query,
};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout},
};

use crate::replay::{
    Claim, ClaimToken, LONGEST, ReplayKey, ReplayStore, StoreError, token::Tokens,
};

/// How long a request waits for all attempts together: less than the 3 s in which Slack wants its answer.
const PATIENCE: Duration = Duration::from_millis(2500);
/// How long a request waits for a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// How long a statement waits for a row that a handler's transaction holds, in milliseconds.
const LOCK_TIMEOUT: &str = "1000";
/// How often one question is asked where the connection breaks.
const ATTEMPTS: u32 = 3;
/// How many connections the store opens at most: a claim needs one for a millisecond.
const CONNECTIONS: u32 = 5;
/// How often the store looks for what has expired.
const CLEAN_UP_EVERY: Duration = Duration::from_mins(1);
/// How many rows are removed at once: some milliseconds of work.
const BATCH: i64 = 1000;

const CLAIM: &str = include_str!("claim.sql");
/// $3 is the lease in seconds.
const RENEW: &str = "UPDATE axum_webhook_replay \
    SET expires_at = clock_timestamp() + make_interval(secs => $3) \
    WHERE key = $1 AND token = $2 AND NOT done AND expires_at > clock_timestamp()";
/// $3 is the time of "done" in seconds, $4 whether the answer to a first attempt was lost.
const COMMIT: &str = "UPDATE axum_webhook_replay \
    SET done = true, expires_at = clock_timestamp() + make_interval(secs => $3) \
    WHERE key = $1 AND token = $2 AND (NOT done OR $4) AND expires_at > clock_timestamp()";
/// $3 is whether the answer to a first attempt was lost. The row stays, for its fence.
const RELEASE: &str = "UPDATE axum_webhook_replay \
    SET expires_at = clock_timestamp() \
    WHERE key = $1 AND token = $2 AND NOT done AND (expires_at > clock_timestamp() OR $3)";
/// $1 is how many. The fence of an event is kept an hour longer than its lease.
const CLEAN_UP: &str = "DELETE FROM axum_webhook_replay WHERE key IN ( \
    SELECT key FROM axum_webhook_replay \
    WHERE expires_at < clock_timestamp() - interval '1 hour' \
    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)";

/// The store of several instances, in Postgres 9.5 or later.
///
/// A claim is one statement on one row. Time is the database's alone, so the clocks of the
/// instances do not matter. Where a handler's effects are writes to the same database, "done" can be one of
/// them: see [`sqlx_0_9`].
///
/// ```no_run
/// use axum_webhook::{Secret, WebhookLayer, providers, replay::PostgresReplayStore};
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresReplayStore::new("postgres://app@localhost/app")?;
/// store.migrate().await?;
/// let layer = WebhookLayer::new(providers::stripe(), Secret::from_env("STRIPE_WEBHOOK_SECRET")?)?
///     .with_replay_store(store);
/// # Ok(())
/// # }
/// ```
///
/// # Its table
///
/// `axum_webhook_replay`, in the first schema of the search path. [`migrate`](Self::migrate) creates it, as does
/// `migrations/0001_replay.sql` of this crate, for those who apply all their migrations
/// themselves. What has expired is removed by the store, a thousand rows at most in a minute and
/// for each instance; [`clean_up`](Self::clean_up) removes all of it.
///
/// # Limits
///
/// A transaction-wise pooler in front of the server needs `?statement-cache-capacity=0` in the URL. TLS needs a
/// feature of the `sqlx` crate, version 0.9, which your own `Cargo.toml` can switch on.
pub struct PostgresReplayStore {
    pool: Source,
    migrates: bool,
    migrated: OnceCell<()>,
    tokens: Tokens,
    cleaned: Mutex<Option<Instant>>,
}

/// Where the connections come from.
enum Source {
    /// Opened when the first is needed, since a pool belongs to the runtime that it is opened in.
    Own {
        options: Box<PgConnectOptions>,
        connections: u32,
        pool: OnceLock<PgPool>,
    },
    Given(PgPool),
}

impl PostgresReplayStore {
    /// Creates a store in the database at `url`: `postgres://user[:password]@host[:port]/database`.
    ///
    /// It connects when the first event is claimed, and again whenever a connection breaks.
    ///
    /// # Errors
    ///
    /// If the URL is none of Postgres. The error does not repeat it, since it may have a password in it.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        // sqlx would take a URL of MySQL for one of Postgres.
        let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let options: PgConnectOptions = match url.parse() {
            Ok(options) if is_postgres => options,
            _ => {
                return Err(StoreError::new(
                    "the URL of the Postgres store should begin with postgres:// and name a server",
                ));
            }
        };
        Ok(Self::on(Source::Own {
            options: Box::new(options.options([("lock_timeout", LOCK_TIMEOUT)])),
            connections: CONNECTIONS,
            pool: OnceLock::new(),
        }))
    }

    fn on(pool: Source) -> Self {
        Self {
            pool,
            migrates: false,
            migrated: OnceCell::const_new(),
            tokens: Tokens::new(),
            cleaned: Mutex::new(None),
        }
    }

    /// Opens up to `connections` connections: 5 by default, since a claim needs one for a
    /// millisecond. A pool that was given to the store has its own limit.
    #[must_use]
    pub fn with_max_connections(mut self, connections: u32) -> Self {
        if let Source::Own {
            connections: limit, ..
        } = &mut self.pool
        {
            *limit = connections.max(1);
        }
        self
    }

    /// Creates the table before the first claim, if it is not there.
    #[must_use]
    pub const fn with_migration(mut self) -> Self {
        self.migrates = true;
        self
    }

    /// Creates the table, if it is not there. Several instances may do so at once.
    ///
    /// # Errors
    ///
    /// If the database can't be reached, or its user may not create a table.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let migrate = async {
            let mut transaction = self.pool().begin().await?;
            // One after the other: two that create a table at once would both be told that the other did.
            sqlx::query("SELECT pg_advisory_xact_lock(hashtext('axum_webhook_replay'))")
                .execute(&mut *transaction)
                .await?;
            let exists = "SELECT to_regclass('axum_webhook_replay') IS NOT NULL";
            if !sqlx::query_scalar(exists)
                .fetch_one(&mut *transaction)
                .await?
            {
                sqlx::raw_sql(include_str!("../../../migrations/0001_replay.sql"))
                    .execute(&mut *transaction)
                    .await?;
            }
            transaction.commit().await
        };
        migrate.await.map_err(|error| failed(&error))
    }

    /// Removes what has expired an hour ago or earlier, in batches of a thousand rows; answers how many there were.
    ///
    /// # Errors
    ///
    /// If the database can't be reached. What was removed until then stays so.
    pub async fn clean_up(&self) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let batch = clean_up(self.pool()).await?;
            removed += batch;
            if batch < BATCH.unsigned_abs() {
                return Ok(removed);
            }
        }
    }

    fn pool(&self) -> &PgPool {
        match &self.pool {
            Source::Given(pool) => pool,
            Source::Own {
                options,
                connections,
                pool,
            } => pool.get_or_init(|| {
                PgPoolOptions::new()
                    .max_connections(*connections)
                    .acquire_timeout(CONNECT)
                    .connect_lazy_with((**options).clone())
            }),
        }
    }

    /// Asks once, and again if the connection breaks. The argument of `ask` says whether it was asked before.
    async fn ask<T, F: Future<Output = Result<T, sqlx::Error>>>(
        &self,
        ask: impl Fn(bool) -> F,
    ) -> Result<T, StoreError> {
        let attempts = async {
            if self.migrates {
                self.migrated.get_or_try_init(|| self.migrate()).await?;
            }
            let mut attempt = 0;
            loop {
                match ask(attempt > 0).await {
                    Err(error) if attempt + 1 < ATTEMPTS && is_broken(&error) => attempt += 1,
                    answered => return answered.map_err(|error| failed(&error)),
                }
            }
        };
        timeout(PATIENCE, attempts)
            .await
            .unwrap_or_else(|_| Err(StoreError::new("Postgres does not answer in time")))
    }

    /// Claims a row; answers what stands there then, its fence, and how many seconds its lease still runs. `None` where
    /// others have it just now.
    async fn claim_row(
        &self,
        key: &[u8],
        token: ClaimToken,
        lease: Duration,
    ) -> Result<Option<(String, i64, f64)>, sqlx::Error> {
        for _ in 0..ATTEMPTS {
            let claim = sqlx::query_as(CLAIM)
                .bind(key)
                .bind(bytes(token))
                .bind(seconds(lease));
            match claim.fetch_optional(self.pool()).await {
                Ok(None) => {}
                // The transaction of a running handler holds the row.
                Err(error) if is_locked(&error) => return Ok(None),
                answered => return answered,
            }
        }
        Ok(None)
    }

    /// Runs a statement that changes the row of a claim; answers whether it did.
    async fn settle(
        &self,
        statement: impl Fn(bool) -> Query<'static, sqlx::Postgres, PgArguments>,
    ) -> Result<bool, StoreError> {
        self.ask(async |again| statement(again).execute(self.pool()).await)
            .await
            .map(|changed| changed.rows_affected() == 1)
    }

    /// Removes some of what has expired, in the background and not too often.
    fn clean_up_now_and_then(&self) {
        let now = Instant::now();
        {
            let mut cleaned = self.cleaned.lock().unwrap_or_else(PoisonError::into_inner);
            if !is_due(*cleaned, now) {
                return;
            }
            *cleaned = Some(now);
        }
        let pool = self.pool().clone();
        tokio::spawn(async move {
            // If it fails, the next one removes more.
            let _ = clean_up(&pool).await;
        });
    }
}

impl fmt::Debug for PostgresReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresReplayStore")
            .finish_non_exhaustive()
    }
}

impl ReplayStore for PostgresReplayStore {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        let token = self.tokens.next();
        let key = key.as_bytes().as_slice();
        let found = self.ask(|_| self.claim_row(key, token, lease)).await?;
        self.clean_up_now_and_then();
        let in_flight = |remaining| {
            Ok(Claim::InFlight {
                remaining: Duration::try_from_secs_f64(remaining).unwrap_or(lease),
            })
        };
        match found {
            None => in_flight(1.0),
            Some((found, fence, remaining)) => match found.as_str() {
                "new" => Ok(Claim::New {
                    token,
                    fence: fence.unsigned_abs(),
                }),
                "done" => Ok(Claim::Done),
                _ => in_flight(remaining),
            },
        }
    }

    async fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.settle(|_| on_claim(RENEW, *key, token).bind(seconds(lease)))
            .await
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.settle(|again| on_claim(COMMIT, *key, token).bind(seconds(ttl)).bind(again))
            .await
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        self.settle(|again| on_claim(RELEASE, *key, token).bind(again))
            .await
    }
}

/// A statement about a claim.
fn on_claim(
    statement: &'static str,
    key: ReplayKey,
    token: ClaimToken,
) -> Query<'static, sqlx::Postgres, PgArguments> {
    sqlx::query(statement)
        .bind(key.as_bytes().to_vec())
        .bind(bytes(token))
}

async fn clean_up(pool: &PgPool) -> Result<u64, StoreError> {
    let batch = sqlx::query(CLEAN_UP).bind(BATCH).execute(pool).await;
    batch
        .map(|removed| removed.rows_affected())
        .map_err(|error| failed(&error))
}

/// Whether it is time to look for what has expired again.
fn is_due(cleaned: Option<Instant>, now: Instant) -> bool {
    cleaned.is_none_or(|last| now >= last + CLEAN_UP_EVERY)
}

fn bytes(token: ClaimToken) -> Vec<u8> {
    token.get().to_be_bytes().to_vec()
}

fn seconds(time: Duration) -> f64 {
    time.min(LONGEST).as_secs_f64()
}

/// Whether another connection may have an answer: this one broke, or its server is being shut down.
fn is_broken(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => {
            let code = error.code();
            code.is_some_and(|code| code.starts_with("57P0") || code.starts_with("08"))
        }
        _ => false,
    }
}

/// Whether a row was not to be had in time, since a transaction holds it.
fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.as_deref() == Some("55P03")
}

fn failed(error: &sqlx::Error) -> StoreError {
    StoreError::new(format!("Postgres can't answer: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_expired_is_looked_for_once_a_minute() {
        let now = Instant::now();
        assert!(is_due(None, now));
        let next = now + CLEAN_UP_EVERY;
        assert!(!is_due(Some(now), now));
        assert!(!is_due(Some(now), next - Duration::from_nanos(1)));
        assert!(is_due(Some(now), next));
        assert!(is_due(Some(now), next + Duration::from_nanos(1)));
    }
}
