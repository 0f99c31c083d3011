//! Where a provider publishes its public keys.

use serde::{Deserialize, Serialize};

use crate::scheme::{JsonPointer, Locate};

/// Where a provider publishes its public keys, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteKeys {
    /// Where the document's URL comes from.
    pub url: KeyUrl,
    /// The hosts that a URL may name; in each, one label may be `*`. It is checked before any network call.
    pub hosts: Vec<String>,
    /// What the document is.
    pub document: KeyDocument,
}

/// Where the URL of a document with keys comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KeyUrl {
    /// It is always this one, unless the operator names another on the same hosts.
    Fixed(String),
    /// The request names it.
    At(Locate),
}

/// What a document with keys is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeyDocument {
    /// A JWK set, whose keys have ids.
    JwkSet,
    /// A public key in PEM, at this place of a JSON document.
    PemAt(JsonPointer),
    /// A certificate in PEM.
    Certificate,
}
