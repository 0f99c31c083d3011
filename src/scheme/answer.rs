//! What a provider wants to hear.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// What a provider wants to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields, default))]
pub struct Answers {
    /// What a receiver without a better answer says to an accepted delivery.
    /// The answer of a handler is never replaced by it.
    pub accepted: Answer,
    /// What is said to the repetition of an event that was handled.
    pub duplicate: Answer,
    /// What is said to every delivery that fails verification, whatever the cause.
    pub refused: Answer,
}

impl Answers {
    /// 200 without a body for what is accepted or repeated, and the plain 401 for the rest.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            accepted: Answer::status(200),
            duplicate: Answer::status(200),
            refused: Answer::refusal(),
        }
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self::standard()
    }
}

/// A fixed response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its `Content-Type`, where it has a body.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "String::is_empty"))]
    pub content_type: String,
    /// Its body.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "String::is_empty"))]
    pub body: String,
}

impl Answer {
    /// A status without a body.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self {
            status,
            content_type: String::new(),
            body: String::new(),
        }
    }

    /// A status with a text.
    #[must_use]
    pub fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8".to_owned(),
            body: body.to_owned(),
        }
    }

    /// The one sentence that a sender gets when its delivery is refused.
    #[must_use]
    pub fn refusal() -> Self {
        Self::text(401, "webhook verification failed\n")
    }
}
