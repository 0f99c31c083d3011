//! Where the events are remembered: `server.replay`.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error as _};

use super::ConfigError;
use crate::{middleware::WebhookLayer, replay::MemoryReplayStore};

/// The store that a file asks for. A URL may have a password in it, so it is never shown or repeated.
#[derive(Clone, Default)]
pub(super) enum Replay {
    #[default]
    Memory,
    Off,
    #[cfg(feature = "redis")]
    Redis(String),
    #[cfg(feature = "postgres")]
    Postgres(String),
}

impl<'de> Deserialize<'de> for Replay {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        match (text.as_str(), scheme) {
            ("memory", _) => Ok(Self::Memory),
            ("off", _) => Ok(Self::Off),
            #[cfg(feature = "redis")]
            (_, Some("redis" | "rediss" | "valkey")) => Ok(Self::Redis(text)),
            #[cfg(not(feature = "redis"))]
            (_, Some("redis" | "rediss" | "valkey")) => Err(D::Error::custom(
                "a store in Redis needs feature \"redis\", with which this program was not built",
            )),
            #[cfg(feature = "postgres")]
            (_, Some("postgres" | "postgresql")) => Ok(Self::Postgres(text)),
            #[cfg(not(feature = "postgres"))]
            (_, Some("postgres" | "postgresql")) => Err(D::Error::custom(
                "a store in Postgres needs feature \"postgres\", with which this program was not built",
            )),
            _ => Err(D::Error::custom(
                "should be \"memory\", \"off\", \"redis://…\" or \"postgres://…\"",
            )),
        }
    }
}

impl Replay {
    /// The layer, with the store.
    #[cfg_attr(
        not(any(feature = "redis", feature = "postgres")),
        expect(
            clippy::unnecessary_wraps,
            reason = "a store on a server has a URL, which may be wrong"
        )
    )]
    pub(super) fn guard(&self, layer: WebhookLayer) -> Result<WebhookLayer, ConfigError> {
        match self {
            Self::Memory => Ok(layer.with_replay_store(MemoryReplayStore::new())),
            Self::Off => Ok(layer),
            #[cfg(feature = "redis")]
            Self::Redis(url) => match crate::replay::RedisReplayStore::new(url) {
                Ok(store) => Ok(layer.with_replay_store(store)),
                Err(error) => Err(ConfigError::at("server.replay", error.to_string())),
            },
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => match crate::replay::PostgresReplayStore::new(url) {
                Ok(store) => Ok(layer.with_replay_store(store.with_migration())),
                Err(error) => Err(ConfigError::at("server.replay", error.to_string())),
            },
        }
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "Memory",
            Self::Off => "Off",
            #[cfg(feature = "redis")]
            Self::Redis(_) => "Redis",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "Postgres",
        })
    }
}
