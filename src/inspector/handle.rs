//! The inspector as its user has it.

use std::{fmt, net::IpAddr, sync::Arc};

use axum::Router;

use crate::{
    inspector::{
        log::{Limits, Log},
        record::{Arrival, Record},
        routes,
    },
    timestamp::Timestamp,
    units::ByteSize,
};

/// As many deliveries are kept by default: a screen's worth to scroll through, of which a person looks at the last few.
const DEFAULT_DELIVERIES: usize = 100;
/// As many bytes are kept in all by default: a hundred deliveries of 40 KiB, and nothing to any server.
const DEFAULT_BYTES: ByteSize = ByteSize::mebibytes(4);
/// As many bytes are kept of one body by default: more than most providers send, and no delivery takes more than a
/// sixteenth of the room.
const DEFAULT_BODY: ByteSize = ByteSize::bytes(256 << 10);

/// Creates an inspector: a page with the last deliveries of the layers that are given it. See [the guide](mod@crate::inspector).
pub fn inspector() -> Inspector {
    Inspector {
        log: Arc::new(Log::new()),
        settings: Arc::new(Settings {
            limits: Limits {
                deliveries: DEFAULT_DELIVERIES,
                bytes: DEFAULT_BYTES.get(),
                body: DEFAULT_BODY.get(),
            },
            hosts: Vec::new(),
            allows_replay: false,
        }),
    }
}

/// The last deliveries of the layers that were given it, and the page that shows them. Clones are the same.
///
/// See [the guide](mod@crate::inspector). Say everything about it before the first layer is given it.
#[derive(Clone)]
#[must_use]
pub struct Inspector {
    pub(super) log: Arc<Log>,
    pub(super) settings: Arc<Settings>,
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    hosts: Vec<String>,
    pub(super) allows_replay: bool,
}

impl Inspector {
    /// Says how much is kept at most: 100 deliveries and 4 MiB by default, whichever is reached first.
    ///
    /// The bytes are those of heads, bodies and findings; what the map around them takes is small and not counted. Deliveries
    /// that are not genuine have at most half of either, so that a flood of them leaves what is genuine on the page.
    pub fn with_limits(self, deliveries: usize, bytes: ByteSize) -> Self {
        self.with(|settings| {
            settings.limits.deliveries = deliveries;
            settings.limits.bytes = bytes.get();
        })
    }

    /// Says how much of a body is kept: 256 KiB by default. What is longer is cut, and can't be replayed.
    pub fn with_body_limit(self, limit: ByteSize) -> Self {
        self.with(|settings| settings.limits.body = limit.get())
    }

    /// Serves the page under this name too, without a port: `hooks.internal.example.com`.
    ///
    /// By default it is served as `localhost`, `127.0.0.1` and `[::1]` alone, so that no name which a stranger points to
    /// your machine reads it. Whoever names another one puts the page behind their own authentication.
    pub fn with_host(self, host: impl Into<String>) -> Self {
        self.with(|settings| settings.hosts.push(host.into().to_ascii_lowercase()))
    }

    /// Lets whoever sees the page hand a genuine delivery to its handler once more.
    ///
    /// It breaks the promise that nothing is handled twice, by the act of a person who knows it. The handler can tell:
    /// [`VerifiedWebhook::is_replayed_by_operator`](crate::VerifiedWebhook::is_replayed_by_operator). See
    /// [the guide](mod@crate::inspector#replay) for what is kept of the promise.
    ///
    /// # What you owe
    ///
    /// That nobody sees the page who may not do this: on loopback it is everybody with an account on the machine.
    pub fn dangerous_allow_replay(self) -> Self {
        self.with(|settings| settings.allows_replay = true)
    }

    /// The page, to be mounted with [`Router::nest_service`]: it works under any path, with and without a slash at the end.
    ///
    /// With [`Router::nest`] it works too, but the path with a slash at its end is then another one, and 404.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        routes::router(self.clone())
    }

    /// Ends the pages' wait for news, so that a graceful shutdown does not wait for them.
    pub fn close(&self) {
        self.log.close();
    }

    /// A delivery has arrived.
    pub(crate) fn begin(&self, arrival: Arrival<'_>) -> Arc<Record> {
        let Settings {
            limits,
            allows_replay,
            ..
        } = *self.settings;
        Arc::new(Record::new(arrival, &self.log, limits, allows_replay))
    }

    /// The operator hands a delivery on once more.
    pub(super) fn begin_again(&self, first: &Record) -> Arc<Record> {
        let arrival = Arrival {
            at: Timestamp::now(),
            method: &first.method,
            uri: &first.uri,
            headers: &first.headers,
            endpoint: first.receiver.clone(),
            again_of: Some(first.id),
        };
        self.begin(arrival)
    }

    /// Whether the page is served under this name.
    pub(super) fn is_ours(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || address
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback())
            || self.settings.hosts.contains(&host)
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
