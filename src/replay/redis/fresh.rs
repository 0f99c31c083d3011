//! The claim of an event that nobody knows, without a script: one `SET` and the time that it got.
//!
//! The client does not know the server's time when it writes, so the value says how long the lease is, and not when it ends:
//! "n <lease> <keep> <token>", in milliseconds. The key expires after both, at a time that stays the same when a clock is
//! set, a server starts again, or a replica takes over (`SET … PX` is replicated as `PXAT`). So the time of the claim is
//! that time less both, for whoever asks; in microseconds it is the fence. The scripts know such a value, and the first of them
//! that changes it writes the long form.
// ref: https://redis.io/docs/latest/commands/set/ (NX together with GET since 7.0)
// ref: https://redis.io/docs/latest/commands/pexpiretime/ (since 7.0)

use redis::{ErrorKind, Pipeline, RedisError, aio::ConnectionManager, pipe};

use super::{KEEP, millis, text};
use crate::replay::{Claim, ClaimToken};

/// A claim that is to be made.
pub(super) struct Fresh {
    pub(super) key: String,
    pub(super) token: ClaimToken,
    /// In milliseconds.
    pub(super) lease: u64,
}

impl Fresh {
    /// Claims the event, if it is new, or this claim's already. `None` where only the script can tell.
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
        let (known, expires): (Option<String>, u64) =
            self.transaction(&own, keep).query_async(manager).await?;
        match known {
            Some(known) if known.starts_with("d ") => Ok(Some(Claim::Done)),
            // Its own: the answer to the first attempt was lost.
            Some(known) if known != own => Ok(None),
            _ => {
                let since = expires.checked_sub(self.lease + keep);
                let fence = since.and_then(|since| since.checked_mul(1000));
                let fence = fence.ok_or((ErrorKind::UnexpectedReturnType, "no time of a claim"))?;
                let token = self.token;
                Ok(Some(Claim::New { token, fence }))
            }
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
