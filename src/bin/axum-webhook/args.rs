//! Flags that several commands share.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use axum_webhook::{
    Endpoint, PublicUrl, Secret, Timestamp, WebhookLayer,
    config::{self, Config, ConfigError},
    scheme::{Scheme, TimeUnit},
    sign::Draft,
    testing,
};
use clap::Args;
use http::Method;

use crate::{failure::Failure, output::Output, place};

/// What is said where no flag names a provider.
const NOBODY: &str = "say whose delivery it is: --provider ID or --config FILE";

/// Whose deliveries it is about, and the secrets.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The provider: an id of `axum-webhook providers`
    #[arg(short, long, value_name = "ID", conflicts_with = "config")]
    pub(crate) provider: Option<String>,
    /// Where a secret is, as env:…, file:… or plain:…; the current one first
    #[arg(short, long = "secret", value_name = "REF", conflicts_with = "config")]
    pub(crate) secrets: Vec<String>,
    /// A named part of the secrets, where the provider has such
    #[arg(long = "part", value_name = "NAME=REF", conflicts_with = "config")]
    pub(crate) parts: Vec<String>,
    /// Take provider and secrets from a configuration
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The endpoint of the configuration, where it has several
    #[arg(short, long, value_name = "NAME", requires = "config")]
    pub(crate) endpoint: Option<String>,
    /// The URL under which the provider knows the endpoint, where it signs the URL
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

/// What the flags stand for.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) endpoint: Endpoint,
    pub(crate) secrets: Vec<Secret>,
}

impl Chosen {
    pub(crate) fn scheme(&self) -> &Scheme {
        self.endpoint.scheme()
    }
}

/// What a server would be made of.
#[derive(Debug)]
pub(crate) struct Receiver {
    endpoints: Vec<Endpoint>,
    by_path: bool,
}

impl Target {
    /// Whether the flags name a provider at all.
    pub(crate) const fn is_named(&self) -> bool {
        self.provider.is_some() || self.config.is_some()
    }

    /// Reads provider and secrets from where the flags say, for one endpoint.
    pub(crate) fn choose(&self) -> Result<Chosen, Failure> {
        let chosen = match (&self.config, &self.provider) {
            (Some(path), _) => self.choose_from(path)?,
            (None, Some(id)) => self.choose_provider(id)?,
            (None, None) => return Err(Failure::usage(NOBODY)),
        };
        let endpoint = self.at_public_url(chosen.endpoint, None)?;
        Ok(Chosen { endpoint, ..chosen })
    }

    /// Reads what a server would have: every endpoint of a configuration, unless one is named.
    pub(crate) fn receiver(&self, captured_url: Option<&PublicUrl>) -> Result<Receiver, Failure> {
        let endpoint = match (&self.config, &self.provider) {
            (Some(path), _) if self.endpoint.is_none() => {
                let endpoints = read(path)?.endpoints();
                return Ok(Receiver {
                    endpoints: endpoints.map_err(|error| of_file(path, &error))?,
                    by_path: true,
                });
            }
            (Some(path), _) => self.endpoint_of(path, &read(path)?)?,
            (None, Some(id)) => self.choose_provider(id)?.endpoint,
            (None, None) => return Err(Failure::usage(NOBODY)),
        };
        Ok(Receiver {
            endpoints: vec![self.at_public_url(endpoint, captured_url)?],
            by_path: false,
        })
    }

    /// Says what is not good about a secret on the command line.
    pub(crate) fn warn(&self, output: Output) {
        let references = self.secrets.iter().chain(&self.parts);
        if references.into_iter().any(|text| text.contains("plain:")) {
            output.warn(
                "others see a plain: secret in the list of processes, and the shell keeps it in its \
                 history; env: and file: are better",
            );
        }
    }

    /// The endpoint with the URL of the flags; otherwise its own, or else the one that a capture knows.
    fn at_public_url(
        &self,
        endpoint: Endpoint,
        captured: Option<&PublicUrl>,
    ) -> Result<Endpoint, Failure> {
        let said = self.public_url.as_deref().map(str::parse).transpose();
        let captured = captured.filter(|_| endpoint.public_url().is_none());
        Ok(match said.map_err(Failure::usage)?.or(captured.cloned()) {
            Some(url) => endpoint.with_public_url(url),
            None => endpoint,
        })
    }

    fn choose_provider(&self, id: &str) -> Result<Chosen, Failure> {
        let scheme = config::provider(id).map_err(Failure::usage)?;
        let secrets = self.load()?;
        if secrets.is_empty() {
            let reason = "say the secret: --secret env:NAME or --secret file:PATH";
            return Err(Failure::usage(reason));
        }
        let endpoint = Endpoint::new(scheme, secrets.clone()).map_err(Failure::usage)?;
        Ok(Chosen { endpoint, secrets })
    }

    fn choose_from(&self, path: &Path) -> Result<Chosen, Failure> {
        let config = read(path)?;
        let endpoint = self.endpoint_of(path, &config)?;
        let secrets = config.secrets(endpoint.name());
        Ok(Chosen {
            secrets: secrets.map_err(|error| of_file(path, &error))?,
            endpoint,
        })
    }

    /// The endpoint of a configuration that is named, or the only one.
    fn endpoint_of(&self, path: &Path, config: &Config) -> Result<Endpoint, Failure> {
        let names: Vec<&str> = config.names().collect();
        let name = match (&self.endpoint, names.as_slice()) {
            (Some(name), _) => name.as_str(),
            (None, [name]) => name,
            (None, _) => {
                let reason = format!("say which endpoint: --endpoint {}", names.join("|"));
                return Err(Failure::Usage(reason));
            }
        };
        // The error of an endpoint that is not asked for is no hindrance.
        let at = names.iter().position(|known| *known == name);
        let endpoint = at.and_then(|at| config.each_endpoint().nth(at));
        let reason = || {
            Failure::Usage(format!(
                "{}: no endpoint is called {name:?}",
                path.display()
            ))
        };
        let endpoint = endpoint.ok_or_else(reason)?;
        endpoint.map_err(|error| of_file(path, &error))
    }

    fn load(&self) -> Result<Vec<Secret>, Failure> {
        let mut parts = Vec::new();
        for part in &self.parts {
            // What is wrong with it is not said by repeating it, since it may be the secret.
            let part = part.split_once('=').ok_or_else(|| {
                Failure::usage("--part should be NAME=REF, such as public_key=env:PUBLIC_KEY")
            })?;
            parts.push(part);
        }
        self.secrets
            .iter()
            .map(|reference| config::secret(reference, &parts).map_err(Failure::usage))
            .collect()
    }
}

impl Receiver {
    /// The layer that a server would have, without a replay guard.
    pub(crate) fn layer(&self) -> Result<WebhookLayer, Failure> {
        let layer = match self.endpoints.as_slice() {
            [endpoint] if !self.by_path => WebhookLayer::for_endpoint(endpoint.clone()),
            endpoints => WebhookLayer::by_path(endpoints.to_vec()),
        };
        layer.map_err(Failure::usage)
    }

    /// The scheme of every endpoint.
    pub(crate) fn schemes(&self) -> impl Iterator<Item = &Scheme> {
        self.endpoints.iter().map(Endpoint::scheme)
    }

    /// The scheme of the endpoint called `name`.
    pub(crate) fn scheme(&self, name: &str) -> Option<&Scheme> {
        let mut endpoints = self.endpoints.iter();
        endpoints
            .find(|endpoint| endpoint.name() == name)
            .map(Endpoint::scheme)
    }
}

fn read(path: &Path) -> Result<Config, Failure> {
    Config::from_file(path).map_err(|error| of_file(path, &error))
}

fn of_file(path: &Path, error: &ConfigError) -> Failure {
    Failure::Usage(format!("{}: {error}", path.display()))
}

/// What is to be sent.
#[derive(Debug, Args)]
pub(crate) struct Delivery {
    /// The file with the body, or - for stdin; the default is a sample
    #[arg(short, long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// The body itself
    #[arg(short, long, value_name = "TEXT", conflicts_with = "body")]
    data: Option<String>,
    /// The content type; the default is the provider's
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// The method; the default is the provider's
    #[arg(long)]
    method: Option<Method>,
    /// The event's id
    #[arg(long)]
    pub(crate) id: Option<String>,
    /// The event's type
    #[arg(long, value_name = "TYPE")]
    event_type: Option<String>,
    /// A value that the provider signs beside the body
    #[arg(long = "field", value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// When it is sent: RFC 3339, unix seconds or "now", which is the default
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) at: Option<Timestamp>,
}

/// A delivery that is ready to be drafted as often as is wanted.
#[derive(Debug)]
pub(crate) struct Sample {
    scheme: Scheme,
    body: Option<Vec<u8>>,
    delivery: Delivery,
    fields: Vec<(String, String)>,
}

impl Delivery {
    /// Reads the body, and checks the rest.
    pub(crate) fn prepare(self, scheme: &Scheme) -> Result<Sample, Failure> {
        let body = match (&self.body, &self.data) {
            (Some(path), _) if path.as_os_str() == "-" => {
                let mut body = Vec::new();
                let read = std::io::stdin().read_to_end(&mut body);
                read.map_err(|error| Failure::Usage(format!("stdin can't be read: {error}")))?;
                Some(body)
            }
            (Some(path), _) => Some(fs::read(path).map_err(|error| {
                Failure::Usage(format!("{} can't be read: {error}", path.display()))
            })?),
            (None, Some(text)) => Some(text.clone().into_bytes()),
            (None, None) => None,
        };
        let fields = self.fields.iter().map(|field| {
            let pair = field
                .split_once('=')
                .ok_or_else(|| Failure::Usage(format!("--field {field:?} should be NAME=VALUE")))?;
            Ok((pair.0.to_owned(), pair.1.to_owned()))
        });
        Ok(Sample {
            scheme: scheme.clone(),
            body,
            fields: fields.collect::<Result<_, Failure>>()?,
            delivery: self,
        })
    }
}

impl Sample {
    /// The delivery number `number`, counted from zero. Where nothing else is said, each is an event of its own.
    pub(crate) fn draft(&self, number: u64, url: &str) -> Draft {
        let delivery = &self.delivery;
        let now = delivery.at.unwrap_or_else(Timestamp::now);
        let id = match number {
            0 => format!("evt_sample{}", now.unix_seconds()),
            _ => format!("evt_sample{}x{number}", now.unix_micros()),
        };
        let mut draft = match &self.body {
            Some(body) => self.around(body, id, now),
            None => testing::sample(&self.scheme, now).with_id(id),
        };
        draft = draft.with_url(url);
        if let Some(content_type) = &delivery.content_type {
            draft = draft.with_content_type(content_type);
        }
        if let Some(method) = &delivery.method {
            draft = draft.with_method(method.clone());
        }
        if let Some(id) = &delivery.id {
            draft = draft.with_id(id);
        }
        if let Some(event_type) = &delivery.event_type {
            draft = draft.with_event_type(event_type);
        }
        for (name, value) in &self.fields {
            draft = draft.with_field(name, value);
        }
        draft
    }

    /// A delivery of the user's own body, which stays as it is: only what stands elsewhere gets a sample.
    fn around(&self, body: &[u8], id: String, now: Timestamp) -> Draft {
        let mut draft = Draft::new(body).with_timestamp(now);
        let content_type = self.delivery.content_type.as_deref();
        let content_type = content_type.unwrap_or("application/json");
        let Some(shape) = place::shape(&self.scheme, content_type) else {
            return draft;
        };
        if shape.event_id.as_ref().is_some_and(place::is_elsewhere) {
            draft = draft.with_id(id);
        }
        if shape.event_type.as_ref().is_some_and(place::is_elsewhere) {
            draft = draft.with_event_type("sample");
        }
        let names = shape.signed_headers.as_ref().map(|list| &list.names);
        shape
            .fields
            .iter()
            .filter(|field| place::is_elsewhere(&field.at) && Some(&field.at) != names)
            .fold(draft, |draft, field| {
                draft.with_field(&field.name, testing::example(field))
            })
    }
}

/// Reads a time of the command line.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    if text == "now" {
        return Ok(Timestamp::now());
    }
    TimeUnit::UnixSeconds
        .parse(text)
        .or_else(|| TimeUnit::Rfc3339.parse(text))
        .ok_or_else(|| {
            "it should be RFC 3339, such as 2026-11-22T15:00:00Z, unix seconds, or \"now\""
                .to_owned()
        })
}
