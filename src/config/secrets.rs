//! Secrets in a configuration: where they are, never what they are.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error as _};
use toml::Value;
use zeroize::Zeroizing;

use crate::{
    config::ConfigError,
    keys::{Secret, SecretError},
    scheme::TimeUnit,
    timestamp::Timestamp,
};

/// The `secrets` of an endpoint.
#[derive(Clone)]
pub(super) struct SecretEntries(Vec<Entry>);

#[derive(Clone)]
struct Entry {
    value: Reference,
    id: Option<String>,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    parts: Vec<(String, Reference)>,
}

/// Where a secret is.
#[derive(Clone)]
pub(super) enum Reference {
    Env(String),
    File(String),
    Plain(Zeroizing<String>),
    /// What the provider publishes, at its usual URL or at this one.
    Remote(Option<String>),
}

impl SecretEntries {
    /// Reads the secrets from where they are.
    pub(super) fn load(&self, key: &str) -> Result<Vec<Secret>, ConfigError> {
        let entries = self.0.iter().enumerate();
        entries
            .map(|(index, entry)| entry.load(&format!("{key}[{index}]")))
            .collect()
    }
}

/// Reads a secret from where it is: `reference` is `env:NAME`, `file:PATH` or `plain:TEXT`, as in
/// a file, and so is each of its named parts.
///
/// ```
/// use axum_webhook::config;
///
/// let secret = config::secret("plain:only for tests", &[("public_key", "plain:pk_test")])?;
/// assert!(config::secret("only for tests", &[]).is_err());
/// # Ok::<(), config::ConfigError>(())
/// ```
///
/// # Errors
///
/// If it is no reference, or what is there is not a secret. The error never repeats the reference's text.
pub fn secret(reference: &str, parts: &[(&str, &str)]) -> Result<Secret, ConfigError> {
    let wrong = |key: String| move |reason: &str| ConfigError::at(key, reason);
    let value = Reference::parse(reference).map_err(wrong("secret".to_owned()))?;
    let mut entry = Entry::at(value);
    for (name, part) in parts {
        let part = Reference::parse(part).map_err(wrong(format!("secret.parts.{name}")))?;
        entry.parts.push(((*name).to_owned(), part));
    }
    entry.load("secret")
}

impl Reference {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        match text.split_once(':') {
            Some(("env", name)) => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) => Ok(Self::File(path.to_owned())),
            Some(("plain", text)) => Ok(Self::Plain(Zeroizing::new(text.to_owned()))),
            Some(("remote", "")) => Ok(Self::Remote(None)),
            Some(("remote", url)) => Ok(Self::Remote(Some(url.to_owned()))),
            _ => Err(
                "a secret should be \"env:NAME\", \"file:PATH\" or \"plain:TEXT\"; or \"remote:\" where \
                 the provider publishes its keys",
            ),
        }
    }

    fn load(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Env(name) => Secret::from_env(name),
            Self::File(path) => Secret::from_file(path),
            Self::Plain(text) => Secret::new(text.as_str()),
            Self::Remote(None) => Ok(Secret::remote()),
            Self::Remote(Some(url)) => Ok(Secret::remote_at(url.as_str())),
        }
    }

    /// The text of a named part or a URL, which nobody publishes.
    pub(super) fn text(&self) -> Result<Zeroizing<String>, SecretError> {
        let secret = self.load()?;
        if secret.is_remote() {
            return Err(SecretError::Remote);
        }
        Ok(Zeroizing::new(
            String::from_utf8_lossy(secret.expose()).into_owned(),
        ))
    }
}

impl fmt::Debug for SecretEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} redacted]", self.0.len())
    }
}

/// By hand: serde's own messages repeat a value of the wrong type, and here that is a secret.
impl<'de> Deserialize<'de> for SecretEntries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Value::Array(values) = Value::deserialize(from)? else {
            return Err(D::Error::custom("should be a list, such as [\"env:NAME\"]"));
        };
        if values.is_empty() {
            return Err(D::Error::custom("should have at least one secret"));
        }
        values
            .into_iter()
            .map(|value| Entry::parse(value).map_err(D::Error::custom))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Entry {
    fn parse(value: Value) -> Result<Self, String> {
        let table = match value {
            Value::String(text) => return Self::of(&text),
            Value::Table(table) => table,
            _ => return Err("a secret should be a text or a table".to_owned()),
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let value = table
            .get("value")
            .and_then(text)
            .ok_or("a secret's table should have `value`, such as \"env:NAME\"")?;
        let mut entry = Self::of(&value)?;
        for (key, value) in &table {
            match key.as_str() {
                "value" => {}
                "id" => {
                    let id = text(value).filter(|id| !id.is_empty());
                    entry.id = Some(id.ok_or("a secret's `id` should be a text")?);
                }
                "not_before" => entry.not_before = Some(time(value)?),
                "not_after" => entry.not_after = Some(time(value)?),
                "parts" => {
                    let parts = value
                        .as_table()
                        .ok_or("a secret's `parts` should be a table")?;
                    for (name, part) in parts {
                        let part = text(part).ok_or("a secret's part should be a text")?;
                        entry.parts.push((name.clone(), Reference::parse(&part)?));
                    }
                }
                _ => {
                    return Err(format!(
                        "a secret's table has no key {key:?}; it has `value`, `id`, `not_before`, \
                         `not_after` and `parts`"
                    ));
                }
            }
        }
        Ok(entry)
    }

    fn of(text: &str) -> Result<Self, String> {
        Ok(Self::at(Reference::parse(text)?))
    }

    const fn at(value: Reference) -> Self {
        Self {
            value,
            id: None,
            not_before: None,
            not_after: None,
            parts: Vec::new(),
        }
    }

    fn load(&self, key: &str) -> Result<Secret, ConfigError> {
        let at = |key: &str| {
            let key = key.to_owned();
            move |error: SecretError| ConfigError::at(key, error.to_string())
        };
        let mut secret = self.value.load().map_err(at(key))?;
        if let Some(id) = &self.id {
            secret = secret.with_id(id.as_str());
        }
        if let Some(time) = self.not_before {
            secret = secret.with_not_before(time);
        }
        if let Some(time) = self.not_after {
            secret = secret.with_not_after(time);
        }
        for (name, reference) in &self.parts {
            let key = format!("{key}.parts.{name}");
            secret = match reference {
                Reference::File(path) => secret.with_part_from_file(name.as_str(), path),
                _ => reference
                    .text()
                    .and_then(|part| secret.with_part(name.as_str(), part.as_str())),
            }
            .map_err(at(&key))?;
        }
        Ok(secret)
    }
}

fn time(value: &Value) -> Result<Timestamp, &'static str> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Datetime(time) => time.to_string(),
        _ => String::new(),
    };
    TimeUnit::Rfc3339
        .parse(&text)
        .ok_or("a time should be RFC 3339, such as \"2026-11-22T15:00:00Z\"")
}
