//! Keys of tenants: looked up when they are needed, kept, and looked up anew.

mod files;
#[cfg(feature = "postgres")]
mod postgres;
mod shelf;

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

pub use self::files::TenantFilesError;
use self::shelf::{Call, Found, Landed, Look, Policy, Shelf};
use crate::{
    key_source::{KeyRequest, KeySource, KeySourceError},
    keys::{Keyring, Secrets},
    scheme::Scheme,
    tenant::Tenant,
};

/// What holds where nothing else is said; the reasons stand at the methods that say it.
const POLICY: Policy = Policy {
    fresh: Duration::from_mins(5),
    grace: Duration::from_hours(1),
    unknown: Duration::from_secs(30),
    capacity: 100_000,
};
const TIME_LIMIT: Duration = Duration::from_millis(2500);
const LOOKUPS: usize = 32;

/// The keys of tenants, looked up by a function of yours. Clones share what was looked up: one is the
/// endpoint's, one is yours.
///
/// ```
/// use axum_webhook::{
///     Endpoint, Secret, SecretError, Tenant, TenantFrom, TenantKeys, WebhookLayer, providers,
/// };
///
/// /// Asks the database; `None` is a tenant that is not there.
/// async fn look_up(tenant: Tenant) -> Result<Option<Secret>, SecretError> {
///     match tenant.as_str() {
///         "acme" => Secret::new("whsec_only_for_tests").map(Some),
///         _ => Ok(None),
///     }
/// }
///
/// let scheme = providers::stripe();
/// let keys = TenantKeys::new(&scheme, look_up);
/// let endpoint = Endpoint::from_source(scheme, keys.clone())?
///     .with_tenant(TenantFrom::path("/webhooks/{tenant}/stripe")?);
/// let layer = WebhookLayer::for_endpoint(endpoint)?;
///
/// // Later, when a tenant has changed its secret:
/// keys.forget(&"acme".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What you owe
///
/// - **Each tenant's secret is its own.** Where two have the same, a delivery to one of them can be sent to the other.
/// - **One spelling for each tenant.** The events of a tenant are told apart by its name as received. A lookup that
///   finds `acme` and `Acme` alike (a column without regard to case, a file system of macOS or Windows)
///   gives one tenant two names, and each event could be handled once under each. Compare bytes.
/// - The error of the lookup is for the operator's eyes and names no secret.
///
/// # What is looked up, and how often
///
/// - One lookup at a time for a tenant, whoever waits for it, and it ends also if they go away.
/// - Keys are fresh for [5 minutes](Self::with_fresh). If they can't be looked up anew, they are used for
///   [an hour](Self::with_grace) more; a lookup that failed is not tried again for 30 seconds then.
/// - If no signature fits, the keys may have changed: they are looked up at once, at most every 30 seconds for a tenant.
/// - A name without keys is remembered for [30 seconds](Self::with_unknown_for), and refused like a forgery. Such names, 10 000 at most,
///   have a place of their own, so made-up ones put out no tenant.
/// - While the lookup fails or is too slow, a tenant without keys is answered 503, so that its provider tries again, and
///   looked up again after 5 seconds.
/// - New names are looked up [32](Self::with_max_lookups) at a time; the tenants with keys have as many turns of their own. A flood of made-up names can
///   make a new tenant wait and be answered 503, but not one that has keys.
#[derive(Clone)]
#[must_use]
pub struct TenantKeys {
    scheme: Arc<Scheme>,
    lookup: Arc<Lookup>,
    policy: Policy,
    time_limit: Duration,
    shelf: Arc<Mutex<Shelf>>,
    turns: Turns,
}

type Lookup = dyn Fn(Tenant) -> Pin<Box<dyn Future<Output = Result<Option<Secrets>, String>> + Send>>
    + Send
    + Sync;

/// Who may look up now.
#[derive(Clone)]
struct Turns {
    known: Arc<Semaphore>,
    new: Arc<Semaphore>,
}

impl TenantKeys {
    /// Creates the keys of tenants for `scheme`. `lookup` finds a tenant's secrets, the current one first, or
    /// `None` if there is no such tenant.
    ///
    /// It is called with names that strangers make up. What it answers is used as
    /// [`Keyring::new`] does; secrets which are not what the scheme needs count as a lookup that failed.
    pub fn new<F, S, E>(
        scheme: &Scheme,
        lookup: impl Fn(Tenant) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Option<S>, E>> + Send + 'static,
        S: Into<Secrets>,
        E: fmt::Display,
    {
        let lookup = move |tenant| -> Pin<Box<dyn Future<Output = _> + Send>> {
            let looking_up = lookup(tenant);
            Box::pin(async move {
                match looking_up.await {
                    Ok(secrets) => Ok(secrets.map(Into::into)),
                    Err(error) => Err(error.to_string()),
                }
            })
        };
        Self {
            scheme: Arc::new(scheme.clone()),
            lookup: Arc::new(lookup),
            policy: POLICY,
            time_limit: TIME_LIMIT,
            shelf: Arc::default(),
            turns: Turns::new(LOOKUPS),
        }
    }

    /// Says how long keys are used before they are looked up anew: 5 minutes by default. So long a secret that was
    /// taken away may go on to count, unless it is [forgotten](Self::forget); a secret that is
    /// added counts earlier, since a signature that fits no key has the keys looked up.
    pub const fn with_fresh(mut self, fresh: Duration) -> Self {
        self.policy.fresh = fresh;
        self
    }

    /// Says for how long after that keys are used while the lookup fails: an hour by default, longer
    /// than the usual outage of a database.
    pub const fn with_grace(mut self, grace: Duration) -> Self {
        self.policy.grace = grace;
        self
    }

    /// Says for how long a tenant that was not there is not looked up again: 30 seconds by default. So long
    /// the first deliveries of a new tenant may be refused, if somebody used its name before.
    pub const fn with_unknown_for(mut self, time: Duration) -> Self {
        self.policy.unknown = time;
        self
    }

    /// Says of how many tenants the keys are kept: 100 000 by default, some kilobytes each. One
    /// that was not used for long makes room for the next.
    pub const fn with_capacity(mut self, tenants: usize) -> Self {
        self.policy.capacity = if tenants == 0 { 1 } else { tenants };
        self
    }

    /// Says how long a lookup may take, with the wait for its turn: 2.5 seconds by default, less than
    /// the 3 seconds in which Slack wants its answer.
    pub const fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Says how many new names are looked up at once, and how many tenants that have keys beside them: 32 by
    /// default, as a database has connections.
    pub fn with_max_lookups(mut self, lookups: usize) -> Self {
        self.turns = Turns::new(lookups.max(1));
        self
    }

    /// Forgets what was looked up of a tenant, so that a change takes effect with its next request.
    pub fn forget(&self, tenant: &Tenant) {
        self.shelf().forget(tenant);
    }

    /// Forgets what was looked up of all tenants.
    pub fn forget_all(&self) {
        self.shelf().forget_all();
    }

    /// Of how many tenants the keys are kept now.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.shelf().len().0
    }

    async fn get(
        &self,
        tenant: Option<&Tenant>,
        after: Option<Instant>,
    ) -> Result<Keyring, KeySourceError> {
        let tenant = tenant.ok_or_else(|| {
            KeySourceError::unknown("the endpoint does not say where its tenant stands")
        })?;
        let look = self.shelf().look(tenant, after);
        let mut landing = match look {
            Look::There(keyring) => return Ok(keyring),
            Look::Not(error) => return Err(error),
            Look::Wait(landing) => landing,
            Look::Call(call) => {
                let landing = call.landing.clone();
                self.call(tenant.clone(), call);
                landing
            }
        };
        let landed = landing.wait_for(Option::is_some).await;
        let landed = landed.map(|landed| landed.clone());
        landed.ok().flatten().unwrap_or_else(|| Err(broken_off()))
    }

    /// Looks a tenant up in a task of its own: whoever asked may go away, and others wait for it.
    fn call(&self, tenant: Tenant, call: Call) {
        let turns = if call.is_known {
            &self.turns.known
        } else {
            &self.turns.new
        };
        let (keys, turns) = (self.clone(), Arc::clone(turns));
        let landing = Landing {
            shelf: Arc::clone(&self.shelf),
            policy: self.policy,
            tenant: tenant.clone(),
            call: Some(call),
        };
        let deadline = Instant::now() + self.time_limit;
        tokio::spawn(async move {
            let looking_up = async {
                // The semaphore is never closed, so there is always a turn; it may come at the very end.
                let _turn = turns.acquire().await;
                if Instant::now() >= deadline {
                    return Err("too many tenants are looked up at once".to_owned());
                }
                let secrets = (keys.lookup)(tenant).await?;
                let keyring = secrets.map(|secrets| Keyring::new(&keys.scheme, secrets));
                keyring.transpose().map_err(|error| error.to_string())
            };
            let found = timeout_at(deadline, looking_up).await;
            landing.settle(found.unwrap_or_else(|_| Err("the lookup takes too long".to_owned())));
        });
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        lock(&self.shelf)
    }
}

impl KeySource for TenantKeys {
    async fn keys(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        self.get(request.tenant(), None).await
    }

    async fn newer_keys(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        self.get(request.tenant(), Some(request.asked)).await
    }
}

/// How many tenants have keys, and how many names have none.
impl fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tenants, unknown) = self.shelf().len();
        f.debug_struct("TenantKeys")
            .field("scheme", &self.scheme.id)
            .field("tenants", &tenants)
            .field("unknown", &unknown)
            .finish_non_exhaustive()
    }
}

impl Turns {
    fn new(lookups: usize) -> Self {
        let turns = || Arc::new(Semaphore::new(lookups.min(Semaphore::MAX_PERMITS)));
        Self {
            known: turns(),
            new: turns(),
        }
    }
}

/// The end of a lookup, whether it returns, fails or panics.
struct Landing {
    shelf: Arc<Mutex<Shelf>>,
    policy: Policy,
    tenant: Tenant,
    call: Option<Call>,
}

impl Landing {
    fn settle(mut self, found: Found) {
        self.land(found);
    }

    fn land(&mut self, found: Found) {
        if let Some(call) = self.call.take() {
            let landed: Landed =
                Some(lock(&self.shelf).land(&self.tenant, call.number, found, self.policy));
            // Nobody may be waiting any more.
            let _ = call.landed.send(landed);
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.land(Err("the lookup was broken off".to_owned()));
    }
}

fn broken_off() -> KeySourceError {
    KeySourceError::unavailable("the lookup was broken off")
}

fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    // Nothing in here panics half-way.
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}
