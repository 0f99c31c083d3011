//! The store of several instances, in Redis or Valkey.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use redis::{
    Client, ErrorKind, FromRedisValue, RedisError, Script, ScriptInvocation, ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time::{sleep, timeout};

use crate::replay::{Claim, ClaimToken, ReplayKey, ReplayStore, StoreError, token::Tokens};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(1);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(1);
/// How long a request waits for all attempts together: less than the 3 s in which Slack wants its answer.
const PATIENCE: Duration = Duration::from_millis(2500);
/// How often one question is asked where the connection breaks.
const ATTEMPTS: u32 = 4;
/// The pause before the second attempt; it doubles. A server that was restarted takes new connections within it.
const PAUSE: Duration = Duration::from_millis(25);
/// How long the number of a claim is kept after its end: longer than a provider waits between two tries early on.
const KEEP: Duration = Duration::from_hours(1);
/// The longest time that a script can count with: far beyond every retry.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

/// The store of several instances, in Redis 5 or later, or Valkey.
///
/// A claim is one round trip, and every step is one script on one key. Time is the server's alone, so
/// the clocks of the instances do not matter. A claim whose answer was lost with its connection is
/// asked for again under its token, and recognised.
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

    /// Runs a script, again if the connection breaks. The argument of `call` says how often it was asked before.
    async fn ask<'a, T: FromRedisValue>(
        &self,
        call: impl Fn(u32) -> ScriptInvocation<'a>,
    ) -> Result<T, StoreError> {
        let attempts = async {
            let mut attempt = 0;
            loop {
                let (mut manager, number) = self.manager()?;
                let error = match call(attempt).invoke_async(&mut manager).await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                };
                if is_silent(&error) {
                    self.hang_up(number);
                }
                attempt += 1;
                if attempt == ATTEMPTS || !error.is_io_error() {
                    return Err(error);
                }
                sleep(PAUSE * 2_u32.pow(attempt - 1)).await;
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
        self.ask(|attempt| {
            let mut call = self.settle.key(&key);
            call.arg(what).arg(text(token)).arg(millis(time));
            call.arg(millis(KEEP));
            call.arg(if attempt == 0 { "first" } else { "again" });
            call
        })
        .await
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
        let key = self.key(key);
        let token = self.tokens.next();
        let (found, number): (String, u64) = self
            .ask(|_| {
                let mut call = self.claim.key(&key);
                call.arg(text(token)).arg(millis(lease)).arg(millis(KEEP));
                call
            })
            .await?;
        match found.as_str() {
            "new" => Ok(Claim::New {
                token,
                fence: number,
            }),
            "in-flight" => Ok(Claim::InFlight {
                remaining: Duration::from_millis(number),
            }),
            "done" => Ok(Claim::Done),
            _ => Err(StoreError::new("Redis answered something else")),
        }
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

fn text(token: ClaimToken) -> String {
    format!("{:032x}", token.get())
}

/// Whole milliseconds, rounded up: nothing is shorter than it should be.
fn millis(time: Duration) -> u64 {
    let millis = time.min(LONGEST).as_micros().div_ceil(1000).max(1);
    u64::try_from(millis).unwrap_or(u64::MAX)
}
