//! The store of several instances, in Redis or Valkey.

mod fresh;

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use redis::{
    Client, ErrorKind, RedisError, Script, ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time::{sleep, timeout};

use self::fresh::{Fresh, Transactions};
use crate::replay::{
    Claim, ClaimToken, LONGEST, ReplayKey, ReplayStore, StoreError, token::Tokens,
};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(1);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(1);
/// How long a request waits for all attempts together: less than the 3 s in which Slack wants its answer.
const PATIENCE: Duration = Duration::from_millis(2500);
/// The pauses before a question is asked again where the connection breaks. A server that was restarted takes new connections within them.
const PAUSES: [Duration; 3] = [
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
];
/// How long the number of a claim is kept after its end: longer than a provider waits between two tries early on.
const KEEP: Duration = Duration::from_hours(1);

/// The store of several instances, in Redis 5 or later, or Valkey.
///
/// A claim is one round trip, unless it meets the claim of another delivery: then it is two. Every step is one script or
/// one transaction on one key. Time is the server's alone, so the clocks of the instances do not matter. A claim whose
/// answer was lost with its connection is asked for again under its token, and recognised.
///
/// From Redis 7 on, the claim of a new event needs no script, which is several times as fast. A server that
/// can't do so (an older one, a proxy, one whose access rules forbid `PEXPIRETIME`) is asked by a script for every claim,
/// and tried again after a minute.
///
/// ```no_run
/// use axum_webhook::{Secret, WebhookLayer, providers, replay::RedisReplayStore};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let layer = WebhookLayer::new(providers::stripe(), Secret::from_env("STRIPE_WEBHOOK_SECRET")?)?
///     .with_replay_store(RedisReplayStore::new("redis://127.0.0.1:6379")?);
/// # Ok(())
/// # }
/// ```
///
/// # What you owe
///
/// - **Persistence.** What Redis forgets can be handled again: without an append-only file, a restart
///   forgets everything; a failover forgets what was not replicated yet.
/// - **`maxmemory-policy noeviction`.** Any other policy evicts events that have not expired, and so
///   lets them be handled again. A full server then answers with errors, and the layer with 503.
///
/// # Limits
///
/// It speaks to one server, or to a proxy of several; it follows no redirection of a cluster. `rediss://`
/// needs a TLS feature of the `redis` crate, version 1, which your own `Cargo.toml` can switch on.
pub struct RedisReplayStore {
    client: Client,
    prefix: String,
    link: Mutex<Link>,
    claim: Script,
    settle: Script,
    tokens: Tokens,
    transactions: Transactions,
}

/// The connection, which mends itself; a new one takes its place when it has gone silent.
#[derive(Default)]
struct Link {
    manager: Option<ConnectionManager>,
    number: u64,
}

impl RedisReplayStore {
    /// Creates a store on the server at `url`: `redis://[user:password@]host[:port][/database]`.
    ///
    /// It connects when the first event is claimed, and again whenever the connection breaks.
    ///
    /// # Errors
    ///
    /// If the URL is none of Redis. The error does not repeat it, since it may have a password in it.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(|error| {
            StoreError::new(format!("the URL of the Redis store can't be used: {error}"))
        })?;
        Ok(Self {
            client,
            prefix: "axum-webhook:".to_owned(),
            link: Mutex::default(),
            claim: Script::new(include_str!("claim.lua")),
            settle: Script::new(include_str!("settle.lua")),
            tokens: Tokens::new(),
            transactions: Transactions::new(),
        })
    }

    /// Begins the keys with `prefix` instead of `axum-webhook:`.
    ///
    /// Applications that share a database need one each, or endpoints of the same name share their events.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    fn key(&self, key: &ReplayKey) -> String {
        format!("{}{}", self.prefix, BASE64.encode(key.as_bytes()))
    }

    /// Asks the server, again if the connection breaks. The second argument of `call` says whether it was asked before.
    async fn ask<T, F>(&self, call: impl Fn(ConnectionManager, bool) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let attempts = async {
            let mut pauses = PAUSES.into_iter();
            let mut again = false;
            loop {
                let (manager, number) = self.manager()?;
                let error = match call(manager, again).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                };
                if is_silent(&error) {
                    self.hang_up(number);
                }
                match pauses.next() {
                    Some(pause) if error.is_io_error() => sleep(pause).await,
                    _ => return Err(error),
                }
                again = true;
            }
        };
        match timeout(PATIENCE, attempts).await {
            Ok(answered) => {
                answered.map_err(|error| StoreError::new(format!("Redis can't answer: {error}")))
            }
            Err(_) => Err(StoreError::new("Redis does not answer in time")),
        }
    }

    async fn settle(
        &self,
        what: &str,
        key: &ReplayKey,
        token: ClaimToken,
        time: Duration,
    ) -> Result<bool, StoreError> {
        let key = self.key(key);
        self.ask(|mut manager, again| {
            let mut call = self.settle.key(&key);
            call.arg(what).arg(text(token)).arg(millis(time));
            call.arg(millis(KEEP));
            call.arg(if again { "again" } else { "first" });
            async move { call.invoke_async(&mut manager).await }
        })
        .await
    }

    /// Claims by a transaction where that is enough, and else by the script.
    async fn claim_by(
        &self,
        mut manager: ConnectionManager,
        fresh: &Fresh,
        again: bool,
    ) -> Result<Claim, RedisError> {
        // A proxy that knows no transactions may hang up on one, so none is asked for twice.
        let mut refused = again && !self.transactions.are_known();
        if !again && self.transactions.are_tried() {
            match fresh.claim(&mut manager).await {
                Ok(claim) => {
                    self.transactions.answered();
                    if let Some(claim) = claim {
                        return Ok(claim);
                    }
                }
                Err(error) if error.is_io_error() => return Err(error),
                Err(_) => refused = true,
            }
        }
        let mut call = self.claim.key(&fresh.key);
        call.arg(text(fresh.token))
            .arg(fresh.lease)
            .arg(millis(KEEP));
        let (found, number): (String, u64) = call.invoke_async(&mut manager).await?;
        if refused {
            self.transactions.rest();
        }
        claimed(&found, number, fresh.token)
    }

    fn manager(&self) -> Result<(ConnectionManager, u64), RedisError> {
        let mut link = self.link();
        let number = link.number;
        if let Some(manager) = &link.manager {
            return Ok((manager.clone(), number));
        }
        // Each question has attempts of its own, so a connection has one: while the server is away, requests are refused at once.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER));
        let manager = ConnectionManager::new_lazy_with_config(self.client.clone(), config)?;
        link.manager = Some(manager.clone());
        Ok((manager, number))
    }

    /// Lets the next question have a connection of its own.
    fn hang_up(&self, number: u64) {
        let mut link = self.link();
        if link.number == number {
            link.manager = None;
            link.number += 1;
        }
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RedisReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReplayStore")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl ReplayStore for RedisReplayStore {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, StoreError> {
        let fresh = Fresh {
            key: self.key(key),
            token: self.tokens.next(),
            lease: millis(lease),
        };
        self.ask(|manager, again| self.claim_by(manager, &fresh, again))
            .await
    }

    async fn renew(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        self.settle("renew", key, token, lease).await
    }

    async fn commit(
        &self,
        key: &ReplayKey,
        token: ClaimToken,
        ttl: Duration,
    ) -> Result<bool, StoreError> {
        self.settle("commit", key, token, ttl).await
    }

    async fn release(&self, key: &ReplayKey, token: ClaimToken) -> Result<bool, StoreError> {
        self.settle("release", key, token, Duration::ZERO).await
    }
}

/// Whether a connection is of no more use, although nobody has closed it: the other end does
/// not answer, or has become a replica.
fn is_silent(error: &RedisError) -> bool {
    error.is_timeout() || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

/// What the script has answered to the claim of `token`.
fn claimed(found: &str, number: u64, token: ClaimToken) -> Result<Claim, RedisError> {
    match found {
        "new" => Ok(Claim::New {
            token,
            fence: number,
        }),
        "in-flight" => Ok(Claim::InFlight {
            remaining: Duration::from_millis(number),
        }),
        "done" => Ok(Claim::Done),
        _ => Err((ErrorKind::UnexpectedReturnType, "no answer to a claim").into()),
    }
}

fn text(token: ClaimToken) -> String {
    format!("{:032x}", token.get())
}

/// Whole milliseconds, rounded up: nothing is shorter than it should be.
fn millis(time: Duration) -> u64 {
    let millis = time.min(LONGEST).as_micros().div_ceil(1000).max(1);
    u64::try_from(millis).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[tokio::test]
    async fn a_connection_is_hung_up_once() -> Result<(), Box<dyn std::error::Error>> {
        let store = RedisReplayStore::new("redis://127.0.0.1:1")?;
        let (_, first) = store.manager()?;
        store.hang_up(first);
        let (_, second) = store.manager()?;
        // Others who waited for the first one give it up later.
        store.hang_up(first);
        assert!(store.link().manager.is_some());
        store.hang_up(second);
        assert!(store.link().manager.is_none());
        Ok(())
    }

    /// What nobody understands is no claim.
    #[test]
    fn another_answer_than_the_scripts_is_an_error() {
        for found in ["", "NEW", "newer"] {
            let error = claimed(found, 1, ClaimToken::new(7)).expect_err(found);
            assert_eq!(error.kind(), ErrorKind::UnexpectedReturnType, "{found}");
        }
    }

    #[test]
    fn what_is_not_closed_and_of_no_more_use_is_silent() {
        let kind = |kind: ErrorKind| RedisError::from((kind, "a test"));
        let io = |kind: io::ErrorKind| RedisError::from(io::Error::from(kind));
        for (error, want) in [
            (io(io::ErrorKind::TimedOut), true),
            (kind(ErrorKind::Server(ServerErrorKind::ReadOnly)), true),
            (io(io::ErrorKind::ConnectionReset), false),
            (kind(ErrorKind::Server(ServerErrorKind::BusyLoading)), false),
            (kind(ErrorKind::UnexpectedReturnType), false),
        ] {
            assert_eq!(is_silent(&error), want, "{error}");
        }
    }
}
