//! Requests of a HAR file, which browsers and proxies write.
// ref: http://www.softwareishard.com/blog/har-12-spec/

use axum_webhook::{scheme::TimeUnit, testing::Captured};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use serde::Deserialize;

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    started_date_time: Option<String>,
    request: RawRequest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRequest {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<RawHeader>,
    post_data: Option<PostData>,
    body_size: Option<i64>,
}

#[derive(Deserialize)]
struct RawHeader {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct PostData {
    text: Option<String>,
    encoding: Option<String>,
    #[serde(default)]
    params: Vec<serde_json::Value>,
}

/// A request of the file, and what is doubtful about it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) captured: Captured,
    pub(crate) warnings: Vec<String>,
}

/// Reads a HAR file; each of its requests may be unusable by itself.
pub(crate) fn read(
    bytes: &[u8],
) -> Result<impl Iterator<Item = Result<Entry, &'static str>>, &'static str> {
    // serde's own text may repeat a value of the file.
    let har: Har = serde_json::from_slice(bytes).map_err(|_| "it is JSON, but no HAR file")?;
    Ok(har.log.entries.into_iter().map(Entry::of))
}

impl Entry {
    fn of(entry: RawEntry) -> Result<Self, &'static str> {
        let RawEntry {
            started_date_time,
            request,
        } = entry;
        let mut warnings = Vec::new();
        let method: Method = request.method.parse().map_err(|_| "the method is none")?;
        let uri: Uri = request.url.parse().map_err(|_| "the URL is none")?;
        let mut headers = HeaderMap::new();
        for RawHeader { name, value } in request.headers {
            // HTTP/2 has its request line among the headers.
            if name.starts_with(':') {
                continue;
            }
            let name = HeaderName::try_from(name).map_err(|_| "a header's name is none")?;
            let value = HeaderValue::try_from(value).map_err(|_| "a header's value is none")?;
            headers.append(name, value);
        }
        // HAR has the body as it was before it was cut for its way.
        headers.remove(header::TRANSFER_ENCODING);
        let body = request.post_data.map_or(Ok(Vec::new()), PostData::bytes)?;
        let size = usize::try_from(request.body_size.unwrap_or(-1));
        if let Some(size) = size.ok().filter(|size| *size != body.len()) {
            warnings.push(format!(
                "the body had {size} bytes, and the HAR file has {}: it may not be what was signed",
                body.len()
            ));
        }
        let received = started_date_time.and_then(|time| TimeUnit::Rfc3339.parse(&time));
        Ok(Self {
            captured: Captured {
                method,
                uri,
                headers,
                body: Bytes::from(body),
                received,
            },
            warnings,
        })
    }
}

impl PostData {
    fn bytes(self) -> Result<Vec<u8>, &'static str> {
        match (self.text, self.encoding.as_deref()) {
            (Some(text), Some("base64")) => STANDARD
                .decode(text)
                .map_err(|_| "the body should be base64"),
            (Some(text), _) => Ok(text.into_bytes()),
            (None, _) if self.params.is_empty() => Ok(Vec::new()),
            (None, _) => {
                Err("it has the fields of the form only, and not the body that was signed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read_one(request: &str) -> Result<Entry, &'static str> {
        let har = format!(
            r#"{{"log":{{"entries":[{{"startedDateTime":"2026-11-22T16:00:00.000+01:00","request":{request}}}]}}}}"#
        );
        read(har.as_bytes())?.next().expect("an entry")
    }

    #[test]
    fn a_request_of_a_browser_is_read() {
        let entry = read_one(
            r#"{"method":"POST","url":"https://h.example/a?b=c","httpVersion":"h2","bodySize":2,
                "headers":[{"name":":authority","value":"h.example"},{"name":"X-A","value":"1"}],
                "postData":{"mimeType":"text/plain","text":"hi"}}"#,
        );
        let Entry { captured, warnings } = entry.expect("a request");
        assert_eq!(captured.uri, "https://h.example/a?b=c");
        assert_eq!(captured.headers.len(), 1);
        assert_eq!(captured.body, "hi");
        let received = captured.received.expect("a time");
        assert_eq!(received.to_string(), "2026-11-22T15:00:00Z");
        assert!(warnings.is_empty());
    }

    #[test]
    fn a_body_that_is_not_the_one_that_was_sent_is_seen() {
        let entry = read_one(
            r#"{"method":"POST","url":"/","bodySize":3,"postData":{"encoding":"base64","text":"aGk="}}"#,
        );
        let entry = entry.expect("a request");
        assert_eq!(entry.captured.body, "hi");
        assert_eq!(entry.warnings.len(), 1, "{:?}", entry.warnings);
        let form = read_one(r#"{"method":"POST","url":"/","postData":{"params":[{"name":"a"}]}}"#);
        assert!(form.is_err());
    }

    #[test]
    fn other_json_is_no_har_file() {
        assert!(read(br#"{"log":[]}"#).is_err());
    }
}
