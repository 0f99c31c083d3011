//! A delivery whose every part can be exchanged, and the verdict on it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::{
    fmt::{self, Write as _},
    rc::Rc,
};

use axum_webhook::{
    Authentic, Incoming, Keyring, PublicUrl, Timestamp, VerifyError,
    scheme::{Encoding, Locate, Scheme, Shape},
    sign::Signed,
    verify,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::value::RawValue;

/// A request together with everything that judges it.
#[derive(Clone)]
pub(super) struct Delivery {
    pub(super) name: String,
    pub(super) scheme: Rc<Scheme>,
    /// The shape of the scheme that the delivery has.
    pub(super) shape: usize,
    pub(super) keyring: Keyring,
    pub(super) public_url: Option<PublicUrl>,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) now: Timestamp,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} at {}", self.method, self.uri, self.now)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value:?}")?;
        }
        write!(f, "\n{}", self.body.escape_ascii())
    }
}

impl Delivery {
    pub(super) fn new(
        name: &str,
        scheme: &Rc<Scheme>,
        keyring: Keyring,
        signed: Signed,
        now: Timestamp,
    ) -> Self {
        let (origin, target) = split_url(&signed.url);
        Self {
            name: name.to_owned(),
            scheme: Rc::clone(scheme),
            shape: Self::shape_of(scheme, &signed.headers),
            keyring,
            public_url: Some(origin.parse().unwrap()),
            method: signed.method,
            uri: target.parse().unwrap(),
            headers: signed.headers,
            body: signed.body,
            now,
        }
    }

    /// The shape that these headers show. Who means one for another content type says so.
    pub(super) fn shape_of(scheme: &Scheme, headers: &HeaderMap) -> usize {
        let fits = |shape: &Shape| {
            let header = shape.when.header.as_ref();
            header.is_none_or(|name| headers.contains_key(name))
        };
        scheme.shapes.iter().position(fits).unwrap_or(0)
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.scheme.shapes[self.shape]
    }

    pub(super) fn incoming(&self) -> Incoming<'_> {
        let incoming = Incoming::new(&self.method, &self.uri, &self.headers, &self.body);
        match &self.public_url {
            Some(url) => incoming.with_public_url(url),
            None => incoming,
        }
    }

    pub(super) fn verify(&self) -> Result<Authentic, VerifyError> {
        verify(&self.incoming(), &self.scheme, &self.keyring, self.now)
    }

    #[track_caller]
    pub(super) fn accepted(&self, what: &str) -> Authentic {
        match self.verify() {
            Ok(authentic) => authentic,
            Err(error) => panic!("{}: {what}: refused: {error}\n{self:?}", self.name),
        }
    }

    #[track_caller]
    pub(super) fn refused(&self, what: &str) -> VerifyError {
        match self.verify() {
            Ok(_) => panic!("{}: {what}: ACCEPTED\n{self:?}", self.name),
            Err(error) => error,
        }
    }

    #[track_caller]
    pub(super) fn refused_as(&self, code: &str, what: &str) {
        let error = self.refused(what);
        assert_eq!(error.code(), code, "{}: {what}: {error}", self.name);
    }

    /// Whether the signature is a token: header, payload and signature in one text.
    pub(super) fn is_token(&self) -> bool {
        self.scheme.algorithm.name().starts_with("jwt-")
    }

    /// The name of the refusal where what is signed is of another request.
    pub(super) fn mismatch(&self) -> &'static str {
        if self.is_token() {
            "claim-mismatch"
        } else {
            "mismatch"
        }
    }

    /// How the bytes of the signature are written.
    pub(super) fn encoding(&self) -> Encoding {
        if self.is_token() {
            Encoding::Base64Url
        } else {
            self.shape().signature.encoding
        }
    }

    /// Whether a role such as `body` stands in the signed content, or in what a token must say.
    pub(super) fn signs(&self, role: &str) -> bool {
        let shape = self.shape();
        let claimed = shape.claims.iter().flat_map(|claim| &claim.is);
        shape.content.iter().chain(claimed).any(|template| {
            let text = template.to_string();
            text.contains(&format!("{{{role}}}")) || text.contains(&format!("{{{role}|"))
        })
    }

    /// Whether the verdict depends on anything in the body.
    pub(super) fn reads_body(&self) -> bool {
        let in_body =
            |at: &Locate| matches!(at, Locate::Json(_) | Locate::Form(_) | Locate::OnlyForm(_));
        let has_hash = self.shape().body_hash.is_some();
        self.signs("body") || self.signs("form") || has_hash || self.places().iter().any(in_body)
    }

    /// Every place that the verdict depends on.
    pub(super) fn places(&self) -> Vec<Locate> {
        let shape = self.shape();
        let mut places = vec![shape.signature.at.clone()];
        places.extend(shape.timestamp.iter().map(|field| field.at.clone()));
        if self.signs("id") {
            places.extend(shape.event_id.clone());
        }
        places.extend(shape.fields.iter().map(|field| field.at.clone()));
        places.extend(shape.body_hash.iter().map(|hash| hash.at.clone()));
        places.extend(self.scheme.key_id.clone());
        places
    }

    /// The headers that the verdict depends on.
    pub(super) fn required_headers(&self) -> Vec<HeaderName> {
        let mut names = Vec::new();
        for place in self.places() {
            match place {
                Locate::Header(name) | Locate::RepeatedHeader(name) => names.push(name),
                Locate::Headers(all) => {
                    names.extend(
                        all.into_iter()
                            .filter(|name| self.headers.contains_key(name)),
                    );
                }
                Locate::HeaderFamily(prefix) => names.push(numbered(&prefix, 1)),
                Locate::Bearer => names.push(header::AUTHORIZATION),
                _ => {}
            }
        }
        names.extend(self.shape().when.header.clone());
        if self.shape().when.content_type.is_some() {
            names.push(header::CONTENT_TYPE);
        }
        names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        names.dedup();
        names
    }

    pub(super) fn header(&self, name: &HeaderName) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The same delivery with one header changed; `None` where the text can't stand in a header.
    pub(super) fn with_header(&self, name: &HeaderName, value: impl AsRef<[u8]>) -> Option<Self> {
        let value = HeaderValue::from_bytes(value.as_ref()).ok()?;
        let mut other = self.clone();
        other.headers.insert(name.clone(), value);
        Some(other)
    }

    pub(super) fn with_body(&self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self.clone()
        }
    }

    pub(super) fn with_uri(&self, uri: &str) -> Option<Self> {
        let uri = uri.parse().ok()?;
        Some(Self {
            uri,
            ..self.clone()
        })
    }

    pub(super) fn with_keyring(&self, keyring: Keyring) -> Self {
        Self {
            keyring,
            ..self.clone()
        }
    }

    pub(super) fn at(&self, now: Timestamp) -> Self {
        Self {
            now,
            ..self.clone()
        }
    }

    /// The text at a place, decoded.
    pub(super) fn text_at(&self, place: &Locate) -> String {
        match place {
            Locate::Header(name) | Locate::RepeatedHeader(name) => self.header(name).to_owned(),
            Locate::Headers(names) => {
                let name = names.iter().find(|name| self.headers.contains_key(*name));
                self.header(name.unwrap()).to_owned()
            }
            Locate::HeaderFamily(prefix) => self.header(&numbered(prefix, 1)).to_owned(),
            Locate::Bearer => self.header(&header::AUTHORIZATION)["Bearer ".len()..].to_owned(),
            Locate::Query(name) => form_text(self.uri.query().unwrap(), name),
            Locate::Form(name) | Locate::OnlyForm(name) => {
                form_text(std::str::from_utf8(&self.body).unwrap(), name)
            }
            Locate::Json(pointer) => {
                let document: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
                match document.pointer(&self.full_pointer(&pointer.to_string())) {
                    Some(serde_json::Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                    None => panic!("{}: nothing at {pointer}", self.name),
                }
            }
            Locate::Item(key) => self.item(key).1,
            Locate::Claim(_) => {
                let name = Self::claim_name(place).unwrap();
                let value = self.claims().get(&name).unwrap().to_owned();
                serde_json::from_str(&value).unwrap_or(value)
            }
            other => panic!("{other} is new: teach it here"),
        }
    }

    /// The same delivery with another text at a place; `None` where it can't stand there.
    pub(super) fn with_text_at(&self, place: &Locate, text: &str) -> Option<Self> {
        match place {
            Locate::Header(name) | Locate::RepeatedHeader(name) => self.with_header(name, text),
            Locate::Headers(names) => {
                let name = names.iter().find(|name| self.headers.contains_key(*name));
                self.with_header(name.unwrap(), text)
            }
            Locate::HeaderFamily(prefix) => self.with_header(&numbered(prefix, 1), text),
            Locate::Bearer => self.with_header(&header::AUTHORIZATION, format!("Bearer {text}")),
            Locate::Query(name) => {
                let query = with_form_text(self.uri.query().unwrap(), name, text);
                self.with_uri(&format!("{}?{query}", self.uri.path()))
            }
            Locate::Form(name) | Locate::OnlyForm(name) => {
                let body = std::str::from_utf8(&self.body).unwrap();
                Some(self.with_body(with_form_text(body, name, text)))
            }
            Locate::Json(pointer) => {
                let pointer = pointer.to_string();
                let old = self.json_member(&pointer);
                let name = last_step(&pointer);
                let quoted = serde_json::to_string(text).unwrap();
                let body = std::str::from_utf8(&self.body).unwrap();
                Some(self.with_body(body.replacen(&old, &format!("\"{name}\":{quoted}"), 1)))
            }
            Locate::Item(key) => {
                let (range, _) = self.item(key);
                let mut list = self.signature_text();
                list.replace_range(range, text);
                self.with_signature_text(&list)
            }
            // Under the signature of the text that stood there before.
            Locate::Claim(_) => {
                let name = Self::claim_name(place).unwrap();
                Some(self.with_claims_unsigned(|claims| claims.set(&name, json_text(text))))
            }
            other => panic!("{other} is new: teach it here"),
        }
    }

    /// The text `"name":value` of a member of the JSON body, as it stands there.
    pub(super) fn json_member(&self, pointer: &str) -> String {
        let document: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let value = document.pointer(&self.full_pointer(pointer)).unwrap();
        let name = last_step(pointer);
        let member = format!("\"{name}\":{value}");
        let body = std::str::from_utf8(&self.body).unwrap();
        assert_eq!(body.matches(&member).count(), 1, "{member} in {body}");
        member
    }

    /// The pointer from the root, also where it is meant to start at the first item of a batch.
    pub(super) fn full_pointer(&self, pointer: &str) -> String {
        match &self.shape().each {
            Some(batch) => format!("{}/0{}{pointer}", batch.array, batch.item),
            None => pointer.to_owned(),
        }
    }

    /// Where an item of the signature's list stands in it, and its text.
    fn item(&self, key: &str) -> (std::ops::Range<usize>, String) {
        let list = self.shape().signature.list.as_ref().unwrap();
        let text = self.signature_text();
        let name = format!("{key}{}", list.pair.as_ref().unwrap());
        let mut at = 0;
        for item in text.split(&*list.items) {
            if let Some(value) = item.strip_prefix(&*name) {
                let start = at + name.len();
                return (start..start + value.len(), value.to_owned());
            }
            at += item.len() + list.items.len();
        }
        panic!("{}: no item {key} in {text}", self.name)
    }

    /// All that stands at the place of the signature, with prefix and list.
    pub(super) fn signature_text(&self) -> String {
        self.text_at(&self.shape().signature.at)
    }

    pub(super) fn with_signature_text(&self, text: &str) -> Option<Self> {
        self.with_text_at(&self.shape().signature.at, text)
    }

    /// The text of the (last) signature alone, without prefix and list.
    pub(super) fn tag(&self) -> String {
        let (start, text) = self.tag_start();
        text[start..].to_owned()
    }

    /// The same delivery with another text in place of the (last) signature alone.
    pub(super) fn with_tag(&self, tag: &str) -> Option<Self> {
        let (start, text) = self.tag_start();
        self.with_signature_text(&format!("{}{tag}", &text[..start]))
    }

    fn tag_start(&self) -> (usize, String) {
        let signature = &self.shape().signature;
        let text = self.signature_text();
        if self.is_token() {
            // The third part is the signature.
            return (text.rfind('.').unwrap() + 1, text);
        }
        let mut start = 0;
        if let Some(list) = &signature.list {
            start = text
                .rfind(&*list.items)
                .map_or(0, |at| at + list.items.len());
            if let Some(pair) = &list.pair {
                start += text[start..].find(&**pair).unwrap() + pair.len();
            }
        }
        assert!(text[start..].starts_with(&*signature.prefix), "{text}");
        (start + signature.prefix.len(), text)
    }

    /// The bytes of the (last) signature.
    pub(super) fn tag_bytes(&self) -> Vec<u8> {
        decode(self.encoding(), &self.tag())
    }

    pub(super) fn with_tag_bytes(&self, bytes: &[u8]) -> Option<Self> {
        self.with_tag(&encode(self.encoding(), bytes))
    }

    /// Whether it is the same request. Keys, time and configuration are not looked at.
    pub(super) fn is_same_request(&self, other: &Self) -> bool {
        self.method == other.method
            && self.uri == other.uri
            && self.headers == other.headers
            && self.body == other.body
    }
}

/// A claim that is written so: what is a JSON value as it is, all else as a text.
pub(super) fn json_text(text: &str) -> String {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(value) if value.get() == text => text.to_owned(),
        _ => serde_json::to_string(text).unwrap(),
    }
}

fn last_step(pointer: &str) -> String {
    let step = pointer.rsplit('/').next().unwrap();
    step.replace("~1", "/").replace("~0", "~")
}

pub(super) fn numbered(prefix: &HeaderName, number: usize) -> HeaderName {
    format!("{prefix}{number}").parse().unwrap()
}

pub(super) fn split_url(url: &str) -> (&str, &str) {
    let authority = url.find("://").unwrap() + 3;
    let path = url[authority..]
        .find('/')
        .map_or(url.len(), |at| at + authority);
    let (origin, target) = url.split_at(path);
    (origin, if target.is_empty() { "/" } else { target })
}

pub(super) fn encode(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Hex | Encoding::HexAnyCase => hex(bytes),
        Encoding::HexUpper => hex(bytes).to_uppercase(),
        Encoding::Base64 => STANDARD.encode(bytes),
        Encoding::Base64UrlPadded => URL_SAFE.encode(bytes),
        Encoding::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
        Encoding::Text => String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| hex(bytes)),
        other => panic!("{other:?} is new: teach it here"),
    }
}

pub(super) fn decode(encoding: Encoding, text: &str) -> Vec<u8> {
    match encoding {
        Encoding::Hex | Encoding::HexAnyCase | Encoding::HexUpper => (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect(),
        Encoding::Base64 => STANDARD.decode(text).unwrap(),
        Encoding::Base64UrlPadded => URL_SAFE.decode(text).unwrap(),
        Encoding::Base64Url => URL_SAFE_NO_PAD.decode(text).unwrap(),
        Encoding::Text => text.as_bytes().to_vec(),
        other => panic!("{other:?} is new: teach it here"),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn form_text(form: &str, name: &str) -> String {
    let found = form
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name);
    let (_, value) = found.unwrap_or_else(|| panic!("no {name} in {form}"));
    percent_decode_str(&value.replace('+', " "))
        .decode_utf8()
        .unwrap()
        .into_owned()
}

fn with_form_text(form: &str, name: &str, text: &str) -> String {
    let pairs: Vec<_> = form
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if key == name => {
                format!("{name}={}", utf8_percent_encode(text, NON_ALPHANUMERIC))
            }
            _ => pair.to_owned(),
        })
        .collect();
    pairs.join("&")
}
