//! What can happen to a request.

use std::time::Duration;

use http::StatusCode;

use crate::{
    rejection::Rejection,
    replay::{Settled, StoreError},
    tenant::Tenant,
};

/// Something that happened to a request.
///
/// Every request ends with exactly one of `Refused`, `WouldBeRefused`, `Answered`, `Duplicate`, `Handled` and
/// `Abandoned`, but for a handler that asked for a retry: its `Handled` is followed by a `Refused`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// It did not reach the handler, and here is why.
    Refused(&'a Rejection),
    /// It would have been refused, but the endpoint only observes: it went on to the handler.
    WouldBeRefused(&'a Rejection),
    /// It is genuine. What comes next is the replay guard, and then the handler.
    Verified(Verified<'a>),
    /// A delivery that was verified when it came goes to its handler once more, since the operator said so on the page of
    /// the inspector. What comes next is what comes after `Verified`, but for `Duplicate`.
    #[non_exhaustive]
    Replayed {
        /// The endpoint's name.
        endpoint: &'a str,
        /// The provider's id.
        provider: &'a str,
    },
    /// It was a question of the provider, and was answered.
    #[non_exhaustive]
    Answered {
        /// The endpoint's name.
        endpoint: &'a str,
        /// The provider's id.
        provider: &'a str,
    },
    /// Its event was handled before; it was answered as a success.
    #[non_exhaustive]
    Duplicate {
        /// The endpoint's name.
        endpoint: &'a str,
        /// The provider's id.
        provider: &'a str,
    },
    /// Its handler has answered.
    Handled(Handled<'a>),
    /// Its handler did not come to an end: it panicked, failed, or its client went away.
    #[non_exhaustive]
    Abandoned {
        /// The endpoint's name.
        endpoint: &'a str,
        /// The provider's id.
        provider: &'a str,
    },
    /// A handler lost its lease while it was at work: another delivery of its event may be handled beside it.
    #[non_exhaustive]
    LeaseLost {
        /// The endpoint's name.
        endpoint: &'a str,
        /// The provider's id.
        provider: &'a str,
    },
    /// The end of a handler, which could not be stored at first, has reached the replay store.
    #[non_exhaustive]
    SettledLate {
        /// The endpoint's name.
        endpoint: &'a str,
        /// The provider's id.
        provider: &'a str,
        /// Whether the event was still this handler's.
        held: bool,
    },
    /// The replay store could not answer.
    #[non_exhaustive]
    StoreFailed {
        /// The endpoint's name.
        endpoint: &'a str,
        /// The provider's id.
        provider: &'a str,
        /// What it was asked.
        step: StoreStep,
        /// What it said.
        error: &'a StoreError,
    },
}

/// A genuine request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verified<'a> {
    /// The endpoint's name.
    pub endpoint: &'a str,
    /// The provider's id.
    pub provider: &'a str,
    /// The tenant, where the endpoint has such.
    pub tenant: Option<&'a Tenant>,
    /// The id of the key that matched.
    pub key_id: &'a str,
    /// This machine's time less the delivery's, in seconds; `None` where the delivery has no time.
    pub skew_seconds: Option<f64>,
    /// The length of the body as it arrived.
    pub body_bytes: usize,
    /// What the checks took, without the time in which the body was on its way. Zero where nobody measures.
    pub verify_time: Duration,
}

/// A request whose handler has answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Handled<'a> {
    /// The endpoint's name.
    pub endpoint: &'a str,
    /// The provider's id.
    pub provider: &'a str,
    /// What the handler answered.
    pub status: StatusCode,
    /// What became of the event.
    pub settlement: Settlement,
    /// What the handler took. Zero where nobody measures.
    pub time: Duration,
}

/// What became of an event when its handler had answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Settlement {
    /// Nothing guards it: there is no store, or nothing signed identifies the event.
    Unguarded,
    /// It is done: a repeated delivery is a duplicate.
    Committed,
    /// It was given back: a repeated delivery is handled.
    Released,
    /// The transaction that should have marked it as done was not committed, so it was given back.
    RolledBack,
    /// The handler outlived its lease, so another delivery may have been handled meanwhile.
    LeaseLost,
    /// The store could not be told. It is told again as long as the lease runs.
    NotStored,
}

impl From<Settled> for Settlement {
    fn from(settled: Settled) -> Self {
        match settled {
            Settled::Committed => Self::Committed,
            Settled::Released => Self::Released,
            Settled::RolledBack => Self::RolledBack,
            Settled::TooLate => Self::LeaseLost,
        }
    }
}

impl Settlement {
    /// The name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unguarded => "unguarded",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::RolledBack => "rolled-back",
            Self::LeaseLost => "lease-lost",
            Self::NotStored => "not-stored",
        }
    }
}

/// What a replay store was asked when it could not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreStep {
    /// To claim an event; the request was refused.
    Claim,
    /// To claim an event; the endpoint fails open, so the event is handled unguarded.
    ClaimFailedOpen,
    /// To renew the lease of a running handler.
    Renew,
    /// To commit a claim or to give it back.
    Settle,
}

impl StoreStep {
    /// The name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::ClaimFailedOpen => "claim-failed-open",
            Self::Renew => "renew",
            Self::Settle => "settle",
        }
    }
}
