//! An endpoint: a provider's scheme with the keys and the limits of one receiver.

use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;

use crate::{
    diagnosis::{Depth, DiagnosisLevel},
    gate::Gate,
    key_source::{KeySource, Keys, RemoteKeysError, RotatingKeys},
    keys::{KeyringError, Secret, Secrets},
    pairing::{PairedKey, Pairing},
    public_url::PublicUrl,
    replay::{Outcome, Terms},
    scheme::{Dedupe, LintError, RemoteKeys, Scheme, Tolerance},
    tenant::TenantFrom,
    units::{ByteSize, Span},
};

/// The largest body where the provider documents none: 1 MiB, above any usual
/// delivery and small enough that a thousand of them fit in memory.
const DEFAULT_BODY_LIMIT: ByteSize = ByteSize::mebibytes(1);

/// How long a claim counts if its process dies: longer than any provider waits
/// for an answer, shorter than its retries go on.
const DEFAULT_LEASE: Duration = Duration::from_mins(2);

/// How long a handler's lease is renewed: longer than a webhook's handler should take, and
/// short enough that the event of one that hangs is handled again the same hour.
const DEFAULT_RENEWAL: Duration = Duration::from_mins(15);

/// A provider's scheme with the keys and the limits of one receiver.
///
/// ```
/// use axum_webhook::{Endpoint, Secret, providers};
///
/// let endpoint = Endpoint::new(providers::square(), Secret::new("Ibxx_5AKakO-3qeNVR61Dw")?)?
///     .with_name("payments")
///     .with_public_url("https://hooks.example.com".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Endpoint {
    pub(crate) name: Arc<str>,
    pub(crate) provider: Arc<str>,
    pub(crate) path: Option<String>,
    pub(crate) scheme: Arc<Scheme>,
    pub(crate) keys: Keys,
    pub(crate) tenant: Option<TenantFrom>,
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) body_limit: usize,
    pub(crate) terms: Terms,
    pub(crate) outcome: Judge,
    pub(crate) enforce: bool,
    pub(crate) fail_open: bool,
    pub(crate) pairing: Option<Pairing>,
    pub(crate) diagnosis: Depth,
    /// Clones share it: it is for the endpoint, not for the request.
    pub(crate) gate: Arc<Gate>,
}

impl Endpoint {
    /// Creates an endpoint, named after the scheme.
    ///
    /// # Errors
    ///
    /// If the scheme's linter refuses it, or the secrets are not what it needs; also if they are to
    /// be fetched ([`Secret::remote`](crate::Secret::remote)) and the scheme publishes none, or this
    /// build lacks the feature `remote-keys`.
    pub fn new(scheme: Scheme, secrets: impl Into<Secrets>) -> Result<Self, EndpointError> {
        scheme.validate()?;
        let secrets = secrets.into();
        if secrets.all().iter().any(Secret::is_remote) {
            let source = remote(&scheme, secrets)?;
            return Ok(Self::with_keys(scheme, source));
        }
        let keys = RotatingKeys::new(&scheme, secrets)?;
        Ok(Self::with_keys(scheme, Keys::Own(keys)))
    }

    /// Creates an endpoint that asks `source` for the keys of each request.
    ///
    /// # Errors
    ///
    /// If the scheme's linter refuses it.
    pub fn from_source(scheme: Scheme, source: impl KeySource) -> Result<Self, EndpointError> {
        scheme.validate()?;
        Ok(Self::with_keys(scheme, Keys::Source(Arc::new(source))))
    }

    /// Creates an endpoint that has no key yet, and hands the one that its provider sends to `on_key`.
    ///
    /// Some providers make the key themselves and send it once, in a request that nothing signs:
    /// Asana (which wants it back in the answer), Notion and Gusto. This endpoint answers that
    /// request, the first one only, and **refuses every delivery**: the key is not used here. Store
    /// it, see that it is the provider's, and build the endpoint with [`new`](Self::new).
    ///
    /// # What you owe
    ///
    /// Nothing shows who sent the key. Whoever finds the URL while the endpoint waits can send one of
    /// their own; an endpoint that is then built with it believes *their* deliveries. So
    ///
    /// - let it wait under a path that nobody can guess, and only while you set up the webhook;
    /// - take the key only if the provider confirms it: Asana's request for the webhook succeeds only
    ///   if *its* key came back, Notion and Gusto refuse a token that is not theirs. A stranger who
    ///   was first has used up the one answer, so that the provider's own attempt fails, and you see it;
    /// - never take over a key by program where an endpoint has one already.
    ///
    /// ```
    /// use axum_webhook::{Endpoint, WebhookLayer, providers};
    ///
    /// let endpoint = Endpoint::dangerous_pairing(providers::asana(), |key| {
    ///     // Write it to where your secrets are kept, not to a log.
    ///     let _ = std::fs::write("/run/secrets/asana.new", key.reveal());
    /// })?;
    /// let layer = WebhookLayer::for_endpoint(endpoint)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// `on_key` runs on the request's path, so it should not block for long.
    ///
    /// # Errors
    ///
    /// If the scheme's linter refuses it, or its provider sends no key.
    pub fn dangerous_pairing(
        scheme: Scheme,
        on_key: impl Fn(PairedKey) + Send + Sync + 'static,
    ) -> Result<Self, EndpointError> {
        scheme.validate()?;
        if !scheme.handshakes.iter().any(|handshake| handshake.pairs) {
            return Err(EndpointError::NoPairing(scheme.id));
        }
        let keys = Keys::Own(RotatingKeys::none(&scheme));
        Ok(Self {
            pairing: Some(Pairing::new(on_key)),
            ..Self::with_keys(scheme, keys)
        })
    }

    fn with_keys(scheme: Scheme, keys: Keys) -> Self {
        let name: Arc<str> = scheme.id.as_str().into();
        Self {
            provider: Arc::clone(&name),
            name,
            path: None,
            body_limit: scheme.body_limit.unwrap_or(DEFAULT_BODY_LIMIT).get(),
            terms: Terms {
                lease: DEFAULT_LEASE,
                renewal: DEFAULT_RENEWAL,
                ttl: done_ttl(&scheme),
            },
            outcome: Judge(Arc::new(Outcome::of)),
            scheme: Arc::new(scheme),
            keys,
            tenant: None,
            public_url: None,
            enforce: true,
            fail_open: false,
            pairing: None,
            diagnosis: Depth::default(),
            gate: Arc::default(),
        }
    }

    /// Names the endpoint, in logs, on `VerifiedWebhook` and in replay keys.
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Says the path by which a layer with several endpoints selects this one:
    /// axum's matched path in full (`/webhooks/{tenant}/stripe`), or the path of the request. A tenant in it is
    /// only read where [`with_tenant`](Self::with_tenant) says so.
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Says where a request names its tenant, for an endpoint that serves many; its keys come from a
    /// [source](Self::from_source), such as [`TenantKeys`](crate::TenantKeys).
    ///
    /// The source gets the tenant as [`KeyRequest::tenant`](crate::KeyRequest::tenant), the handler of a genuine delivery
    /// as [`VerifiedWebhook::tenant`](crate::VerifiedWebhook::tenant), and the events of each tenant are remembered by themselves. A request without a
    /// tenant is refused like a forgery.
    ///
    /// # What you owe
    ///
    /// A source that gives each tenant keys of its own: it is the key that shows whose delivery it is. Where two tenants
    /// share a key (also one that the provider publishes for everybody), what is genuine for one can be sent to the other.
    pub fn with_tenant(mut self, from: TenantFrom) -> Self {
        self.tenant = Some(from);
        self
    }

    /// Says under which URL the provider knows this endpoint: needed where the URL is signed.
    pub fn with_public_url(mut self, public_url: PublicUrl) -> Self {
        self.public_url = Some(public_url);
        self
    }

    /// Limits the body. The default is the provider's documented limit (GitHub: 25 MiB), else 1 MiB.
    pub fn with_body_limit(mut self, limit: ByteSize) -> Self {
        self.body_limit = limit.get();
        self
    }

    /// Says how far a timestamp may be off. The default is the scheme's.
    ///
    /// # Errors
    ///
    /// If the scheme has no timestamp, or the tolerance is wider than [`Tolerance::MAX`].
    pub fn with_tolerance(self, tolerance: Tolerance) -> Result<Self, EndpointError> {
        self.with_scheme(|scheme| scheme.tolerance = Some(tolerance))
    }

    /// Says what makes two deliveries the same event. The default is the scheme's.
    ///
    /// # Errors
    ///
    /// If the provider signs nothing that could tell.
    pub fn with_dedupe(self, dedupe: Dedupe) -> Result<Self, EndpointError> {
        self.with_scheme(|scheme| scheme.dedupe = dedupe)
    }

    /// Says how long a claim counts without a word from its process: 2 minutes by default.
    ///
    /// That is how long the retry of an event waits whose process was killed: longer than any
    /// provider waits for an answer, shorter than its retries go on. The lease of a handler that runs
    /// longer than half of this is renewed; see [`with_renewal`](Self::with_renewal).
    pub const fn with_lease(mut self, lease: Duration) -> Self {
        self.terms.lease = lease;
        self
    }

    /// Says how long the lease of a handler is renewed: 15 minutes by default, from its claim.
    ///
    /// A handler that takes this long and a lease more is held to hang, and the provider's next try
    /// is handled; the two may then run at once. With a duration of zero no lease is
    /// renewed, and should be longer than the slowest handler.
    ///
    /// The renewal is a task of its own, which a handler that blocks the only thread of its
    /// runtime also blocks: such work belongs in `spawn_blocking`.
    pub const fn with_renewal(mut self, renewal: Duration) -> Self {
        self.terms.renewal = renewal;
        self
    }

    /// Says which answers of the handler end an event. The default is [`Outcome::of`].
    ///
    /// A payload that [`VerifiedWebhook`](crate::VerifiedWebhook) refuses ends none, whatever is said here.
    pub fn with_outcome(
        mut self,
        outcome: impl Fn(StatusCode) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        self.outcome = Judge(Arc::new(outcome));
        self
    }

    /// Says for how long an event that was handled is remembered. The default is
    /// the provider's retry horizon. It is never less than both sides of the tolerance.
    pub fn with_done_ttl(mut self, ttl: Duration) -> Self {
        let window = self.scheme.tolerance.map_or(Duration::ZERO, window);
        self.terms.ttl = ttl.max(window);
        self
    }

    /// Observes without enforcing: every request goes on to the inner service, and
    /// what would have been refused is reported.
    ///
    /// For moving an existing endpoint over. The request carries a
    /// [`ShadowVerdict`](crate::ShadowVerdict) in its extensions and never a
    /// `VerifiedWebhook`: that extractor answers 500 here. Replays are not looked for.
    pub const fn with_shadow_mode(mut self) -> Self {
        self.enforce = false;
        self
    }

    /// Says how far to go to find out why a request was refused: by default no further than the
    /// request shows by itself.
    ///
    /// [`DiagnosisLevel::Trials`] is for the day on which an integration does not work. See
    /// [`diagnosis`](crate::diagnosis).
    pub const fn with_diagnosis(mut self, level: DiagnosisLevel) -> Self {
        self.diagnosis = Depth::of(level);
        self
    }

    /// Handles deliveries unguarded while the replay store can't answer.
    ///
    /// You then owe a handler that may run twice for one event. The default is to
    /// answer 503, so that the provider tries again and nothing is lost.
    pub const fn dangerous_fail_open(mut self) -> Self {
        self.fail_open = true;
        self
    }

    /// The endpoint's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the endpoint's provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The path by which a layer selects the endpoint, where it has one.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The URL under which the provider knows the endpoint, where it was said.
    #[must_use]
    pub fn public_url(&self) -> Option<&PublicUrl> {
        self.public_url.as_ref()
    }

    /// The endpoint's scheme.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Whether the keys can only be asked for once the body is there.
    pub(crate) fn waits_for_body(&self) -> bool {
        let remote = self.scheme.remote_keys.as_ref();
        let is_key_there = remote.is_some_and(RemoteKeys::is_named_in_body);
        let is_tenant_there = self.tenant.as_ref().is_some_and(TenantFrom::is_in_body);
        matches!(self.keys, Keys::Source(_)) && (is_key_there || is_tenant_there)
    }

    /// Where a request names its tenant.
    #[must_use]
    pub const fn tenant(&self) -> Option<&TenantFrom> {
        self.tenant.as_ref()
    }

    fn with_scheme(mut self, change: impl FnOnce(&mut Scheme)) -> Result<Self, EndpointError> {
        let mut scheme = (*self.scheme).clone();
        change(&mut scheme);
        scheme.validate()?;
        self.terms.ttl = self.terms.ttl.max(done_ttl(&scheme));
        self.scheme = Arc::new(scheme);
        Ok(self)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("provider", &self.provider)
            .field("path", &self.path)
            .field("keys", &self.keys)
            .field("body_limit", &self.body_limit)
            .field("enforce", &self.enforce)
            .finish_non_exhaustive()
    }
}

/// Says which answers of the handler end an event.
#[derive(Clone)]
pub(crate) struct Judge(Arc<dyn Fn(StatusCode) -> Outcome + Send + Sync>);

impl Judge {
    pub(crate) fn of(&self, status: StatusCode) -> Outcome {
        (self.0)(status)
    }
}

/// The source of the keys that `secrets` stand for.
#[cfg(feature = "remote-keys")]
fn remote(scheme: &Scheme, secrets: Secrets) -> Result<Keys, EndpointError> {
    let source = crate::key_source::RemoteKeySource::new(scheme, secrets)?;
    Ok(Keys::Source(Arc::new(source)))
}

#[cfg(not(feature = "remote-keys"))]
fn remote(scheme: &Scheme, _: Secrets) -> Result<Keys, EndpointError> {
    Err(EndpointError::RemoteKeys(match scheme.remote_keys {
        None => RemoteKeysError::NotPublished,
        Some(_) => RemoteKeysError::NeedsFeature,
    }))
}

/// "Done" has to outlive both the provider's retries and the whole window, or a
/// delivery could be replayed after it was forgotten.
fn done_ttl(scheme: &Scheme) -> Duration {
    let window = scheme.tolerance.map_or(Duration::ZERO, window);
    scheme.retry_horizon.duration().max(window)
}

fn window(tolerance: Tolerance) -> Duration {
    // A minute more than the two sides together, for the time between check and commit.
    tolerance.past.duration() + tolerance.future.duration() + Span::minutes(1).duration()
}

/// Why an endpoint can't be built. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointError {
    /// The scheme can't be used.
    Scheme(LintError),
    /// The secrets are not what the scheme needs.
    Keyring(KeyringError),
    /// The keys can't be fetched.
    RemoteKeys(RemoteKeysError),
    /// The provider of this scheme sends no key, so there is none to wait for.
    NoPairing(String),
}

impl From<RemoteKeysError> for EndpointError {
    fn from(error: RemoteKeysError) -> Self {
        Self::RemoteKeys(error)
    }
}

impl From<LintError> for EndpointError {
    fn from(error: LintError) -> Self {
        Self::Scheme(error)
    }
}

impl From<KeyringError> for EndpointError {
    fn from(error: KeyringError) -> Self {
        Self::Keyring(error)
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(error) => error.fmt(f),
            Self::Keyring(error) => error.fmt(f),
            Self::RemoteKeys(error) => error.fmt(f),
            Self::NoPairing(scheme) => write!(
                f,
                "scheme {scheme:?} has no handshake that brings a key (`pairs = true`)"
            ),
        }
    }
}

impl std::error::Error for EndpointError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Scheme(error) => Some(error),
            Self::Keyring(error) => Some(error),
            Self::RemoteKeys(error) => Some(error),
            Self::NoPairing(_) => None,
        }
    }
}
