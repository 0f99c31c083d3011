//! One way in which a provider's request can look.

use std::fmt;

use http::HeaderName;
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::scheme::{
    Claim, JsonPointer, Locate, Signature, Template, TimestampField, handshake::Charset,
};

/// One way in which a provider's request can look: what is signed, and where each part of it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Shape {
    /// What a request must have for this shape to be its shape.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "When::is_always"))]
    pub when: When,
    /// Where the signature stands and how it is written.
    pub signature: Signature,
    /// What is signed; `None` for credentials, which sign nothing, and for tokens that bring their
    /// own payload.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub content: Option<Template>,
    /// Where the timestamp is and how it is written.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub timestamp: Option<TimestampField>,
    /// Where the event's id is. Whether it is signed follows from `content`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub event_id: Option<Locate>,
    /// Where the event's type is.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub event_type: Option<Locate>,
    /// Other values that `content` names.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub fields: Vec<Field>,
    /// A hash of the body that the request claims and that is checked.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub body_hash: Option<BodyHash>,
    /// What the token must say, where the algorithm is a JWT.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub claims: Vec<Claim>,
    /// The list of headers that are signed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub signed_headers: Option<SignedHeaders>,
    /// A list in the body, each item of which is signed by itself (Adyen).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub each: Option<Batch>,
}

/// What a request must have for a shape to be its shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct When {
    /// The kind of its `Content-Type`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub content_type: Option<MediaType>,
    /// A header that is there.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none", with = "optional_name")
    )]
    pub header: Option<HeaderName>,
    /// A query parameter that is there.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub query: Option<String>,
}

impl When {
    /// Any request.
    #[must_use]
    pub const fn always() -> Self {
        Self {
            content_type: None,
            header: None,
            query: None,
        }
    }

    /// A request whose `Content-Type` is of this kind.
    #[must_use]
    pub const fn content_type(kind: MediaType) -> Self {
        Self {
            content_type: Some(kind),
            header: None,
            query: None,
        }
    }

    /// A request that has the header called `name`.
    ///
    /// # Panics
    ///
    /// If `name` is not a header name in lower case. It is meant for literals.
    #[must_use]
    pub const fn header(name: &'static str) -> Self {
        Self {
            content_type: None,
            header: Some(HeaderName::from_static(name)),
            query: None,
        }
    }

    /// A request whose query has the parameter called `name`.
    #[must_use]
    pub fn query(name: &str) -> Self {
        Self {
            content_type: None,
            header: None,
            query: Some(name.to_owned()),
        }
    }

    /// Whether any request will do.
    #[must_use]
    pub fn is_always(&self) -> bool {
        *self == Self::always()
    }
}

/// A kind of `Content-Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum MediaType {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json` and `application/…+json`.
    Json,
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        })
    }
}

/// A value that `content` names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Field {
    /// The name in `content`.
    pub name: String,
    /// Where it stands.
    pub at: Locate,
    /// Whether a missing value counts as an empty one (Adyen).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub optional: bool,
    /// Whether it may contain the separator that stands next to it. One value of a
    /// content may; with two, bytes could move between them.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub free: bool,
    /// The one form that it can have, where nothing separates it from what follows.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub width: Option<Width>,
    /// What it must be: a text, or a named part of the secret, such as `{secret.topic_arn}`. Such a
    /// value need not stand in `content`; one of the secret has to be signed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub is: Option<Template>,
}

impl Field {
    /// A value called `name` that must be there.
    #[must_use]
    pub fn required(name: &str, at: Locate) -> Self {
        Self {
            name: name.to_owned(),
            at,
            optional: false,
            free: false,
            width: None,
            is: None,
        }
    }

    /// A value called `name` that counts as empty where it is missing or null.
    #[must_use]
    pub fn optional(name: &str, at: Locate) -> Self {
        Self {
            optional: true,
            ..Self::required(name, at)
        }
    }

    /// A value called `name` that must be there, and be what `template` says.
    ///
    /// # Panics
    ///
    /// If `template` is not a template. It is meant for literals.
    #[must_use]
    pub fn is(name: &str, at: Locate, template: &str) -> Self {
        Self {
            is: Some(Template::literal(template)),
            ..Self::required(name, at)
        }
    }
}

/// The one form that a value can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Width {
    /// Its characters.
    pub charset: Charset,
    /// The fewest of them.
    pub min: usize,
    /// The most of them.
    pub max: usize,
}

/// A hash of the body that the request claims. It is checked after the signature that covers the claim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct BodyHash {
    /// Where the claim stands: the SHA-256 of the body as received.
    pub at: Locate,
    /// How it is written.
    pub encoding: crate::scheme::Encoding,
}

/// The headers that a header names (Contentful): each must be there, once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct SignedHeaders {
    /// Where the names stand.
    pub names: Locate,
    /// What stands between two names.
    pub separator: String,
    /// How each header is signed.
    pub form: SignedHeadersForm,
    /// What is put between two headers.
    pub join: String,
    /// The names that must be among them.
    pub required: Vec<String>,
}

/// How each of the signed headers is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SignedHeadersForm {
    /// `name:value`, sorted by name (Contentful).
    SortedPairs,
    /// The value, in the order in which the names are given (Coinbase).
    Values,
}

/// A list in the body, each item of which is signed by itself.
///
/// Inside it, JSON pointers start at the item, all items must verify, and an
/// empty list is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Batch {
    /// Where the list is.
    pub array: JsonPointer,
    /// Where in each element the item is.
    pub item: JsonPointer,
}

/// Serde for an optional header name.
#[cfg(feature = "serde")]
mod optional_name {
    use http::HeaderName;
    use serde::{Deserializer, Serialize as _, Serializer};

    use crate::scheme::locate::header_name;

    #[expect(clippy::ref_option, reason = "serde calls it like this")]
    pub(super) fn serialize<S: Serializer>(
        name: &Option<HeaderName>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        name.as_ref().map(HeaderName::as_str).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<HeaderName>, D::Error> {
        header_name::deserialize(from).map(Some)
    }
}
