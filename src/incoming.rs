//! The only view of a request that the core has.

use std::{borrow::Cow, fmt};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{self, AsHeaderName},
};

use crate::{form, public_url::PublicUrl, scheme::MediaType, text};

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
        form::value(self.query().unwrap_or_default().as_bytes(), name)
    }

    pub(crate) fn has_query(&self, name: &str) -> bool {
        form::has(self.query().unwrap_or_default().as_bytes(), name)
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
    } else if !text::is_ascii(bytes) {
        // A `HeaderValue` has no control characters but the tab, so that ASCII is what its `to_str` takes.
        Err(ReadError::Malformed)
    } else {
        Ok(())
    }
}

fn as_text(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|_| ReadError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

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
