//! Trials of URLs: as the provider may have it.

use http::Uri;

use crate::{
    diagnosis::{
        Code, Diagnosis,
        trials::{Trials, Variant},
    },
    incoming::Head,
    public_url::PublicUrl,
    scheme::{Role, Template},
};

pub(super) fn run(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    let signs = |wanted: &Role| {
        trials.case.scheme.shapes.iter().any(|shape| {
            let claims = shape.claims.iter().flat_map(|claim| &claim.is);
            let mut values = shape
                .content
                .iter()
                .chain(claims)
                .flat_map(Template::values);
            values.any(|(role, _)| role == wanted)
        })
    };
    let whole = signs(&Role::Url);
    if !whole && !signs(&Role::Path) && !signs(&Role::Query) {
        return None;
    }
    let url = Parts::of(trials.case.head);
    let mut variants: Vec<(Code, &str, Parts)> = Vec::new();
    if whole {
        let port = |port: Option<u16>| Parts {
            port,
            ..url.clone()
        };
        let default = if url.scheme == "https" { 443 } else { 80 };
        variants.push((
            Code::UrlScheme,
            "with the other of http and https: set `public_url` to what the provider has",
            url.with_other_scheme(),
        ));
        if url.port.is_some() {
            variants.push((
                Code::UrlPort,
                "without the port: set `public_url` to what the provider has",
                port(None),
            ));
        } else {
            variants.push((
                Code::UrlPort,
                "with the default port written out: set `public_url` to what the provider has",
                port(Some(default)),
            ));
        }
    }
    variants.push((
        Code::UrlSlash,
        "with the other form of the slash at the end of its path",
        url.with_other_slash(),
    ));
    if url.query.is_some() {
        let without = Parts {
            query: None,
            ..url.clone()
        };
        variants.push((
            Code::UrlQuery,
            "without its query: something between the provider and here added it",
            without,
        ));
    }
    if whole {
        let both = Parts {
            port: None,
            ..url.with_other_scheme()
        };
        variants.push((
            Code::UrlScheme,
            "with the other of http and https and without a port: set `public_url` to what the provider has",
            both,
        ));
    }
    for (code, said, parts) in variants {
        let Some((public_url, uri)) = parts.split() else {
            continue;
        };
        let variant = Variant {
            head: Head {
                uri: &uri,
                public_url: Some(&public_url),
                ..trials.case.head
            },
            ..trials.as_is()
        };
        if trials.fits(variant).is_some() {
            return Some(Diagnosis::proven(
                code,
                format!("the signature is right for the URL {said}"),
            ));
        }
    }
    None
}

/// A URL in the pieces that go wrong.
#[derive(Clone)]
struct Parts {
    scheme: String,
    host: String,
    port: Option<u16>,
    path: String,
    query: Option<String>,
}

impl Parts {
    /// The URL that was taken for the signed one.
    fn of(head: Head<'_>) -> Self {
        let url = head
            .url(false)
            .unwrap_or_else(|| format!("https://localhost{}", head.path()));
        let (url, _) = url.split_once('?').unwrap_or((&url, ""));
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let at = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => {
                (host, port.parse().ok())
            }
            _ => (authority, None),
        };
        Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port,
            path: path.to_owned(),
            query: head.query().map(str::to_owned),
        }
    }

    fn with_other_scheme(&self) -> Self {
        let other = if self.scheme == "https" {
            "http"
        } else {
            "https"
        };
        Self {
            scheme: other.to_owned(),
            ..self.clone()
        }
    }

    fn with_other_slash(&self) -> Self {
        let path = match self.path.strip_suffix('/') {
            Some(path) => path.to_owned(),
            None => format!("{}/", self.path),
        };
        Self {
            path,
            ..self.clone()
        }
    }

    /// As the configured URL, which has the whole path, and the request's target.
    fn split(&self) -> Option<(PublicUrl, Uri)> {
        let port = self.port.map_or(String::new(), |port| format!(":{port}"));
        let public_url = format!("{}://{}{port}{}", self.scheme, self.host, self.path);
        let mut target = if self.path.is_empty() {
            "/".to_owned()
        } else {
            self.path.clone()
        };
        if let Some(query) = &self.query {
            target = format!("{target}?{query}");
        }
        Some((public_url.parse().ok()?, target.parse().ok()?))
    }
}
