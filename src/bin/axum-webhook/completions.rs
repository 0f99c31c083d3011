//! `completions`: what a shell needs to complete commands and flags.

use axum_webhook::providers;
use clap::{Command, CommandFactory as _, Id, builder::PossibleValuesParser};
use clap_complete::Shell;
use serde_json::json;

use crate::{Cli, failure::Failure, output::Output};

/// The flags of `completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the completions for a shell.
pub(crate) fn run(output: Output, args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "axum-webhook", &mut script);
    // In Bash the arms spell the hyphen of a program's name in another way than the loop above them, so none fits.
    // ref: https://github.com/clap-rs/clap/issues/6421
    let script = String::from_utf8_lossy(&script).replace("axum__subcmd__webhook", "axum__webhook");
    if output.is_json() {
        return output.json(&json!({ "shell": args.shell.to_string(), "script": script }));
    }
    output.line(script.trim_end());
    Ok(())
}

/// The command line, where the shell knows the providers by their ids.
fn command() -> Command {
    let ids = || PossibleValuesParser::new(providers::ALL.iter().map(|(id, _)| *id));
    let mut command = Cli::command();
    let names: Vec<String> = command
        .get_subcommands()
        .filter(|command| command.get_arguments().any(|arg| is_provider(arg.get_id())))
        .map(|command| command.get_name().to_owned())
        .collect();
    for name in names {
        command = command.mut_subcommand(name, |command| {
            command.mut_args(|arg| {
                if is_provider(arg.get_id()) {
                    arg.value_parser(ids())
                } else {
                    arg
                }
            })
        });
    }
    command.mut_subcommand("providers", |command| {
        command.mut_subcommand("show", |command| {
            command.mut_arg("id", |arg| arg.value_parser(ids()))
        })
    })
}

fn is_provider(id: &Id) -> bool {
    matches!(id.as_str(), "provider" | "providers")
}
