//! Values that cost a call: fetched once, kept for a while, and never fetched as often as a stranger likes.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

/// How often a cache may call, and for how long it keeps what it got.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// The shortest time between two calls for the same name.
    pub(crate) interval: Duration,
    /// The bounds of how long a value is fresh, and what holds where the answer says nothing.
    pub(crate) fresh: (Duration, Duration),
    pub(crate) fresh_by_default: Duration,
    /// For how long a value that is no longer fresh is used while no other can be had.
    pub(crate) stale: Duration,
    /// The most names.
    pub(crate) names: usize,
    /// How many unknown names may be called for at once, and how often one more after that.
    pub(crate) burst: u32,
    pub(crate) refill: Duration,
}

/// A value, and how long it lasts.
#[derive(Debug)]
pub(crate) struct Fetched<V> {
    pub(crate) value: V,
    /// What the answer says about how long it is fresh.
    pub(crate) max_age: Option<Duration>,
    /// How long it can be used at all, where it has an end of its own.
    pub(crate) ends_in: Option<Duration>,
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// There is none of that name, or none that is wanted.
    Unknown(String),
    /// It can't be told now.
    Unavailable(String),
}

/// Values by name. Each name is called for by one task at a time, whoever waits for it.
pub(crate) struct Cache<V> {
    policy: Policy,
    state: Arc<Mutex<State<V>>>,
}

struct State<V> {
    slots: HashMap<String, Slot<V>>,
    bucket: Bucket,
}

struct Slot<V> {
    good: Option<Good<V>>,
    last: Option<Last>,
    /// The end of the call that is under way.
    flight: Option<watch::Receiver<()>>,
}

struct Good<V> {
    value: Arc<V>,
    fetched: Instant,
    fresh_until: Instant,
    usable_until: Instant,
}

/// The call that ended last.
struct Last {
    at: Instant,
    miss: Option<Miss>,
}

impl<V: Send + Sync + 'static> Cache<V> {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            state: Arc::new(Mutex::new(State {
                slots: HashMap::new(),
                bucket: Bucket {
                    tokens: policy.burst,
                    counted: Instant::now(),
                },
            })),
        }
    }

    /// The value called `name`, if it is one that is wanted; `fetch` is called only where that is allowed.
    ///
    /// A value that is not wanted is called for again, but at most once in each interval.
    pub(crate) async fn get<F>(
        &self,
        name: &str,
        wanted: impl Fn(&V, Instant) -> bool,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<V>, Miss>
    where
        F: Future<Output = Result<Fetched<V>, Miss>> + Send + 'static,
    {
        let mut flight = match self.look(name, &wanted) {
            Look::There(value) => return Ok(value),
            Look::Not(miss) => return Err(miss),
            Look::Wait(flight) => flight,
            Look::Call(landed, flight) => {
                // A task of its own: whoever asked may go away, and others wait for it.
                let landing = Landing {
                    state: Arc::clone(&self.state),
                    policy: self.policy,
                    name: name.to_owned(),
                    landed: Some(landed),
                };
                let fetching = fetch();
                tokio::spawn(async move { landing.settle(fetching.await) });
                flight
            }
        };
        // An error only says that the flight has ended, which is what is waited for.
        let _ = flight.changed().await;
        let now = Instant::now();
        let state = lock(&self.state);
        let slot = state.slots.get(name);
        match slot.and_then(|slot| slot.usable(now, &wanted)) {
            Some(value) => Ok(value),
            None => Err(slot.map_or_else(full, Slot::miss)),
        }
    }

    fn look(&self, name: &str, wanted: &impl Fn(&V, Instant) -> bool) -> Look<V> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        let state = &mut *state;
        if !state.slots.contains_key(name) {
            if !state.bucket.take(now, self.policy) || !state.make_room(now, self.policy.names) {
                return Look::Not(full());
            }
            state.slots.insert(
                name.to_owned(),
                Slot {
                    good: None,
                    last: None,
                    flight: None,
                },
            );
        }
        let Some(slot) = state.slots.get_mut(name) else {
            return Look::Not(full());
        };
        if let Some(value) = slot.fresh(now, wanted) {
            return Look::There(value);
        }
        if let Some(flight) = &slot.flight {
            return Look::Wait(flight.clone());
        }
        let too_soon = slot
            .last
            .as_ref()
            .is_some_and(|last| now < last.at + self.policy.interval);
        if too_soon {
            return match slot.usable(now, wanted) {
                Some(value) => Look::There(value),
                None => Look::Not(slot.miss()),
            };
        }
        let (landed, flight) = watch::channel(());
        slot.flight = Some(flight.clone());
        Look::Call(landed, flight)
    }
}

enum Look<V> {
    There(Arc<V>),
    Not(Miss),
    Wait(watch::Receiver<()>),
    Call(watch::Sender<()>, watch::Receiver<()>),
}

impl<V> Slot<V> {
    fn fresh(&self, now: Instant, wanted: &impl Fn(&V, Instant) -> bool) -> Option<Arc<V>> {
        let good = self.good.as_ref().filter(|good| now < good.fresh_until)?;
        wanted(&good.value, good.fetched).then(|| Arc::clone(&good.value))
    }

    /// The value, also one that is no longer fresh.
    fn usable(&self, now: Instant, wanted: &impl Fn(&V, Instant) -> bool) -> Option<Arc<V>> {
        let good = self.good.as_ref().filter(|good| now < good.usable_until)?;
        wanted(&good.value, good.fetched).then(|| Arc::clone(&good.value))
    }

    /// Why there is no value that is wanted.
    fn miss(&self) -> Miss {
        let failed = self.last.as_ref().and_then(|last| last.miss.clone());
        failed.unwrap_or_else(|| Miss::Unknown("the published keys have no such key".to_owned()))
    }

    fn is_spare(&self, now: Instant) -> bool {
        let good = self.good.as_ref().filter(|good| now < good.usable_until);
        good.is_none() && self.flight.is_none()
    }
}

impl<V> State<V> {
    /// Makes room for one more name. What has a value or is being called for never makes room.
    fn make_room(&mut self, now: Instant, names: usize) -> bool {
        if self.slots.len() < names {
            return true;
        }
        let oldest = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.is_spare(now))
            .min_by_key(|(_, slot)| slot.last.as_ref().map(|last| last.at))
            .map(|(name, _)| name.clone());
        oldest.is_some_and(|name| self.slots.remove(&name).is_some())
    }
}

/// The end of a call, whether it returns, fails or panics.
struct Landing<V> {
    state: Arc<Mutex<State<V>>>,
    policy: Policy,
    name: String,
    landed: Option<watch::Sender<()>>,
}

impl<V> Landing<V> {
    fn settle(mut self, result: Result<Fetched<V>, Miss>) {
        self.land(result);
    }

    fn land(&mut self, result: Result<Fetched<V>, Miss>) {
        let Some(landed) = self.landed.take() else {
            return;
        };
        let now = Instant::now();
        if let Some(slot) = lock(&self.state).slots.get_mut(&self.name) {
            slot.flight = None;
            let miss = match result {
                Ok(fetched) => {
                    slot.good = Some(self.policy.keep(fetched, now));
                    None
                }
                Err(miss) => Some(miss),
            };
            slot.last = Some(Last { at: now, miss });
        }
        // Nobody may be waiting any more.
        let _ = landed.send(());
    }
}

impl<V> Drop for Landing<V> {
    fn drop(&mut self) {
        self.land(Err(Miss::Unavailable(
            "fetching keys was broken off".to_owned(),
        )));
    }
}

impl Policy {
    fn keep<V>(&self, fetched: Fetched<V>, now: Instant) -> Good<V> {
        let (least, most) = self.fresh;
        let fresh = fetched
            .max_age
            .map_or(self.fresh_by_default, |age| age.clamp(least, most));
        let end = fetched.ends_in.unwrap_or(Duration::MAX);
        Good {
            value: Arc::new(fetched.value),
            fetched: now,
            fresh_until: now + fresh.min(end),
            usable_until: now + (fresh + self.stale).min(end),
        }
    }
}

/// How many names nobody has called for yet may still be called for.
struct Bucket {
    tokens: u32,
    counted: Instant,
}

impl Bucket {
    fn take(&mut self, now: Instant, policy: Policy) -> bool {
        while self.tokens < policy.burst && self.counted + policy.refill <= now {
            self.tokens += 1;
            self.counted += policy.refill;
        }
        if self.tokens == policy.burst {
            self.counted = now;
        }
        let taken = self.tokens.checked_sub(1);
        self.tokens = taken.unwrap_or(0);
        taken.is_some()
    }
}

fn full() -> Miss {
    Miss::Unavailable("too many unknown keys are asked for".to_owned())
}

fn lock<V>(state: &Mutex<State<V>>) -> MutexGuard<'_, State<V>> {
    // Nothing in here panics half-way.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<V> fmt::Debug for Cache<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("names", &lock(&self.state).slots.len())
            .finish_non_exhaustive()
    }
}
