//! How a provider asks whether a URL is ours.

use http::{HeaderName, Method};
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::scheme::{Locate, Template};

/// A provider's question whether the URL is ours, and the answer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Handshake {
    /// The method of the question.
    #[cfg_attr(feature = "serde", serde(with = "super::method"))]
    pub method: Method,
    /// What tells the question from a delivery. All must hold.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub when: Vec<Expect>,
    /// Whether the question is signed like a delivery, and answered only then.
    pub signed: bool,
    /// Whether the challenge is a key, which the provider sends once and signs with from then on
    /// (Asana). It is looked at only by an endpoint that waits for one:
    /// [`Endpoint::dangerous_pairing`](crate::Endpoint::dangerous_pairing).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub pairs: bool,
    /// The text that the answer needs.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub challenge: Option<ChallengeField>,
    /// The answer.
    pub answer: HandshakeAnswer,
}

/// A value that must be in the question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Expect {
    /// Where it stands.
    pub at: Locate,
    /// What it must be.
    pub is: Expected,
}

impl Expect {
    /// The value at `at` is `text`.
    #[must_use]
    pub fn text(at: Locate, text: &str) -> Self {
        Self {
            at,
            is: Expected::Text(text.to_owned()),
        }
    }

    /// There is a value at `at`, whatever it is.
    #[must_use]
    pub const fn present(at: Locate) -> Self {
        Self {
            at,
            is: Expected::Present { present: true },
        }
    }

    /// There is nothing at `at`.
    #[must_use]
    pub const fn absent(at: Locate) -> Self {
        Self {
            at,
            is: Expected::Present { present: false },
        }
    }
}

/// What a value in a question must be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, Deserialize),
    serde(rename_all = "snake_case", untagged)
)]
pub enum Expected {
    /// This text.
    Text(String),
    /// The secret's part of this name, compared in constant time.
    Secret {
        /// The part's name.
        secret: String,
    },
    /// Anything but nothing (`present = true`), or nothing.
    Present {
        /// Whether it has to be there.
        present: bool,
    },
}

/// The text that an answer needs, held to a form so that it can't be misused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct ChallengeField {
    /// Where it stands.
    pub at: Locate,
    /// Its characters.
    pub charset: Charset,
    /// The fewest of them.
    pub min: usize,
    /// The most of them.
    pub max: usize,
}

/// A set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Charset {
    /// `0-9`.
    Digits,
    /// `0-9 a-f`.
    Hex,
    /// `0-9 A-Z a-z`.
    Alphanumeric,
    /// Printable ASCII with the space, without what HTML would read: `< > & " '`.
    Printable,
    /// `0-9 A-Z a-z - _ . ~ + / =`: nothing that JSON, HTML or a URL would escape.
    Token,
    /// `0-9 A-Z a-z + / =` and line feeds: base64 as e-mail wraps it (Braintree's payload).
    Base64Lines,
}

impl Charset {
    /// Whether `text` has only these characters and from `min` to `max` of them.
    pub(crate) fn holds(self, text: &[u8], min: usize, max: usize) -> bool {
        (min..=max).contains(&text.len()) && text.iter().all(|c| self.has(*c))
    }

    /// Whether `c` is one of these characters.
    pub(crate) const fn has(self, c: u8) -> bool {
        match self {
            Self::Digits => c.is_ascii_digit(),
            Self::Hex => matches!(c, b'0'..=b'9' | b'a'..=b'f'),
            Self::Alphanumeric => c.is_ascii_alphanumeric(),
            Self::Printable => {
                matches!(c, b' '..=b'~') && !matches!(c, b'<' | b'>' | b'&' | b'"' | b'\'')
            }
            Self::Token => {
                c.is_ascii_alphanumeric()
                    || matches!(c, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'=')
            }
            Self::Base64Lines => {
                c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=' | b'\n')
            }
        }
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct HandshakeAnswer {
    /// Its status.
    pub status: u16,
    /// Its `Content-Type`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "String::is_empty"))]
    pub content_type: String,
    /// Further headers.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub headers: Vec<AnswerHeader>,
    /// Its body; it may use `{challenge}` with filters, and `{secret.NAME}`.
    pub body: Template,
}

/// A header of an answer, such as the one that Asana wants back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct AnswerHeader {
    /// Its name.
    #[cfg_attr(feature = "serde", serde(with = "super::locate::header_name"))]
    pub name: HeaderName,
    /// Its value, which may use what the body may.
    pub value: Template,
}

impl AnswerHeader {
    /// The header called `name` with this value.
    ///
    /// # Panics
    ///
    /// If `name` is not a header name in lower case, or `value` no template. It is meant for literals.
    #[must_use]
    pub fn new(name: &'static str, value: &str) -> Self {
        Self {
            name: HeaderName::from_static(name),
            value: Template::literal(value),
        }
    }
}

impl HandshakeAnswer {
    /// The same answer with a further header.
    #[must_use]
    pub fn with_header(mut self, header: AnswerHeader) -> Self {
        self.headers.push(header);
        self
    }

    /// A 200 with this body as plain text.
    #[must_use]
    pub fn text(body: &str) -> Self {
        Self {
            status: 200,
            content_type: "text/plain; charset=utf-8".to_owned(),
            headers: Vec::new(),
            body: Template::literal(body),
        }
    }

    /// A 200 with this body as JSON.
    #[must_use]
    pub fn json(body: &str) -> Self {
        Self {
            status: 200,
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
            body: Template::literal(body),
        }
    }

    /// A 200 without a body.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            status: 200,
            content_type: String::new(),
            headers: Vec::new(),
            body: Template::literal(""),
        }
    }
}
