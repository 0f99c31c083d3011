//! The layer: what a user builds.

use std::{collections::HashSet, fmt, sync::Arc, time::Duration};

use tower_layer::Layer;

use crate::{
    clock::{Clock, SystemClock},
    diagnosis::DiagnosisLevel,
    endpoint::Endpoint,
    keys::Secrets,
    middleware::{
        LayerError, WebhookHandle, WebhookService, body::Deadlines, budget::Budget, paths::Paths,
        select::Selection,
    },
    rejection::Rejection,
    replay::{DynStore, ReplayStore, StoreError},
    report::Report,
    scheme::{Dedupe, Scheme},
    telemetry::{self, Event, Listener},
    units::ByteSize,
};
#[cfg(feature = "inspector")]
use crate::{extract::Delivery, inspector::Inspector};

/// Verifies webhooks before the inner service sees them.
///
/// # Example
///
/// ```
/// use axum::{Router, http::StatusCode, routing::post};
/// use axum_webhook::{Secret, VerifiedWebhook, WebhookLayer, providers};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct PushEvent {
///     r#ref: String,
/// }
///
/// async fn on_push(hook: VerifiedWebhook<PushEvent>) -> StatusCode {
///     println!("{:?} pushed to {}", hook.event_id(), hook.payload.r#ref);
///     StatusCode::NO_CONTENT
/// }
///
/// let secret = Secret::new("It's a Secret to Everybody")?;
/// let app: Router = Router::new()
///     .route("/webhooks/github", post(on_push))
///     .layer(WebhookLayer::new(providers::github(), secret)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Where it belongs
///
/// On [`Router::layer`](axum::Router::layer), `route_layer` or `MethodRouter::layer`, under a nest,
/// in a `ServiceBuilder`, or around any tower service over
/// `http::Request<axum::body::Body>`. Around a `MethodRouter` with `post` alone it does not see a
/// provider's questions by GET or HEAD.
///
/// Layers that read or change the body, such as decompression or one that parses and prints it
/// again, belong *inside*: they run after this one, on the bytes that were verified. Outside, one
/// that changes it makes genuine deliveries be refused, since what arrives here is no longer what
/// was signed; one that hands it on unchanged does no harm, but reads before any limit of this layer.
///
/// ```
/// # use axum::{Router, extract::Request, middleware::map_request, routing::post};
/// # use axum_webhook::{Secret, WebhookLayer, providers};
/// # async fn on_push() {}
/// # async fn unpack(request: Request) -> Request {
/// #     request
/// # }
/// # let secret = Secret::new("It's a Secret to Everybody")?;
/// let app: Router = Router::new()
///     .route("/webhooks/github", post(on_push))
///     // Of a router's layers the one added last runs first; in a `ServiceBuilder` it is the first.
///     .layer(map_request(unpack))
///     .layer(WebhookLayer::new(providers::github(), secret)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What it guards against, and with what
///
/// | | default | change it with |
/// |---|---|---|
/// | bodies that are too large | the provider's limit, else 1 MiB | [`Endpoint::with_body_limit`] |
/// | many bodies at once | 256 MiB in all, then 503 | [`with_body_budget`](Self::with_body_budget) |
/// | bodies that never end | 5 s between frames, 30 s in all | [`with_body_timeouts`](Self::with_body_timeouts) |
/// | old deliveries | the provider's tolerance | [`Endpoint::with_tolerance`] |
/// | deliveries of an event that was handled | nothing, until there is a store | [`with_replay_store`](Self::with_replay_store) |
///
/// hyper's own time limit for *headers* is off unless the server sets a timer
/// for it; `axum::serve` does not.
#[derive(Clone)]
#[must_use]
pub struct WebhookLayer {
    pub(super) shared: Arc<Shared>,
}

/// What all services of a layer share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) endpoints: Arc<[Arc<Endpoint>]>,
    pub(super) selection: Arc<Selection>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) store: Option<Arc<dyn DynStore>>,
    pub(super) deadlines: Deadlines,
    pub(super) budget: Arc<Budget>,
    pub(super) observer: Option<Arc<Observer>>,
    pub(super) listener: Option<Arc<Listener>>,
    pub(super) runs_to_the_end: bool,
    #[cfg(feature = "inspector")]
    pub(super) inspector: Option<Inspector>,
    /// The genuine delivery that the operator hands on once more. No request that comes from outside has one.
    #[cfg(feature = "inspector")]
    pub(super) again: Option<Arc<Delivery>>,
}

#[cfg(feature = "inspector")]
impl Shared {
    /// The delivery of this endpoint that the operator hands on once more.
    pub(super) fn again_at(&self, endpoint: &Endpoint) -> Option<&Delivery> {
        let again = self.again.as_deref();
        again.filter(|delivery| delivery.endpoint.name == endpoint.name)
    }
}

/// Is told of each refusal.
pub(super) type Observer = dyn Fn(&Rejection) + Send + Sync;

impl WebhookLayer {
    /// Creates a layer for one provider.
    ///
    /// # Errors
    ///
    /// If the scheme can't be used, or a secret is empty, blank or not what the scheme needs.
    pub fn new(scheme: Scheme, secrets: impl Into<Secrets>) -> Result<Self, LayerError> {
        Self::for_endpoint(Endpoint::new(scheme, secrets)?)
    }

    /// Creates a layer for one endpoint, whatever the path.
    ///
    /// # Errors
    ///
    /// If its scheme signs the URL and it has no public URL.
    pub fn for_endpoint(endpoint: Endpoint) -> Result<Self, LayerError> {
        Self::build(vec![endpoint], Selection::Fixed)
    }

    /// Creates a layer that selects the endpoint by its path: axum's matched path
    /// in full, or the path as received, in which a segment such as `{tenant}` stands for any text.
    /// A path without such a segment wins over one with it. Any other path is answered 404.
    ///
    /// # Errors
    ///
    /// If there is no endpoint, one has no path, two have the same name or path, or one path fits
    /// the patterns of two.
    pub fn by_path(endpoints: Vec<Endpoint>) -> Result<Self, LayerError> {
        let paths = Paths::new(&endpoints)?;
        Self::build(endpoints, Selection::Path(paths))
    }

    /// Creates a layer that selects the endpoint by a segment of the path, which
    /// is the endpoint's name: `by_segment("/webhooks/{provider}", …)`.
    /// Any other path is answered 404.
    ///
    /// # Errors
    ///
    /// If the pattern does not have exactly one `{…}` segment, there is no endpoint, or two have the same name.
    pub fn by_segment(pattern: &str, endpoints: Vec<Endpoint>) -> Result<Self, LayerError> {
        let wrong = || LayerError::Pattern(pattern.to_owned());
        let segments: Vec<String> = pattern.split('/').map(str::to_owned).collect();
        let mut places = segments
            .iter()
            .enumerate()
            .filter(|(_, segment)| segment.starts_with('{') && segment.ends_with('}'))
            .map(|(at, _)| at);
        let at = places.next().ok_or_else(wrong)?;
        if places.next().is_some() || !pattern.starts_with('/') {
            return Err(wrong());
        }
        let selection = Selection::Segment {
            names: endpoints
                .iter()
                .enumerate()
                .map(|(number, endpoint)| (Arc::clone(&endpoint.name), number))
                .collect(),
            pattern: segments,
            at,
        };
        Self::build(endpoints, selection)
    }

    /// Creates a layer that selects the one endpoint whose signature header the
    /// request carries.
    ///
    /// Only among these endpoints, and only if exactly one fits. Where none or
    /// several fit, the request is refused like a forgery.
    ///
    /// # Errors
    ///
    /// If there is no endpoint, or two have the same name.
    pub fn by_detection(endpoints: Vec<Endpoint>) -> Result<Self, LayerError> {
        Self::build(endpoints, Selection::Detect)
    }

    fn build(endpoints: Vec<Endpoint>, selection: Selection) -> Result<Self, LayerError> {
        if endpoints.is_empty() {
            return Err(LayerError::NoEndpoint);
        }
        let mut names = HashSet::new();
        for endpoint in &endpoints {
            if !names.insert(&*endpoint.name) {
                return Err(LayerError::DuplicateName(endpoint.name.to_string()));
            }
            if endpoint.tenant.is_some() && endpoint.keys.known().is_some() {
                return Err(LayerError::TenantsShareKeys(endpoint.name.to_string()));
            }
            if endpoint.scheme.signs_url() && endpoint.public_url.is_none() {
                return Err(LayerError::NoPublicUrl(endpoint.name.to_string()));
            }
        }
        let largest = largest_body(&endpoints);
        let layer = Self {
            shared: Arc::new(Shared {
                endpoints: endpoints.into_iter().map(Arc::new).collect(),
                selection: Arc::new(selection),
                clock: Arc::new(SystemClock),
                store: None,
                deadlines: Deadlines {
                    idle: Duration::from_secs(5),
                    total: Duration::from_secs(30),
                },
                budget: Arc::new(Budget::new(None, largest)),
                observer: None,
                listener: None,
                runs_to_the_end: false,
                #[cfg(feature = "inspector")]
                inspector: None,
                #[cfg(feature = "inspector")]
                again: None,
            }),
        };
        for endpoint in layer.report().endpoints {
            for warning in &endpoint.warnings {
                telemetry::secret_looks_wrong(&endpoint.name, warning);
            }
        }
        Ok(layer)
    }

    /// Remembers handled events in `store`, so that nothing is handled twice.
    pub fn with_replay_store(self, store: impl ReplayStore) -> Self {
        self.with_shared_replay_store(Arc::new(store))
    }

    /// As [`with_replay_store`](Self::with_replay_store), for a store that is used elsewhere too.
    /// Endpoints of the same name then share their events, whatever their layer.
    pub fn with_shared_replay_store<S: ReplayStore>(self, store: Arc<S>) -> Self {
        self.with(|shared| shared.store = Some(store))
    }

    /// Says how long the sender may pause between two parts of a body (5 s by
    /// default), and how long it may take in all (30 s by default).
    pub fn with_body_timeouts(self, idle: Duration, total: Duration) -> Self {
        self.with(|shared| shared.deadlines = Deadlines { idle, total })
    }

    /// Says how many bytes of bodies are held at once, over all requests of this layer and of what it is cloned to:
    /// 256 MiB by default, which is 256 bodies of the default limit, and some ten thousand of the size that most have.
    ///
    /// Where they are used up, a request is answered 503 with `Retry-After`, and its provider tries again. It
    /// does not wait: those who have what it waits for may be slow on purpose, and its provider is not patient.
    /// Bodies of more than 64 KiB leave a quarter of the bytes to smaller ones, so slow large ones don't keep out what is usual.
    ///
    /// A body counts as it arrives, with what is allocated for it, and not as its `Content-Length` says. It counts until its
    /// request has an answer, for the handler has it: as long as handlers hold many large bodies, there are no more.
    /// What a handler keeps longer is its own affair.
    ///
    /// At least four times the largest [body limit](Endpoint::with_body_limit) is held in any case, or a body within its limit could
    /// find no room.
    pub fn with_body_budget(self, bytes: ByteSize) -> Self {
        let largest = largest_body(self.shared.endpoints.iter().map(|endpoint| &**endpoint));
        let budget = Budget::new(Some(bytes.get()), largest);
        self.with(|shared| shared.budget = Arc::new(budget))
    }

    /// Holds bodies without an end: as many as there are connections, each of them up to its limit.
    ///
    /// You owe a limit of connections times the largest body that the process can bear.
    pub fn dangerous_without_body_budget(self) -> Self {
        self.with(|shared| shared.budget = Arc::new(Budget::without_end()))
    }

    /// Says for all endpoints how far to go to find out why a request was refused: see
    /// [`Endpoint::with_diagnosis`].
    pub fn with_diagnosis(self, level: DiagnosisLevel) -> Self {
        self.with(|shared| {
            let endpoints = shared.endpoints.iter();
            shared.endpoints = endpoints
                .map(|endpoint| Arc::new(Endpoint::clone(endpoint).with_diagnosis(level)))
                .collect();
        })
    }

    /// Lets a handler that has begun run to its end if its client goes away meanwhile.
    ///
    /// By default it is dropped where it waits, as any handler of hyper's, and its event is given
    /// back: the provider's retry begins anew. Here the handler runs on in the background and
    /// settles the event by its answer, so a retry that comes later finds it done. Choose it where
    /// half an effect is worse than an effect that nobody waited for, and where the provider is less patient than
    /// the handler. It also runs on where a layer outside, such as a time limit, drops the request.
    ///
    /// A graceful shutdown does not wait for handlers whose client is gone.
    pub fn run_to_the_end(self) -> Self {
        self.with(|shared| shared.runs_to_the_end = true)
    }

    /// Takes the time from `clock` instead of the system.
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.with(|shared| shared.clock = Arc::new(clock))
    }

    /// Tells `observer` of each refusal, with the reason and what was found out about it.
    ///
    /// It runs on the request's path, so it should not block.
    pub fn on_refusal(self, observer: impl Fn(&Rejection) + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.observer = Some(Arc::new(observer)))
    }

    /// A handle by which the secrets of an endpoint are changed while the layer is in use.
    #[must_use]
    pub fn handle(&self) -> WebhookHandle {
        WebhookHandle::new(Arc::clone(&self.shared.endpoints))
    }

    /// Tells `listener` of everything that happens to a request: see [`telemetry`](crate::telemetry).
    ///
    /// For those who use neither `tracing` nor `metrics`. It runs on the request's path, so it should not block.
    ///
    /// ```
    /// use axum_webhook::{Secret, WebhookLayer, providers, telemetry::Event};
    ///
    /// let secret = Secret::new("It's a Secret to Everybody")?;
    /// let layer = WebhookLayer::new(providers::github(), secret)?.on_event(|event| match event {
    ///     Event::Refused(rejection) => eprintln!("refused: {rejection} {:?}", rejection.diagnoses()),
    ///     Event::Verified(genuine) => eprintln!("signed with {}", genuine.key_id),
    ///     _ => {}
    /// });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_event(self, listener: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.listener = Some(Arc::new(listener)))
    }

    /// Shows the deliveries on a page: see [`inspector`](mod@crate::inspector).
    ///
    /// Of several layers that have the same one, each delivery is on the same page.
    #[cfg(feature = "inspector")]
    pub fn with_inspector(self, inspector: &Inspector) -> Self {
        self.with(|shared| shared.inspector = Some(inspector.clone()))
    }

    /// What the layer is made of: endpoints, schemes, the ids and ages of keys, what the linter says, and what
    /// looks wrong about the secrets. For a look at the start; it prints itself. The replay store is asked by
    /// [`full_report`](Self::full_report) only.
    #[must_use]
    pub fn report(&self) -> Report {
        let shared = &self.shared;
        Report::new(
            &shared.endpoints,
            shared.store.is_some(),
            shared.clock.now(),
        )
    }

    /// The same, and whether the replay store answers, which may take some seconds where it is away.
    ///
    /// ```
    /// use axum_webhook::{Secret, WebhookLayer, providers, replay::MemoryReplayStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = Secret::new("It's a Secret to Everybody")?;
    /// let layer = WebhookLayer::new(providers::github(), secret)?
    ///     .with_replay_store(MemoryReplayStore::new());
    /// println!("{}", layer.full_report().await);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn full_report(&self) -> Report {
        let mut report = self.report();
        if report.has_replay_store {
            report.store = Some(self.check_store().await);
        }
        report
    }

    /// Asks the replay store whether it answers, for a look at the start or a readiness probe; a layer without a store has nothing to ask.
    ///
    /// ```
    /// use axum_webhook::{Secret, WebhookLayer, providers, replay::MemoryReplayStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = Secret::new("It's a Secret to Everybody")?;
    /// let layer = WebhookLayer::new(providers::github(), secret)?
    ///     .with_replay_store(MemoryReplayStore::new());
    /// layer.check_store().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A service that waits for its store before it listens refuses nothing while the store is away, but it answers
    /// nothing either. The layer without this check answers 503, which providers take for "try again" as well.
    ///
    /// # Errors
    ///
    /// If the store can't be asked, with its reason.
    pub async fn check_store(&self) -> Result<(), StoreError> {
        match &self.shared.store {
            Some(store) => Arc::clone(store).check().await,
            None => Ok(()),
        }
    }

    /// The endpoints whose repeated events would be handled again, since nothing
    /// signed identifies them or there is no store.
    #[must_use]
    pub fn unguarded(&self) -> Vec<&str> {
        self.shared
            .endpoints
            .iter()
            .filter(|endpoint| self.shared.store.is_none() || endpoint.scheme.dedupe == Dedupe::Off)
            .map(|endpoint| &*endpoint.name)
            .collect()
    }

    fn with(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

fn largest_body<'e>(endpoints: impl IntoIterator<Item = &'e Endpoint>) -> usize {
    let limits = endpoints.into_iter().map(|endpoint| endpoint.body_limit);
    limits.max().unwrap_or(0)
}

impl<S> Layer<S> for WebhookLayer {
    type Service = WebhookService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WebhookService::new(inner, Arc::clone(&self.shared))
    }
}

impl fmt::Debug for WebhookLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookLayer")
            .field("endpoints", &self.shared.endpoints)
            .field("selection", &self.shared.selection)
            .field("store", &self.shared.store)
            .finish_non_exhaustive()
    }
}
