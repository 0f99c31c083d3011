//! The only view of a request that the core has.

use std::{borrow::Cow, fmt};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{self, AsHeaderName},
};
use percent_encoding::percent_decode;
use serde::{
    Deserializer as _,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    public_url::PublicUrl,
    scheme::{JsonPointer, MediaType},
};

/// The longest security header that is looked at, in bytes.
pub(crate) const MAX_HEADER_LEN: usize = 4096;

/// A request as the core sees it: its head, and its body as received.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) body: &'a [u8],
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("head", &self.head)
            .field("body_len", &self.body.len())
            .finish()
    }
}

impl<'a> Incoming<'a> {
    /// Creates the view of a request. `body` is the raw bytes, before anything has parsed them.
    #[must_use]
    pub const fn new(
        method: &'a Method,
        uri: &'a Uri,
        headers: &'a HeaderMap,
        body: &'a [u8],
    ) -> Self {
        Self {
            head: Head {
                method,
                uri,
                headers,
                public_url: None,
            },
            body,
        }
    }

    /// Says under which URL the provider knows this endpoint: needed where the URL is signed.
    #[must_use]
    pub const fn with_public_url(mut self, public_url: &'a PublicUrl) -> Self {
        self.head.public_url = Some(public_url);
        self
    }
}

/// The part of a request that is there before its body.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a Method,
    /// As received, before any router stripped a prefix.
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) public_url: Option<&'a PublicUrl>,
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", self.method)
            .field("path", &self.uri.path())
            .finish_non_exhaustive()
    }
}

/// Why a value can't be read from where it should stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    Missing,
    Duplicate,
    TooLong,
    /// It is not text, not JSON, not a form, or not a single value.
    Malformed,
}

impl<'a> Head<'a> {
    /// The text of a header that must be there exactly once, and not empty.
    pub(crate) fn header(&self, name: impl AsHeaderName + Copy) -> Result<&'a str, ReadError> {
        self.header_bytes(name).and_then(as_text)
    }

    /// As [`header`](Self::header), as bytes.
    pub(crate) fn header_bytes(
        &self,
        name: impl AsHeaderName + Copy,
    ) -> Result<&'a [u8], ReadError> {
        self.header_value(name).map(HeaderValue::as_bytes)
    }

    /// The header that must be there exactly once, and be a text that is not empty.
    #[inline]
    pub(crate) fn header_value(
        &self,
        name: impl AsHeaderName + Copy,
    ) -> Result<&'a HeaderValue, ReadError> {
        let value = self.headers.get(name).ok_or(ReadError::Missing)?;
        // In a map of as many values as names, none stands there twice.
        if self.headers.len() != self.headers.keys_len()
            && self.headers.get_all(name).iter().nth(1).is_some()
        {
            return Err(ReadError::Duplicate);
        }
        check_text(value)?;
        Ok(value)
    }

    /// The texts of a header that may be there several times, none of them empty.
    pub(crate) fn headers_called(
        &self,
        name: &HeaderName,
    ) -> impl Iterator<Item = Result<&'a [u8], ReadError>> + use<'a> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| check_text(value).map(|()| value.as_bytes()))
    }

    /// The token of `Authorization: Bearer …`.
    pub(crate) fn bearer(&self) -> Result<&'a str, ReadError> {
        let value = self.header(&header::AUTHORIZATION)?;
        let (scheme, token) = value.split_once(' ').ok_or(ReadError::Malformed)?;
        // ref: RFC 9110 §11.1: the scheme's name is case-insensitive.
        if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
            Ok(token)
        } else {
            Err(ReadError::Malformed)
        }
    }

    /// The decoded value of a query parameter that must be there exactly once.
    pub(crate) fn query_value(&self, name: &str) -> Result<Cow<'a, [u8]>, ReadError> {
        single(pairs(self.query().unwrap_or_default().as_bytes()), name)
    }

    pub(crate) fn has_query(&self, name: &str) -> bool {
        pairs(self.query().unwrap_or_default().as_bytes()).any(|(key, _)| *key == *name.as_bytes())
    }

    pub(crate) fn path(&self) -> &'a str {
        self.uri.path()
    }

    /// The raw query, without its question mark.
    pub(crate) fn query(&self) -> Option<&'a str> {
        self.uri.query()
    }

    /// The kind of the body, as its `Content-Type` says.
    pub(crate) fn media_type(&self) -> Option<MediaType> {
        let value = self.header(&header::CONTENT_TYPE).ok()?;
        let essence = value.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        if is("application/x-www-form-urlencoded") {
            Some(MediaType::Form)
        } else if is("application/json")
            || (essence.len() > 5
                && essence
                    .get(essence.len() - 5..)
                    .is_some_and(|end| end.eq_ignore_ascii_case("+json")))
        {
            Some(MediaType::Json)
        } else {
            None
        }
    }

    /// The URL as the provider knows it; `None` without a configured one.
    pub(crate) fn url(&self, toggle_port: bool) -> Option<String> {
        self.url_pieces(toggle_port).map(|pieces| pieces.concat())
    }

    /// The pieces of the URL, in their order.
    pub(crate) fn url_pieces(&self, toggle_port: bool) -> Option<[&'a str; 6]> {
        let base = self.public_url?;
        let [origin, port] = if toggle_port {
            base.origin_with_toggled_port()?
        } else {
            [base.origin(), ""]
        };
        let [start, path] = base.paths(self.path());
        let (mark, query) = self.query().map_or(("", ""), |query| ("?", query));
        Some([origin, port, start, path, mark, query])
    }
}

/// Checks that a header is a text that is not empty.
#[inline]
fn check_text(value: &HeaderValue) -> Result<(), ReadError> {
    let bytes = value.as_bytes();
    if bytes.len() > MAX_HEADER_LEN {
        Err(ReadError::TooLong)
    } else if bytes.is_empty() {
        Err(ReadError::Missing)
    } else if !bytes.is_ascii() {
        // A `HeaderValue` has no control characters but the tab, so that ASCII is what its `to_str` takes.
        Err(ReadError::Malformed)
    } else {
        Ok(())
    }
}

fn as_text(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|_| ReadError::Malformed)
}

/// The decoded value of a form field that must be there exactly once.
pub(crate) fn form_value<'a>(body: &'a [u8], name: &str) -> Result<Cow<'a, [u8]>, ReadError> {
    single(pairs(body), name)
}

/// The decoded value of the only field of a form.
pub(crate) fn only_form_value<'a>(body: &'a [u8], name: &str) -> Result<Cow<'a, [u8]>, ReadError> {
    if pairs(body).any(|(key, _)| *key != *name.as_bytes()) {
        return Err(ReadError::Malformed);
    }
    form_value(body, name)
}

/// The decoded names and values of a form or a query, in their order.
// ref: https://url.spec.whatwg.org/#urlencoded-parsing, but without replacing bytes that are no UTF-8.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    text.split(|c| *c == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |c| *c == b'=');
            let mut next = || decode_form(halves.next().unwrap_or_default());
            (next(), next())
        })
}

fn decode_form(text: &[u8]) -> Cow<'_, [u8]> {
    if text.contains(&b'+') {
        let spaced: Vec<u8> = text
            .iter()
            .map(|c| if *c == b'+' { b' ' } else { *c })
            .collect();
        Cow::Owned(percent_decode(&spaced).collect())
    } else {
        percent_decode(text).into()
    }
}

fn single<'a>(
    pairs: impl Iterator<Item = (Cow<'a, [u8]>, Cow<'a, [u8]>)>,
    name: &str,
) -> Result<Cow<'a, [u8]>, ReadError> {
    let mut found = pairs.filter(|(key, _)| **key == *name.as_bytes());
    let (_, value) = found.next().ok_or(ReadError::Missing)?;
    if found.next().is_some() {
        return Err(ReadError::Duplicate);
    }
    Ok(value)
}

/// The text of a scalar in a JSON body: a string unescaped, a number or a boolean as it is written.
///
/// A missing value and `null` are both [`ReadError::Missing`]. A name that stands
/// twice in an object on the way is refused, since the handler's parser might take the other one.
pub(crate) fn json_value<'a>(
    body: &'a [u8],
    pointer: &JsonPointer,
) -> Result<Cow<'a, str>, ReadError> {
    let text = std::str::from_utf8(body).map_err(|_| ReadError::Malformed)?;
    let raw = json_at(text, pointer)?;
    if raw.starts_with('"') {
        return match serde_json::from_str::<&str>(raw) {
            Ok(plain) => Ok(Cow::Borrowed(plain)),
            Err(_) => serde_json::from_str(raw)
                .map(Cow::Owned)
                .map_err(|_| ReadError::Malformed),
        };
    }
    match raw {
        "null" => Err(ReadError::Missing),
        _ if raw.starts_with(['{', '[']) => Err(ReadError::Malformed),
        _ => Ok(Cow::Borrowed(raw)),
    }
}

/// The text of a JSON document, checked to be one.
pub(crate) fn json_root(body: &[u8]) -> Result<&str, ReadError> {
    serde_json::from_slice::<&RawValue>(body)
        .map(RawValue::get)
        .map_err(|_| ReadError::Malformed)
}

/// The text of the value at `pointer`. All of the document is checked to be JSON.
pub(crate) fn json_at<'a>(document: &'a str, pointer: &JsonPointer) -> Result<&'a str, ReadError> {
    let mut steps = pointer.steps().peekable();
    if steps.peek().is_none() {
        return json_root(document.as_bytes());
    }
    let mut raw = document;
    for step in steps {
        raw = json_step(raw, &step)?.ok_or(ReadError::Missing)?;
    }
    Ok(raw)
}

/// The text of the value under one name, or at one index. All of the document is checked to be JSON.
pub(crate) fn json_step<'a>(document: &'a str, step: &str) -> Result<Option<&'a str>, ReadError> {
    let mut deserializer = serde_json::Deserializer::from_str(document);
    deserializer
        .deserialize_any(Step(step))
        .and_then(|found| deserializer.end().map(|()| found))
        .map_err(|error| {
            if error.to_string().starts_with(DUPLICATE) {
                ReadError::Duplicate
            } else {
                ReadError::Malformed
            }
        })
}

/// The texts of the elements of a JSON array.
pub(crate) fn json_elements(array: &str) -> Result<Vec<&RawValue>, ReadError> {
    serde_json::from_str(array).map_err(|_| ReadError::Malformed)
}

const DUPLICATE: &str = "a name stands twice";

/// Finds the value under one name, or at one index.
struct Step<'s>(&'s str);

impl<'de> Visitor<'de> for Step<'_> {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = map.next_key_seed(IsName(self.0))? {
            if !is_it {
                map.next_value::<IgnoredAny>()?;
            } else if found.is_some() {
                return Err(A::Error::custom(DUPLICATE));
            } else {
                found = Some(map.next_value::<&RawValue>()?.get());
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let index: Option<usize> = self.0.parse().ok();
        let mut found = None;
        let mut at = 0;
        while let Some(value) = seq.next_element::<&RawValue>()? {
            if Some(at) == index {
                found = Some(value.get());
            }
            at += 1;
        }
        Ok(found)
    }
}

/// Whether an object's key is the name that is looked for.
struct IsName<'s>(&'s str);

impl<'de> DeserializeSeed<'de> for IsName<'_> {
    type Value = bool;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for IsName<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_json(body: &str, pointer: &str, want: Result<&str, ReadError>) {
        let got = json_value(body.as_bytes(), &JsonPointer::literal(pointer));
        assert_eq!(got.as_deref(), want.as_deref(), "{body} {pointer}");
    }

    #[test]
    fn json_scalars_are_read_as_they_are_written() {
        check_json(r#"{"a":{"b":"x"}}"#, "/a/b", Ok("x"));
        check_json(r#"{"a":"\u00e9\n"}"#, "/a", Ok("é\n"));
        check_json(r#"{"a":1.00}"#, "/a", Ok("1.00"));
        check_json(
            r#"{"a":12345678901234567890123}"#,
            "/a",
            Ok("12345678901234567890123"),
        );
        check_json(r#"{"a":true}"#, "/a", Ok("true"));
        check_json(r#"[{"a":1},{"a":2}]"#, "/1/a", Ok("2"));
        check_json(r#"{"\u0061":1}"#, "/a", Ok("1"));
    }

    #[test]
    fn json_that_could_be_read_two_ways_is_refused() {
        check_json(r#"{"a":1,"a":2}"#, "/a", Err(ReadError::Duplicate));
        check_json(r#"{"a":1,"\u0061":2}"#, "/a", Err(ReadError::Duplicate));
        check_json(r#"{"a":1,"b":2,"b":3}"#, "/a", Ok("1"));
        check_json(
            r#"{"a":{"b":1},"a":{"b":2}}"#,
            "/a/b",
            Err(ReadError::Duplicate),
        );
        check_json(r#"{"a":null}"#, "/a", Err(ReadError::Missing));
        check_json(r#"{"b":1}"#, "/a", Err(ReadError::Missing));
        check_json(r#"{"a":[1]}"#, "/a", Err(ReadError::Malformed));
        check_json(r#"{"a":1} x"#, "/a", Err(ReadError::Malformed));
        check_json("", "/a", Err(ReadError::Malformed));
        check_json(r#"{"a":1"#, "/a", Err(ReadError::Malformed));
        check_json("1", "/a", Err(ReadError::Malformed));
    }

    #[test]
    fn forms_are_decoded_and_doubles_refused() {
        let body = b"a=1&b=x+y%26z&c&d=%ff&a=2&=e";
        assert_eq!(form_value(body, "b").as_deref(), Ok(b"x y&z".as_slice()));
        assert_eq!(form_value(body, "c").as_deref(), Ok(b"".as_slice()));
        assert_eq!(form_value(body, "d").as_deref(), Ok(b"\xff".as_slice()));
        assert_eq!(form_value(body, "a"), Err(ReadError::Duplicate));
        assert_eq!(form_value(body, "z"), Err(ReadError::Missing));
    }

    #[track_caller]
    fn check_url(public: &str, target: &str, want: &str) {
        let public: PublicUrl = public.parse().expect("a public URL");
        let uri: Uri = target.parse().expect("a URI");
        let headers = HeaderMap::new();
        let head = Head {
            method: &Method::POST,
            uri: &uri,
            headers: &headers,
            public_url: Some(&public),
        };
        assert_eq!(head.url(false).as_deref(), Some(want));
    }

    #[test]
    fn the_url_is_the_configured_one_with_path_and_query_as_received() {
        check_url(
            "https://h.example",
            "/a/b?c=%27'+d",
            "https://h.example/a/b?c=%27'+d",
        );
        check_url("https://h.example/", "/a", "https://h.example/a");
        check_url("https://h.example/api", "/a?", "https://h.example/api/a?");
        check_url(
            "https://h.example/api/a",
            "/a?x",
            "https://h.example/api/a?x",
        );
        check_url("https://h.example/a/", "/a/", "https://h.example/a/");
        check_url(
            "https://u:p@h.example:8443",
            "/a",
            "https://u:p@h.example:8443/a",
        );
        check_url(
            "https://h.example",
            "http://evil.example/a",
            "https://h.example/a",
        );
        check_url("https://h.example", "/%2F;x", "https://h.example/%2F;x");
    }
}
