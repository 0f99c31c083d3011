//! What is known of tenants, in bounded memory: whom strangers name never puts out whom the lookup knows.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use crate::{key_source::KeySourceError, keys::Keyring, tenant::Tenant};

/// How many names without keys are remembered: some megabytes at most. The oldest makes room.
const MISSES: usize = 10_000;

/// How many lookups may be under way or wait their turn, which bounds what a flood of names costs.
const FLIGHTS: usize = 1024;

/// The shortest time from one lookup of a tenant with keys to the next, where they did not fit or the lookup failed.
const INTERVAL: Duration = Duration::from_secs(30);

/// How long a tenant without keys waits after a lookup that failed: a provider's retry comes later.
const RETRY: Duration = Duration::from_secs(5);

/// How long what was looked up is used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    pub(super) fresh: Duration,
    /// For how long keys that are no longer fresh are used while the lookup fails.
    pub(super) grace: Duration,
    pub(super) unknown: Duration,
    pub(super) capacity: usize,
}

/// What a lookup said: `None` if there is no such tenant.
pub(super) type Found = Result<Option<Keyring>, String>;

/// What a waiting request hears, once the lookup has ended.
pub(super) type Landed = Option<Result<Keyring, KeySourceError>>;

#[derive(Default)]
pub(super) struct Shelf {
    known: HashMap<Tenant, Known>,
    /// The names of `known` with the number of each, those that make room first in front.
    queue: VecDeque<(Tenant, u64)>,
    misses: HashMap<Tenant, Miss>,
    /// The names of `misses` with the number of each, the oldest in front.
    oldest: VecDeque<(Tenant, u64)>,
    flights: HashMap<Tenant, Flight>,
    numbers: u64,
}

struct Known {
    keyring: Keyring,
    looked_up: Instant,
    fresh_until: Instant,
    usable_until: Instant,
    /// When the last lookup began that failed or that keys which did not fit made wanted.
    tried: Option<Instant>,
    /// Whether it was used since it last came up for making room.
    is_used: bool,
    number: u64,
}

struct Miss {
    error: KeySourceError,
    until: Instant,
    number: u64,
}

struct Flight {
    number: u64,
    landing: watch::Receiver<Landed>,
}

/// What there is for a tenant.
pub(super) enum Look {
    There(Keyring),
    Not(KeySourceError),
    Wait(watch::Receiver<Landed>),
    Call(Call),
}

/// A lookup that is now to be made.
pub(super) struct Call {
    pub(super) number: u64,
    /// Whether the tenant had keys before.
    pub(super) is_known: bool,
    pub(super) landed: watch::Sender<Landed>,
    pub(super) landing: watch::Receiver<Landed>,
}

impl Shelf {
    /// What there is for `tenant`. Keys that were looked up before `after` did not fit.
    pub(super) fn look(&mut self, tenant: &Tenant, after: Option<Instant>) -> Look {
        let now = Instant::now();
        let mut is_known = false;
        if let Some(known) = self.known.get_mut(tenant) {
            known.is_used = true;
            is_known = true;
            let is_wanted = after.is_none_or(|after| known.looked_up >= after);
            if is_wanted && now < known.fresh_until {
                return Look::There(known.keyring.clone());
            }
            let last = known.tried.unwrap_or(known.looked_up);
            let is_soon = (known.tried.is_some() || after.is_some()) && now < last + INTERVAL;
            if is_soon && !self.flights.contains_key(tenant) {
                return if is_wanted && now < known.usable_until {
                    Look::There(known.keyring.clone())
                } else if is_wanted {
                    Look::Not(KeySourceError::unavailable(
                        "its keys could not be looked up just now",
                    ))
                } else {
                    Look::Not(KeySourceError::unknown("its keys were looked up just now"))
                };
            }
        } else if let Some(miss) = self.misses.get(tenant).filter(|miss| now < miss.until) {
            return Look::Not(miss.error.clone());
        }
        if let Some(flight) = self.flights.get(tenant) {
            return Look::Wait(flight.landing.clone());
        }
        if self.flights.len() >= FLIGHTS && !is_known {
            return Look::Not(KeySourceError::unavailable(
                "too many tenants are looked up at once",
            ));
        }
        let (landed, landing) = watch::channel(None);
        let number = self.number();
        self.flights.insert(
            tenant.clone(),
            Flight {
                number,
                landing: landing.clone(),
            },
        );
        Look::Call(Call {
            number,
            is_known,
            landed,
            landing,
        })
    }

    /// Takes in what a lookup said, and answers what those hear who wait for it.
    pub(super) fn land(
        &mut self,
        tenant: &Tenant,
        number: u64,
        found: Found,
        policy: Policy,
    ) -> Result<Keyring, KeySourceError> {
        let now = Instant::now();
        // Not if the tenant was forgotten meanwhile: what was looked up is then older than that.
        let counts = self
            .flights
            .get(tenant)
            .is_some_and(|flight| flight.number == number);
        if counts {
            self.flights.remove(tenant);
        }
        match found {
            Ok(Some(keyring)) => {
                if counts {
                    self.keep(tenant, keyring.clone(), now, policy);
                }
                Ok(keyring)
            }
            Ok(None) => {
                let error = KeySourceError::unknown("there is no such tenant");
                if counts {
                    self.known.remove(tenant);
                    self.miss(tenant, error.clone(), now + policy.unknown);
                }
                Err(error)
            }
            Err(reason) => {
                let error = KeySourceError::unavailable(reason);
                match self.known.get_mut(tenant).filter(|_| counts) {
                    Some(known) => {
                        known.tried = Some(now);
                        if now < known.usable_until {
                            return Ok(known.keyring.clone());
                        }
                    }
                    None if counts => self.miss(tenant, error.clone(), now + RETRY),
                    None => {}
                }
                Err(error)
            }
        }
    }

    pub(super) fn forget(&mut self, tenant: &Tenant) {
        self.known.remove(tenant);
        self.misses.remove(tenant);
        self.flights.remove(tenant);
    }

    pub(super) fn forget_all(&mut self) {
        *self = Self {
            numbers: self.numbers,
            ..Self::default()
        };
    }

    /// How many tenants have keys, and how many names have none.
    pub(super) fn len(&self) -> (usize, usize) {
        (self.known.len(), self.misses.len())
    }

    fn keep(&mut self, tenant: &Tenant, keyring: Keyring, now: Instant, policy: Policy) {
        self.misses.remove(tenant);
        let fresh_until = now + policy.fresh;
        let mut kept = Known {
            keyring,
            looked_up: now,
            fresh_until,
            usable_until: fresh_until + policy.grace,
            tried: None,
            is_used: true,
            number: 0,
        };
        if let Some(known) = self.known.get_mut(tenant) {
            kept.number = known.number;
            *known = kept;
            return;
        }
        self.make_room(now, policy.capacity);
        kept.number = self.number();
        self.queue.push_back((tenant.clone(), kept.number));
        self.known.insert(tenant.clone(), kept);
    }

    /// Makes room for one more tenant: the first in the queue goes that was not used since it came up last.
    fn make_room(&mut self, now: Instant, capacity: usize) {
        let Self { known, queue, .. } = self;
        if queue.len() > 2 * capacity {
            // Those that were forgotten left their names behind.
            queue.retain(|(name, number)| {
                known.get(name).is_some_and(|known| known.number == *number)
            });
        }
        while known.len() >= capacity {
            let Some((name, number)) = queue.pop_front() else {
                return;
            };
            let Some(first) = known.get_mut(&name).filter(|known| known.number == number) else {
                continue;
            };
            if first.is_used && now < first.usable_until {
                first.is_used = false;
                queue.push_back((name, number));
            } else {
                known.remove(&name);
            }
        }
    }

    fn miss(&mut self, tenant: &Tenant, error: KeySourceError, until: Instant) {
        let number = self.number();
        self.oldest.push_back((tenant.clone(), number));
        self.misses.insert(
            tenant.clone(),
            Miss {
                error,
                until,
                number,
            },
        );
        while self.oldest.len() > MISSES {
            let Some((name, number)) = self.oldest.pop_front() else {
                break;
            };
            if self
                .misses
                .get(&name)
                .is_some_and(|miss| miss.number == number)
            {
                self.misses.remove(&name);
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}
