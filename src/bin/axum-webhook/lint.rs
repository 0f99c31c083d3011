//! `lint`: what is wrong with a configuration file, all at once.

use std::{collections::BTreeMap, fs, path::PathBuf};

use axum_webhook::{
    config::{Config, ConfigError},
    scheme::{Dedupe, Scheme, Severity},
};
use serde::Serialize;
use serde_json::json;
use toml::{Table, Value};

use crate::{
    failure::Failure,
    output::{Output, Tone, visible},
};

/// The flags of `lint`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Codes of its own: config, secret, layer, no-public-url (errors); plain-secret, shared-secret, shadow-mode, no-dedupe (warnings).
The others are those of the scheme linter. Exits 1 if there is an error.")]
pub(crate) struct Args {
    /// The configuration
    file: PathBuf,
    /// Do not read the secrets, where they are not on this machine; what needs them is not checked
    #[arg(long)]
    no_secrets: bool,
}

/// Something that is to be said of the file.
#[derive(Debug, Serialize)]
struct Finding {
    level: Level,
    code: String,
    endpoint: Option<String>,
    key: Option<String>,
    line: Option<usize>,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Error,
    Warning,
}

/// Prints every finding.
pub(crate) fn run(output: Output, args: &Args) -> Result<(), Failure> {
    let text = fs::read_to_string(&args.file)
        .map_err(|error| Failure::Usage(format!("{}: {error}", args.file.display())))?;
    let findings = lint(&text, args.no_secrets);
    let count = |level| findings.iter().filter(|it| it.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    if output.is_json() {
        output.json(&json!({ "errors": errors, "warnings": warnings, "findings": findings }))?;
    } else {
        for finding in &findings {
            finding.print(output);
        }
        let tone = if errors == 0 { Tone::Good } else { Tone::Bad };
        let sum = output.paint(
            tone,
            format_args!(
                "{}, {}",
                counted(errors, "error"),
                counted(warnings, "warning")
            ),
        );
        output.line(format_args!("{}: {sum}", args.file.display()));
    }
    if errors == 0 {
        Ok(())
    } else {
        Err(Failure::Refused)
    }
}

fn lint(text: &str, no_secrets: bool) -> Vec<Finding> {
    let config = match Config::from_toml(text) {
        Ok(config) => config,
        Err(error) => return vec![Finding::config("config", &error, None)],
    };
    let names: Vec<&str> = config.names().collect();
    let mut findings = Vec::new();
    let mut has_scheme = Vec::new();
    for (name, scheme) in names.iter().zip(config.schemes()) {
        let before = findings.len();
        match scheme {
            Ok(scheme) => findings.extend(of_scheme(name, &scheme)),
            Err(error) => findings.push(Finding::config("config", &error, Some(name))),
        }
        let new = findings.iter().skip(before);
        has_scheme.push(!new.into_iter().any(|it| it.level == Level::Error));
    }
    let tables = tables(text);
    for ((name, table), scheme) in names.iter().zip(&tables).zip(config.schemes()) {
        findings.extend(of_table(name, table, scheme.ok().as_ref()));
    }
    findings.extend(shared_secrets(&names, &tables));
    if !no_secrets {
        for ((name, endpoint), has_scheme) in
            names.iter().zip(config.each_endpoint()).zip(&has_scheme)
        {
            // What is wrong with the scheme is said already.
            if let (Err(error), true) = (endpoint, has_scheme) {
                let is_secret = error.key().contains(".secrets");
                let code = if is_secret { "secret" } else { "config" };
                findings.push(Finding::config(code, &error, Some(name)));
            }
        }
        let is_sound = findings.iter().all(|it| it.level == Level::Warning);
        if let (true, Err(error)) = (is_sound, config.layer()) {
            findings.push(Finding::config("layer", &error, None));
        }
    }
    let place = |finding: &Finding| {
        let name = finding.endpoint.as_deref();
        names.iter().position(|known| Some(*known) == name)
    };
    findings.sort_by_key(|finding| (place(finding), finding.level == Level::Warning));
    findings
}

fn counted(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// The findings of the scheme linter, and what an endpoint should know of its provider.
fn of_scheme(name: &str, scheme: &Scheme) -> Vec<Finding> {
    let mut findings: Vec<Finding> = scheme
        .lint()
        .iter()
        .map(|finding| Finding {
            level: match finding.severity() {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
            },
            ..Finding::warning(finding.code(), name, finding.message())
        })
        .collect();
    if scheme.dedupe == Dedupe::Off {
        findings.push(Finding::warning(
            "no-dedupe",
            name,
            "nothing signed tells a repeated event, so its handler has to bear repeats",
        ));
    }
    findings
}

/// The tables of the endpoints, as they are written. It is known that they are there.
fn tables(text: &str) -> Vec<Table> {
    let document: Table = text.parse().unwrap_or_default();
    let endpoints = document.get("endpoint").and_then(Value::as_array);
    let tables = endpoints.into_iter().flatten().filter_map(Value::as_table);
    tables.cloned().collect()
}

fn of_table(name: &str, table: &Table, scheme: Option<&Scheme>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if scheme.is_some_and(Scheme::signs_url) && !table.contains_key("public_url") {
        findings.push(Finding {
            level: Level::Error,
            ..Finding::warning(
                "no-public-url",
                name,
                "its provider signs the URL, so it needs `public_url`, the URL as the provider has it",
            )
        });
    }
    if references(table)
        .iter()
        .any(|text| text.starts_with("plain:"))
    {
        findings.push(Finding::warning(
            "plain-secret",
            name,
            "a secret stands in the file itself; env: and file: keep it out",
        ));
    }
    if table.get("enforce").and_then(Value::as_bool) == Some(false) {
        findings.push(Finding::warning(
            "shadow-mode",
            name,
            "it only observes: what is not genuine goes on to the inner service",
        ));
    }
    findings
}

/// Secrets that several endpoints share, by where they are.
fn shared_secrets(names: &[&str], tables: &[Table]) -> Vec<Finding> {
    let mut users: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, table) in names.iter().zip(tables) {
        for reference in references(table) {
            users.entry(reference).or_default().push(name);
        }
    }
    let shared = users.values().filter_map(|names| match names.as_slice() {
        [first, others @ ..] if !others.is_empty() => Some((first, others)),
        _ => None,
    });
    shared
        .map(|(first, others)| {
            let message = format!(
                "it has a secret in common with {}: a delivery to one could be sent to the other",
                others.join(", ")
            );
            Finding::warning("shared-secret", first, &message)
        })
        .collect()
}

/// Where the secrets of an endpoint are.
fn references(table: &Table) -> Vec<String> {
    let secrets = table.get("secrets").and_then(Value::as_array);
    secrets
        .into_iter()
        .flatten()
        .filter_map(|secret| match secret {
            Value::String(text) => Some(text.clone()),
            Value::Table(table) => table
                .get("value")
                .and_then(Value::as_str)
                .map(str::to_owned),
            _ => None,
        })
        .collect()
}

impl Finding {
    fn warning(code: &str, endpoint: &str, message: &str) -> Self {
        Self {
            level: Level::Warning,
            code: code.to_owned(),
            endpoint: Some(endpoint.to_owned()),
            key: None,
            line: None,
            message: message.to_owned(),
        }
    }

    fn config(code: &str, error: &ConfigError, endpoint: Option<&str>) -> Self {
        Self {
            level: Level::Error,
            code: code.to_owned(),
            endpoint: endpoint.map(str::to_owned),
            key: Some(error.key().to_owned()).filter(|key| !key.is_empty()),
            line: error.line(),
            message: error.to_string(),
        }
    }

    fn print(&self, output: Output) {
        let (tone, level) = match self.level {
            Level::Error => (Tone::Bad, "error"),
            Level::Warning => (Tone::Warning, "warning"),
        };
        let level = output.paint(tone, format_args!("{level} [{}]", self.code));
        let place = match &self.endpoint {
            Some(name) => format!(" {}:", visible(name)),
            None => String::new(),
        };
        output.line(format_args!("{level}{place} {}", visible(&self.message)));
    }
}
