//! Runs a target with what the fuzzers have found, changed at random, and looks at nothing but the clock and the target's own
//! verdict. Without libFuzzer's bookkeeping that is many more executions in the same time, and without its feedback each is worth less.
//!
//! `fuzz/run --blind` builds it, without instrumentation, and calls it. Its flags are libFuzzer's. The crate's own `cargo test` has all of
//! it but this file.

// As `crate::fuzz`, which is a module there.
extern crate fuzz;

mod mutator;
mod options;
mod run;
mod self_test;

use std::{env, process::ExitCode};

use options::Options;
use run::run;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if arguments == ["--self-test"] {
        self_test::run_all();
        return ExitCode::SUCCESS;
    }
    let options = match Options::read(&arguments) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    eprintln!("{} with -seed={}", options.name, options.seed);
    match run(&options) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(input) => {
            eprintln!("the input is in {}", input.display());
            ExitCode::FAILURE
        }
    }
}
