//! Endpoints from a TOML file.
//!
//! ```
//! use axum_webhook::config::Config;
//!
//! let config = Config::from_toml(r#"
//!     [server]
//!     body_limit = "1MiB"
//!     replay = "memory"
//!
//!     [[endpoint]]
//!     name = "payments"
//!     path = "/webhooks/stripe"
//!     provider = "stripe"
//!     secrets = ["plain:whsec_only_for_tests"]
//!     tolerance = { past = "5m", future = "1m" }
//! "#)?;
//! let layer = config.layer()?;
//! # Ok::<(), axum_webhook::config::ConfigError>(())
//! ```
//!
//! # Keys
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `server.body_limit` | limit for endpoints whose provider documents none | `"1MiB"` |
//! | `server.body_budget` | bytes of bodies that are held at once, or `"off"`: see [`WebhookLayer::with_body_budget`] | `"256MiB"` |
//! | `server.replay` | `"memory"`, `"redis://…"`, `"postgres://…"` or `"off"` | `"memory"` |
//! | `server.idle_timeout` | longest pause inside a body | `"5s"` |
//! | `server.total_timeout` | longest time for a body | `"30s"` |
//! | `server.reread` | how long a `file:` secret is not looked at, or `"off"`: see [`FileKeys`](crate::FileKeys) | `"5s"` |
//! | `server.run_to_the_end` | `true` keeps handlers whose client went away: see [`WebhookLayer::run_to_the_end`] | `false` |
//! | `server.diagnosis` | `"hints"`, or `"trials"`: see [`DiagnosisLevel`] | `"hints"` |
//! | `endpoint.name` | in logs, replay keys and `VerifiedWebhook` | required |
//! | `endpoint.path` | the path, also one with `{tenant}` in it | `"/webhooks/<name>"` |
//! | `endpoint.provider` | a provider of the catalogue | this or `scheme` |
//! | `endpoint.scheme` | a [`Scheme`] of your own | this or `provider` |
//! | `endpoint.secrets` | one or more, the current one first | this or `secrets_from` |
//! | `endpoint.secrets_from` | where the secrets of tenants are | this or `secrets` |
//! | `endpoint.tenant` | where a request names its tenant | `{tenant}` in the path |
//! | `endpoint.lookup` | `{ fresh, grace, unknown_for, capacity, time_limit, max_lookups }`, the limits of [`TenantKeys`] | its own |
//! | `endpoint.public_url` | the URL as the provider has it | needed where it is signed |
//! | `endpoint.tolerance` | `{ past, future }` | the provider's |
//! | `endpoint.body_limit` | the largest body | the provider's |
//! | `endpoint.dedupe` | `"id"`, `"content"` or `"off"` | the provider's |
//! | `endpoint.lease` | how long an event waits whose process died | `"2m"` |
//! | `endpoint.renewal` | how long the lease of a handler is renewed: see [`Endpoint::with_renewal`] | `"15m"` |
//! | `endpoint.outcome` | `{ done, retry }`, lists of the handler's statuses, such as `[409]` or `["4xx"]` | [`Outcome::of`](crate::replay::Outcome::of) |
//! | `endpoint.dangerous_fail_open` | `true` handles deliveries unguarded while the store can't answer | `false` |
//! | `endpoint.enforce` | `false` only observes | `true` |
//! | `endpoint.diagnosis` | as `server.diagnosis`, for one endpoint | the server's |
//!
//! A store on a server needs its feature; it connects with the first delivery, and creates its table in Postgres.
//!
//! In `outcome` a status by its number counts before its class, and `retry` before `done`.
//!
//! A secret is `"env:NAME"`, `"file:PATH"` or `"plain:TEXT"`, or a table with
//! `value` (one of these), `id`, `not_before`, `not_after` (RFC 3339) and `parts`.
//! A file is read again when it changes, as [`FileKeys`](crate::FileKeys) says; secrets of the other kinds are changed at run
//! time by [`WebhookLayer::handle`].
//! Where the provider publishes its keys it is also `"remote:"`, or `"remote:https://…"` for another
//! URL on the provider's hosts: see [`Secret::remote`].
//!
//! # Tenants
//!
//! An endpoint that serves many looks the secrets of each up when they are needed, as [`TenantKeys`] does:
//!
//! ```
//! # let config = axum_webhook::config::Config::from_toml(r#"
//! [[endpoint]]
//! name = "stripe"
//! path = "/webhooks/{tenant}/stripe"
//! provider = "stripe"
//! secrets_from = "file:/run/secrets/stripe/{tenant}"
//! # "#)?;
//! # config.layer()?;
//! # Ok::<(), axum_webhook::config::ConfigError>(())
//! ```
//!
//! A list of such is several secrets for each tenant, the current one first. `secrets_from` is also `{ postgres = "env:DATABASE_URL", query = "SELECT secret FROM webhook_secrets WHERE tenant = $1" }`,
//! with the feature `postgres`: see [`TenantKeys`]. Elsewhere than in the path the tenant stands where `tenant` says:
//! `{ query = "tenant" }`, `{ header = "x-tenant" }`, `{ host = "{tenant}.hooks.example.com" }` or
//! `{ unverified_body_field = "/account/id" }`. See [`Endpoint::with_tenant`] for what you owe.

mod body_budget;
mod endpoint;
mod error;
mod outcome;
mod provider;
mod replay;
mod reread;
mod secrets;
mod tenants;

use std::path::Path;

use serde::Deserialize;

pub use self::{error::ConfigError, provider::provider, secrets::secret};

use self::{
    body_budget::BodyBudget, endpoint::EndpointConfig, error::without_secrets, replay::Replay,
    reread::Reread,
};
#[cfg(doc)]
use crate::TenantKeys;
use crate::{
    diagnosis::DiagnosisLevel,
    endpoint::Endpoint,
    keys::Secret,
    middleware::WebhookLayer,
    scheme::Scheme,
    units::{ByteSize, Span},
};

/// A file of endpoints, read and checked for its form.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default)]
    server: Server,
    #[serde(default, rename = "endpoint")]
    endpoints: Vec<EndpointConfig>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    body_limit: Option<ByteSize>,
    body_budget: Option<BodyBudget>,
    #[serde(default)]
    replay: Replay,
    idle_timeout: Option<Span>,
    total_timeout: Option<Span>,
    #[serde(default)]
    reread: Reread,
    #[serde(default)]
    run_to_the_end: bool,
    #[serde(default)]
    diagnosis: DiagnosisLevel,
}

impl Config {
    /// Reads the configuration from TOML.
    ///
    /// # Errors
    ///
    /// If it is not TOML, or a key is unknown, missing or of the wrong form.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let line = |span: Option<std::ops::Range<usize>>| {
            let before = span.and_then(|span| text.get(..span.start));
            before.map(|before| before.matches('\n').count() + 1)
        };
        // toml's own text of an error repeats the line, and a line may have a secret in it.
        let document = toml::Deserializer::parse(text).map_err(|error| ConfigError {
            key: String::new(),
            line: line(error.span()),
            reason: without_secrets(error.message()),
        })?;
        let config: Self = serde_path_to_error::deserialize(document).map_err(|error| {
            let key = without_secrets(&error.path().to_string());
            let error = error.into_inner();
            ConfigError {
                key,
                line: line(error.span()),
                reason: without_secrets(error.message()),
            }
        })?;
        if config.endpoints.is_empty() {
            return Err(ConfigError::at(
                "endpoint",
                "there should be at least one [[endpoint]]",
            ));
        }
        Ok(config)
    }

    /// Reads the configuration from a file.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or as in [`from_toml`](Self::from_toml).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            key: path.display().to_string(),
            line: None,
            reason: format!("the file can't be read: {}", error.kind()),
        })?;
        Self::from_toml(&text)
    }

    /// Builds the endpoints: their secrets are read now.
    ///
    /// # Errors
    ///
    /// If a provider is unknown, a scheme can't be used, or a secret is missing,
    /// empty or not what the scheme needs. The error names the key.
    pub fn endpoints(&self) -> Result<Vec<Endpoint>, ConfigError> {
        self.each_endpoint().collect()
    }

    /// The secrets of the endpoint called `name`, for signing test deliveries.
    ///
    /// # Errors
    ///
    /// If there is no such endpoint, a secret can't be read, or they are those of tenants.
    pub fn secrets(&self, name: &str) -> Result<Vec<Secret>, ConfigError> {
        let (index, endpoint) = self
            .endpoints
            .iter()
            .enumerate()
            .find(|(_, endpoint)| endpoint.name == name)
            .ok_or_else(|| {
                ConfigError::at("endpoint", format!("no endpoint is called {name:?}"))
            })?;
        let key = format!("endpoint[{index}].secrets");
        match &endpoint.secrets {
            Some(secrets) => secrets.load(&key),
            None => Err(ConfigError::at(
                key,
                "the secrets are looked up for each tenant",
            )),
        }
    }

    /// The names of the endpoints, as they stand in the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.endpoints.iter().map(|endpoint| endpoint.name.as_str())
    }

    /// The scheme of each endpoint with what the endpoint changes in it, before the linter has seen it.
    ///
    /// No secret is read for it. With [`Scheme::lint`] it says everything that is wrong with a
    /// file, where [`endpoints`](Self::endpoints) stops at the first error.
    pub fn schemes(&self) -> impl Iterator<Item = Result<Scheme, ConfigError>> {
        let endpoints = self.endpoints.iter().enumerate();
        endpoints.map(|(index, endpoint)| endpoint.final_scheme(index))
    }

    /// Builds each endpoint by itself: its secrets are read now.
    ///
    /// The errors are those of [`endpoints`](Self::endpoints), one for each endpoint that has one.
    pub fn each_endpoint(&self) -> impl Iterator<Item = Result<Endpoint, ConfigError>> {
        let endpoints = self.endpoints.iter().enumerate();
        endpoints.map(|(index, endpoint)| endpoint.build(index, &self.server))
    }

    /// Builds the layer: it selects by path, and remembers events as `server.replay` says.
    ///
    /// # Errors
    ///
    /// As [`endpoints`](Self::endpoints), or if two endpoints share a name or a
    /// path, or one that signs its URL has no `public_url`.
    pub fn layer(&self) -> Result<WebhookLayer, ConfigError> {
        let layer = WebhookLayer::by_path(self.endpoints()?)
            .map_err(|error| ConfigError::at("endpoint", error.to_string()))?;
        let idle = self.server.idle_timeout.unwrap_or(Span::seconds(5));
        let total = self.server.total_timeout.unwrap_or(Span::seconds(30));
        let mut layer = layer.with_body_timeouts(idle.duration(), total.duration());
        if let Some(budget) = self.server.body_budget {
            layer = budget.limit(layer);
        }
        if self.server.run_to_the_end {
            layer = layer.run_to_the_end();
        }
        self.server.replay.guard(layer)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use super::*;
    use crate::scheme::Dedupe;

    #[test]
    fn one_bad_endpoint_does_not_hide_the_others() {
        let config = Config::from_toml(
            r#"
            [[endpoint]]
            name = "a"
            provider = "strpe"
            secrets = ["plain:x"]

            [[endpoint]]
            name = "b"
            provider = "stripe"
            secrets = ["plain:x"]
            dedupe = "off"
            "#,
        );
        let config = config.expect("it has the form of a configuration");
        assert_eq!(config.names().collect::<Vec<_>>(), ["a", "b"]);
        let schemes: Vec<_> = config.schemes().collect();
        let key = schemes[0].as_ref().map_err(ConfigError::key);
        assert_eq!(key.err(), Some("endpoint[0].provider"));
        let dedupe = schemes[1].as_ref().map(|scheme| scheme.dedupe);
        assert_eq!(dedupe, Ok(Dedupe::Off));
        let built: Vec<bool> = config.each_endpoint().map(|built| built.is_ok()).collect();
        assert_eq!(built, [false, true]);
    }

    #[test]
    fn a_secret_and_its_parts_are_references() {
        for (reference, part, key) in [
            ("plain:x", "plain:y", None),
            ("hunter2", "plain:y", Some("secret")),
            ("plain: x", "plain:y", Some("secret")),
            ("plain:x", "hunter2", Some("secret.parts.p")),
            ("plain:x", "plain:", Some("secret.parts.p")),
        ] {
            let error = secret(reference, &[("p", part)]).err();
            assert_eq!(error.as_ref().map(ConfigError::key), key);
            let text = error.map_or_else(String::new, |error| error.to_string());
            assert!(!text.contains("hunter2"), "{text}");
        }
    }
}
