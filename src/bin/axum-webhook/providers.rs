//! `providers`: the catalogue, and all that is known of one provider.

use axum_webhook::{
    config, providers,
    scheme::{
        Algorithm, ContentEncoding, Coverage, Dedupe, Handshake, Scheme, SecretFormat, Severity,
        Shape,
    },
};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    output::{Output, Tone},
};

/// The flags of `providers`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the providers, one a line; the default
    List {
        /// Only those whose id or description has this text
        text: Option<String>,
    },
    /// Show what a provider signs, what people trip over, and its scheme in TOML
    Show {
        /// The provider
        id: String,
    },
}

/// Lists the providers, or shows one.
pub(crate) fn run(output: Output, args: &Args) -> Result<(), Failure> {
    match &args.command {
        None => list(output, ""),
        Some(Command::List { text }) => list(output, text.as_deref().unwrap_or_default()),
        Some(Command::Show { id }) => show(output, id),
    }
}

fn list(output: Output, text: &str) -> Result<(), Failure> {
    let text = text.to_lowercase();
    let mut rows = Vec::new();
    for (id, describe) in providers::ALL {
        let summary = summary(id);
        if id.contains(&text) || summary.to_lowercase().contains(&text) {
            rows.push((*id, describe(), summary));
        }
    }
    if output.is_json() {
        let rows = rows.iter().map(|(id, scheme, summary)| {
            json!({
                "id": id,
                "summary": summary,
                "algorithm": scheme.algorithm,
                "secret": scheme.secret,
                "covers": scheme.coverage,
                "needs": needs(scheme),
            })
        });
        return output.json(&rows.collect::<Vec<Value>>());
    }
    let width = rows
        .iter()
        .map(|(id, ..)| id.len())
        .max()
        .unwrap_or_default();
    for (id, scheme, summary) in &rows {
        let id = output.paint(Tone::Strong, format_args!("{id:width$}"));
        output.line(format_args!(
            "{id}  {:16}  {summary}",
            scheme.algorithm.name()
        ));
    }
    Ok(())
}

fn show(output: Output, id: &str) -> Result<(), Failure> {
    let scheme = config::provider(id).map_err(Failure::usage)?;
    let page = providers::docs(&scheme.id).unwrap_or_default();
    let toml = toml::to_string(&scheme).map_err(|error| Failure::Failed(error.to_string()))?;
    if output.is_json() {
        return output.json(&json!({
            "id": scheme.id,
            "summary": summary(&scheme.id),
            "needs": needs(&scheme),
            "signs_url": scheme.signs_url(),
            "event_id": event_id(&scheme),
            "scheme": scheme,
            "toml": toml,
            "docs": page,
        }));
    }
    output.line(output.paint(Tone::Strong, &scheme.id));
    output.field("check", scheme.algorithm);
    output.field("secret", secret_format(&scheme));
    for shape in &scheme.shapes {
        show_shape(output, shape);
    }
    output.field("covers", coverage(scheme.coverage));
    let window = scheme.tolerance.map_or_else(
        || "none: no time is signed".to_owned(),
        |tolerance| format!("{} back, {} ahead", tolerance.past, tolerance.future),
    );
    output.field("window", window);
    output.field("event id", event_id(&scheme));
    output.field(
        "repeats",
        match scheme.dedupe {
            Dedupe::Id => "told by the event id",
            Dedupe::Content => "told by what is signed",
            _ => "not told, unless the endpoint chooses `dedupe = \"content\"`",
        },
    );
    output.field("retries", format_args!("for {}", scheme.retry_horizon));
    for handshake in &scheme.handshakes {
        output.field("handshake", describe_handshake(handshake));
    }
    if scheme.handshakes.is_empty() {
        output.field("handshake", "none");
    }
    if scheme.signs_url() {
        output.field("URL", "signed: set `public_url`");
    }
    let needs = needs(&scheme);
    if !needs.is_empty() {
        output.field("features", needs.join(", "));
    }
    output.line(format_args!("\n{}", page.trim_end()));
    output.line(format_args!(
        "\n{}\n{}",
        output.paint(
            Tone::Strong,
            "# The scheme, for a configuration of your own"
        ),
        toml.trim_end()
    ));
    Ok(())
}

/// Prints where things stand in a request of this shape.
pub(crate) fn show_shape(output: Output, shape: &Shape) {
    if !shape.when.is_always() {
        let mut conditions = Vec::new();
        if let Some(kind) = shape.when.content_type {
            conditions.push(format!("the body is {kind}"));
        }
        if let Some(name) = &shape.when.header {
            conditions.push(format!("there is a header {name}"));
        }
        if let Some(name) = &shape.when.query {
            conditions.push(format!("the query has {name}"));
        }
        output.field("where", conditions.join(" and "));
    }
    output.field("signature", &shape.signature.at);
    if let Some(content) = &shape.content {
        output.field("signed", content);
    }
    if let Some(time) = &shape.timestamp {
        output.field("timestamp", &time.at);
    }
}

/// The first paragraph of a provider's page, on one line.
fn summary(id: &str) -> String {
    let page = providers::docs(id).unwrap_or_default();
    let paragraph = page.split("\n\n").next().unwrap_or_default();
    paragraph.replace('\n', " ").replace("**", "")
}

/// What the secret is, in words.
pub(crate) fn secret_format(scheme: &Scheme) -> String {
    let form = match scheme.secret {
        SecretFormat::Text => "the text as the dashboard shows it, also where it looks encoded",
        SecretFormat::Hex => "hexadecimal, which is decoded",
        SecretFormat::Base64 => "base64, which is decoded",
        SecretFormat::Whsec => "base64, which is decoded, after an optional whsec_",
        SecretFormat::Sha1 => "the text as the dashboard shows it; the key is its SHA-1",
        SecretFormat::Nfkd => "the text as the dashboard shows it, normalised to NFKD",
        SecretFormat::PublicKey => "the provider's public key: PEM, base64, hex or JWK",
        _ => scheme.secret.name(),
    };
    match scheme.secret_parts.as_slice() {
        [] => form.to_owned(),
        parts => format!("{form}; and its parts {}", parts.join(", ")),
    }
}

/// How much of a delivery is covered, in words.
pub(crate) const fn coverage(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Body => "the whole body is signed",
        Coverage::Fields => "some fields are signed",
        _ => "only a credential, nothing is signed",
    }
}

/// Whether there is an id, and whether it can be trusted.
fn event_id(scheme: &Scheme) -> String {
    let places: Vec<String> = scheme
        .shapes
        .iter()
        .filter_map(|shape| shape.event_id.as_ref())
        .map(ToString::to_string)
        .collect();
    let Some(place) = places.first() else {
        return "none".to_owned();
    };
    // The linter lets `dedupe = "id"` pass only where the id is signed in every shape.
    let by_id = Scheme {
        dedupe: Dedupe::Id,
        ..scheme.clone()
    };
    let is_signed = by_id
        .lint()
        .iter()
        .all(|finding| finding.severity() != Severity::Error);
    match (is_signed, scheme.coverage) {
        (true, Coverage::Credential) => format!("{place}, as trustworthy as the body"),
        (true, _) => format!("{place}, signed"),
        (false, _) => format!("{place}, not signed"),
    }
}

fn describe_handshake(handshake: &Handshake) -> String {
    let signed = if handshake.signed {
        "signed"
    } else {
        "unsigned"
    };
    let answer = match &handshake.challenge {
        Some(challenge) => format!("answered with the challenge of {}", challenge.at),
        None => format!("answered with {}", handshake.answer.status),
    };
    format!("{}, {signed}, {answer}", handshake.method)
}

/// The features of the crate that a receiver of this provider needs.
pub(crate) fn needs(scheme: &Scheme) -> Vec<&'static str> {
    let algorithm = scheme.algorithm;
    let mut features = Vec::new();
    if algorithm.name().starts_with("jwt-") {
        features.push("jwt");
    }
    if matches!(algorithm, Algorithm::Ed25519 | Algorithm::JwtEdDsa) {
        features.push("ed25519");
    } else if algorithm.has_public_key() {
        features.push("public-key");
    }
    if algorithm == Algorithm::Keccak256 {
        features.push("keccak");
    }
    if scheme.content_encoding == ContentEncoding::Gunzip {
        features.push("gzip");
    }
    features
}
