//! Looks with a clock whether a secret decides how long something takes ("dudect"): a second opinion beside ctgrind.
//!
//! Inputs of two classes come in a random order, and Welch's test says whether their times differ. It is
//! done by hand, since the crate `dudect-bencher` 0.7 brings clap 2 and with it crates that nobody maintains.
// ref: Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", 2016

mod cases;
#[path = "../../../src/crypto/tag.rs"]
#[allow(dead_code, reason = "it is the crate's file")]
mod tag;
mod welch;

use std::{env, process::ExitCode};

use self::{
    cases::{Case, Want},
    welch::Test,
};

/// Above this, times differ; up to it, they may by chance.
const DIFFERENT: f64 = 4.5;
/// What the control has to reach: below this, the clock or the machine shows nothing.
const CONTROL: f64 = 10.0;
/// Nothing is shown, neither good nor bad.
const VOID: u8 = 2;

fn main() -> ExitCode {
    let million = env::args()
        .nth(1)
        .map_or(10, |word| word.parse().expect("a number of millions"));
    let measurements = million * 1_000_000;
    println!(
        "{measurements} measurements a case, |t| below {DIFFERENT} wanted, of the loop above {CONTROL}\n"
    );
    let (mut is_void, mut differs) = (false, false);
    for Case { name, want, run } in cases::all() {
        let mut test = Test::default();
        run(measurements, &mut test);
        let t = test.t();
        let is_well = match want {
            Want::Same | Want::Nothing => t < DIFFERENT,
            Want::Different => t > CONTROL,
        };
        is_void |= want != Want::Same && !is_well;
        differs |= want == Want::Same && !is_well;
        let verdict = if is_well { "ok    " } else { "NOT ok" };
        println!("{verdict}  |t| {t:>8.2}  {name}");
    }
    if is_void {
        println!("\nvoid: a control is not as it must be, so the others show nothing");
        return ExitCode::from(VOID);
    }
    if differs {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
