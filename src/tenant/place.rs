//! Where the name of the tenant stands in a request.

use std::{borrow::Cow, fmt};

use http::{HeaderName, header, uri::Authority};
use percent_encoding::percent_decode_str;

use crate::{
    incoming::{Head, Incoming, ReadError},
    json,
    path_pattern::PathPattern,
    scheme::JsonPointer,
    tenant::{Tenant, TenantError},
};

const NAME: &str = "tenant";
const IN_BRACES: &str = "{tenant}";

/// Where the name of the tenant stands in a request.
///
/// Nothing about it is verified when it is read: it chooses the keys, and they decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantFrom(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Path { text: String, pattern: PathPattern },
    Query(String),
    Header(HeaderName),
    Host { before: String, after: String },
    Body(JsonPointer),
}

impl TenantFrom {
    /// A segment of the path as received: `/webhooks/{tenant}/stripe`, in full, also where a
    /// router strips a part of it. It is percent-decoded once; other segments in braces stand for any text.
    ///
    /// # Errors
    ///
    /// If `pattern` does not begin with a slash, or does not have the segment `{tenant}` exactly once.
    pub fn path(pattern: &str) -> Result<Self, TenantFromError> {
        let segments = PathPattern::new(pattern);
        if !pattern.starts_with('/') || segments.count(NAME) != 1 {
            return Err(TenantFromError::new(
                pattern,
                "a path with one segment `{tenant}`, such as \"/webhooks/{tenant}/stripe\"",
            ));
        }
        Ok(Self(Place::Path {
            text: pattern.to_owned(),
            pattern: segments,
        }))
    }

    /// A query parameter, which must be there exactly once.
    ///
    /// # Errors
    ///
    /// If `name` is empty.
    pub fn query(name: &str) -> Result<Self, TenantFromError> {
        if name.is_empty() {
            return Err(TenantFromError::new(name, "the name of a query parameter"));
        }
        Ok(Self(Place::Query(name.to_owned())))
    }

    /// A header, which must be there exactly once.
    ///
    /// # Errors
    ///
    /// If `name` is no name of a header.
    pub fn header(name: &str) -> Result<Self, TenantFromError> {
        HeaderName::from_bytes(name.as_bytes())
            .map(|name| Self(Place::Header(name)))
            .map_err(|_| TenantFromError::new(name, "the name of a header"))
    }

    /// A part of the host: `{tenant}.hooks.example.com`, or all of it, `{tenant}`, where tenants
    /// bring domains of their own.
    ///
    /// Of the `Host` header, or HTTP/2's `:authority`; where a request has both, they have to agree. It is taken
    /// in lower case, without port and without a dot at the end. A part has no dot in it. Forwarded headers are not looked at.
    ///
    /// # Errors
    ///
    /// If `pattern` does not have `{tenant}` exactly once, or has more beside it than parts of a host name.
    pub fn host(pattern: &str) -> Result<Self, TenantFromError> {
        let halves = pattern.split_once(IN_BRACES).filter(|(before, after)| {
            let is_host = |text: &str| {
                let mut bytes = text.bytes();
                bytes.all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'.')
            };
            is_host(before) && is_host(after)
        });
        let (before, after) = halves.ok_or_else(|| {
            TenantFromError::new(
                pattern,
                "a host with one `{tenant}`, such as \"{tenant}.hooks.example.com\"",
            )
        })?;
        Ok(Self(Place::Host {
            before: before.to_ascii_lowercase(),
            after: after.to_ascii_lowercase(),
        }))
    }

    /// A value in a JSON body, by its JSON pointer: `/account/id`.
    ///
    /// For providers that send the deliveries of all tenants to one URL. A stranger's body is then read, within its
    /// limits, before the keys are asked for, and its word chooses them.
    ///
    /// # Errors
    ///
    /// If `pointer` is no JSON pointer.
    pub fn unverified_body_field(pointer: &str) -> Result<Self, TenantFromError> {
        pointer
            .parse()
            .map(|pointer| Self(Place::Body(pointer)))
            .map_err(|_| TenantFromError::new(pointer, "a JSON pointer, such as \"/account/id\""))
    }

    pub(crate) const fn is_in_body(&self) -> bool {
        matches!(self.0, Place::Body(_))
    }

    /// The tenant of a request. What stands in the body is missing while that is empty.
    pub(crate) fn read(&self, incoming: Incoming<'_>) -> Result<Tenant, TenantError> {
        let head = incoming.head;
        match &self.0 {
            Place::Path { pattern, .. } => {
                let segment = pattern.value(NAME, head.path());
                let segment = segment.ok_or(TenantError::Missing)?;
                text(&Cow::from(percent_decode_str(segment)))
            }
            Place::Query(name) => text(&head.query_value(name)?),
            Place::Header(name) => head.header(name)?.parse(),
            Place::Host { before, after } => {
                let host = host(head)?;
                let part = host
                    .strip_prefix(before.as_str())
                    .and_then(|rest| rest.strip_suffix(after.as_str()))
                    .ok_or(TenantError::Missing)?;
                let is_part = !before.is_empty() || !after.is_empty();
                if is_part && part.contains('.') {
                    return Err(TenantError::Malformed);
                }
                part.parse()
            }
            Place::Body(pointer) => json::value(incoming.body, pointer)?.parse(),
        }
    }
}

fn text(bytes: &[u8]) -> Result<Tenant, TenantError> {
    let text = std::str::from_utf8(bytes).map_err(|_| TenantError::Malformed)?;
    text.parse()
}

/// The host of a request in its one spelling.
fn host(head: Head<'_>) -> Result<String, TenantError> {
    let target = head.uri.authority().map(spell);
    let header = match head.header(&header::HOST) {
        Ok(text) => {
            let authority = text.parse::<Authority>();
            Some(spell(&authority.map_err(|_| TenantError::Malformed)?))
        }
        Err(ReadError::Missing) => None,
        Err(error) => return Err(error.into()),
    };
    match (target, header) {
        (Some(target), Some(header)) if target != header => Err(TenantError::Duplicate),
        (Some(host), _) | (None, Some(host)) => host,
        (None, None) => Err(TenantError::Missing),
    }
}

/// A host in lower case, without its port and the dot of the root.
fn spell(authority: &Authority) -> Result<String, TenantError> {
    if authority.as_str().contains('@') {
        return Err(TenantError::Malformed);
    }
    let host = authority.host();
    Ok(host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase())
}

impl From<ReadError> for TenantError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Missing => Self::Missing,
            ReadError::Duplicate => Self::Duplicate,
            ReadError::TooLong => Self::TooLong,
            ReadError::Malformed => Self::Malformed,
        }
    }
}

/// In the words of the operator: `header x-tenant`, `path /webhooks/{tenant}/stripe`.
impl fmt::Display for TenantFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Path { text, .. } => write!(f, "path {text}"),
            Place::Query(name) => write!(f, "query parameter {name}"),
            Place::Header(name) => write!(f, "header {name}"),
            Place::Host { before, after } => write!(f, "host {before}{IN_BRACES}{after}"),
            Place::Body(pointer) => write!(f, "json {pointer}"),
        }
    }
}

/// A text that says no place for a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantFromError {
    text: String,
    wanted: &'static str,
}

impl TenantFromError {
    fn new(text: &str, wanted: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            wanted,
        }
    }
}

impl fmt::Display for TenantFromError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} should be {}", self.text, self.wanted)
    }
}

impl std::error::Error for TenantFromError {}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[track_caller]
    fn check(
        from: Result<TenantFrom, TenantFromError>,
        request: http::request::Builder,
        body: &str,
        want: Result<&str, TenantError>,
    ) {
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let incoming = Incoming::new(&parts.method, &parts.uri, &parts.headers, body.as_bytes());
        let from = from.expect("a place");
        let tenant = from.read(incoming);
        assert_eq!(
            tenant.as_ref().map(Tenant::as_str),
            want.as_ref().copied(),
            "{from} {parts:?} {body}"
        );
    }

    #[test]
    fn it_is_a_segment_of_the_path_decoded_once() {
        let at = |target: &str, want| {
            let from = TenantFrom::path("/{region}/{tenant}/stripe");
            check(from, Request::get(target), "", want);
        };
        at("/eu/acme/stripe", Ok("acme"));
        at("/eu/acme/stripe?tenant=other", Ok("acme"));
        at("/eu/%61cme/stripe", Ok("acme"));
        at("/eu/a%20b/stripe", Ok("a b"));
        at("/eu/%2561/stripe", Ok("%61"));
        at("/eu/%252e%252e/stripe", Ok("%2e%2e"));
        at("/eu/%2e%2E/stripe", Err(TenantError::Dots));
        at("/eu/../stripe", Err(TenantError::Dots));
        at("/eu/./stripe", Err(TenantError::Dots));
        at("/eu/a%2fb/stripe", Err(TenantError::Slash));
        at("/eu/a%5Cb/stripe", Err(TenantError::Slash));
        at("/eu/a%00/stripe", Err(TenantError::ControlCharacter));
        at("/eu/%ff/stripe", Err(TenantError::Malformed));
        at("/eu//stripe", Err(TenantError::Missing));
        at("/eu/acme/stripe/", Err(TenantError::Missing));
        at("/eu/acme/github", Err(TenantError::Missing));
        let long = format!("/eu/{}/stripe", "a".repeat(10 * 1024));
        at(&long, Err(TenantError::TooLong));
    }

    #[test]
    fn it_is_one_parameter_or_one_header() {
        let query = |target: &str, want| {
            check(TenantFrom::query("t"), Request::get(target), "", want);
        };
        query("/?t=acme", Ok("acme"));
        query("/?u=1&t=a%2Bb+c", Ok("a+b c"));
        query("/?t=", Err(TenantError::Missing));
        query("/", Err(TenantError::Missing));
        query("/?t=acme&t=acme", Err(TenantError::Duplicate));
        query("/?t=acme&%74=other", Err(TenantError::Duplicate));
        query("/?t=..", Err(TenantError::Dots));
        let header = |values: &[&str], want| {
            let request = values.iter().fold(Request::get("/"), |request, value| {
                request.header("X-Tenant", *value)
            });
            check(TenantFrom::header("x-tenant"), request, "", want);
        };
        header(&["acme"], Ok("acme"));
        header(&["Acme"], Ok("Acme"));
        header(&[], Err(TenantError::Missing));
        header(&["acme", "acme"], Err(TenantError::Duplicate));
        header(&["a/../b"], Err(TenantError::Slash));
        header(&["é"], Err(TenantError::Malformed));
    }

    #[test]
    fn it_is_a_part_of_the_host_in_its_one_spelling() {
        let host = |target: &str, hosts: &[&str], want| {
            let request = hosts.iter().fold(Request::get(target), |request, value| {
                request.header("host", *value)
            });
            check(
                TenantFrom::host("{tenant}.Hooks.example"),
                request,
                "",
                want,
            );
        };
        host("/", &["acme.hooks.example"], Ok("acme"));
        host("/", &["ACME.hooks.EXAMPLE.:8443"], Ok("acme"));
        host("https://acme.hooks.example/", &[], Ok("acme"));
        host(
            "https://acme.hooks.example:443/",
            &["Acme.hooks.example"],
            Ok("acme"),
        );
        host(
            "https://acme.hooks.example/",
            &["other.hooks.example"],
            Err(TenantError::Duplicate),
        );
        host(
            "/",
            &["acme.hooks.example", "acme.hooks.example"],
            Err(TenantError::Duplicate),
        );
        host("/", &["a.b.hooks.example"], Err(TenantError::Malformed));
        host("/", &["x@acme.hooks.example"], Err(TenantError::Malformed));
        host("/", &[".hooks.example"], Err(TenantError::Missing));
        host("/", &["hooks.example"], Err(TenantError::Missing));
        host("/", &["acme.hooks.example.evil"], Err(TenantError::Missing));
        host("/", &[], Err(TenantError::Missing));
        let whole = Request::get("/").header("host", "Hooks.Acme.example:80");
        check(
            TenantFrom::host("{tenant}"),
            whole,
            "",
            Ok("hooks.acme.example"),
        );
    }

    #[test]
    fn it_is_one_value_of_the_body() {
        let body = |body: &str, want| {
            check(
                TenantFrom::unverified_body_field("/account/id"),
                Request::post("/"),
                body,
                want,
            );
        };
        body(r#"{"account":{"id":"acme"}}"#, Ok("acme"));
        body(r#"{"account":{"id":17}}"#, Ok("17"));
        body(r#"{"account":{"id":"\u002e."}}"#, Err(TenantError::Dots));
        body(
            r#"{"account":{"id":"a","id":"b"}}"#,
            Err(TenantError::Duplicate),
        );
        body(r#"{"account":{"id":["a"]}}"#, Err(TenantError::Malformed));
        body(r#"{"account":{}}"#, Err(TenantError::Missing));
        body("", Err(TenantError::Malformed));
    }

    #[test]
    fn what_says_no_place_is_refused() {
        for (from, wanted) in [
            (TenantFrom::path("/webhooks/stripe"), "/webhooks/stripe"),
            (TenantFrom::path("/{tenant}/{tenant}"), "one segment"),
            (TenantFrom::path("{tenant}/x"), "one segment"),
            (TenantFrom::query(""), "query parameter"),
            (TenantFrom::header("x tenant"), "x tenant"),
            (TenantFrom::host("hooks.example"), "one `{tenant}`"),
            (TenantFrom::host("{tenant}.{tenant}"), "one `{tenant}`"),
            (TenantFrom::host("{tenant}.a:80"), "one `{tenant}`"),
            (TenantFrom::unverified_body_field("id"), "JSON pointer"),
        ] {
            let error = from.expect_err(wanted).to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
