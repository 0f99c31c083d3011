//! Keys that their provider publishes: fetched from hosts of the scheme's list, kept, and fetched anew.

mod client;
mod document;

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use serde_json::json;
use tokio::time::Instant;
use zeroize::Zeroizing;

use self::{
    client::{Ask, AskError, Client},
    document::Keys,
};
use crate::{
    endpoint::EndpointError,
    key_source::{
        KeyRequest, KeySource, KeySourceError, RemoteKeysError,
        cache::{Cache, Fetched, Miss, Policy},
    },
    keys::{Keyring, KeyringError, Secret, Secrets, check_parts},
    scheme::{Algorithm, DocumentUrl, KeyDocument, KeyUrl, RemoteKeys, Scheme},
    timestamp::Timestamp,
    verify,
};

/// What each source holds to.
const POLICY: Policy = Policy {
    interval: Duration::from_secs(30),
    fresh: (Duration::from_mins(5), Duration::from_hours(24)),
    fresh_by_default: Duration::from_hours(1),
    stale: Duration::from_hours(24),
    names: 64,
    burst: 16,
    refill: Duration::from_secs(10),
};

/// The keys that a provider publishes, fetched when they are needed.
///
/// An endpoint whose secrets are [`Secret::remote`] has one of its own; it is made by hand where
/// something about the connection is special:
///
/// ```
/// use axum_webhook::{Endpoint, RemoteKeySource, Secret, providers};
/// # fn build(corporate_root: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let scheme = providers::shipstation();
/// let source = RemoteKeySource::new(&scheme, Secret::remote())?
///     .with_root_certificate(corporate_root)?;
/// let endpoint = Endpoint::from_source(scheme, source)?;
/// # Ok(())
/// # }
/// ```
///
/// # What is asked, and how often
///
/// - Only https URLs on the hosts of the scheme's [`RemoteKeys`], on the default port and of the
///   plainest form, whatever a request says. Redirects are not followed, and proxies of the
///   environment not used. The answer has 10 seconds and 256 KiB.
/// - A document is fresh for as long as its `Cache-Control` says, at least 5 minutes and at most a
///   day; an hour where it says nothing. If it can't be fetched anew, it is used for a day more.
/// - One document is asked for by one call at a time, and at most every 30 seconds: also if requests
///   name keys that it does not have, or if no signature fits. Keys that changed are taken in that way.
/// - A request that names its own URL or key (AWS SNS, `PayPal`, Plaid) can only have it asked for
///   while there is room: 16 unknown names at once, one more every 10 seconds, 64 in all. Known ones
///   need no room and are never put out for others. Meanwhile an unknown one is answered 503, so that a genuine one comes again.
/// - While the host does not answer and nothing usable is there, requests are answered 503.
#[derive(Clone)]
#[must_use]
pub struct RemoteKeySource {
    remote: RemoteKeys,
    algorithm: Algorithm,
    secrets: Arc<[Entry]>,
    client: Client,
    cache: Arc<Cache<Keys>>,
}

/// A secret that stands for published keys.
struct Entry {
    place: usize,
    secret: Secret,
    /// Where they are, or below what, if the operator says so.
    url: Option<DocumentUrl>,
}

/// What has to be fetched for a request, and for which secrets.
struct Wanted<'a> {
    /// The name under which the answer is kept.
    name: String,
    url: DocumentUrl,
    post: Option<Zeroizing<String>>,
    entries: Vec<&'a Entry>,
}

impl RemoteKeySource {
    /// Creates the source of the keys that `secrets` stand for: all of them have to be
    /// [`Secret::remote`] or [`Secret::remote_at`].
    ///
    /// # Errors
    ///
    /// If the scheme publishes no keys, a secret is pasted or lacks a part that the scheme needs,
    /// or a URL is not on the provider's hosts.
    pub fn new(scheme: &Scheme, secrets: impl Into<Secrets>) -> Result<Self, EndpointError> {
        let secrets = secrets.into();
        let remote = scheme
            .remote_keys
            .clone()
            .ok_or(RemoteKeysError::NotPublished)?;
        if secrets.all().is_empty() {
            return Err(KeyringError::NoSecret.into());
        }
        let mut entries: Vec<Entry> = Vec::new();
        for (place, secret) in secrets.all().iter().enumerate() {
            let id = secret
                .id()
                .map_or_else(|| format!("key-{}", place + 1), str::to_owned);
            if !secret.is_remote() {
                return Err(RemoteKeysError::Mixed.into());
            }
            if secret.id().is_some() && entries.iter().any(|entry| entry.secret.id() == secret.id())
            {
                return Err(KeyringError::DuplicateId(id).into());
            }
            check_parts(scheme, secret).map_err(|source| KeyringError::Secret { id, source })?;
            let wrong = |url: &str| RemoteKeysError::Url(url.to_owned());
            let url = match (secret.remote_url(), &remote.url) {
                (Some(url), KeyUrl::Fixed(_)) => Some(remote.allow(url).ok_or_else(|| wrong(url))?),
                (Some(url), KeyUrl::At { .. }) => {
                    Some(remote.allow_below(url).ok_or_else(|| wrong(url))?)
                }
                (None, KeyUrl::Fixed(url)) => Some(remote.allow(url).ok_or_else(|| wrong(url))?),
                (None, KeyUrl::At { .. }) => None,
            };
            entries.push(Entry {
                place,
                secret: secret.clone(),
                url,
            });
        }
        Ok(Self {
            remote,
            // The keys of tokens are those of what signs them.
            algorithm: scheme.algorithm.primitive(),
            secrets: entries.into(),
            client: Client::new(),
            cache: Arc::new(Cache::new(POLICY)),
        })
    }

    /// Trusts the certificates in `pem` beside the public roots: for the connection, and for
    /// certificates whose chain is checked.
    ///
    /// For networks whose TLS is opened on the way, for tests, and for chains that lack the
    /// certificate between the end and the root.
    ///
    /// # Errors
    ///
    /// If `pem` is not one or more certificates in PEM.
    pub fn with_root_certificate(mut self, pem: &str) -> Result<Self, EndpointError> {
        self.client.add_roots(pem)?;
        Ok(self)
    }

    /// Connects to `address` for `host`, instead of looking the host up. Its TLS certificate still
    /// has to be for `host`.
    pub fn with_address(mut self, host: &str, address: SocketAddr) -> Self {
        self.client.set_address(host, address);
        self
    }

    /// Says how long an answer may take: 10 s by default. Half of it is for the connection.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.client.set_timeout(timeout);
        self
    }

    /// What has to be fetched for a request.
    fn wanted(&self, request: &KeyRequest<'_>) -> Result<Vec<Wanted<'_>>, KeySourceError> {
        let named = match &self.remote.url {
            KeyUrl::Fixed(_) => None,
            KeyUrl::At { at, .. } => {
                let allowed = request.key_url().and_then(|url| self.remote.allow(url));
                let foreign =
                    || KeySourceError::unknown(format!("the key URL is not the provider's ({at})"));
                Some(allowed.ok_or_else(foreign)?)
            }
        };
        let mut all: Vec<Wanted<'_>> = Vec::new();
        for entry in self.secrets.iter() {
            let url = match (&named, &entry.url) {
                (Some(named), None) => named,
                (Some(named), Some(below)) if named.is_below(below) => named,
                (None, Some(url)) => url,
                _ => continue,
            };
            if !verify::may_be_of(&request.reading, &|part| entry.secret.part(part)) {
                continue;
            }
            let (name, post) = match (&self.remote.document, request.key_id()) {
                (KeyDocument::PlaidKey, Some(id)) => (
                    format!("{} {url} {id}", entry.place),
                    Some(plaid_question(&entry.secret, id)),
                ),
                (KeyDocument::PlaidKey, None) => continue,
                _ => (url.to_string(), None),
            };
            match all.iter_mut().find(|wanted| wanted.name == name) {
                Some(wanted) => wanted.entries.push(entry),
                None => all.push(Wanted {
                    name,
                    url: url.clone(),
                    post,
                    entries: vec![entry],
                }),
            }
        }
        if all.is_empty() {
            return Err(KeySourceError::unknown(
                "no configured secret is for such a request",
            ));
        }
        Ok(all)
    }

    async fn fetch_all(
        &self,
        request: &KeyRequest<'_>,
        is_wanted: impl Fn(&Keys, Instant) -> bool,
    ) -> Result<Keyring, KeySourceError> {
        let mut found: Vec<(Arc<Keys>, Vec<&Entry>)> = Vec::new();
        let mut unknown = None;
        for wanted in self.wanted(request)? {
            let ask = Ask {
                url: wanted.url,
                post: wanted.post,
            };
            let fetch = || self.fetch(ask, request.now());
            match self.cache.get(&wanted.name, &is_wanted, fetch).await {
                Ok(keys) => found.push((keys, wanted.entries)),
                Err(Miss::Unknown(reason)) => unknown = Some(KeySourceError::unknown(reason)),
                Err(Miss::Unavailable(reason)) => return Err(KeySourceError::unavailable(reason)),
            }
        }
        match unknown {
            Some(unknown) if found.is_empty() => Err(unknown),
            _ => Ok(Keyring::published(found.iter().flat_map(
                |(keys, entries)| {
                    entries.iter().flat_map(|entry| {
                        let one = |key| (entry.place, &entry.secret, key);
                        keys.keys.iter().map(one)
                    })
                },
            ))),
        }
    }

    fn fetch(
        &self,
        ask: Ask,
        now: Timestamp,
    ) -> impl Future<Output = Result<Fetched<Keys>, Miss>> + Send + 'static + use<> {
        let client = self.client.clone();
        let document = self.remote.document.clone();
        let algorithm = self.algorithm;
        // Who says the URL is the one who made it up.
        let is_named =
            document == KeyDocument::PlaidKey || matches!(self.remote.url, KeyUrl::At { .. });
        async move {
            let url = ask.url.to_string();
            let fetched = client.ask(ask).await.map_err(|error| {
                let reason = format!("{url}: {error}");
                match error {
                    AskError::None(_) if is_named => Miss::Unknown(reason),
                    _ => Miss::Unavailable(reason),
                }
            })?;
            let keys = document::parse(&document, algorithm, &fetched.text, &client, now)
                .map_err(|reason| Miss::Unavailable(format!("{url}: {reason}")))?;
            let ends_in = keys.ends_in(now);
            if ends_in == Some(Duration::ZERO) {
                return Err(Miss::Unknown(format!("{url}: its keys have expired")));
            }
            Ok(Fetched {
                value: keys,
                max_age: fetched.max_age,
                ends_in,
            })
        }
    }
}

impl KeySource for RemoteKeySource {
    async fn keys(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        self.fetch_all(request, |keys, _| {
            request.key_id().is_none_or(|id| keys.has(id))
        })
        .await
    }

    /// A fixed document may have changed; what a request names, by URL or by id, does not.
    async fn newer_keys(&self, request: &KeyRequest<'_>) -> Result<Keyring, KeySourceError> {
        if request.key_id().is_some() || matches!(self.remote.url, KeyUrl::At { .. }) {
            return Err(KeySourceError::unknown("the request names its key"));
        }
        self.fetch_all(request, |_, fetched| fetched >= request.asked)
            .await
    }
}

// ref: https://plaid.com/docs/api/webhooks/webhook-verification/#get-webhook-verification-key
fn plaid_question(secret: &Secret, key_id: &str) -> Zeroizing<String> {
    let question = json!({
        "client_id": secret.part("client_id"),
        "secret": secret.part("secret"),
        "key_id": key_id,
    });
    Zeroizing::new(question.to_string())
}

impl fmt::Debug for RemoteKeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeySource")
            .field("hosts", &self.remote.hosts)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
