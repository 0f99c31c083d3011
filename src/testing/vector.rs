//! A recorded delivery, as it stands in a file beside the test.

use std::{collections::BTreeMap, fmt};

use axum_core::body::Body;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
#[cfg(feature = "serde")]
use serde::Deserialize;

use crate::{
    incoming::Head,
    keys::{Secret, Secrets},
    scheme::{Scheme, Shape},
    sign::{Signed, split_url},
    testing::{
        near_miss::{self, NearMiss},
        request,
    },
    timestamp::Timestamp,
    verify::fits,
};

/// A delivery that was recorded, or that the provider's page shows: it must verify.
///
/// In TOML, JSON or any other format of serde, or as a literal that ends with `..Vector::default()`.
/// Only what the provider or its own library has signed proves anything; what this crate signed proves that it agrees with itself.
///
/// ```
/// use axum_webhook::testing::Vectors;
///
/// let vectors: Vectors = toml::from_str(r#"
///     [[vector]]
///     name = "GitHub's own example"
///     source = "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"
///     secret = "It's a Secret to Everybody"
///     headers = { "x-hub-signature-256" = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" }
///     body = "Hello, World!"
/// "#)?;
/// let request = vectors.vector[0].request()?;
/// assert!(request.headers().contains_key("x-hub-signature-256"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
#[cfg_attr(feature = "serde", derive(Deserialize), serde(deny_unknown_fields))]
pub struct Vector {
    /// What it is, for the message where it fails.
    pub name: String,
    /// Where it comes from. Nothing reads it but people.
    #[cfg_attr(feature = "serde", serde(default))]
    pub source: String,
    /// How much it proves, in a word of your own. Nothing reads it but people.
    #[cfg_attr(feature = "serde", serde(default))]
    pub evidence: String,
    /// The secret as it is pasted into the configuration; with a public key, that key.
    pub secret: String,
    /// The secret's named parts.
    #[cfg_attr(feature = "serde", serde(default))]
    pub parts: BTreeMap<String, String>,
    /// The method; the default is `POST`.
    #[cfg_attr(feature = "serde", serde(default))]
    pub method: Option<String>,
    /// The full URL that was signed, for schemes that sign it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub url: Option<String>,
    /// The Unix time in seconds at which it is fresh, for schemes with a timestamp.
    #[cfg_attr(feature = "serde", serde(default))]
    pub now: Option<i64>,
    /// The headers.
    #[cfg_attr(feature = "serde", serde(default))]
    pub headers: BTreeMap<String, String>,
    /// The body as text; empty where there is none of the three.
    #[cfg_attr(feature = "serde", serde(default))]
    pub body: Option<String>,
    /// The body as base64, where it is not text.
    #[cfg_attr(feature = "serde", serde(default))]
    pub body_base64: Option<String>,
    /// The body as a text many times over.
    #[cfg_attr(feature = "serde", serde(default))]
    pub body_repeat: Option<Repeat>,
    /// The event's id that a handler has to see; not checked where it is absent.
    #[cfg_attr(feature = "serde", serde(default))]
    pub event_id: Option<String>,
    /// The event's type that a handler has to see; not checked where it is absent.
    #[cfg_attr(feature = "serde", serde(default))]
    pub event_type: Option<String>,
}

/// A file of vectors: `[[vector]]` in TOML.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(Deserialize), serde(deny_unknown_fields))]
pub struct Vectors {
    /// The vectors, in their order.
    pub vector: Vec<Vector>,
}

/// A text many times over.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(Deserialize), serde(deny_unknown_fields))]
pub struct Repeat {
    /// The text.
    pub text: String,
    /// How many times.
    pub times: usize,
}

/// Neither secret nor values.
impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vector")
            .field("name", &self.name)
            .field("now", &self.now)
            .field("headers", &self.headers.keys())
            .finish_non_exhaustive()
    }
}

impl Vector {
    /// The secret with its parts.
    ///
    /// # Errors
    ///
    /// If it is empty, or there is white space around it.
    pub fn secrets(&self) -> Result<Secrets, VectorError> {
        let wrong = |error: &dyn fmt::Display| self.wrong(format!("`secret`: {error}"));
        let secret = Secret::new(&*self.secret).map_err(|error| wrong(&error))?;
        let mut parts = self.parts.iter();
        let secret = parts
            .try_fold(secret, |secret, (name, value)| {
                secret.with_part(name, value)
            })
            .map_err(|error| wrong(&error))?;
        Ok(secret.into())
    }

    /// When it is fresh: 1700000000 where `now` is absent.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.now.unwrap_or(1_700_000_000))
    }

    /// The delivery as it was recorded, for a real client.
    ///
    /// # Errors
    ///
    /// If a method, header, URL or body is not one.
    pub fn signed(&self) -> Result<Signed, VectorError> {
        let method = self.method.as_deref().unwrap_or("POST");
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let key: HeaderName = name
                .parse()
                .map_err(|_| self.wrong(format!("{name:?} is not the name of a header")))?;
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                self.wrong(format!(
                    "the header {name} has a value that can't stand in one"
                ))
            })?;
            headers.insert(key, value);
        }
        let url = self.url.as_deref().unwrap_or("https://example.com/webhook");
        split_url(url).map_err(|error| self.wrong(format!("`url`: {error}")))?;
        Ok(Signed {
            method: Method::from_bytes(method.as_bytes())
                .map_err(|_| self.wrong(format!("{method:?} is not a method")))?,
            url: url.to_owned(),
            headers,
            body: self.bytes()?,
        })
    }

    /// The request, for `tower::ServiceExt::oneshot`, to a layer whose clock shows [`time`](Self::time).
    ///
    /// # Errors
    ///
    /// As [`signed`](Self::signed).
    pub fn request(&self) -> Result<Request<Body>, VectorError> {
        request(&self.signed()?).map_err(|error| self.wrong(format!("`url`: {error}")))
    }

    /// Deliveries that are nearly this one, and have to be refused: those that need no key to make, so that
    /// there are some for public keys too.
    ///
    /// # Errors
    ///
    /// As [`signed`](Self::signed), and if none of the scheme's shapes is like it.
    pub fn near_misses(&self, scheme: &Scheme) -> Result<Vec<NearMiss>, VectorError> {
        let signed = self.signed()?;
        let shape = self.shape(scheme, &signed)?;
        Ok(near_miss::changed(scheme, shape, &signed))
    }

    /// The shape that the delivery has.
    pub(super) fn shape<'s>(
        &self,
        scheme: &'s Scheme,
        signed: &Signed,
    ) -> Result<&'s Shape, VectorError> {
        let (_, uri) = split_url(&signed.url).map_err(|error| self.wrong(error.to_string()))?;
        let head = Head {
            method: &signed.method,
            uri: &uri,
            headers: &signed.headers,
            public_url: None,
        };
        let shape = scheme.shapes.iter().find(|shape| fits(shape, head));
        shape.ok_or_else(|| {
            self.wrong(
                "none of the scheme's shapes is like it: compare their `when` with its headers"
                    .to_owned(),
            )
        })
    }

    fn bytes(&self) -> Result<Vec<u8>, VectorError> {
        match (&self.body, &self.body_base64, &self.body_repeat) {
            (text, None, None) => Ok(text.clone().unwrap_or_default().into_bytes()),
            (None, Some(text), None) => STANDARD
                .decode(text)
                .map_err(|_| self.wrong("`body_base64` is not base64".to_owned())),
            (None, None, Some(Repeat { text, times })) => Ok(text.repeat(*times).into_bytes()),
            _ => Err(self.wrong("say one of `body`, `body_base64` and `body_repeat`".to_owned())),
        }
    }

    pub(super) fn wrong(&self, what: String) -> VectorError {
        VectorError {
            vector: self.name.clone(),
            what,
        }
    }
}

/// Why a vector is no delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorError {
    vector: String,
    pub(super) what: String,
}

impl fmt::Display for VectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vector {:?}: {}", self.vector, self.what)
    }
}

impl std::error::Error for VectorError {}
