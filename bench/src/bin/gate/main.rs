//! Fails when a request costs more instructions or allocations than it did: `bench/gate` says how it is run.
//!
//! Instructions are counted by callgrind, and those of the hash are left out, so
//! the counts are the same on a busy machine and on one with other SHA instructions.

mod callgrind;
mod cases;
mod expected;
mod profile;

use std::{env, error::Error, path::Path, process::ExitCode};

use bench::allocations::{self, Counting};

use crate::{cases::Case, expected::Expected};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs before anything is counted: what is made once is made here.
const WARM_UP: u32 = 20;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["check", file] => expected::check(&measure()?, Path::new(file)),
        ["update", file] => expected::update(&measure()?, Path::new(file)),
        ["profile", ref cases @ ..] => {
            cases.iter().try_for_each(|case| profile::print(case))?;
            Ok(ExitCode::SUCCESS)
        }
        // What runs under callgrind.
        ["run", case, times] => {
            run(case, times.parse()?);
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(
            "gate check FILE, gate update FILE, gate profile CASE…, or gate run CASE TIMES".into(),
        ),
    }
}

fn run(name: &str, times: u32) {
    let case = cases::all().into_iter().find(|case| case.name == name);
    let mut case = case.expect("a case of this name");
    for _ in 0..WARM_UP + times {
        (case.run)();
    }
}

fn measure() -> Result<Vec<(String, Expected)>, Box<dyn Error>> {
    let mut cases = cases::all();
    let instructions = callgrind::instructions(&cases)?;
    let allocated: Vec<_> = cases.iter_mut().map(|case| allocated(case)).collect();
    let measured = |place: usize| Expected {
        instructions: instructions[place],
        allocations: allocated[place].0,
        bytes: allocated[place].1,
    };
    let minus_base = |(place, case): (usize, &Case)| {
        let base = case.above.map(|base| {
            let base = cases.iter().position(|case| case.name == base);
            measured(base.expect("the base is a case too"))
        });
        let own = measured(place);
        let above = base.map_or(own, |base| own.minus(base));
        (case.name.to_owned(), above)
    };
    Ok(cases.iter().enumerate().map(minus_base).collect())
}

fn allocated(case: &mut Case) -> (i64, i64) {
    for _ in 0..WARM_UP {
        (case.run)();
    }
    let ((), allocated) = allocations::count(&mut case.run);
    (allocated.calls.cast_signed(), allocated.bytes.cast_signed())
}
