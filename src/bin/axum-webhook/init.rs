//! `init`: a configuration and a handler to start from.

use std::{
    fmt::Write as _,
    fs,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use axum_webhook::{
    PublicUrl, config,
    scheme::{Dedupe, Scheme, SecretFormat},
};
use serde_json::json;

use crate::{failure::Failure, output::Output, providers::needs};

/// The flags of `init`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without --provider it asks, on a terminal. It writes webhooks.toml and src/webhooks.rs, and overwrites nothing
unless --force says so.")]
pub(crate) struct Args {
    /// A provider; several may be given
    #[arg(short, long = "provider", value_name = "ID")]
    providers: Vec<String>,
    /// The URL under which the providers know the server, where one signs it
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The folder of your crate
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Overwrite the files
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Where a file goes.
    fn path(&self, file: &str) -> PathBuf {
        if self.dir.as_os_str() == "." {
            PathBuf::from(file)
        } else {
            self.dir.join(file)
        }
    }
}

/// Writes the files, and says what is left to do.
pub(crate) fn run(output: Output, mut args: Args) -> Result<(), Failure> {
    if args.providers.is_empty() {
        let answer = ask("Which providers send you webhooks? (such as: stripe, github)")?;
        let ids = answer.split([',', ' ']).map(str::trim);
        args.providers = ids.filter(|id| !id.is_empty()).map(str::to_owned).collect();
    }
    let mut schemes: Vec<Scheme> = Vec::new();
    for id in &args.providers {
        let scheme = config::provider(id).map_err(Failure::usage)?;
        if !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    if schemes.is_empty() {
        return Err(Failure::usage("say at least one provider: --provider ID"));
    }
    if args.public_url.is_none() && schemes.iter().any(Scheme::signs_url) {
        let answer =
            ask("Under which URL do they know your server? (such as: https://hooks.example.com)")?;
        args.public_url = Some(answer);
    }
    if let Some(url) = &args.public_url {
        url.parse::<PublicUrl>().map_err(Failure::usage)?;
    }
    let files = [
        (
            "webhooks.toml",
            config_file(&schemes, args.public_url.as_deref()),
        ),
        ("src/webhooks.rs", handler_file(&schemes)),
    ];
    write_all(&args, &files)?;
    let variables: Vec<String> = schemes.iter().flat_map(variables).collect();
    let add = cargo_add(&schemes);
    if output.is_json() {
        return output.json(&json!({
            "files": files.map(|(path, _)| path),
            "variables": variables,
            "cargo_add": add,
        }));
    }
    for (path, _) in &files {
        output.line(format_args!("wrote {}", args.path(path).display()));
    }
    output.line("\nWhat is left to do:");
    for line in add {
        output.line(format_args!("  {line}"));
    }
    output.line("  mod webhooks;");
    output.line("  let config = axum_webhook::config::Config::from_file(\"webhooks.toml\")?;");
    output.line("  let app = app.merge(webhooks::router(&config)?);");
    output.line(format_args!("  set {}", variables.join(", ")));
    output.line("  axum-webhook lint webhooks.toml");
    Ok(())
}

/// Asks a question on the terminal.
fn ask(question: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "{question} There is no terminal to answer on: use the flags"
        )));
    }
    let unread = |error: io::Error| Failure::Failed(format!("the terminal can't be read: {error}"));
    write!(io::stderr(), "{question}\n> ").map_err(unread)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(unread)?;
    Ok(answer.trim().to_owned())
}

fn write_all(args: &Args, files: &[(&str, String)]) -> Result<(), Failure> {
    let paths = files.iter().map(|(path, _)| args.path(path));
    if let (false, Some(path)) = (args.force, paths.into_iter().find(|path| path.exists())) {
        return Err(Failure::Usage(format!(
            "{} is there already; --force overwrites it",
            path.display()
        )));
    }
    for (path, text) in files {
        let path = args.path(path);
        write_file(&path, text)
            .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn config_file(schemes: &[Scheme], public_url: Option<&str>) -> String {
    let mut text = String::from("[server]\nreplay = \"memory\"\n");
    for scheme in schemes {
        let id = &scheme.id;
        let _ = write!(
            text,
            "\n[[endpoint]]\nname = \"{id}\"\npath = \"/webhooks/{id}\"\nprovider = \"{id}\"\n"
        );
        let secret = format!("env:{}", variable(id, what(scheme)));
        if scheme.secret_parts.is_empty() {
            let _ = writeln!(text, "secrets = [\"{secret}\"]");
        } else {
            let parts = scheme
                .secret_parts
                .iter()
                .map(|part| format!("{part} = \"env:{}\"", variable(id, part)));
            let parts = parts.collect::<Vec<_>>().join(", ");
            let _ = writeln!(
                text,
                "secrets = [{{ value = \"{secret}\", parts = {{ {parts} }} }}]"
            );
        }
        if let (true, Some(url)) = (scheme.signs_url(), public_url) {
            let _ = writeln!(text, "public_url = \"{url}\"");
        }
    }
    text
}

fn handler_file(schemes: &[Scheme]) -> String {
    let mut routes = String::new();
    let mut handlers = String::new();
    for scheme in schemes {
        let id = &scheme.id;
        let name = id.replace('-', "_");
        let _ = writeln!(routes, "        .route(\"/webhooks/{id}\", any(on_{name}))");
        let _ = write!(
            handlers,
            r#"
/// Every delivery of {id} that is genuine{once}.
async fn on_{name}(hook: VerifiedWebhook) -> Response {{
    println!("{{}}: {{:?}}", hook.provider(), hook.event_id());
    hook.accepted()
}}
"#,
            once = match scheme.dedupe {
                Dedupe::Off => ": also a repeated one, which nothing signed tells",
                _ => ", once",
            },
        );
    }
    format!(
        r"//! The webhooks of `webhooks.toml`.
//!
//! `VerifiedWebhook<T>` parses the body as your type; without one it is the raw body.

use axum::{{Router, response::Response, routing::any}};
use axum_webhook::{{
    VerifiedWebhook,
    config::{{Config, ConfigError}},
}};

/// The routes of all endpoints, behind the layer that verifies.
///
/// # Errors
///
/// If an endpoint can't be built, or a secret is missing.
pub fn router(config: &Config) -> Result<Router, ConfigError> {{
    Ok(Router::new()
{routes}        .layer(config.layer()?))
}}
{handlers}"
    )
}

/// The variables that hold the secrets of a provider.
fn variables(scheme: &Scheme) -> Vec<String> {
    let parts = scheme.secret_parts.iter().map(String::as_str);
    std::iter::once(what(scheme))
        .chain(parts)
        .map(|part| variable(&scheme.id, part))
        .collect()
}

/// What the secret is called in the name of its variable.
fn what(scheme: &Scheme) -> &'static str {
    match scheme.secret {
        SecretFormat::PublicKey => "PUBLIC_KEY",
        _ => "WEBHOOK_SECRET",
    }
}

fn variable(id: &str, part: &str) -> String {
    format!("{id}_{part}").replace('-', "_").to_uppercase()
}

fn cargo_add(schemes: &[Scheme]) -> Vec<String> {
    let mut features: Vec<&str> = schemes.iter().flat_map(needs).collect();
    features.sort_unstable();
    features.dedup();
    // It is one of the default features.
    features.retain(|feature| *feature != "jwt");
    let features = match features.as_slice() {
        [] => String::new(),
        features => format!(" --features {}", features.join(",")),
    };
    vec![
        "cargo add axum".to_owned(),
        format!("cargo add axum-webhook{features}"),
    ]
}
