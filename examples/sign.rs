//! Signs a delivery as a provider would, and prints what to send as one line of JSON.
//!
//! ```text
//! echo '{}' | cargo run --example sign -- --provider github --secret plain:only-for-tests
//! cargo run --example sign -- --provider github --secret env:GITHUB_WEBHOOK_SECRET --body-file push.json
//! ```
//!
//! For tests of a receiver in any language. Without `--body-file` the body is read from stdin.

use std::{collections::BTreeMap, error::Error, io::Read as _, process::ExitCode};

use axum_webhook::{Secret, Timestamp, providers, sign::Draft};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

const USAGE: &str =
    "usage: sign --provider ID --secret env:NAME|file:PATH|plain:TEXT [--part NAME=REF]
    [--method METHOD] [--url URL] [--id ID] [--event-type TYPE] [--timestamp UNIX_SECONDS]
    [--field NAME=VALUE] [--content-type TYPE] [--body-file FILE]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sign: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let name = name.strip_prefix("--").ok_or(USAGE)?.to_owned();
        let value = arguments.next().ok_or(USAGE)?;
        options.entry(name).or_default().push(value);
    }
    let mut take = |name: &str| options.remove(name).unwrap_or_default();
    let one = |mut values: Vec<String>| values.pop();

    let provider = one(take("provider")).ok_or(USAGE)?;
    let scheme =
        providers::find(&provider).ok_or_else(|| format!("there is no provider {provider:?}"))?;
    let mut secret = secret(&one(take("secret")).ok_or(USAGE)?)?;
    for part in take("part") {
        let (name, reference) = part.split_once('=').ok_or(USAGE)?;
        let value = reference.strip_prefix("plain:").unwrap_or(reference);
        secret = secret.with_part(name, value)?;
    }

    let mut body = Vec::new();
    match one(take("body-file")) {
        Some(path) => body = std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?,
        None => drop(std::io::stdin().read_to_end(&mut body)?),
    }
    let mut draft = Draft::new(body);
    if let Some(method) = one(take("method")) {
        draft = draft.with_method(method.parse()?);
    }
    if let Some(url) = one(take("url")) {
        draft = draft.with_url(url);
    }
    if let Some(id) = one(take("id")) {
        draft = draft.with_id(id);
    }
    if let Some(event_type) = one(take("event-type")) {
        draft = draft.with_event_type(event_type);
    }
    if let Some(seconds) = one(take("timestamp")) {
        draft = draft.with_timestamp(Timestamp::from_unix_seconds(seconds.parse()?));
    }
    if let Some(content_type) = one(take("content-type")) {
        draft = draft.with_content_type(content_type);
    }
    for field in take("field") {
        let (name, value) = field.split_once('=').ok_or(USAGE)?;
        draft = draft.with_field(name, value);
    }
    if let Some(unknown) = options.keys().next() {
        return Err(format!("--{unknown} is unknown\n{USAGE}").into());
    }

    let signed = draft.sign(&scheme, secret)?;
    let mut headers = serde_json::Map::new();
    for (name, value) in &signed.headers {
        headers.insert(name.to_string(), value.to_str()?.into());
    }
    let line = json!({
        "method": signed.method.as_str(),
        "url": signed.url,
        "headers": headers,
        "body_base64": STANDARD.encode(&signed.body),
    });
    println!("{line}");
    Ok(())
}

fn secret(reference: &str) -> Result<Secret, Box<dyn Error>> {
    match reference.split_once(':') {
        Some(("env", name)) => Ok(Secret::from_env(name)?),
        Some(("file", path)) => Ok(Secret::from_file(path)?),
        Some(("plain", text)) => Ok(Secret::new(text)?),
        _ => Err(USAGE.into()),
    }
}
