//! Where in a request a value stands.

use std::{fmt, str::FromStr};

use http::HeaderName;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// Where in a request a value stands.
///
/// In TOML it is a table with one key, such as `{ header = "x-signature" }` or
/// `{ json = "/data/id" }`, or the word `"bearer"`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Locate {
    /// A header that must be there exactly once.
    Header(#[cfg_attr(feature = "serde", serde(with = "header_name"))] HeaderName),
    /// A header that may come several times, each time with a signature of its own (Mollie, while a
    /// secret is changed).
    RepeatedHeader(#[cfg_attr(feature = "serde", serde(with = "header_name"))] HeaderName),
    /// One of several headers: each that is there counts, at least one must be.
    Headers(#[cfg_attr(feature = "serde", serde(with = "header_names"))] Vec<HeaderName>),
    /// A numbered family: the text before the number, which starts at 1 and has no gaps.
    HeaderFamily(#[cfg_attr(feature = "serde", serde(with = "header_name"))] HeaderName),
    /// An item of the list in the signature's header, by its key.
    Item(String),
    /// A value in the JSON body.
    Json(JsonPointer),
    /// A claim of the token that is the signature.
    Claim(JsonPointer),
    /// A field of the form body, percent-decoded; it must be there exactly once.
    Form(String),
    /// As [`Form`](Self::Form), where the form may have no other field: then this one is the body.
    OnlyForm(String),
    /// A parameter of the query, percent-decoded; it must be there exactly once.
    Query(String),
    /// The token of `Authorization: Bearer …`.
    Bearer,
}

impl Locate {
    /// The header called `name`.
    ///
    /// # Panics
    ///
    /// If `name` is not a header name in lower case. It is meant for literals.
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self::Header(HeaderName::from_static(name))
    }

    /// The item called `key` of the list in the signature's header.
    #[must_use]
    pub fn item(key: &str) -> Self {
        Self::Item(key.to_owned())
    }

    /// The value of the JSON body at `pointer`.
    ///
    /// # Panics
    ///
    /// If `pointer` is not a JSON pointer. It is meant for literals.
    #[must_use]
    pub fn json(pointer: &str) -> Self {
        Self::Json(JsonPointer::literal(pointer))
    }

    /// The claim of the token at `pointer`.
    ///
    /// # Panics
    ///
    /// If `pointer` is not a JSON pointer. It is meant for literals.
    #[must_use]
    pub fn claim(pointer: &str) -> Self {
        Self::Claim(JsonPointer::literal(pointer))
    }

    /// The field of the form body called `name`.
    #[must_use]
    pub fn form(name: &str) -> Self {
        Self::Form(name.to_owned())
    }

    /// The field of the form body called `name`, which has no other.
    #[must_use]
    pub fn only_form(name: &str) -> Self {
        Self::OnlyForm(name.to_owned())
    }

    /// The query parameter called `name`.
    #[must_use]
    pub fn query(name: &str) -> Self {
        Self::Query(name.to_owned())
    }

    /// Whether the value can only be read once the body is there.
    pub(crate) const fn is_in_body(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Form(_) | Self::OnlyForm(_))
    }

    /// Whether it is one place in the head of a request.
    pub(crate) const fn is_single_in_head(&self) -> bool {
        matches!(self, Self::Header(_) | Self::Bearer | Self::Query(_))
    }

    /// The one header that the value stands in, if it is a single one.
    pub(crate) fn single_header(&self) -> Option<&HeaderName> {
        match self {
            Self::Header(name) => Some(name),
            Self::Bearer => Some(&http::header::AUTHORIZATION),
            _ => None,
        }
    }
}

/// In the words of the operator: `header x-signature`, `json /data/id`.
impl fmt::Display for Locate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::RepeatedHeader(name) => write!(f, "header {name}, each time"),
            Self::Headers(names) => {
                f.write_str("one of the headers")?;
                names.iter().try_for_each(|name| write!(f, " {name}"))
            }
            Self::HeaderFamily(prefix) => write!(f, "headers {prefix}1, {prefix}2 …"),
            Self::Item(key) => write!(f, "item {key} of the signature header"),
            Self::Json(pointer) => write!(f, "json {pointer}"),
            Self::Claim(pointer) => write!(f, "claim {pointer} of the token"),
            Self::Form(name) => write!(f, "form field {name}"),
            Self::OnlyForm(name) => write!(f, "only form field {name}"),
            Self::Query(name) => write!(f, "query parameter {name}"),
            Self::Bearer => f.write_str("bearer token"),
        }
    }
}

/// A JSON pointer as of RFC 6901, such as `/data/id`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct JsonPointer(String);

impl JsonPointer {
    /// Creates a pointer from a literal.
    ///
    /// # Panics
    ///
    /// If `text` is not a JSON pointer.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        text.parse().expect("a literal is a valid JSON pointer")
    }

    /// The steps from the root to the value, unescaped.
    pub(crate) fn steps(&self) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
        self.0.split('/').skip(1).map(|step| {
            if step.contains('~') {
                step.replace("~1", "/").replace("~0", "~").into()
            } else {
                step.into()
            }
        })
    }
}

impl FromStr for JsonPointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        let escapes_hold = text
            .split('~')
            .skip(1)
            .all(|rest| rest.starts_with(['0', '1']));
        if (text.is_empty() || text.starts_with('/')) && escapes_hold {
            Ok(Self(text.to_owned()))
        } else {
            Err(PointerError(text.to_owned()))
        }
    }
}

impl fmt::Display for JsonPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for JsonPointer {
    type Error = PointerError;

    fn try_from(text: String) -> Result<Self, PointerError> {
        text.parse()
    }
}

impl From<JsonPointer> for String {
    fn from(pointer: JsonPointer) -> Self {
        pointer.0
    }
}

/// A text that is not a JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointerError(String);

impl fmt::Display for PointerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} should be a JSON pointer such as \"/data/id\"",
            self.0
        )
    }
}

impl std::error::Error for PointerError {}

/// A header name as a text.
#[cfg(feature = "serde")]
pub(crate) mod header_name {
    use http::HeaderName;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(name: &HeaderName, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(name.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<HeaderName, D::Error> {
        let text = String::deserialize(from)?;
        parse(&text).map_err(D::Error::custom)
    }

    pub(super) fn parse(text: &str) -> Result<HeaderName, String> {
        HeaderName::from_bytes(text.as_bytes())
            .map_err(|_| format!("{text:?} should be the name of a header"))
    }
}

/// Header names as a list of texts.
#[cfg(feature = "serde")]
mod header_names {
    use http::HeaderName;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(names: &[HeaderName], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(names.iter().map(HeaderName::as_str))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<HeaderName>, D::Error> {
        Vec::<String>::deserialize(from)?
            .iter()
            .map(|text| super::header_name::parse(text).map_err(D::Error::custom))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_unescape_their_steps() {
        let pointer = JsonPointer::literal("/a~1b/m~0n/0");
        assert_eq!(pointer.steps().collect::<Vec<_>>(), ["a/b", "m~n", "0"]);
        assert_eq!(JsonPointer::literal("").steps().count(), 0);
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        for text in ["a", "a/b", "/a~", "/a~2"] {
            assert!(text.parse::<JsonPointer>().is_err(), "{text}");
        }
    }
}
