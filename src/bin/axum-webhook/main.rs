//! The command line of `axum-webhook`: `cargo install axum-webhook --features cli`.
//!
//! It signs and sends webhooks of every provider of the catalogue and of your own schemes, records and replays what
//! arrives, and says of a captured request whether it is genuine, and why not.
//!
//! Secrets are given as `env:NAME`, `file:PATH` or `plain:TEXT`, as in a configuration. None is ever
//! printed: not in an error, not in `--json`, and not in a `curl` line.
//!
//! # Exit codes
//!
//! | code | meaning |
//! |---|---|
//! | 0 | it was done |
//! | 1 | refused or failed: an answer other than 2xx, a request that is not genuine, an error in a linted file |
//! | 2 | wrong usage: a flag, a file, a provider or a secret can't be used |
//! | 3 | nobody answered: no connection, or no answer in time |

mod args;
mod captures;
mod client;
mod completions;
mod curl;
mod failure;
mod har;
mod init;
mod judge;
mod lint;
mod mask;
mod output;
mod place;
mod providers;
mod record;
mod replay;
mod resign;
mod send;
mod sign;
mod stats;
mod verify;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{failure::Failure, output::Output, verify::Detail};

const EXIT_CODES: &str = "\
Secrets are given as env:NAME, file:PATH or plain:TEXT, and never printed.

Exit codes:
  0  it was done
  1  refused or failed: an answer other than 2xx, a request that is not genuine, an error in a linted file
  2  wrong usage: a flag, a file, a provider or a secret can't be used
  3  nobody answered: no connection, or no answer in time";

/// Signs, sends, records, replays and verifies webhooks
#[derive(Debug, Parser)]
#[command(name = "axum-webhook", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// Print JSON for scripts instead of text for people
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the providers of the catalogue, or show one
    Providers(providers::Args),
    /// Sign a delivery as its provider would, and print it or a curl line
    Sign(sign::Args),
    /// Sign a delivery and send it, once or often
    Send(send::Args),
    /// Say whether captured requests are genuine
    Verify(verify::Args),
    /// Say why captured requests are not genuine, with everything that would be
    Explain(verify::Args),
    /// Keep deliveries in files, as fixtures for tests
    Record(record::Args),
    /// Send captured deliveries again, as they were or signed anew
    Replay(replay::Args),
    /// Say what is wrong with a configuration file
    Lint(lint::Args),
    /// Write a configuration and a handler to start from
    Init(init::Args),
    /// Print the completions for a shell
    Completions(completions::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let output = Output::new(cli.json);
    let done = match cli.command {
        Command::Providers(args) => providers::run(output, &args),
        Command::Sign(args) => sign::run(output, args),
        Command::Send(args) => send::run(output, args),
        Command::Verify(args) => verify::run(output, &args, Detail::Verdict),
        Command::Explain(args) => verify::run(output, &args, Detail::Everything),
        Command::Record(args) => record::run(output, args),
        Command::Replay(args) => replay::run(output, &args),
        Command::Lint(args) => lint::run(output, &args),
        Command::Init(args) => init::run(output, args),
        Command::Completions(args) => completions::run(output, &args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !matches!(failure, Failure::Refused) {
                output.error(&failure);
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Runs what waits for a socket, on this thread.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("the runtime can't be started: {error}")))?
        .block_on(future)
}

/// What clap says, without the secrets that stand on the command line.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nobody can be told that stdout is closed.
        let _ = write!(io::stdout(), "{error}");
        return ExitCode::SUCCESS;
    }
    let mut text = error.to_string();
    for secret in secrets_on_command_line(std::env::args().skip(1)) {
        text = text.replace(&secret, "[redacted]");
    }
    let _ = write!(io::stderr(), "{text}");
    ExitCode::from(2)
}

/// The words that are, or may be, a secret: what follows `plain:`, and the values of the flags that take one.
fn secrets_on_command_line(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut secrets = Vec::new();
    let mut is_value = false;
    for word in words {
        let is_flag = |flag: &str| matches!(flag, "-s" | "--secret" | "--part");
        let attached = match word.split_once('=') {
            Some((flag, value)) if is_flag(flag) => Some(value),
            _ if word.starts_with("-s") => word.get(2..),
            _ => None,
        };
        if let Some((_, secret)) = word.split_once("plain:") {
            secrets.push(secret.to_owned());
        } else if is_value {
            secrets.push(word.clone());
        } else if let Some(value) = attached {
            secrets.push(value.to_owned());
        }
        is_value = is_flag(&word);
    }
    secrets.retain(|secret| !secret.is_empty());
    // A longer one may contain a shorter one.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn secrets_on_the_command_line_are_known() {
        let words = [
            "sign",
            "-p",
            "stripe",
            "-s",
            "plain:one",
            "--secret=two",
            "--part",
            "name=plain:three",
            "--secrt=plain:four",
            "plain:",
            "-s",
            "five",
            "-ssix",
        ];
        let mut found = secrets_on_command_line(words.iter().map(ToString::to_string));
        found.sort();
        assert_eq!(found, ["five", "four", "one", "six", "three", "two"]);
    }
}
