//! The language of what is signed: literals and roles in any order.

use std::{fmt, str::FromStr};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::scheme::layout::Layout;

/// What is signed, or answered: literals and roles, such as `v0:{timestamp}:{body}`.
///
/// A role may have filters: `{body|sha256|hex}`. A literal brace is doubled.
///
/// | role | stands for |
/// |---|---|
/// | `{body}` | the body as received |
/// | `{url}` | `public_url`, then path and query as received |
/// | `{path}`, `{query}`, `{method}` | that part of the request as received |
/// | `{form}` | the form fields, decoded, sorted by name: each name and value, nothing between |
/// | `{timestamp}`, `{id}` | what stands at the shape's `timestamp` and `event_id` |
/// | `{secret}`, `{secret.NAME}` | the secret (keyed hashes only), a named part of it |
/// | `{signed_headers}` | the headers that a header names |
/// | `{challenge}` | a handshake's challenge (answers only) |
/// | any other name | what stands at the shape's field of that name |
///
/// | filter | does |
/// |---|---|
/// | `sha256` | the SHA-256 of the text, as raw bytes |
/// | `crc32` | the CRC-32 of the text, in decimal |
/// | `hex`, `base64` | the bytes, so written |
/// | `json` | of `{body}`: the body, which has to be a JSON object (X, whose challenge is answered with a MAC) |
/// | `json-string` | of `{body}`: the text as a JSON string, quotes and all (Hygraph) |
/// | `minify` | the JSON text without white space between its tokens (Midtrans SNAP) |
/// | `hmac` | the HMAC of the text with the scheme's secret (answers only) |
/// | `distinct` | of `{form}`: the same value of the same name once, values sorted (Twilio) |
/// | `vonage` | of `{form}`: `&name=value` for each but `sig`, with `&` and `=` in values as `_` (Vonage SMS) |
/// | `first` | of `{body}`: the first element of a JSON array, else the whole (Segment) |
/// | `hubspot` | of `{url}`: some escapes decoded (`HubSpot` v3) |
/// | `sns` | of `{body}`: the listed fields of its JSON, each as `name`, line feed, value, line feed (AWS SNS) |
///
/// ```
/// use axum_webhook::scheme::Template;
///
/// let template: Template = "{timestamp}.{body}".parse()?;
/// assert_eq!(template.to_string(), "{timestamp}.{body}");
/// # Ok::<(), axum_webhook::scheme::TemplateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Template {
    segments: Vec<Segment>,
    layout: Layout,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    Literal(String),
    Value { role: Role, filters: Vec<Filter> },
}

/// What a value stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Body,
    Url,
    Path,
    Query,
    Method,
    Form,
    Timestamp,
    Id,
    Secret,
    SecretPart(String),
    SignedHeaders,
    Challenge,
    Field(String),
}

/// What is done to a value before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Sha256,
    Crc32,
    Hex,
    Base64,
    Hmac,
    Json,
    JsonString,
    Minify,
    Distinct,
    First,
    Hubspot,
    Sns,
    Vonage,
}

const FILTERS: [(&str, Filter); 13] = [
    ("base64", Filter::Base64),
    ("crc32", Filter::Crc32),
    ("distinct", Filter::Distinct),
    ("first", Filter::First),
    ("hex", Filter::Hex),
    ("hmac", Filter::Hmac),
    ("hubspot", Filter::Hubspot),
    ("json", Filter::Json),
    ("json-string", Filter::JsonString),
    ("minify", Filter::Minify),
    ("sha256", Filter::Sha256),
    ("sns", Filter::Sns),
    ("vonage", Filter::Vonage),
];

impl Template {
    /// Creates a template from a literal.
    ///
    /// # Panics
    ///
    /// If `text` is not a template.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        text.parse().expect("a literal is a valid template")
    }

    fn new(segments: Vec<Segment>) -> Self {
        Self {
            layout: Layout::of(&segments),
            segments,
        }
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What follows from the segments alone.
    pub(crate) const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The literals that separate a role from what stands beside it.
    pub(crate) fn separators(&self, role: &Role) -> impl Iterator<Item = &str> {
        let is_it = |segment: &Segment| matches!(segment, Segment::Value { role: other, .. } if other == role);
        let at = self.segments.iter().position(is_it);
        let places = at.and_then(|at| self.layout.separators.get(at));
        let literal = |at: &usize| self.segments.get(*at)?.literal();
        places.into_iter().flatten().filter_map(literal)
    }

    /// The roles in order, each with its filters.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&Role, &[Filter])> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Value { role, filters } => Some((role, filters.as_slice())),
        })
    }
}

impl Segment {
    /// Its text, where it is a literal.
    pub(super) fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Value { .. } => None,
        }
    }
}

impl Role {
    fn parse(name: &str) -> Self {
        match name {
            "body" => Self::Body,
            "url" => Self::Url,
            "path" => Self::Path,
            "query" => Self::Query,
            "method" => Self::Method,
            "form" => Self::Form,
            "timestamp" => Self::Timestamp,
            "id" => Self::Id,
            "secret" => Self::Secret,
            "signed_headers" => Self::SignedHeaders,
            "challenge" => Self::Challenge,
            _ => match name.strip_prefix("secret.") {
                Some(part) => Self::SecretPart(part.to_owned()),
                None => Self::Field(name.to_owned()),
            },
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Body => "body",
            Self::Url => "url",
            Self::Path => "path",
            Self::Query => "query",
            Self::Method => "method",
            Self::Form => "form",
            Self::Timestamp => "timestamp",
            Self::Id => "id",
            Self::Secret => "secret",
            Self::SignedHeaders => "signed_headers",
            Self::Challenge => "challenge",
            Self::SecretPart(part) => return write!(f, "secret.{part}"),
            Self::Field(name) => name,
        })
    }
}

impl Filter {
    fn name(self) -> &'static str {
        FILTERS
            .iter()
            .find(|(_, filter)| *filter == self)
            .map_or("", |(name, _)| name)
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let wrong = |reason| TemplateError {
            text: text.to_owned(),
            reason,
        };
        let mut segments = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            if let Some(after) = from.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if let Some(after) = from.strip_prefix('{') {
                let (inner, after) = after
                    .split_once('}')
                    .ok_or_else(|| wrong("a `{` is never closed"))?;
                if !literal.is_empty() {
                    segments.push(Segment::Literal(std::mem::take(&mut literal)));
                }
                segments.push(parse_value(inner).map_err(wrong)?);
                rest = after;
            } else {
                return Err(wrong("a `}` was never opened; write `}}` for a brace"));
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal));
        }
        Ok(Self::new(segments))
    }
}

fn parse_value(inner: &str) -> Result<Segment, &'static str> {
    let mut words = inner.split('|');
    let name = words.next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err("a role is letters, digits, `_`, `-` and `.`");
    }
    let filters = words
        .map(|word| {
            FILTERS
                .iter()
                .find(|(name, _)| *name == word)
                .map(|(_, filter)| *filter)
                .ok_or("unknown filter")
        })
        .collect::<Result<_, _>>()?;
    Ok(Segment::Value {
        role: Role::parse(name),
        filters,
    })
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => {
                    f.write_str(&text.replace('{', "{{").replace('}', "}}"))?;
                }
                Segment::Value { role, filters } => {
                    write!(f, "{{{role}")?;
                    for filter in filters {
                        write!(f, "|{}", filter.name())?;
                    }
                    f.write_str("}")?;
                }
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, TemplateError> {
        text.parse()
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.to_string()
    }
}

/// A text that is not a template, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    text: String,
    reason: &'static str,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a template such as \"{{timestamp}}.{{body}}\": {}",
            self.text, self.reason
        )
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_read_and_print_the_same() {
        for text in [
            "",
            "{body}",
            "v0:{timestamp}:{body}",
            "{timestamp}\n{url}\n{body|sha256}",
            "{nonce}{timestamp}{body}",
            "{id}|{timestamp}|{secret.webhook_id}|{body|crc32}",
            "{{\"plainToken\":\"{challenge}\",\"encryptedToken\":\"{challenge|hmac|hex}\"}}",
        ] {
            assert_eq!(Template::literal(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in ["{", "}", "{}", "{body", "{body|nope}", "{bo dy}", "{a{b}}"] {
            assert!(text.parse::<Template>().is_err(), "{text}");
        }
    }
}
