//! The URL under which a provider knows an endpoint.

use std::{fmt, str::FromStr};

/// The URL under which a provider knows an endpoint: configured, never taken from a request.
///
/// It is the base (`https://hooks.example.com`, perhaps with the path that a proxy
/// strips), to which the path and query of each request are added; or the whole
/// URL as it was registered, where only the query is added. User and password
/// and the port are signed as they stand here.
///
/// ```
/// use axum_webhook::PublicUrl;
///
/// let url: PublicUrl = "https://hooks.example.com".parse()?;
/// assert!("hooks.example.com".parse::<PublicUrl>().is_err());
/// # Ok::<(), axum_webhook::PublicUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// Scheme, user and host, as written.
    origin: String,
    /// From the first slash on; may be empty.
    path: String,
}

/// Without the user and the password.
impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, authority) = self.origin.split_once("://").unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        write!(f, "PublicUrl({scheme}://{host}{})", self.path)
    }
}

impl PublicUrl {
    /// Scheme, user and host, as written.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The URL of a request for `path`, without its query.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        let [start, path] = self.paths(path);
        [&self.origin, start, path].concat()
    }

    /// What stands behind the origin in the URL of a request for `path`.
    pub(crate) fn paths<'a>(&'a self, path: &'a str) -> [&'a str; 2] {
        // The configured URL may be the base, or the whole URL as registered.
        let is_whole = path.len() > 1 && self.path.ends_with(path);
        if is_whole {
            [&self.path, ""]
        } else {
            [self.path.trim_end_matches('/'), path]
        }
    }

    /// The origin without its port, or with the scheme's default port behind it if it has none.
    pub(crate) fn origin_with_toggled_port(&self) -> Option<[&str; 2]> {
        let (scheme, authority) = self.origin.split_once("://")?;
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let after_v6 = host.rsplit(']').next().unwrap_or(host);
        match after_v6.rfind(':') {
            Some(at) => {
                let port_len = after_v6.len() - at;
                let end = self.origin.len() - port_len;
                self.origin.get(..end).map(|origin| [origin, ""])
            }
            None => {
                let default = if scheme == "https" { ":443" } else { ":80" };
                Some([&self.origin, default])
            }
        }
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, PublicUrlError> {
        let wrong = || PublicUrlError(());
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .ok_or_else(wrong)?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at_checked(at).ok_or_else(wrong)?,
            None => (rest, ""),
        };
        let host = authority.rsplit('@').next().unwrap_or_default();
        let is_url_text = |text: &str| text.bytes().all(|c| c.is_ascii_graphic());
        if host.is_empty()
            || host.starts_with(':')
            || !is_url_text(text)
            || text.contains(['?', '#', '\\', '{', '}'])
        {
            return Err(wrong());
        }
        let origin_len = text.len() - path.len();
        Ok(Self {
            origin: text.get(..origin_len).unwrap_or_default().to_owned(),
            path: path.to_owned(),
        })
    }
}

/// A text that is not a public URL. It does not contain the text, which may have a password in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrlError(());

impl fmt::Display for PublicUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a public URL is http:// or https:// with a host and perhaps a path, without query or \
             fragment, such as \"https://hooks.example.com\"",
        )
    }
}

impl std::error::Error for PublicUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_can_be_toggled() {
        for (url, want) in [
            ("https://h.example", Some("https://h.example:443")),
            ("https://h.example:443", Some("https://h.example")),
            ("http://h.example", Some("http://h.example:80")),
            ("https://u:p@h.example", Some("https://u:p@h.example:443")),
            ("https://h.example:8443", Some("https://h.example")),
            ("https://[::1]", Some("https://[::1]:443")),
            ("https://[::1]:8443", Some("https://[::1]")),
        ] {
            let url: PublicUrl = url.parse().expect("a public URL");
            let toggled = url.origin_with_toggled_port().map(|pieces| pieces.concat());
            assert_eq!(toggled.as_deref(), want);
        }
    }

    #[test]
    fn what_is_no_public_url_is_refused() {
        for text in [
            "",
            "h.example",
            "ftp://h.example",
            "https://",
            "https://:80",
            "https://h.example?x",
            "https://h.example#x",
            "https://h example",
            "https:///a",
            "https://h.example\\@evil",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
