//! What a provider promises about its requests, as pure data.
//!
//! A [`Scheme`] says where the signature stands, what it covers, how it is
//! written, what the secret looks like, and what the provider wants to hear.
//! The same value verifies and signs; a built-in provider and a scheme in your
//! own TOML are the same type with the same words.
//!
//! ```
//! use axum_webhook::scheme::Scheme;
//!
//! let scheme: Scheme = toml::from_str(r#"
//!     id = "acme"
//!     algorithm = "hmac-sha256"
//!     content = "{timestamp}.{body}"
//!     signature = { at = { header = "acme-signature" }, list = { items = ",", pair = "=" }, item = "v1", encoding = "hex" }
//!     timestamp = { at = { item = "t" }, unit = "unix-seconds" }
//!     tolerance = { past = "5m", future = "1m" }
//!     event_id = { json = "/id" }
//!     dedupe = "id"
//! "#)?;
//! scheme.validate()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The smallest scheme
//!
//! `algorithm`, `signature` and `content` are enough; what is not said is a
//! `POST` with a text secret whose signature covers the body.
//!
//! # Keys
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `id` | the name in logs and replay keys | the endpoint's |
//! | `methods` | those of deliveries | `["POST"]` |
//! | `algorithm` | an [`Algorithm`], such as `"hmac-sha256"` | required |
//! | `secret` | a [`SecretFormat`]: what the dashboard shows | `"text"` |
//! | `secret_parts` | names of further parts of each secret | none |
//! | `key_id` | where the request names the key; it binds where keys were given ids | all keys are tried |
//! | `remote_keys` | where the provider publishes its keys: see [`RemoteKeys`] | none |
//! | `coverage` | `"body"`, `"fields"` or `"credential"` | `"body"` |
//! | `content` | a [`Template`]: what is signed | required, but for credentials and tokens |
//! | `signature` | a [`Signature`]: `at`, `encoding`, and perhaps `prefix`, `list`, `item` | required |
//! | `timestamp` | `at` and `unit`, a [`TimeUnit`] | none |
//! | `tolerance` | `past` and `future` | none: the age is not checked |
//! | `event_id`, `event_type` | a [`Locate`]: where they are | none |
//! | `event_id_on_retry` | `"same"`, `"new"` or `"unknown"` | `"unknown"` |
//! | `dedupe` | `"id"`, `"content"` or `"off"` | `"off"` |
//! | `retry_horizon` | how long "done" is remembered | `"3d"` |
//! | `fields` | values that `content` names: `name`, `at`, and perhaps `optional`, `free`, `width`; or that must be something: `is` | none |
//! | `body_hash` | a claimed SHA-256 of the body: `at` and `encoding` | none |
//! | `claims` | what a token must say: see [`Claim`] | none |
//! | `signed_headers` | the headers that a header names: see [`SignedHeaders`] | none |
//! | `each` | a list in the body whose items are signed one by one: see [`Batch`] | none |
//! | `content_encoding` | `"identity"` or `"gunzip"` | `"identity"` |
//! | `body_limit` | the provider's own limit | 1 MiB |
//! | `url_ports` | `"as-configured"` or `"either"` | `"as-configured"` |
//! | `answers` | `accepted`, `duplicate`, `refused`: `status`, `content_type`, `body` | 200, 200, 401 |
//! | `[[handshake]]` | questions of the provider: see [`Handshake`] | none |
//! | `[[shape]]` | instead of one shape at the top: see below | one |
//!
//! # Tokens
//!
//! With a JWT algorithm such as `"jwt-hs256"` the signature is a token: header, payload and
//! signature in one text. It stands alone, so `encoding` is `"text"` and there is no `list`.
//! What it must say are its `claims`; each is a place in the payload, and perhaps what has to
//! stand there. A hash of the body makes `coverage` the body; without one it is `"credential"`.
//! Times, ids and types can be at a `claim` as well.
//!
//! ```
//! # #[cfg(feature = "jwt")] {
//! use axum_webhook::scheme::Scheme;
//!
//! let scheme: Scheme = toml::from_str(r#"
//!     id = "acme"
//!     algorithm = "jwt-hs256"
//!     signature = { at = "bearer", encoding = "text" }
//!     claims = [
//!         { at = "/iss", is = ["acme"] },
//!         { at = "/aud", is = ["{url}"] },
//!         { at = "/exp" },
//!         { at = "/body_hash", is = ["{body|sha256|hex}"] },
//!     ]
//!     timestamp = { at = { claim = "/iat" }, unit = "unix-seconds" }
//!     tolerance = { past = "5m", future = "1m" }
//!     event_id = { claim = "/jti" }
//!     dedupe = "id"
//! "#)?;
//! assert_eq!(scheme.lint(), []);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The algorithm is the scheme's, and the keys are the operator's: a token with another `alg`,
//! with `crit` or `b64`, is refused, `jwk`, `jku`, `x5u` and `x5c` are not read, and `kid` only looks up among the
//! configured public keys. Of `exp` and `nbf` a token may have either; if it does, they are
//! checked, and a claim of that name makes them required. A time is a whole number.
//!
//! With `content`, the token is detached (`header..signature`): its payload is that content,
//! such as `"{body}"`, and it has no claims.
//!
//! # More than one shape
//!
//! A provider that signs forms and JSON differently has several [`Shape`]s.
//! The first one whose `when` fits the request is the only one that is tried,
//! so no request can pick the weakest of several constructions. In TOML they
//! are `[[shape]]` tables instead of the keys at the top.

mod algorithm;
mod answer;
mod claim;
mod encoding;
mod handshake;
mod layout;
mod lint;
mod locate;
mod remote;
mod remote_lint;
#[cfg(feature = "serde")]
mod repr;
mod shape;
mod signature;
mod template;
mod time;

use http::Method;

use crate::units::{ByteSize, Span};

#[cfg(feature = "remote-keys")]
pub(crate) use self::remote::{DocumentUrl, is_name};
pub use self::{
    algorithm::Algorithm,
    answer::{Answer, Answers},
    claim::Claim,
    encoding::Encoding,
    handshake::{
        AnswerHeader, ChallengeField, Charset, Expect, Expected, Handshake, HandshakeAnswer,
    },
    lint::{Finding, LintError, Severity},
    locate::{JsonPointer, Locate, PointerError},
    remote::{CertificateRules, CertificateTrust, KeyDocument, KeyUrl, RemoteKeys},
    shape::{
        Batch, BodyHash, Field, MediaType, Shape, SignedHeaders, SignedHeadersForm, When, Width,
    },
    signature::{ItemKey, List, Signature},
    template::{Template, TemplateError},
    time::{TimeUnit, TimestampField, Tolerance},
};
pub(crate) use self::{
    algorithm::Family,
    encoding::{decode_base64, decode_base64_url, decode_hex_key},
    template::{Filter, Role, Segment},
};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// What a provider promises about its requests.
///
/// It is plain data: build one as a literal, take one of
/// [`providers`](crate::providers) and change it, or read it from TOML.
/// [`validate`](Self::validate) runs the linter; building a layer does so too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(Serialize, Deserialize),
    serde(try_from = "repr::SchemeRepr", into = "repr::SchemeRepr")
)]
pub struct Scheme {
    /// The provider's id, such as `github`: in logs, metrics and replay keys.
    pub id: String,
    /// The methods of its deliveries. Any other is answered 405.
    pub methods: Vec<Method>,
    /// The cryptographic check.
    pub algorithm: Algorithm,
    /// What the provider's dashboard shows as the secret, and how it becomes a key.
    pub secret: SecretFormat,
    /// The named parts that each secret must bring beside its value (Braintree's `public_key`).
    pub secret_parts: Vec<String>,
    /// Where the request names the key. It only chooses among the configured ones, and
    /// only where they were given ids, by [`Secret::with_id`](crate::Secret::with_id) or by their JWK.
    pub key_id: Option<Locate>,
    /// Where the provider publishes its public keys: what [`Secret::remote`](crate::Secret::remote) fetches.
    pub remote_keys: Option<RemoteKeys>,
    /// How much of a delivery the check covers. The linter compares it with the shapes.
    pub coverage: Coverage,
    /// How a request of this provider looks; the first that fits counts.
    pub shapes: Vec<Shape>,
    /// How far a timestamp may be off. `None` where the provider signs none.
    pub tolerance: Option<Tolerance>,
    /// What makes two deliveries the same event.
    pub dedupe: Dedupe,
    /// Whether a repeated delivery has the event id of the first one.
    pub event_id_on_retry: OnRetry,
    /// For how long the provider repeats a delivery that was not accepted: as
    /// long as that, an event that was handled is remembered.
    pub retry_horizon: Span,
    /// What is done with a compressed body.
    pub content_encoding: ContentEncoding,
    /// The largest body that the provider documents; `None` means 1 MiB.
    pub body_limit: Option<ByteSize>,
    /// Whether the port of the URL is signed.
    pub url_ports: UrlPorts,
    /// What the provider wants to hear.
    pub answers: Answers,
    /// How it asks whether the URL is ours.
    pub handshakes: Vec<Handshake>,
}

/// What the secret in a provider's dashboard looks like, and how it becomes a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SecretFormat {
    /// The key is the bytes of the text, also where it looks like base64.
    #[default]
    Text,
    /// The key is what the hexadecimal text decodes to.
    Hex,
    /// The key is what the base64 text decodes to.
    Base64,
    /// As [`Base64`](Self::Base64), after an optional `whsec_`, before which some
    /// dashboards (Supabase) show `v1,`.
    Whsec,
    /// The key is the SHA-1 of the text (Braintree).
    Sha1,
    /// The key is the text, normalised to NFKD (`EasyPost`). Secrets outside
    /// ASCII need the feature `nfkd`.
    Nfkd,
    /// A public key as the dashboard shows it: PEM, base64 or hex of the key or of its
    /// SPKI, `whpk_…`, a JWK or a JWK set; or a certificate in PEM, whose key it then is,
    /// whatever its dates.
    PublicKey,
}

impl SecretFormat {
    /// The name used in TOML and errors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Whsec => "whsec",
            Self::Sha1 => "sha1",
            Self::Nfkd => "nfkd",
            Self::PublicKey => "public-key",
        }
    }
}

/// How much of a delivery the check covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Coverage {
    /// Every byte of the body, or its hash.
    #[default]
    Body,
    /// Some fields of the body, or none of it but the URL (Plivo V2). The others could
    /// have been changed on the way by whoever has seen one delivery.
    Fields,
    /// Nothing: the request only shows that its sender knows the secret.
    Credential,
}

/// What makes two deliveries the same event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Dedupe {
    /// The same signed id.
    Id,
    /// The same signed content. Choose it where the provider signs no id and
    /// never sends two events of equal content: the second one would be lost.
    Content,
    /// Nothing: each delivery is handled, also a repeated one.
    #[default]
    Off,
}

/// Whether a repeated delivery has the event id of the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum OnRetry {
    /// It has: the id names the event.
    Same,
    /// It has a new one: the id names the delivery, and can't tell repeats.
    New,
    /// The provider does not say, or there is no id.
    #[default]
    Unknown,
}

/// What is done with a body that arrives with a `Content-Encoding`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ContentEncoding {
    /// It is answered 415: the signature is over the bytes as they arrive.
    #[default]
    Identity,
    /// `gzip` is unpacked, within the body limit, before the signature is checked.
    /// Needs the feature `gzip`; without it, it is answered 415 too.
    Gunzip,
}

/// Whether the port of the URL is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum UrlPorts {
    /// The URL is signed as `public_url` has it.
    #[default]
    AsConfigured,
    /// The provider is not consistent (Twilio), so the URL also counts without its port,
    /// or with the scheme's default port where it has none.
    Either,
}

/// Serde for [`Method`].
#[cfg(feature = "serde")]
pub(crate) mod method {
    use http::Method;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(method: &Method, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(method.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Method, D::Error> {
        let text = String::deserialize(from)?;
        parse(&text).map_err(D::Error::custom)
    }

    pub(super) fn parse(text: &str) -> Result<Method, String> {
        match text {
            "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE" => {
                Method::from_bytes(text.as_bytes()).map_err(|error| error.to_string())
            }
            _ => Err(format!("{text:?} should be a method such as \"POST\"")),
        }
    }
}
