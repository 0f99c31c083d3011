//! What the targets share: the time, the secret, and a way to ask for a verdict.

use std::sync::LazyLock;

use axum_webhook::{
    Incoming, Keyring, PublicUrl, Secret, Timestamp, providers,
    scheme::{Algorithm, Scheme, SecretFormat, Template, When},
    verify,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderValue, Method, Uri};
use sha2::Sha256;

/// The receiver's time.
pub const NOW: i64 = 1_700_000_000;

/// How far a timestamp may be off in every scheme here that has one.
pub const TOLERANCE: i64 = 300;

/// The key of every scheme here that has a secret.
pub const KEY: &[u8] = b"a secret that only the sender has";

/// The body of the targets that are about something else.
pub const BODY: &[u8] = br#"{"id":"evt_1","type":"ping"}"#;

/// [`NOW`] as the crate has it.
#[must_use]
pub const fn now() -> Timestamp {
    Timestamp::from_unix_seconds(NOW)
}

/// A scheme with its key.
pub struct Judge {
    pub scheme: Scheme,
    pub keyring: Keyring,
}

impl Judge {
    /// The judge of a scheme that has [`KEY`] for its secret.
    #[must_use]
    pub fn new(scheme: Scheme) -> Self {
        let secret = secret(&scheme);
        Self::with_secret(scheme, secret)
    }

    #[must_use]
    pub fn with_secret(scheme: Scheme, secret: Secret) -> Self {
        let keyring = Keyring::new(&scheme, secret).unwrap();
        Self { scheme, keyring }
    }

    /// The judge of a scheme of our own: HMAC-SHA256 of `content` in hexadecimal, in the header `x-hub-signature-256`.
    #[must_use]
    pub fn of_content(content: &str) -> Self {
        let mut scheme = providers::github();
        let shape = &mut scheme.shapes[0];
        shape.signature.prefix = String::new();
        shape.content = Some(Template::literal(content));
        shape.when = When::always();
        shape.event_id = None;
        shape.event_type = None;
        Self::new(scheme)
    }

    /// Whether a `POST` to `/` is genuine.
    #[must_use]
    pub fn accepts(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        accepts(&self.scheme, &self.keyring, headers, body)
    }

    /// As [`accepts`](Self::accepts), for a request to `uri` and an endpoint that is known as `public_url`.
    #[must_use]
    pub fn accepts_at(
        &self,
        public_url: &PublicUrl,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> bool {
        let incoming = Incoming::new(&Method::POST, uri, headers, body).with_public_url(public_url);
        verify(&incoming, &self.scheme, &self.keyring, now()).is_ok()
    }

    /// Whether a body with this signature is genuine, for [`of_content`](Self::of_content).
    #[must_use]
    pub fn accepts_signed(&self, signature: &str, body: &[u8]) -> bool {
        self.accepts(&signed_header(signature), body)
    }
}

/// Whether a `POST` to `/` is genuine.
#[must_use]
pub fn accepts(scheme: &Scheme, keyring: &Keyring, headers: &HeaderMap, body: &[u8]) -> bool {
    let uri = Uri::from_static("/");
    let incoming = Incoming::new(&Method::POST, &uri, headers, body);
    verify(&incoming, scheme, keyring, now()).is_ok()
}

/// The header of [`Judge::of_content`].
#[must_use]
pub fn signed_header(signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-hub-signature-256", signature.parse().unwrap());
    headers
}

/// [`KEY`] as the scheme's dashboard would show it.
#[must_use]
pub fn secret(scheme: &Scheme) -> Secret {
    let key = std::str::from_utf8(KEY).unwrap();
    let text = match scheme.secret {
        SecretFormat::Whsec => format!("whsec_{}", STANDARD.encode(KEY)),
        SecretFormat::Base64 => STANDARD.encode(KEY),
        SecretFormat::Hex => hex(KEY),
        _ if scheme.algorithm == Algorithm::BasicAuth => format!("user:{key}"),
        _ => key.to_owned(),
    };
    Secret::new(text).unwrap()
}

/// The HMAC-SHA256 of the pieces under [`KEY`].
#[must_use]
pub fn mac(pieces: &[&[u8]]) -> [u8; 32] {
    static KEYED: LazyLock<Hmac<Sha256>> =
        LazyLock::new(|| Hmac::new_from_slice(KEY).expect("a key may have any length"));
    finish(KEYED.clone(), pieces)
}

/// The HMAC-SHA256 of the pieces under a key.
#[must_use]
pub fn mac_under(key: &[u8], pieces: &[&[u8]]) -> [u8; 32] {
    finish(Hmac::new_from_slice(key).unwrap(), pieces)
}

fn finish(mut mac: Hmac<Sha256>, pieces: &[&[u8]]) -> [u8; 32] {
    for piece in pieces {
        mac.update(piece);
    }
    mac.finalize().into_bytes().into()
}

#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.extend([digit(byte >> 4), digit(byte & 0xf)]);
    }
    text
}

#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Whether the text is a time in seconds, near enough to [`NOW`].
#[must_use]
pub fn is_fresh(text: &str) -> bool {
    let is_one = text.len() == 10 && text.bytes().all(|c| c.is_ascii_digit());
    is_one
        && !text.starts_with('0')
        && text
            .parse::<i64>()
            .is_ok_and(|time| (time - NOW).abs() <= TOLERANCE)
}

/// Puts `values` in the place of the bytes from 0x80 on, which mean nothing in any grammar here: so a fuzzer can
/// write what only the sender can.
#[must_use]
pub fn fill(data: &[u8], values: &[impl AsRef<str>]) -> Vec<u8> {
    let mut filled = Vec::with_capacity(data.len() + 64);
    for byte in data {
        match values.get(usize::from(byte.wrapping_sub(0x80))) {
            Some(value) => filled.extend_from_slice(value.as_ref().as_bytes()),
            None => filled.push(*byte),
        }
    }
    filled
}

/// Appends a header, if that is one; whether it was.
pub fn append(headers: &mut HeaderMap, name: &'static str, value: &[u8]) -> bool {
    match HeaderValue::from_bytes(value) {
        Ok(value) => headers.append(name, value),
        Err(_) => return false,
    };
    true
}

/// The text of a header that stands there once, if that is one that any grammar here could take.
#[must_use]
pub fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let text = value.to_str().ok()?;
    (1..=4096).contains(&text.len()).then_some(text)
}

/// The pieces of the data between line feeds, which stand in no header.
pub fn lines(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data.split(|c| *c == b'\n')
}
