//! `sign`: the headers of a delivery, or a line to paste.

use axum_webhook::{PublicUrl, sign::Signed};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::{
    args::{Chosen, Delivery, Target},
    client, curl,
    failure::Failure,
    mask,
    output::{Output, Tone},
};

/// Where deliveries go, where nothing else is said: to the receiver of the examples.
pub(crate) const DEFAULT_ORIGIN: &str = "http://127.0.0.1:3000";

/// The flags of `sign`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where the provider sends the secret itself (a token, basic auth), the output has a placeholder, and the
curl line lets the shell read it from where --secret says.")]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    delivery: Delivery,
    #[command(flatten)]
    to: To,
    /// Print a curl line to paste
    #[arg(long)]
    curl: bool,
}

/// Where a delivery goes.
#[derive(Debug, clap::Args)]
pub(crate) struct To {
    /// The URL to send it to; the default is that of the receiver example
    #[arg(short, long, value_name = "URL")]
    to: Option<String>,
}

/// The two URLs of a delivery.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    /// Where it is sent.
    pub(crate) to: String,
    /// The one that the provider signs.
    pub(crate) signed: String,
}

impl To {
    /// The two URLs of a delivery for an endpoint.
    pub(crate) fn urls(&self, chosen: &Chosen) -> Urls {
        let endpoint = &chosen.endpoint;
        let to = self.to.clone().unwrap_or_else(|| {
            let named = format!("/webhooks/{}", endpoint.name());
            format!("{DEFAULT_ORIGIN}{}", endpoint.path().unwrap_or(&named))
        });
        Urls::new(to, endpoint.public_url())
    }
}

impl Urls {
    /// Where a delivery goes, and which URL its provider would sign.
    pub(crate) fn new(to: String, public_url: Option<&PublicUrl>) -> Self {
        let signed = match public_url {
            Some(url) => {
                let rest = to.split_once("://").map_or(to.as_str(), |(_, rest)| rest);
                let target = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                let separator = if query.is_empty() { "" } else { "?" };
                format!("{}{separator}{query}", url.join(path))
            }
            None => to.clone(),
        };
        Self { to, signed }
    }

    /// Where a signed delivery is sent: a signature in the query goes with it.
    pub(crate) fn with_query_of(&self, signed: &Signed) -> String {
        let path = self.to.split('?').next().unwrap_or_default();
        match signed.url.split_once('?') {
            Some((_, query)) => format!("{path}?{query}"),
            None => self.to.clone(),
        }
    }
}

/// Prints a signed delivery.
pub(crate) fn run(output: Output, args: Args) -> Result<(), Failure> {
    args.target.warn(output);
    let chosen = args.target.choose()?;
    let urls = args.to.urls(&chosen);
    client::url(&urls.to)?;
    let sample = args.delivery.prepare(chosen.scheme())?;
    let placeholder = curl::placeholder(chosen.scheme()).transpose()?;
    let sends_secret = placeholder.is_some();
    if sends_secret && !args.curl {
        output.warn("the provider sends the secret itself, which is left out here; --curl and `send` have it");
    }
    let secrets = placeholder.map_or_else(|| chosen.secrets.clone(), |secret| vec![secret]);
    let signed = sample
        .draft(0, &urls.signed)
        .sign(chosen.scheme(), secrets)
        .map_err(Failure::usage)?;
    let url = urls.with_query_of(&signed);
    let reference = args.target.secrets.first().map(String::as_str);
    if args.curl {
        if curl::asks_for_secret(chosen.scheme(), reference) {
            output.warn("the shell has to have the secret in its variable SECRET");
        }
        let line = curl::line(&signed, &url, reference)?;
        if output.is_json() {
            return output.json(&json!({ "curl": line }));
        }
        output.line(line);
        return Ok(());
    }
    let mut headers = Vec::new();
    for (name, value) in &signed.headers {
        let value = value
            .to_str()
            .map_err(|_| Failure::Failed(format!("the header {name} is not text")))?;
        headers.push((name.to_string(), value.to_owned()));
    }
    if output.is_json() {
        let headers: serde_json::Map<_, _> = headers
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        return output.json(&json!({
            "method": signed.method.as_str(),
            "url": url,
            "signed_url": mask::without_user(&signed.url).unwrap_or(signed.url),
            "headers": headers,
            "secret_left_out": sends_secret,
            "body_base64": STANDARD.encode(&signed.body),
        }));
    }
    for (name, value) in headers {
        output.line(format_args!(
            "{}: {value}",
            output.paint(Tone::Strong, name)
        ));
    }
    match std::str::from_utf8(&signed.body) {
        Ok(body) => output.line(format_args!("\n{body}")),
        Err(_) => output.line(format_args!(
            "\n{} bytes that are no text: see --json",
            signed.body.len()
        )),
    }
    Ok(())
}
