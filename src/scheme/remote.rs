//! Where a provider publishes its public keys.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::scheme::{JsonPointer, Locate, Scheme};

/// The longest URL of a document with keys, in bytes.
const MAX_URL_LEN: usize = 512;

/// Where a provider publishes its public keys, and what stands there.
///
/// Whatever the URL comes from, it is checked against [`hosts`](Self::hosts) before any network
/// call: https, the default port, no user, query or fragment, a host in lower case that is one of
/// the list, and no `.`, `..` or escape in its path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct RemoteKeys {
    /// Where the document's URL comes from.
    pub url: KeyUrl,
    /// The hosts that a URL may name; a label may be `*`, which stands for exactly one.
    pub hosts: Vec<String>,
    /// What the document is.
    pub document: KeyDocument,
}

/// Where the URL of a document with keys comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(untagged, deny_unknown_fields))]
#[non_exhaustive]
pub enum KeyUrl {
    /// It is always this one, unless the operator names another on the same hosts.
    Fixed(String),
    /// The request names it.
    At {
        /// Where it stands.
        at: Locate,
        /// The paths that it may have; a `*` stands for the rest of a segment, such as `/certs/*`.
        path: String,
    },
}

/// What a document with keys is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum KeyDocument {
    /// A JWK set, whose keys have ids.
    JwkSet,
    /// A public key in PEM.
    Pem,
    /// A public key in PEM, at this place of a JSON document.
    PemAt(JsonPointer),
    /// A certificate in PEM, with or without those between it and a root.
    Certificate(CertificateRules),
    /// One JWK at `/key`, for a POST of the secret's parts `client_id` and `secret` and of the key's id (Plaid).
    PlaidKey,
}

/// What a certificate must be, beside valid at the time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct CertificateRules {
    /// The names that it may be for; a label may be `*`, which stands for exactly one.
    pub names: Vec<String>,
    /// Who has to vouch for it.
    pub trust: CertificateTrust,
}

/// Who has to vouch for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum CertificateTrust {
    /// The host that it came from, over TLS: for documents without the certificates in between (AWS SNS).
    Host,
    /// A public root, or one that the operator has added, by a chain of certificates in the document.
    PublicRoots,
}

impl Scheme {
    /// Whether a part of a secret is there for the provider's API alone.
    pub(crate) fn needs_part_to_fetch(&self, part: &str) -> bool {
        let remote = self.remote_keys.as_ref();
        remote.is_some_and(|remote| remote.document == KeyDocument::PlaidKey)
            && matches!(part, "client_id" | "secret")
    }
}

impl RemoteKeys {
    /// Whether the keys can only be had once the body is there.
    pub(crate) const fn is_named_in_body(&self) -> bool {
        matches!(&self.url, KeyUrl::At { at, .. } if at.is_in_body())
    }

    /// A URL that may be fetched; `None` for any other text.
    pub(crate) fn allow(&self, text: &str) -> Option<DocumentUrl> {
        let url = DocumentUrl::parse(text)?;
        let host_fits = self.hosts.iter().any(|host| is_name(host, &url.host));
        let path_fits = match &self.url {
            KeyUrl::Fixed(_) => true,
            KeyUrl::At { path, .. } => is_path(path, &url.path),
        };
        (host_fits && path_fits).then_some(url)
    }

    /// A URL below which the operator wants the request's URLs to be; `None` for any other text.
    #[cfg(feature = "remote-keys")]
    pub(crate) fn allow_below(&self, text: &str) -> Option<DocumentUrl> {
        let url = DocumentUrl::parse(text)?;
        let host_fits = self.hosts.iter().any(|host| is_name(host, &url.host));
        host_fits.then_some(url)
    }
}

/// The URL of a document with keys: https, on its default port, and of the plainest form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DocumentUrl {
    pub(crate) host: String,
    pub(crate) path: String,
}

impl DocumentUrl {
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://")?;
        let at = rest.find('/')?;
        let (host, path) = rest.split_at(at);
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'/');
        let is_step = |step: &str| !matches!(step, "." | "..");
        let steps_hold =
            path.bytes().all(plain) && !path.contains("//") && path.split('/').all(is_step);
        (text.len() <= MAX_URL_LEN && is_host(host) && steps_hold).then(|| Self {
            host: host.to_owned(),
            path: path.to_owned(),
        })
    }

    /// Whether the URL is this one or stands below it.
    #[cfg(feature = "remote-keys")]
    pub(crate) fn is_below(&self, other: &Self) -> bool {
        let rest = self.path.strip_prefix(other.path.as_str());
        self.host == other.host
            && rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || other.path.ends_with('/')
            })
    }
}

impl std::fmt::Display for DocumentUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "https://{}{}", self.host, self.path)
    }
}

/// Whether `text` is the name of a host in lower case: no address, no port, no dot at its end.
fn is_host(text: &str) -> bool {
    let labels: Vec<_> = text.split('.').collect();
    let is_address = labels
        .last()
        .is_none_or(|label| label.bytes().all(|c| c.is_ascii_digit()));
    labels.len() > 1 && !is_address && labels.into_iter().all(is_label)
}

fn is_label(label: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(plain)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Whether `name` is one that `pattern` stands for.
pub(crate) fn is_name(pattern: &str, name: &str) -> bool {
    let mut wanted = pattern.split('.');
    let mut labels = name.split('.');
    loop {
        match (wanted.next(), labels.next()) {
            (None, None) => return true,
            // An international label can look like any other.
            (Some("*"), Some(label)) if is_label(label) && !label.starts_with("xn--") => {}
            (Some(wanted), Some(label)) if wanted == label => {}
            _ => return false,
        }
    }
}

/// Whether `pattern` is a name, in which labels may be `*`. At least two labels stand at its end, so
/// that nobody can register what it stands for.
pub(super) fn is_name_pattern(pattern: &str) -> bool {
    let filled = pattern.replace('*', "a");
    let ends = pattern.rsplit('.').take(2);
    is_host(&filled)
        && pattern
            .split('.')
            .all(|label| label == "*" || !label.contains('*'))
        && ends.into_iter().all(|label| label != "*")
}

/// Whether `path` is one that `pattern` stands for.
fn is_path(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((before, after)) => path
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|middle| !middle.is_empty() && !middle.contains('/')),
    }
}

/// Whether `pattern` is a path with at most one `*`.
pub(super) fn is_path_pattern(pattern: &str) -> bool {
    pattern.matches('*').count() <= 1
        && DocumentUrl::parse(&format!("https://a.example{}", pattern.replace('*', "a"))).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sns() -> RemoteKeys {
        RemoteKeys {
            url: KeyUrl::At {
                at: Locate::json("/SigningCertURL"),
                path: "/*.pem".to_owned(),
            },
            hosts: vec![
                "sns.*.amazonaws.com".to_owned(),
                "sns.*.amazonaws.com.cn".to_owned(),
            ],
            document: KeyDocument::JwkSet,
        }
    }

    #[test]
    fn urls_of_the_provider_are_allowed() {
        for url in [
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-7ff5.pem",
            "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-7ff5.pem",
        ] {
            let allowed = sns().allow(url).expect(url);
            assert_eq!(allowed.to_string(), url);
        }
    }

    #[test]
    fn t_d1_any_other_url_is_refused() {
        for url in [
            "",
            "https://",
            "https:///a.pem",
            "http://sns.us-east-1.amazonaws.com/a.pem",
            "HTTPS://sns.us-east-1.amazonaws.com/a.pem",
            "https:sns.us-east-1.amazonaws.com/a.pem",
            "//sns.us-east-1.amazonaws.com/a.pem",
            " https://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem ",
            "https://sns.us-east-1.amazonaws.com",
            "https://sns.us-east-1.amazonaws.com/a.pem.txt",
            "https://sns.us-east-1.amazonaws.com/.pem",
            "https://sns.us-east-1.amazonaws.com/b/a.pem",
            "https://sns.us-east-1.amazonaws.com//a.pem",
            "https://sns.us-east-1.amazonaws.com/../a.pem",
            "https://sns.us-east-1.amazonaws.com/./a.pem",
            "https://sns.us-east-1.amazonaws.com/%2e%2e/a.pem",
            "https://sns.us-east-1.amazonaws.com/a%2fb.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem?x=.pem",
            "https://sns.us-east-1.amazonaws.com/?x=a.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem#b.pem",
            "https://sns.us-east-1.amazonaws.com/\\a.pem",
            "https://sns.us-east-1.amazonaws.com\\@evil.example/a.pem",
            "https://sns.us-east-1.amazonaws.com:443/a.pem",
            "https://sns.us-east-1.amazonaws.com:8443/a.pem",
            "https://user@sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
            "https://sns.us-east-1.amazonaws.com./a.pem",
            "https://SNS.us-east-1.amazonaws.com/a.pem",
            "https://sns.US-EAST-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
            "https://evil.s3.amazonaws.com/sns.us-east-1.amazonaws.com.pem",
            "https://evilsns.us-east-1.amazonaws.com/a.pem",
            "https://sns.a.b.amazonaws.com/a.pem",
            "https://sns..amazonaws.com/a.pem",
            "https://sns.-.amazonaws.com/a.pem",
            "https://sns.amazonaws.com/a.pem",
            "https://sns.us_east.amazonaws.com/a.pem",
            "https://sns.xn--e1afmkfd.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws\u{3002}com/a.pem",
            "https://sns.us-e\u{430}st-1.amazonaws.com/a.pem",
            "https://sns.*.amazonaws.com/a.pem",
            "https://169.254.169.254/a.pem",
            "https://[::1]/a.pem",
            "https://2130706433/a.pem",
            "https://localhost/a.pem",
            "https://sns.us-east-1.amazonaws.com/a\n.pem",
            "https://sns.us-east-1.amazonaws.com/a\0.pem",
        ] {
            assert_eq!(sns().allow(url), None, "{url:?}");
        }
        let long = format!("https://sns.a.amazonaws.com/{}.pem", "a".repeat(600));
        assert_eq!(sns().allow(&long), None);
    }

    #[test]
    fn a_path_is_the_one_that_is_said_or_has_a_name_in_place_of_the_star() {
        for (pattern, path, fits) in [
            ("/keys", "/keys", true),
            ("/keys", "/keys/", false),
            ("/keys", "/other", false),
            ("/keys/*.pem", "/keys/a.pem", true),
            ("/keys/*.pem", "/keys/.pem", false),
            ("/keys/*.pem", "/keys/a/b.pem", false),
            ("/keys/*.pem", "/other/a.pem", false),
        ] {
            let mut keys = sns();
            keys.url = KeyUrl::At {
                at: Locate::header("x-key-url"),
                path: pattern.to_owned(),
            };
            let url = format!("https://sns.us-east-1.amazonaws.com{path}");
            assert_eq!(keys.allow(&url).is_some(), fits, "{pattern} {path}");
        }
    }

    #[cfg(feature = "remote-keys")]
    #[test]
    fn below_a_url_are_those_that_go_on_at_a_slash() {
        let parse = |text: &str| DocumentUrl::parse(text).expect(text);
        let base = "https://a.example/certs";
        for (url, other, is_below) in [
            ("https://a.example/certs", base, true),
            ("https://a.example/certs/a", base, true),
            (
                "https://a.example/certs/a",
                "https://a.example/certs/",
                true,
            ),
            ("https://a.example/certs-of-others", base, false),
            ("https://a.example/", base, false),
            ("https://a.example/other", base, false),
            ("https://b.example/certs", base, false),
            ("https://b.example/certs/a", base, false),
        ] {
            assert_eq!(
                parse(url).is_below(&parse(other)),
                is_below,
                "{url} {other}"
            );
        }
    }

    #[test]
    fn patterns_end_in_two_labels_of_somebody() {
        for good in ["a.example", "sns.*.amazonaws.com", "*.paypal.com"] {
            assert!(is_name_pattern(good), "{good}");
        }
        for bad in [
            "*", "*.com", "a.*", "a.*.com.", "a*.b.com", "A.com", "10.0.0.1", "com", "",
        ] {
            assert!(!is_name_pattern(bad), "{bad}");
        }
    }
}
