//! A provider's question whether the URL is ours, pure: a request goes in, an answer comes out.

use std::{borrow::Cow, iter};

use http::{HeaderMap, HeaderValue, StatusCode};
use subtle::ConstantTimeEq as _;

use crate::{
    content::Reading,
    crypto::sha256,
    incoming::{Incoming, ReadError},
    keys::{Key, Keyring},
    pairing::PairedKey,
    scheme::{
        Encoding, Expect, Expected, Filter, Handshake, Locate, Role, Scheme, Segment, Shape,
        Signature, Template, When,
    },
    timestamp::Timestamp,
    verify::Authentic,
};

/// The answer to a provider's question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeReply {
    /// Its status.
    pub status: StatusCode,
    /// Its `Content-Type`; empty where it has no body.
    pub content_type: String,
    /// Its further headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

/// Answers a question that comes without a signature, such as Braintree's `bt_challenge`.
///
/// `None` means that the request is no such question; it then has to be verified like any other.
#[must_use]
pub fn answer_unsigned(
    incoming: &Incoming<'_>,
    scheme: &Scheme,
    keyring: &Keyring,
    now: Timestamp,
) -> Option<HandshakeReply> {
    let (_, key) = keyring.live(now).next()?;
    scheme
        .handshakes
        .iter()
        .filter(|handshake| !handshake.signed && !handshake.pairs)
        .find_map(|handshake| {
            reply(
                handshake,
                &challenge(handshake, incoming, Some(key))?,
                Some(key),
            )
        })
}

/// The key that a question brings, with the answer to it. Whoever sent it, it is not trusted here.
pub(crate) fn pair(
    incoming: &Incoming<'_>,
    scheme: &Scheme,
) -> Option<(PairedKey, HandshakeReply)> {
    let pairing = |handshake: &&Handshake| !handshake.signed && handshake.pairs;
    scheme
        .handshakes
        .iter()
        .filter(pairing)
        .find_map(|handshake| {
            let key = challenge(handshake, incoming, None)?;
            let reply = reply(handshake, &key, None)?;
            Some((PairedKey::new(key)?, reply))
        })
}

/// Answers a question that is signed like a delivery, such as Slack's `url_verification`.
///
/// The witness is the proof that the signature was checked before anything is echoed.
#[must_use]
pub fn answer_signed(
    authentic: &Authentic,
    incoming: &Incoming<'_>,
    scheme: &Scheme,
    keyring: &Keyring,
) -> Option<HandshakeReply> {
    let signed = |handshake: &&Handshake| handshake.signed;
    let mut questions = scheme.handshakes.iter().filter(signed).peekable();
    // Most schemes have none, and need no key to tell.
    questions.peek()?;
    let key = keyring
        .all()
        .iter()
        .find(|key| *key.id == *authentic.key_id())?;
    questions.find_map(|handshake| {
        let challenge = challenge(handshake, incoming, Some(key))?;
        reply(handshake, &challenge, Some(key))
    })
}

/// Whether a scheme has an unsigned question of this method whose body has to be read to tell.
pub(crate) fn may_be_in_body(scheme: &Scheme, method: &http::Method, is_pairing: bool) -> bool {
    scheme.handshakes.iter().any(|handshake| {
        let places = handshake.when.iter().map(|expect| &expect.at);
        let challenge = handshake.challenge.iter().map(|field| &field.at);
        !handshake.signed
            && (is_pairing || !handshake.pairs)
            && handshake.method == *method
            && places.chain(challenge).any(Locate::is_in_body)
    })
}

/// Whether a request looks like an unsigned question, as far as that can be told without the key.
pub(crate) fn may_be_asked(incoming: &Incoming<'_>, scheme: &Scheme) -> bool {
    let method = incoming.head.method;
    let mut unsigned = scheme
        .handshakes
        .iter()
        .filter(|handshake| !handshake.signed && !handshake.pairs && handshake.method == *method);
    // Most schemes have none, and need no shape to tell.
    let Some(first) = unsigned.next() else {
        return false;
    };
    let shape = bare_shape();
    let reading = Reading::new(&shape, *incoming);
    iter::once(first).chain(unsigned).any(|handshake| {
        let may_hold = |expect: &Expect| match (&expect.is, reading.value(&expect.at)) {
            (Expected::Text(text), value) => value.is_ok_and(|it| *it == *text.as_bytes()),
            (Expected::Present { present }, value) => is_present(&value) == Some(*present),
            (Expected::Secret { .. }, value) => value.is_ok(),
        };
        handshake.when.iter().all(may_hold)
    })
}

/// Whether a value is there. Twice there, or too long, is neither there nor absent.
const fn is_present(value: &Result<Cow<'_, [u8]>, ReadError>) -> Option<bool> {
    match value {
        Ok(_) => Some(true),
        Err(ReadError::Missing) => Some(false),
        Err(_) => None,
    }
}

/// The text that the answer needs, empty where it needs none; `None` where this is no such question.
fn challenge(handshake: &Handshake, incoming: &Incoming<'_>, key: Option<&Key>) -> Option<Vec<u8>> {
    if *incoming.head.method != handshake.method {
        return None;
    }
    // A question has no shape of its own: only places outside a list mean anything.
    let shape = bare_shape();
    let reading = Reading::new(&shape, *incoming);
    for expect in &handshake.when {
        let value = reading.value(&expect.at);
        if let Expected::Present { present } = expect.is {
            if is_present(&value) == Some(present) {
                continue;
            }
            return None;
        }
        let value = value.ok()?;
        let holds = match &expect.is {
            Expected::Text(text) => *value == *text.as_bytes(),
            Expected::Secret { secret } => {
                let part = key?.part(secret)?;
                sha256(&value).ct_eq(&sha256(part.as_bytes())).into()
            }
            Expected::Present { .. } => false,
        };
        if !holds {
            return None;
        }
    }
    let Some(field) = &handshake.challenge else {
        return Some(Vec::new());
    };
    let value = reading.value(&field.at).ok()?;
    let holds = field.charset.holds(&value, field.min, field.max);
    holds.then(|| value.into_owned())
}

fn reply(handshake: &Handshake, challenge: &[u8], key: Option<&Key>) -> Option<HandshakeReply> {
    let mut headers = HeaderMap::new();
    for header in &handshake.answer.headers {
        let value = print(&header.value, challenge, key)?;
        headers.append(&header.name, HeaderValue::try_from(value).ok()?);
    }
    Some(HandshakeReply {
        status: StatusCode::from_u16(handshake.answer.status).ok()?,
        content_type: handshake.answer.content_type.clone(),
        headers,
        body: String::from_utf8(print(&handshake.answer.body, challenge, key)?).ok()?,
    })
}

/// A piece of an answer.
fn print(template: &Template, challenge: &[u8], key: Option<&Key>) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for segment in template.segments() {
        match segment {
            Segment::Literal(literal) => text.extend(literal.bytes()),
            Segment::Value { role, filters } => {
                let value = match role {
                    Role::Challenge => challenge.to_vec(),
                    Role::SecretPart(name) => key?.part(name)?.as_bytes().to_vec(),
                    _ => return None,
                };
                text.extend(filtered(value, filters, key)?);
            }
        }
    }
    Some(text)
}

fn filtered(mut value: Vec<u8>, filters: &[Filter], key: Option<&Key>) -> Option<Vec<u8>> {
    for filter in filters {
        value = match filter {
            Filter::Hmac => {
                let mut hasher = key?.hasher()?.clone();
                hasher.update(&value);
                hasher.finish().as_bytes().to_vec()
            }
            Filter::Sha256 => sha256(&value).to_vec(),
            Filter::Hex => Encoding::Hex.encode(&value).into_bytes(),
            Filter::Base64 => Encoding::Base64.encode(&value).into_bytes(),
            Filter::Crc32
            | Filter::Distinct
            | Filter::First
            | Filter::Json
            | Filter::JsonString
            | Filter::Hubspot
            | Filter::Minify
            | Filter::Sns
            | Filter::Vonage => return None,
        };
    }
    Some(value)
}

fn bare_shape() -> Shape {
    Shape {
        when: When::always(),
        signature: Signature {
            at: Locate::Bearer,
            list: None,
            item: None,
            prefix: String::new(),
            encoding: Encoding::Text,
        },
        content: None,
        timestamp: None,
        event_id: None,
        event_type: None,
        fields: Vec::new(),
        body_hash: None,
        claims: Vec::new(),
        signed_headers: None,
        each: None,
    }
}
