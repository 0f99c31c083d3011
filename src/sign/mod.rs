//! The inverse of verifying, from the same scheme: what a provider would send.

mod token;

use std::{borrow::Cow, fmt};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::{
    content::{Reading, Source, fixed, numbered},
    crypto::sha256,
    incoming::{Head, Incoming, ReadError, pairs},
    keys::{Key, Keyring, KeyringError, Secrets},
    public_url::PublicUrl,
    scheme::{Family, ItemKey, JsonPointer, Locate, MediaType, Scheme, Shape},
    timestamp::Timestamp,
    verify::VerifyError,
};

/// A delivery that is to be signed.
///
/// ```
/// use axum_webhook::{Secret, providers, sign::Draft};
///
/// let signed = Draft::new("Hello, World!")
///     .sign(&providers::github(), Secret::new("It's a Secret to Everybody")?)?;
/// assert_eq!(
///     signed.headers["x-hub-signature-256"],
///     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Draft {
    method: Option<Method>,
    url: Option<String>,
    content_type: String,
    body: Vec<u8>,
    id: Option<String>,
    event_type: Option<String>,
    timestamp: Option<Timestamp>,
    fields: Vec<(String, String)>,
}

/// A signed delivery, ready to be sent.
#[derive(Clone)]
pub struct Signed {
    /// Its method.
    pub method: Method,
    /// The URL to send it to, as the provider knows it; where the signature or a
    /// hash stands in the query, it is in here.
    pub url: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; where the signature stands in the body, it is in here.
    pub body: Vec<u8>,
}

/// Names and lengths only: with a credential, the secret itself is among the values.
impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("method", &self.method)
            .field("url", &self.url.split('?').next().unwrap_or_default())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_len", &self.body.len())
            .finish()
    }
}

impl Draft {
    /// Creates a delivery of `body`, as JSON.
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: None,
            url: None,
            content_type: "application/json".to_owned(),
            body: body.into(),
            id: None,
            event_type: None,
            timestamp: None,
            fields: Vec::new(),
        }
    }

    /// Says another body; content type and the rest stay.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Says the method; the default is the scheme's first.
    pub fn with_method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Says the full URL as the provider knows it; the default is `https://example.com/webhook`.
    pub fn with_url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Says the content type; the default is `application/json`.
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }

    /// Says the event's id. It is put where the scheme has it, unless the body has one there.
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Says the event's type. It is put where the scheme has it, unless the body has one there.
    pub fn with_event_type(mut self, event_type: impl Into<String>) -> Self {
        self.event_type = Some(event_type.into());
        self
    }

    /// Says when it is sent; the default is now.
    pub fn with_timestamp(mut self, timestamp: Timestamp) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// Says a value that the scheme's content names, such as `nonce`. The last one of a name counts.
    pub fn with_field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.fields.retain(|(known, _)| *known != name);
        self.fields.push((name, value.into()));
        self
    }

    /// Signs the delivery as the provider of `scheme` would.
    ///
    /// With several secrets, a scheme that can carry several signatures gets one
    /// of each, as during a rotation; any other is signed with the first.
    ///
    /// # Errors
    ///
    /// If a value that the scheme signs is neither given nor in the body, the
    /// body is not what the scheme needs, or the secrets are not.
    pub fn sign(self, scheme: &Scheme, secrets: impl Into<Secrets>) -> Result<Signed, SignError> {
        let secrets = secrets.into();
        let keyring = Keyring::new(scheme, secrets.clone())?;
        let shape = self.shape(scheme)?;
        let mut signer = Signer::new(&self, scheme, shape)?;
        signer.place_values(&self)?;
        signer.place_fixed(&keyring)?;
        if scheme.algorithm.family() == Family::Token {
            let now = self.timestamp.unwrap_or_else(Timestamp::now);
            signer.sign_token(&keyring, &secrets, now)?;
        } else if shape.each.is_some() {
            signer.sign_batch(&keyring, &secrets)?;
        } else {
            signer.sign_one(&keyring, &secrets)?;
        }
        Ok(signer.signed)
    }

    /// The shape that this delivery has.
    fn shape<'s>(&self, scheme: &'s Scheme) -> Result<&'s Shape, SignError> {
        let kind = media_type(&self.content_type);
        let asks = |shape: &&Shape| shape.when.content_type.is_some();
        scheme
            .shapes
            .iter()
            .filter(asks)
            .find(|shape| shape.when.content_type == kind)
            .or_else(|| scheme.shapes.iter().find(|shape| !asks(shape)))
            .ok_or_else(|| SignError::ContentType(self.content_type.clone()))
    }
}

/// A delivery while it is being signed.
struct Signer<'s> {
    scheme: &'s Scheme,
    shape: &'s Shape,
    signed: Signed,
    /// The items of the signature's list, beside the signatures.
    items: Vec<(String, String)>,
    /// What the token says so far.
    claims: Value,
}

impl<'s> Signer<'s> {
    fn new(draft: &Draft, scheme: &'s Scheme, shape: &'s Shape) -> Result<Self, SignError> {
        let method = draft
            .method
            .clone()
            .or_else(|| scheme.methods.first().cloned())
            .unwrap_or(Method::POST);
        let url = draft
            .url
            .clone()
            .unwrap_or_else(|| "https://example.com/webhook".to_owned());
        let mut headers = HeaderMap::new();
        if !draft.body.is_empty() {
            let value = HeaderValue::try_from(&draft.content_type)
                .map_err(|_| SignError::ContentType(draft.content_type.clone()))?;
            headers.insert(header::CONTENT_TYPE, value);
        }
        Ok(Self {
            scheme,
            shape,
            signed: Signed {
                method,
                url,
                headers,
                body: draft.body.clone(),
            },
            items: Vec::new(),
            claims: Value::Null,
        })
    }

    /// Puts each value that is not the signature to its place.
    fn place_values(&mut self, draft: &Draft) -> Result<(), SignError> {
        let shape = self.shape;
        if let Some(field) = &shape.timestamp {
            let time = draft.timestamp.unwrap_or_else(Timestamp::now);
            self.place(&field.at, &field.unit.print(time))?;
        }
        for (at, value) in [
            (&shape.event_id, &draft.id),
            (&shape.event_type, &draft.event_type),
        ] {
            if let (Some(at), Some(value)) = (at, value) {
                self.place(at, value)?;
            }
        }
        for (name, value) in &draft.fields {
            let field = shape
                .fields
                .iter()
                .find(|field| field.name == *name)
                .ok_or_else(|| SignError::UnknownField(name.clone()))?;
            self.place(&field.at, value)?;
        }
        if let Some(hash) = &shape.body_hash {
            let text = hash.encoding.encode(&sha256(&self.signed.body));
            self.place(&hash.at, &text)?;
        }
        if let Some(list) = &shape.signed_headers {
            self.place(&list.names, &list.required.join(&list.separator))?;
        }
        Ok(())
    }

    /// Puts each value that must be a certain text to its place, for the current key.
    fn place_fixed(&mut self, keyring: &Keyring) -> Result<(), SignError> {
        for field in &self.shape.fields {
            let key = keyring.all().first();
            let part = |name: &str| key.and_then(|key| key.part(name));
            if let Some(text) = field.is.as_ref().and_then(|is| fixed(is, &part)) {
                self.place(&field.at, &text)?;
            }
        }
        Ok(())
    }

    fn sign_one(&mut self, keyring: &Keyring, secrets: &Secrets) -> Result<(), SignError> {
        let signature = &self.shape.signature;
        let several = signature.list.is_some() || matches!(signature.at, Locate::HeaderFamily(_));
        let mut texts = Vec::new();
        for (index, key) in keyring.all().iter().enumerate() {
            if index > 0 && !several {
                break;
            }
            let bytes = self.proof(key, index, secrets, None)?;
            let text = format!("{}{}", signature.prefix, signature.encoding.encode(&bytes));
            let item = match &signature.item {
                Some(ItemKey::Name(name)) => Some(name.clone()),
                Some(ItemKey::Secret { secret }) => key.part(secret).map(str::to_owned),
                None => None,
            };
            texts.push((item, text));
        }
        self.place_signatures(&texts)
    }

    fn sign_batch(&mut self, keyring: &Keyring, secrets: &Secrets) -> Result<(), SignError> {
        let shape = self.shape;
        let (Some(batch), Locate::Json(pointer), Some(key)) =
            (&shape.each, &shape.signature.at, keyring.all().first())
        else {
            return Err(SignError::Body);
        };
        let mut document: Value =
            serde_json::from_slice(&self.signed.body).map_err(|_| SignError::Body)?;
        let elements = document
            .pointer_mut(&batch.array.to_string())
            .and_then(Value::as_array_mut)
            .ok_or(SignError::Body)?;
        for element in elements {
            let item = element
                .pointer_mut(&batch.item.to_string())
                .ok_or(SignError::Body)?;
            let bytes = self.proof(key, 0, secrets, Some(&item.to_string()))?;
            let text = shape.signature.encoding.encode(&bytes);
            put(item, pointer, Value::String(text)).ok_or(SignError::Body)?;
        }
        self.signed.body = document.to_string().into_bytes();
        Ok(())
    }

    /// What a delivery brings to show that it is genuine: the signature, or the credential itself.
    fn proof(
        &self,
        key: &Key,
        index: usize,
        secrets: &Secrets,
        item: Option<&str>,
    ) -> Result<Vec<u8>, SignError> {
        let secret = secrets.get(index).ok_or(SignError::Unsupported)?;
        if self.scheme.algorithm.family() == Family::Credential {
            return Ok(secret.expose().to_vec());
        }
        if let Some(hasher) = key.hasher() {
            let mut hasher = hasher.clone();
            self.feed(key, item, &mut |bytes| hasher.update(bytes))?;
            return Ok(hasher.finish().as_bytes().to_vec());
        }
        let mut content = Vec::new();
        self.feed(key, item, &mut |bytes| content.extend(bytes))?;
        secret.sign(&content).ok_or(SignError::Unsupported)
    }

    /// What is signed, piece by piece.
    fn feed(
        &self,
        key: &Key,
        item: Option<&str>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), SignError> {
        let content = self.shape.content.as_ref().ok_or(SignError::Unsupported)?;
        self.with_reading(item, |reading| {
            for (role, _) in content.values() {
                if let Some(source) = Source::of(self.shape, role) {
                    let name = source.name.to_owned();
                    match reading.source(&source) {
                        Err(VerifyError::Missing { .. }) => {
                            return Err(SignError::MissingValue(name));
                        }
                        other => other.map(drop)?,
                    }
                }
            }
            reading.feed(content, Some(key), sink)?;
            Ok(())
        })
    }

    /// Reads the delivery as it stands so far, as its receiver will.
    fn with_reading<R>(
        &self,
        item: Option<&str>,
        read: impl FnOnce(&Reading<'_>) -> Result<R, SignError>,
    ) -> Result<R, SignError> {
        // A value inside the signature's own list is not in the request yet.
        let mut headers = self.signed.headers.clone();
        if let (Locate::Header(name), Some(list)) = (&self.shape.signature.at, self.list(&[])) {
            insert(&mut headers, name, &list)?;
        }
        let (public_url, uri) = split_url(&self.signed.url)?;
        let head = Head {
            method: &self.signed.method,
            uri: &uri,
            headers: &headers,
            public_url: Some(&public_url),
        };
        let incoming = Incoming {
            head,
            body: &self.signed.body,
        };
        let reading = Reading {
            item,
            ..Reading::new(self.shape, incoming)
        };
        read(&reading)
    }

    /// The text of the signature's list: its items, then the signatures.
    fn list(&self, texts: &[(Option<String>, String)]) -> Option<String> {
        let list = self.shape.signature.list.as_ref()?;
        let pair = list.pair.as_deref().unwrap_or_default();
        let join = |signatures: &[(Option<String>, String)]| {
            let items = self
                .items
                .iter()
                .map(|(name, value)| format!("{name}{pair}{value}"));
            let signatures = signatures.iter().map(|(name, text)| match name {
                Some(name) => format!("{name}{pair}{text}"),
                None => text.clone(),
            });
            items
                .chain(signatures)
                .collect::<Vec<_>>()
                .join(&list.items)
        };
        Some(match &list.sets {
            Some(sets) if texts.len() > 1 => texts
                .iter()
                .map(|text| join(std::slice::from_ref(text)))
                .collect::<Vec<_>>()
                .join(sets),
            _ => join(texts),
        })
    }

    fn place_signatures(&mut self, texts: &[(Option<String>, String)]) -> Result<(), SignError> {
        let at = &self.shape.signature.at;
        if let Some(list) = self.list(texts) {
            return self.place(at, &list);
        }
        if let Locate::HeaderFamily(prefix) = at {
            for (index, (_, text)) in texts.iter().enumerate() {
                let name = numbered(prefix, index + 1).ok_or(SignError::Unsupported)?;
                insert(&mut self.signed.headers, &name, text)?;
            }
            return Ok(());
        }
        match texts.first() {
            Some((_, text)) => self.place(at, text),
            None => Err(SignError::Unsupported),
        }
    }

    /// Puts `value` to `at`. A value that stands in the body already stays as it is.
    fn place(&mut self, at: &Locate, value: &str) -> Result<(), SignError> {
        match at {
            Locate::Header(name) | Locate::RepeatedHeader(name) => {
                insert(&mut self.signed.headers, name, value)
            }
            Locate::Headers(names) => {
                let name = names.first().ok_or(SignError::Unsupported)?;
                insert(&mut self.signed.headers, name, value)
            }
            Locate::HeaderFamily(prefix) => {
                let name = numbered(prefix, 1).ok_or(SignError::Unsupported)?;
                insert(&mut self.signed.headers, &name, value)
            }
            Locate::Bearer => insert(
                &mut self.signed.headers,
                &header::AUTHORIZATION,
                &format!("Bearer {value}"),
            ),
            Locate::Item(name) => {
                self.items.push((name.clone(), value.to_owned()));
                Ok(())
            }
            Locate::Query(name) => {
                let separator = if self.signed.url.contains('?') {
                    '&'
                } else {
                    '?'
                };
                let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
                self.signed.url = format!("{}{separator}{name}={value}", self.signed.url);
                Ok(())
            }
            Locate::Form(name) | Locate::OnlyForm(name) => {
                if !pairs(&self.signed.body).any(|(key, _)| *key == *name.as_bytes()) {
                    let separator = if self.signed.body.is_empty() { "" } else { "&" };
                    let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
                    self.signed
                        .body
                        .extend(format!("{separator}{name}={value}").bytes());
                }
                Ok(())
            }
            Locate::Json(pointer) => self.place_json(pointer, value),
            Locate::Claim(pointer) => self.place_claim(pointer, value),
        }
    }

    fn place_json(&mut self, pointer: &JsonPointer, value: &str) -> Result<(), SignError> {
        let found = crate::incoming::json_value(&self.signed.body, pointer);
        if found != Err(ReadError::Missing) {
            return found.map(drop).map_err(|_| SignError::Body);
        }
        let mut document: Value =
            serde_json::from_slice(&self.signed.body).map_err(|_| SignError::Body)?;
        // Milliseconds are a number in the one scheme that has them in its body.
        let number = value.parse::<i64>().ok();
        let number = number.filter(|number| value.len() == 13 && number.to_string() == value);
        let value = number.map_or_else(|| Value::from(value), Value::from);
        put(&mut document, pointer, value).ok_or(SignError::Body)?;
        self.signed.body = document.to_string().into_bytes();
        Ok(())
    }
}

fn media_type(content_type: &str) -> Option<MediaType> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, content_type.parse().ok()?);
    let head = Head {
        method: &Method::POST,
        uri: &Uri::default(),
        headers: &headers,
        public_url: None,
    };
    head.media_type()
}

fn insert(headers: &mut HeaderMap, name: &HeaderName, value: &str) -> Result<(), SignError> {
    let text = HeaderValue::try_from(value).map_err(|_| SignError::HeaderValue(name.clone()))?;
    headers.insert(name, text);
    Ok(())
}

/// Puts `value` at `pointer`, making the objects on the way.
pub(crate) fn put(document: &mut Value, pointer: &JsonPointer, value: Value) -> Option<()> {
    let mut at = document;
    for step in pointer.steps() {
        at = match at {
            Value::Array(elements) => elements.get_mut(step.parse::<usize>().ok()?)?,
            Value::Null => {
                *at = Value::Object(serde_json::Map::new());
                at.as_object_mut()?.entry(step).or_insert(Value::Null)
            }
            Value::Object(members) => members.entry(step).or_insert(Value::Null),
            _ => return None,
        };
    }
    *at = value;
    Some(())
}

/// The origin of a URL, and its path and query.
pub(crate) fn split_url(url: &str) -> Result<(PublicUrl, Uri), SignError> {
    let wrong = || SignError::Url;
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(at).ok_or_else(wrong)?;
    let target: Cow<'_, str> = if target.starts_with('/') {
        target.into()
    } else {
        format!("/{target}").into()
    };
    let public_url = format!("{scheme}://{authority}")
        .parse()
        .map_err(|_| wrong())?;
    Ok((public_url, target.parse().map_err(|_| wrong())?))
}

/// Why a delivery can't be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// A value that the scheme signs is neither given nor in the body.
    MissingValue(String),
    /// The scheme's content has no field of this name.
    UnknownField(String),
    /// The scheme has no shape for this content type.
    ContentType(String),
    /// The body is not what the scheme needs, such as JSON with the signed fields.
    Body,
    /// The URL is not one.
    Url,
    /// A value can't stand in this header.
    HeaderValue(HeaderName),
    /// There is no private key: with a public one, only the provider can sign. In tests
    /// [`testing::secret`](crate::testing::secret()) has both, and a recorded delivery is a [`testing::Vector`](crate::testing::Vector).
    Unsupported,
    /// The secrets are not what the scheme needs.
    Keyring(KeyringError),
    /// What is signed could be read two ways.
    Content(VerifyError),
}

impl From<KeyringError> for SignError {
    fn from(error: KeyringError) -> Self {
        Self::Keyring(error)
    }
}

impl From<VerifyError> for SignError {
    fn from(error: VerifyError) -> Self {
        Self::Content(error)
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingValue(name) => write!(f, "the scheme signs {name:?}, which is not given"),
            Self::UnknownField(name) => write!(f, "the scheme's content has no field {name:?}"),
            Self::ContentType(kind) => write!(f, "the scheme has no shape for {kind:?}"),
            Self::Body => f.write_str("the body is not what the scheme needs"),
            Self::Url => f.write_str("the URL is not one like \"https://example.com/webhook\""),
            Self::HeaderValue(name) => write!(f, "a value can't stand in the header {name}"),
            Self::Unsupported => f.write_str(
                "with a public key only the provider can sign; `testing::secret` makes a key pair for tests",
            ),
            Self::Keyring(error) => error.fmt(f),
            Self::Content(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SignError {}
