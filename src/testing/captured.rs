//! A delivery in a file, as the command line's `record` writes it.

use std::{fmt, io::Write as _};

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};

use crate::{incoming::Incoming, scheme::TimeUnit, timestamp::Timestamp};

/// The comment that says when a delivery arrived.
const RECEIVED: &[u8] = b"# received ";

/// A request as it arrived, read from a file.
///
/// The file is the HTTP message itself: the request line, the headers, an empty line, and the body to the last
/// byte. Lines in front that begin with `#` are comments, and `# received TIME` among them, in RFC 3339 and
/// UTC, says when it arrived. With a [`FixedClock`](super::FixedClock) at that time a test verifies it for ever.
///
/// ```
/// use axum_webhook::{Secret, Timestamp, providers, testing::Captured, verify, Keyring};
///
/// let file = b"# received 2026-11-22T15:00:00Z\n\
///     POST /webhooks/github HTTP/1.1\n\
///     content-type: text/plain\n\
///     x-hub-signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\n\
///     \n\
///     Hello, World!";
/// let captured = Captured::from_http(file)?;
/// let keyring = Keyring::new(&providers::github(), Secret::new("It's a Secret to Everybody")?)?;
/// let now = captured.received.unwrap_or_else(Timestamp::now);
/// verify(&captured.incoming(), &providers::github(), &keyring, now)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Such a file holds what the sender sent: where that is a credential (a shared token, basic auth), the file is as
/// secret as the credential.
#[derive(Clone, PartialEq, Eq)]
pub struct Captured {
    /// The method.
    pub method: Method,
    /// The target: path and query, or a full URL where the file has one.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it was received.
    pub body: Bytes,
    /// When it arrived, where that is known.
    pub received: Option<Timestamp>,
}

/// Names and lengths only: with a credential, the secret itself is among the values.
impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captured")
            .field("method", &self.method)
            .field("path", &self.uri.path())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("body_len", &self.body.len())
            .field("received", &self.received)
            .finish()
    }
}

impl Captured {
    /// Reads a request from an HTTP message. Its lines may end in LF or CR LF.
    ///
    /// The body is everything after the empty line, whatever `Content-Length` says, so that a newline which an editor
    /// has added is found by [`diagnose`](crate::diagnose).
    ///
    /// # Errors
    ///
    /// If it is no HTTP request, or its body is in chunks.
    pub fn from_http(message: &[u8]) -> Result<Self, CapturedError> {
        let mut lines = Lines {
            rest: message,
            number: 0,
        };
        let mut received = None;
        let first = loop {
            let line = lines.next().ok_or(CapturedError::RequestLine)?;
            if let Some(time) = line.strip_prefix(RECEIVED) {
                let time = std::str::from_utf8(time).ok();
                let time = time.and_then(|time| TimeUnit::Rfc3339.parse(time));
                received = Some(time.ok_or(CapturedError::Received)?);
            } else if !line.is_empty() && !line.starts_with(b"#") {
                break line;
            }
        };
        let (method, uri) = request_line(first).ok_or(CapturedError::RequestLine)?;
        let mut headers = HeaderMap::new();
        while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
            let (name, value) =
                header_line(line).ok_or(CapturedError::Header { line: lines.number })?;
            headers.append(name, value);
        }
        if headers.contains_key(header::TRANSFER_ENCODING) {
            return Err(CapturedError::Chunked);
        }
        Ok(Self {
            method,
            uri,
            headers,
            body: Bytes::copy_from_slice(lines.rest),
            received,
        })
    }

    /// Writes the request as [`from_http`](Self::from_http) reads it.
    #[must_use]
    pub fn to_http(&self) -> Vec<u8> {
        let mut message = Vec::new();
        if let Some(time) = self.received {
            message.extend_from_slice(RECEIVED);
            let _ = writeln!(message, "{time}");
        }
        let _ = write!(message, "{} {} HTTP/1.1\r\n", self.method, self.uri);
        for (name, value) in &self.headers {
            // How the body was cut for its way is no part of it.
            if name != header::TRANSFER_ENCODING {
                let _ = write!(message, "{name}: ");
                message.extend_from_slice(value.as_bytes());
                message.extend_from_slice(b"\r\n");
            }
        }
        if !self.headers.contains_key(header::CONTENT_LENGTH) && !self.body.is_empty() {
            let _ = write!(message, "content-length: {}\r\n", self.body.len());
        }
        message.extend_from_slice(b"\r\n");
        message.extend_from_slice(&self.body);
        message
    }

    /// The view of it that [`verify`](crate::verify()) and [`diagnose`](crate::diagnose) take.
    #[must_use]
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming::new(&self.method, &self.uri, &self.headers, &self.body)
    }

    /// The request, for a service, with path and query as its target.
    #[must_use]
    pub fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.clone();
        let target = self.uri.path_and_query().cloned();
        *request.uri_mut() = target.map_or_else(|| Uri::from_static("/"), Uri::from);
        *request.headers_mut() = self.headers.clone();
        request
    }
}

/// Why a file is not read as a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CapturedError {
    /// It does not begin as `POST /path HTTP/1.1` does.
    RequestLine,
    /// A line of the head is no header.
    Header {
        /// Its number, counted from one.
        line: usize,
    },
    /// What `# received` says is no RFC 3339 time in UTC.
    Received,
    /// The body stands there in chunks, and not as it was received.
    Chunked,
}

impl fmt::Display for CapturedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequestLine => {
                f.write_str("it should begin with a request line, such as POST /webhooks HTTP/1.1")
            }
            Self::Header { line } => write!(f, "line {line} is not a header"),
            Self::Received => {
                f.write_str("`# received` should be followed by a time such as 2026-11-22T15:00:00Z")
            }
            Self::Chunked => f.write_str(
                "the body is in chunks; write it as one piece, without the header transfer-encoding",
            ),
        }
    }
}

impl std::error::Error for CapturedError {}

/// The lines of the head.
struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let mut halves = self.rest.splitn(2, |c| *c == b'\n');
        let line = halves.next().unwrap_or_default();
        self.rest = halves.next().unwrap_or_default();
        self.number += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// The version may be left out, as editors do.
fn request_line(line: &[u8]) -> Option<(Method, Uri)> {
    let mut words = line.split(|c| *c == b' ');
    let method = Method::from_bytes(words.next()?).ok()?;
    let uri = Uri::try_from(words.next()?).ok()?;
    let is_target = uri.path().starts_with('/') && uri.host().is_none() == uri.scheme().is_none();
    let is_version = words.next().is_none_or(|text| text.starts_with(b"HTTP/"));
    (is_target && is_version && words.next().is_none()).then_some((method, uri))
}

fn header_line(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let mut halves = line.splitn(2, |c| *c == b':');
    let name = HeaderName::from_bytes(halves.next()?).ok()?;
    let value = HeaderValue::from_bytes(halves.next()?.trim_ascii()).ok()?;
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(message: &str) -> Result<Captured, CapturedError> {
        Captured::from_http(message.as_bytes())
    }

    #[test]
    fn a_written_request_is_read_again() {
        let body = Bytes::from_static(b"a\r\n\r\n\0\xffb\n");
        let mut captured = Captured {
            method: Method::POST,
            uri: Uri::from_static("/hooks?a=b"),
            headers: HeaderMap::new(),
            received: Some(Timestamp::from_unix_micros(1_700_000_000_123_456)),
            body,
        };
        captured
            .headers
            .append("x-a", HeaderValue::from_bytes(b"1, \xff").expect("a value"));
        captured
            .headers
            .append("x-a", HeaderValue::from_static("3"));
        captured
            .headers
            .append("content-length", HeaderValue::from_static("9"));
        let message = captured.to_http();
        assert_eq!(Captured::from_http(&message), Ok(captured));
    }

    #[test]
    fn the_length_is_written_and_the_chunks_are_not() {
        let mut captured = read("POST / HTTP/1.1\n\nbody").expect("a request");
        let chunked = HeaderValue::from_static("chunked");
        captured.headers.insert(header::TRANSFER_ENCODING, chunked);
        let message = captured.to_http();
        let text = String::from_utf8_lossy(&message);
        assert_eq!(text, "POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nbody");
    }

    #[test]
    fn a_request_of_an_editor_is_read() {
        let captured = read("# a comment\n\nPOST https://h.example/a?b\nA:  b \n\nbody\n");
        let captured = captured.expect("a request");
        assert_eq!(captured.uri, "https://h.example/a?b");
        assert_eq!(captured.request().uri(), "/a?b");
        assert_eq!(
            captured.headers.get("a"),
            Some(&HeaderValue::from_static("b"))
        );
        assert_eq!(captured.body, "body\n");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for (name, message, wanted) in [
            ("nothing", "", CapturedError::RequestLine),
            ("only comments", "# a\n", CapturedError::RequestLine),
            (
                "a response",
                "HTTP/1.1 200 OK\n\n",
                CapturedError::RequestLine,
            ),
            (
                "too many words",
                "POST / HTTP/1.1 x\n\n",
                CapturedError::RequestLine,
            ),
            ("no target", "POST\n\n", CapturedError::RequestLine),
            (
                "a host alone",
                "POST h.example:80\n\n",
                CapturedError::RequestLine,
            ),
            (
                "no header",
                "POST /\na: b\nno header\n\n",
                CapturedError::Header { line: 3 },
            ),
            (
                "a folded header",
                "POST /\na: b\n c: d\n\n",
                CapturedError::Header { line: 3 },
            ),
            (
                "no time",
                "# received today\nPOST /\n\n",
                CapturedError::Received,
            ),
            (
                "chunks",
                "POST /\ntransfer-encoding: chunked\n\n",
                CapturedError::Chunked,
            ),
        ] {
            assert_eq!(read(message), Err(wanted), "{name}");
        }
        let binary = Captured::from_http(b"POST /\n\xff: a\n\n");
        assert_eq!(binary, Err(CapturedError::Header { line: 2 }));
    }
}
