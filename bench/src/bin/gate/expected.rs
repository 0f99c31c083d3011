//! The committed expectations, and the judgement.

use std::{collections::BTreeMap, error::Error, fs, path::Path, process::ExitCode};

use serde::{Deserialize, Serialize};

/// How much more than expected passes, in hundredths.
const TOLERANCE: i64 = 3;

const HEAD: &str = "\
# What a delivery of 1 KiB costs, without its hash: the limits of bench/gate, which is how this file is written too.
# `around-…` and `router-layer-…` are above `handler`, `refused-…` above `request`.
";

/// What one run costs.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Instructions, without those of the hash.
    pub instructions: i64,
    pub allocations: i64,
    /// Bytes allocated.
    pub bytes: i64,
}

impl Expected {
    pub fn minus(self, base: Self) -> Self {
        Self {
            instructions: self.instructions - base.instructions,
            allocations: self.allocations - base.allocations,
            bytes: self.bytes - base.bytes,
        }
    }
}

type Measured = [(String, Expected)];

pub fn check(measured: &Measured, file: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let expected: BTreeMap<String, Expected> = toml::from_str(&fs::read_to_string(file)?)?;
    let names = |name: &&String| !measured.iter().any(|(other, _)| other == *name);
    let mut failed: Vec<String> = expected
        .keys()
        .filter(names)
        .map(|name| format!("{name} is expected, and not measured"))
        .collect();
    let mut better = false;
    println!(
        "{:<34} {:>12} {:>8} {:>12} {:>8}",
        "", "instructions", "", "allocations", "bytes"
    );
    for (name, own) in measured {
        let Some(expected) = expected.get(name) else {
            failed.push(format!("{name} has no expectation"));
            continue;
        };
        let share = change(own.instructions, expected.instructions);
        println!(
            "{name:<34} {:>12} {share:>+7.1}% {:>12} {:>8}",
            own.instructions, own.allocations, own.bytes
        );
        let limits = [
            (
                "instructions",
                own.instructions,
                expected.instructions,
                TOLERANCE,
            ),
            ("allocations", own.allocations, expected.allocations, 0),
            ("bytes allocated", own.bytes, expected.bytes, TOLERANCE),
        ];
        for (what, own, expected, tolerance) in limits {
            let margin = expected.abs() * tolerance / 100;
            if own > expected + margin {
                failed.push(format!("{name}: {own} {what}, not {expected}"));
            }
            better |= own < expected - margin;
        }
    }
    println!();
    if better {
        println!(
            "Some got better by more than {TOLERANCE} %. `bench/gate --update` makes that the limit."
        );
    }
    for failure in &failed {
        println!("FAIL {failure}");
    }
    println!("gate: {} cases, {} failed", measured.len(), failed.len());
    Ok(if failed.is_empty() && !measured.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

pub fn update(measured: &Measured, file: &Path) -> Result<ExitCode, Box<dyn Error>> {
    let mut text = HEAD.to_owned();
    for (name, own) in measured {
        text += &format!("\n[{name}]\n{}", toml::to_string(own)?);
    }
    fs::write(file, text)?;
    Ok(ExitCode::SUCCESS)
}

/// In per cent. What is expected to be 0 has no share.
fn change(own: i64, expected: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is to be printed")]
    match expected {
        0 => 0.0,
        _ => (own - expected) as f64 * 100.0 / expected.abs() as f64,
    }
}
