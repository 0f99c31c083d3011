//! One `[[endpoint]]` of a file.

use serde::Deserialize;

use super::{
    ConfigError, Server,
    outcome::Outcomes,
    provider::provider,
    reread::Reread,
    secrets::SecretEntries,
    tenants::{LookupLimits, SecretsFrom, TenantPlace},
};
use crate::{
    diagnosis::DiagnosisLevel,
    endpoint::Endpoint,
    public_url::PublicUrl,
    scheme::{Dedupe, Scheme, Tolerance},
    units::{ByteSize, Span},
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointConfig {
    pub(super) name: String,
    path: Option<String>,
    provider: Option<String>,
    scheme: Option<Scheme>,
    pub(super) secrets: Option<SecretEntries>,
    secrets_from: Option<SecretsFrom>,
    tenant: Option<TenantPlace>,
    lookup: Option<LookupLimits>,
    public_url: Option<String>,
    tolerance: Option<Tolerance>,
    body_limit: Option<ByteSize>,
    dedupe: Option<Dedupe>,
    lease: Option<Span>,
    renewal: Option<Span>,
    outcome: Option<Outcomes>,
    #[serde(default)]
    dangerous_fail_open: bool,
    #[serde(default = "enforced")]
    enforce: bool,
    diagnosis: Option<DiagnosisLevel>,
}

const fn enforced() -> bool {
    true
}

impl EndpointConfig {
    pub(super) fn build(&self, index: usize, server: &Server) -> Result<Endpoint, ConfigError> {
        let key = |name: &str| format!("endpoint[{index}].{name}");
        if self.name.is_empty() {
            return Err(ConfigError::at(key("name"), "should not be empty"));
        }
        let scheme = self.final_scheme(index)?;
        let origin = if self.scheme.is_some() {
            "scheme"
        } else {
            "provider"
        };
        scheme
            .validate()
            .map_err(|error| ConfigError::at(key(origin), error.to_string()))?;
        let limit = self.body_limit.or(scheme.body_limit).or(server.body_limit);
        let path = match &self.path {
            Some(path) if path.starts_with('/') => path.clone(),
            Some(path) => {
                let reason = format!("{path:?} should begin with a slash");
                return Err(ConfigError::at(key("path"), reason));
            }
            None => format!("/webhooks/{}", self.name),
        };
        let mut endpoint = self
            .with_secrets(&key, scheme, &path, server.reread)?
            .with_name(self.name.as_str())
            .with_path(path)
            .with_diagnosis(self.diagnosis.unwrap_or(server.diagnosis));
        if let Some(url) = &self.public_url {
            let url: PublicUrl = url
                .parse()
                .map_err(|error| ConfigError::at(key("public_url"), format!("{error}")))?;
            endpoint = endpoint.with_public_url(url);
        }
        if let Some(limit) = limit {
            endpoint = endpoint.with_body_limit(limit);
        }
        if let Some(lease) = self.lease {
            endpoint = endpoint.with_lease(lease.duration());
        }
        if let Some(renewal) = self.renewal {
            endpoint = endpoint.with_renewal(renewal.duration());
        }
        if let Some(outcomes) = self.outcome.clone() {
            endpoint = endpoint.with_outcome(move |status| outcomes.of(status));
        }
        if self.dangerous_fail_open {
            endpoint = endpoint.dangerous_fail_open();
        }
        if !self.enforce {
            endpoint = endpoint.with_shadow_mode();
        }
        Ok(endpoint)
    }

    /// The scheme, with what this endpoint changes in it.
    pub(super) fn final_scheme(&self, index: usize) -> Result<Scheme, ConfigError> {
        let mut scheme = self.scheme(index)?;
        if let Some(tolerance) = self.tolerance {
            scheme.tolerance = Some(tolerance);
        }
        if let Some(dedupe) = self.dedupe {
            scheme.dedupe = dedupe;
        }
        Ok(scheme)
    }

    fn with_secrets(
        &self,
        key: &impl Fn(&str) -> String,
        scheme: Scheme,
        path: &str,
        reread: Reread,
    ) -> Result<Endpoint, ConfigError> {
        if self.lookup.is_some() && self.secrets_from.is_none() {
            return Err(ConfigError::at(
                key("lookup"),
                "only what `secrets_from` names is looked up",
            ));
        }
        match (&self.secrets, &self.secrets_from) {
            (Some(secrets), None) if self.tenant.is_none() => {
                let secrets = secrets.load(&key("secrets"))?;
                reread
                    .endpoint(scheme, secrets)
                    .map_err(|error| ConfigError::at(key("secrets"), error.to_string()))
            }
            (Some(_), None) => Err(ConfigError::at(
                key("tenant"),
                "tenants need keys of their own: `secrets_from` instead of `secrets`",
            )),
            (None, Some(secrets)) => {
                let tenant = TenantPlace::find(self.tenant.as_ref(), &key("tenant"), path)?;
                let limits = self.lookup.unwrap_or_default();
                secrets.endpoint(&key("secrets_from"), scheme, tenant, limits)
            }
            _ => Err(ConfigError::at(
                key("secrets"),
                "should have either `secrets` or, for tenants, `secrets_from`",
            )),
        }
    }

    fn scheme(&self, index: usize) -> Result<Scheme, ConfigError> {
        match (&self.provider, &self.scheme) {
            (Some(id), None) => {
                provider(id).map_err(|error| error.below(&format!("endpoint[{index}]")))
            }
            (None, Some(scheme)) => {
                let mut scheme = scheme.clone();
                if scheme.id == "custom" {
                    scheme.id.clone_from(&self.name);
                }
                Ok(scheme)
            }
            _ => Err(ConfigError::at(
                format!("endpoint[{index}]"),
                "should have either `provider` or `scheme`",
            )),
        }
    }
}
