//! An endpoint of many tenants: where they stand, where their secrets are, and how they are looked up.

use std::{fmt, num::NonZeroUsize};

use serde::{Deserialize, Deserializer, de::Error as _};
use toml::{Table, Value};

use crate::{
    config::{ConfigError, secrets::Reference},
    endpoint::{Endpoint, EndpointError},
    key_source::TenantKeys,
    scheme::Scheme,
    tenant::{TenantFrom, TenantFromError},
    units::Span,
};

/// `tenant`: the one place where a request names it.
#[derive(Clone, Debug)]
pub(super) struct TenantPlace(TenantFrom);

/// `secrets_from`: where the secrets of the tenants are.
#[derive(Clone)]
pub(super) enum SecretsFrom {
    Files(Vec<String>),
    Postgres { url: Reference, query: String },
}

/// `lookup`: how long what was looked up is kept, and the limits of a lookup.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LookupLimits {
    fresh: Option<Span>,
    grace: Option<Span>,
    unknown_for: Option<Span>,
    capacity: Option<NonZeroUsize>,
    time_limit: Option<Span>,
    max_lookups: Option<NonZeroUsize>,
}

impl LookupLimits {
    fn set(self, mut keys: TenantKeys) -> TenantKeys {
        if let Some(fresh) = self.fresh {
            keys = keys.with_fresh(fresh.duration());
        }
        if let Some(grace) = self.grace {
            keys = keys.with_grace(grace.duration());
        }
        if let Some(time) = self.unknown_for {
            keys = keys.with_unknown_for(time.duration());
        }
        if let Some(tenants) = self.capacity {
            keys = keys.with_capacity(tenants.get());
        }
        if let Some(limit) = self.time_limit {
            keys = keys.with_time_limit(limit.duration());
        }
        if let Some(lookups) = self.max_lookups {
            keys = keys.with_max_lookups(lookups.get());
        }
        keys
    }
}

impl TenantPlace {
    /// The place that is said, or the one in the path.
    pub(super) fn find(
        said: Option<&Self>,
        key: &str,
        path: &str,
    ) -> Result<TenantFrom, ConfigError> {
        match (said, TenantFrom::path(path)) {
            (None, Ok(in_path)) => Ok(in_path),
            (Some(Self(place)), Err(_)) => Ok(place.clone()),
            (Some(_), Ok(_)) => Err(ConfigError::at(
                key,
                format!("the tenant stands in the path {path:?} already"),
            )),
            (None, Err(_)) => Err(ConfigError::at(
                key,
                format!(
                    "should say where a request names its tenant, since {path:?} has no segment \
                     `{{tenant}}`: for example {{ header = \"x-tenant\" }}"
                ),
            )),
        }
    }
}

impl<'de> Deserialize<'de> for TenantPlace {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        const WANTED: &str =
            "should be a table with one of `query`, `header`, `host` and `unverified_body_field`";
        let table = Table::deserialize(from)?;
        let mut entries = table.iter();
        let (Some((key, Value::String(text))), None) = (entries.next(), entries.next()) else {
            return Err(D::Error::custom(WANTED));
        };
        let place: Result<TenantFrom, TenantFromError> = match key.as_str() {
            "query" => TenantFrom::query(text),
            "header" => TenantFrom::header(text),
            "host" => TenantFrom::host(text),
            "unverified_body_field" => TenantFrom::unverified_body_field(text),
            _ => return Err(D::Error::custom(WANTED)),
        };
        place.map(Self).map_err(D::Error::custom)
    }
}

impl SecretsFrom {
    pub(super) fn endpoint(
        &self,
        key: &str,
        scheme: Scheme,
        tenant: TenantFrom,
        limits: LookupLimits,
    ) -> Result<Endpoint, ConfigError> {
        let wrong = |error: &dyn fmt::Display| ConfigError::at(key, error.to_string());
        let keys = match self {
            Self::Files(patterns) => {
                TenantKeys::from_files(&scheme, patterns).map_err(|error| wrong(&error))?
            }
            Self::Postgres { url, query } => postgres(key, &scheme, url, query)?,
        };
        let endpoint = Endpoint::from_source(scheme, limits.set(keys));
        let endpoint = endpoint.map_err(|error: EndpointError| wrong(&error))?;
        Ok(endpoint.with_tenant(tenant))
    }
}

#[cfg(feature = "postgres")]
fn postgres(
    key: &str,
    scheme: &Scheme,
    url: &Reference,
    query: &str,
) -> Result<TenantKeys, ConfigError> {
    let url = url
        .text()
        .map_err(|error| ConfigError::at(format!("{key}.postgres"), error.to_string()))?;
    TenantKeys::from_postgres(scheme, &url, query)
        .map_err(|error| ConfigError::at(key, error.to_string()))
}

#[cfg(not(feature = "postgres"))]
fn postgres(key: &str, _: &Scheme, _: &Reference, _: &str) -> Result<TenantKeys, ConfigError> {
    Err(ConfigError::at(
        key,
        "secrets in Postgres need feature \"postgres\", with which this program was not built",
    ))
}

/// By hand: serde's own messages repeat a value of the wrong type, and here that may be a password.
impl<'de> Deserialize<'de> for SecretsFrom {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let wrong = || {
            D::Error::custom(
                "should be \"file:PATH\" with `{tenant}` in the path, a list of such, or { postgres = \"env:NAME\", query = \"SELECT …\" }",
            )
        };
        let file = |value: &Value| {
            let text = value.as_str().ok_or_else(wrong)?;
            text.strip_prefix("file:")
                .map(str::to_owned)
                .ok_or_else(wrong)
        };
        let table = match Value::deserialize(from)? {
            value @ Value::String(_) => return Ok(Self::Files(vec![file(&value)?])),
            Value::Array(values) => {
                let files = values.iter().map(file).collect::<Result<_, _>>()?;
                return Ok(Self::Files(files));
            }
            Value::Table(table) => table,
            _ => return Err(wrong()),
        };
        let text = |key: &str| table.get(key).and_then(Value::as_str).ok_or_else(wrong);
        let (url, query) = (text("postgres")?, text("query")?);
        if table.len() != 2 {
            return Err(wrong());
        }
        Ok(Self::Postgres {
            url: Reference::parse(url).map_err(D::Error::custom)?,
            query: query.to_owned(),
        })
    }
}

impl fmt::Debug for SecretsFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(pattern) => write!(f, "Files({pattern:?})"),
            Self::Postgres { query, .. } => write!(f, "Postgres({query:?})"),
        }
    }
}
