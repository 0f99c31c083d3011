//! Where the signature stands and how its text is built.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::scheme::{Encoding, Locate};

/// Where the signature stands and how its text is built.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Signature {
    /// Where the text with the signature stands.
    pub at: Locate,
    /// The grammar of that text where it is a list, such as `t=…,v1=…,v1=…`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub list: Option<List>,
    /// Which items of the list are signatures, where they have keys. Without it, each item is one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub item: Option<ItemKey>,
    /// The literal before the signature, such as `sha256=`.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "String::is_empty"))]
    pub prefix: String,
    /// How the signature's bytes are written.
    pub encoding: Encoding,
}

/// The grammar of a list inside one header or field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct List {
    /// What stands between whole sets, each with its own timestamp (Persona).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub sets: Option<String>,
    /// What stands between items.
    pub items: String,
    /// What stands between an item's key and its value; without it, items have no key.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub pair: Option<String>,
}

impl List {
    /// Items with keys: `list(",", "=")` is `t=…,v1=…`.
    #[must_use]
    pub fn pairs(items: &str, pair: &str) -> Self {
        Self {
            sets: None,
            items: items.to_owned(),
            pair: Some(pair.to_owned()),
        }
    }
}

/// Which items of a list are signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, Deserialize),
    serde(rename_all = "snake_case", untagged)
)]
pub enum ItemKey {
    /// Those with this key.
    Name(String),
    /// Those whose key is a named part of the secret (Braintree's public key).
    Secret {
        /// The part's name.
        secret: String,
    },
}

impl ItemKey {
    /// The items with the key `name`.
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self::Name(name.to_owned())
    }

    /// The items whose key is the secret's part `part`.
    #[must_use]
    pub fn secret(part: &str) -> Self {
        Self::Secret {
            secret: part.to_owned(),
        }
    }
}
