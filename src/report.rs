//! What a layer is made of, for a look at the start.

use std::{fmt, sync::Arc};

use crate::{
    diagnosis::{Code, Diagnosis, DiagnosisLevel, said, span},
    endpoint::Endpoint,
    key_source::Keys,
    keys::{Key, Keyring},
    replay::StoreError,
    scheme::{Algorithm, Coverage, Dedupe, Finding, Tolerance},
    timestamp::Timestamp,
    units::Span,
};

/// What a layer is made of: [`WebhookLayer::report`](crate::WebhookLayer::report), and with a question to the replay store
/// [`WebhookLayer::full_report`](crate::WebhookLayer::full_report).
///
/// It prints itself as text, a few lines for each endpoint. No secret is in it.
///
/// ```
/// use axum_webhook::{Secret, WebhookLayer, providers};
///
/// let secret = Secret::new("changeme")?.with_id("2026-11");
/// let report = WebhookLayer::new(providers::github(), secret)?.report();
/// assert_eq!(report.endpoints[0].keys[0].id, "2026-11");
/// assert_eq!(report.endpoints[0].warnings[0].code(), "secret-kind");
/// println!("{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Its endpoints.
    pub endpoints: Vec<EndpointReport>,
    /// Whether events are remembered at all.
    pub has_replay_store: bool,
    /// Whether the replay store answers; `None` where there is none, or it was not asked, as by
    /// [`WebhookLayer::report`](crate::WebhookLayer::report).
    pub store: Option<Result<(), StoreError>>,
}

/// What an endpoint is made of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndpointReport {
    /// Its name.
    pub name: String,
    /// Its provider.
    pub provider: String,
    /// Its path, where it has one.
    pub path: Option<String>,
    /// Where a request names its tenant, where it has tenants: `path /webhooks/{tenant}/stripe`.
    pub tenant: Option<String>,
    /// The cryptographic check.
    pub algorithm: Algorithm,
    /// How much of a delivery the check covers.
    pub coverage: Coverage,
    /// How far a timestamp may be off; `None` where the age is not checked.
    pub tolerance: Option<Tolerance>,
    /// What makes two deliveries the same event, where there is a store.
    pub dedupe: Dedupe,
    /// Whether what is not genuine is refused, and not only reported.
    pub is_enforced: bool,
    /// How far it goes to find out why it refused.
    pub diagnosis: DiagnosisLevel,
    /// Whether its keys are asked for, for each request. Then none are listed.
    pub has_key_source: bool,
    /// Its keys, the current one first.
    pub keys: Vec<KeyReport>,
    /// What the linter says about its scheme.
    pub findings: Vec<Finding>,
    /// What looks wrong about its secrets.
    pub warnings: Vec<Diagnosis>,
}

/// What is known of a key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyReport {
    /// Its id.
    pub id: String,
    /// Since when it counts, where that was said.
    pub not_before: Option<Timestamp>,
    /// Until when it counts, where that was said.
    pub not_after: Option<Timestamp>,
    /// Whether it counts now.
    pub is_live: bool,
    /// Since how long it has counted; `None` where nobody said when it began.
    pub age: Option<Span>,
}

impl Report {
    pub(crate) fn new(endpoints: &[Arc<Endpoint>], has_replay_store: bool, now: Timestamp) -> Self {
        let mut reports: Vec<_> = endpoints
            .iter()
            .map(|endpoint| EndpointReport::new(endpoint, now))
            .collect();
        let keyrings: Vec<_> = endpoints
            .iter()
            .map(|endpoint| endpoint.keys.known())
            .collect();
        let keys: Vec<(usize, &Arc<Endpoint>, &Key)> = endpoints
            .iter()
            .zip(&keyrings)
            .enumerate()
            .flat_map(|(at, (endpoint, keyring))| {
                let keys = keyring.iter().flat_map(Keyring::all);
                keys.map(move |key| (at, endpoint, key))
            })
            .collect();
        for (index, (at, endpoint, key)) in keys.iter().enumerate() {
            let same = keys
                .iter()
                .take(index)
                .find(|(_, _, before)| before.is_same_secret(key));
            let Some((_, other, before)) = same else {
                continue;
            };
            let (id, before) = (&key.id, &before.id);
            let message = if other.name == endpoint.name {
                format!("the secrets {id:?} and {before:?} are the same one")
            } else {
                let other = &other.name;
                format!(
                    "the secret {id:?} and {before:?} of endpoint {other:?} are the same one: a delivery to one could \
                     be sent to the other"
                )
            };
            if let Some(report) = reports.get_mut(*at) {
                let warning = Diagnosis::new(Code::SecretTwice, message);
                report.warnings.push(warning);
            }
        }
        Self {
            endpoints: reports,
            has_replay_store,
            store: None,
        }
    }
}

impl EndpointReport {
    fn new(endpoint: &Endpoint, now: Timestamp) -> Self {
        let scheme = &endpoint.scheme;
        let keyring = endpoint.keys.known();
        let keys = keyring.as_ref().map_or(&[][..], Keyring::all);
        Self {
            name: endpoint.name.to_string(),
            provider: endpoint.provider.to_string(),
            path: endpoint.path.clone(),
            tenant: endpoint.tenant().map(ToString::to_string),
            algorithm: scheme.algorithm,
            coverage: scheme.coverage,
            tolerance: scheme.tolerance,
            dedupe: scheme.dedupe,
            is_enforced: endpoint.enforce,
            diagnosis: endpoint.diagnosis.level(),
            has_key_source: matches!(endpoint.keys, Keys::Source(_)),
            keys: keys.iter().map(|key| KeyReport::new(key, now)).collect(),
            findings: scheme.lint(),
            warnings: keys
                .iter()
                .flat_map(|key| key.doubts().iter().map(|doubt| said(&key.id, doubt)))
                .collect(),
        }
    }
}

impl KeyReport {
    fn new(key: &Key, now: Timestamp) -> Self {
        let start = key.not_before().filter(|start| *start <= now);
        Self {
            id: key.id.to_string(),
            not_before: key.not_before(),
            not_after: key.not_after(),
            is_live: key.is_live(now),
            age: start.map(|start| {
                let seconds = now.saturating_duration_since(start).as_secs();
                Span::seconds(seconds)
            }),
        }
    }

    /// The time at which it was looked at, as far as its age tells.
    fn state(&self) -> String {
        let mut state = if self.is_live { "live" } else { "not live" }.to_owned();
        if let Some(age) = self.age {
            state = format!("{state}, for {}", span(age.duration()));
        }
        match (self.not_before, self.not_after) {
            (Some(start), _) if self.age.is_none() => format!("{state}, begins {start}"),
            (_, Some(end)) => format!("{state}, ends {end}"),
            _ => state,
        }
    }
}

/// A few lines for each endpoint.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for endpoint in &self.endpoints {
            endpoint.fmt_with(f, self.has_replay_store)?;
        }
        match &self.store {
            _ if !self.has_replay_store => writeln!(f, "replay store: none"),
            None => writeln!(f, "replay store: not asked"),
            Some(Ok(())) => writeln!(f, "replay store: answers"),
            Some(Err(error)) => writeln!(
                f,
                "replay store: can't answer; until it can, deliveries get 503 unless their endpoint fails open: {error}"
            ),
        }
    }
}

impl EndpointReport {
    fn fmt_with(&self, f: &mut fmt::Formatter<'_>, has_store: bool) -> fmt::Result {
        let path = self.path.as_deref().unwrap_or("any path");
        let shadow = if self.is_enforced {
            ""
        } else {
            ", only observed"
        };
        writeln!(
            f,
            "endpoint {} at {path}: {}{shadow}",
            self.name, self.provider
        )?;
        let covers = match self.coverage {
            Coverage::Body => "the body",
            Coverage::Fields => "some fields",
            Coverage::Credential => "nothing, it is a credential",
        };
        let window = match self.tolerance {
            Some(tolerance) => format!("{} past, {} future", tolerance.past, tolerance.future),
            None => "the age is not checked".to_owned(),
        };
        writeln!(f, "  check: {}, covers {covers}; {window}", self.algorithm)?;
        let repeats = match self.dedupe {
            _ if !has_store => "handled again, there is no store",
            Dedupe::Off => "handled again, nothing signed identifies an event",
            Dedupe::Id => "told by their signed id",
            Dedupe::Content => "told by their signed content",
        };
        writeln!(f, "  repeats: {repeats}")?;
        if let Some(tenant) = &self.tenant {
            writeln!(f, "  tenants: named by {tenant}")?;
        }
        if self.has_key_source {
            writeln!(f, "  keys: asked for, for each request")?;
        }
        for key in &self.keys {
            writeln!(f, "  key {}: {}", key.id, key.state())?;
        }
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning} ({})", warning.code())?;
        }
        for finding in &self.findings {
            writeln!(f, "  scheme: {} ({})", finding.message(), finding.code())?;
        }
        if self.diagnosis == DiagnosisLevel::Trials {
            writeln!(f, "  diagnosis: with trials")?;
        }
        Ok(())
    }
}
