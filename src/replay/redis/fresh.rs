//! The claim of an event that nobody knows, without a script: one `SET` and the time that it got.
//!
//! The client does not know the server's time when it writes, so the value says how long the lease is, and not when it ends:
//! `n <lease> <keep> <token>`, in milliseconds. The key expires after both, at a time that stays the same when a clock is
//! set, a server starts again, or a replica takes over (`SET … PX` is replicated as `PXAT`). So the time of the claim is
//! that time less both, for whoever asks; in microseconds it is the fence. The scripts know such a value, and the first of them
//! that changes it writes the long form.
// ref: https://redis.io/docs/latest/commands/set/ (NX together with GET since 7.0)
// ref: https://redis.io/docs/latest/commands/pexpiretime/ (since 7.0)

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use redis::{ErrorKind, Pipeline, RedisError, aio::ConnectionManager, pipe};
use tokio::time::Instant;

use super::{KEEP, millis, text};
use crate::replay::{Claim, ClaimToken};

/// How long a server that refused a transaction is asked by scripts alone. Not for good: it may be
/// another one by then, or what it lacked was memory.
const REST: Duration = Duration::from_mins(1);

/// A claim that is to be made.
pub(super) struct Fresh {
    pub(super) key: String,
    pub(super) token: ClaimToken,
    /// In milliseconds.
    pub(super) lease: u64,
}

impl Fresh {
    /// Claims the event, if nobody knows it. `None` where only the script can tell: whether the lease of a claim
    /// still runs, its own among them.
    ///
    /// # Errors
    ///
    /// On a server that can't do so, which has then changed nothing: it refuses a transaction in which
    /// it does not know a command, and `NX` together with `GET`.
    pub(super) async fn claim(
        &self,
        manager: &mut ConnectionManager,
    ) -> Result<Option<Claim>, RedisError> {
        let keep = millis(KEEP);
        let own = format!("n {} {keep} {}", self.lease, text(self.token));
        let (known, expires): (Option<String>, i64) =
            self.transaction(&own, keep).query_async(manager).await?;
        match known {
            None => {
                let expires = u64::try_from(expires).ok();
                let since = expires.and_then(|expires| expires.checked_sub(self.lease + keep));
                let fence = since.and_then(|since| since.checked_mul(1000));
                let fence = fence.ok_or((ErrorKind::UnexpectedReturnType, "no time of a claim"))?;
                let token = self.token;
                Ok(Some(Claim::New { token, fence }))
            }
            Some(known) if known.starts_with("d ") => Ok(Some(Claim::Done)),
            Some(_) => Ok(None),
        }
    }

    fn transaction(&self, value: &str, keep: u64) -> Pipeline {
        let mut transaction = pipe();
        transaction.atomic();
        let set = transaction.cmd("SET").arg(&self.key).arg(value);
        set.arg("NX").arg("GET").arg("PX").arg(self.lease + keep);
        transaction.cmd("PEXPIRETIME").arg(&self.key);
        transaction
    }
}

/// Whether a server is asked by transactions.
pub(super) struct Transactions {
    start: Instant,
    /// It has answered one.
    known: AtomicBool,
    /// Milliseconds from `start` until the next one; 0 if none was refused.
    rest: AtomicU64,
}

impl Transactions {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            known: AtomicBool::new(false),
            rest: AtomicU64::new(0),
        }
    }

    pub(super) fn are_tried(&self) -> bool {
        let rest = self.rest.load(Ordering::Relaxed);
        rest == 0 || rest <= millis(self.start.elapsed())
    }

    pub(super) fn are_known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }

    pub(super) fn answered(&self) {
        if !self.are_known() {
            self.known.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn rest(&self) {
        let until = millis(self.start.elapsed() + REST);
        self.rest.store(until, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_refused_a_transaction_is_tried_again_after_a_minute() {
        let transactions = Transactions::new();
        assert!(transactions.are_tried());
        transactions.rest();
        assert!(!transactions.are_tried());
        let last = Duration::from_millis(1);
        advance(REST.saturating_sub(last)).await;
        assert!(!transactions.are_tried());
        advance(last).await;
        assert!(transactions.are_tried());
    }
}
