//! "Done" as a part of the handler's own transaction: an effect that happens exactly once.
//!
//! A process can die between a handler's last write and the mark that says "done", and the
//! retry then writes again. Here the mark is one of the writes: either all of them are
//! stored, or none is and the retry is handled.
//!
//! ```no_run
//! use axum::{extract::State, http::StatusCode};
//! use axum_webhook::{VerifiedWebhook, replay::sqlx_0_9::DoneIn as _};
//! use sqlx::PgPool;
//!
//! async fn on_payment(State(pool): State<PgPool>, hook: VerifiedWebhook) -> StatusCode {
//!     match book(&pool, &hook).await {
//!         Ok(()) => StatusCode::NO_CONTENT,
//!         Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
//!     }
//! }
//!
//! async fn book(pool: &PgPool, hook: &VerifiedWebhook) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut transaction = pool.begin().await?;
//!     sqlx::query("INSERT INTO payments …").execute(&mut *transaction).await?;
//!     hook.done_in(&mut transaction).await?;
//!     transaction.commit().await?;
//!     Ok(())
//! }
//! ```
//!
//! It needs a [`PostgresReplayStore`] in the same database. `examples/stripe_idempotent.rs` is the whole of it.
//!
//! What it does not cover: effects outside the database, such as an e-mail. Store the wish for them
//! in the same transaction, and fulfil it from there.
//!
//! This module names types of `sqlx` 0.9, a crate that is not stable yet, and is named after it: one for the
//! next version can stand beside it.

use std::{error::Error, fmt};

use sqlx::{PgPool, Postgres, Transaction};

use super::{COMMIT, PostgresReplayStore, Source, failed, is_locked, on_claim, seconds};
use crate::{extract::VerifiedWebhook, replay::StoreError};

/// A store on a pool of your own. Its connections should have a `lock_timeout`: while a handler's
/// transaction holds an event, the event's repeats wait for it with a connection each.
impl From<PgPool> for PostgresReplayStore {
    fn from(pool: PgPool) -> Self {
        Self::on(Source::Given(pool))
    }
}

/// Marks an event as done within a transaction; [`VerifiedWebhook`] does.
pub trait DoneIn: sealed::Sealed {
    /// Marks the event as done when, and only when, `transaction` is committed.
    ///
    /// Call it after the handler's writes, and commit soon: repeats of the event wait meanwhile.
    /// The transaction then decides, whatever the handler answers: if it is not committed, the
    /// event is given back, and the sender hears 503 instead of a success.
    ///
    /// # Errors
    ///
    /// If the event can't be marked. The handler's writes should then not be stored either:
    /// drop the transaction and answer with a 5xx.
    fn done_in(
        &self,
        transaction: &mut Transaction<'_, Postgres>,
    ) -> impl Future<Output = Result<(), NotDone>> + Send;
}

impl<T: Sync> DoneIn for VerifiedWebhook<T> {
    async fn done_in(&self, transaction: &mut Transaction<'_, Postgres>) -> Result<(), NotDone> {
        let claim = self.claim().ok_or(NotDone::Unguarded)?;
        if !claim.is_kept_by::<PostgresReplayStore>() {
            return Err(NotDone::OtherStore);
        }
        let (key, token, ttl) = claim.leave_to_transaction().ok_or(NotDone::Settled)?;
        let statement = on_claim(COMMIT, key, token).bind(seconds(ttl)).bind(false);
        let error = match statement.execute(&mut **transaction).await {
            Ok(marked) if marked.rows_affected() == 1 => return Ok(()),
            Ok(_) => NotDone::Lost,
            Err(error) if is_locked(&error) => NotDone::Lost,
            Err(error) => NotDone::Store(failed(&error)),
        };
        claim.take_from_transaction();
        Err(error)
    }
}

mod sealed {
    pub trait Sealed {}

    impl<T> Sealed for crate::extract::VerifiedWebhook<T> {}
}

/// Why an event was not marked as done.
#[derive(Debug)]
#[non_exhaustive]
pub enum NotDone {
    /// The lease has run out, and another delivery of the event may have been handled.
    Lost,
    /// Nothing guards this event: nothing signed identifies it, there is no store, or the endpoint failed open.
    Unguarded,
    /// The layer's store is no [`PostgresReplayStore`].
    OtherStore,
    /// The handler has called [`done`](VerifiedWebhook::done) or [`retry_later`](VerifiedWebhook::retry_later) before, or has ended.
    Settled,
    /// The database refused.
    Store(StoreError),
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("the handler has lost its lease on the event"),
            Self::Unguarded => f.write_str("nothing guards this event"),
            Self::OtherStore => f.write_str("the layer's replay store is not in Postgres"),
            Self::Settled => f.write_str("the handler has settled the event already"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Error for NotDone {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}
