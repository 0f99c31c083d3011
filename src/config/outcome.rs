//! Which answers of a handler end an event: `endpoint.outcome`.

use http::StatusCode;
use serde::{Deserialize, Deserializer, de::Error as _};
use toml::Value;

use crate::replay::Outcome;

/// Statuses that mean something else than [`Outcome::of`] says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcomes {
    #[serde(default)]
    done: Vec<Statuses>,
    #[serde(default)]
    retry: Vec<Statuses>,
}

impl Outcomes {
    /// What an answer means. Where the two lists disagree, the event is handled again rather than lost.
    pub(super) fn of(&self, status: StatusCode) -> Outcome {
        let code = status.as_u16();
        for statuses in [Statuses::One(code), Statuses::Class(code / 100)] {
            if self.retry.contains(&statuses) {
                return Outcome::Retry;
            }
            if self.done.contains(&statuses) {
                return Outcome::Done;
            }
        }
        Outcome::of(status)
    }
}

/// `409`, or `"4xx"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Statuses {
    One(u16),
    Class(u16),
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let statuses = match Value::deserialize(from)? {
            Value::Integer(code) => u16::try_from(code)
                .ok()
                .filter(|code| (100..600).contains(code))
                .map(Self::One),
            Value::String(text) => match text.as_str() {
                "2xx" => Some(Self::Class(2)),
                "3xx" => Some(Self::Class(3)),
                "4xx" => Some(Self::Class(4)),
                "5xx" => Some(Self::Class(5)),
                _ => None,
            },
            _ => None,
        };
        statuses.ok_or_else(|| {
            D::Error::custom(
                "should be a status, such as 409, or \"2xx\", \"3xx\", \"4xx\" or \"5xx\"",
            )
        })
    }
}
