//! `mutants LIST ORIGINAL COPY LEAVE` writes the mutants of LIST, which is what `cargo mutants --list --json` prints,
//! into the sources of COPY, each behind a switch. A mutant's number is its place in LIST.
//!
//! LEAVE is a file with what did not compile before: numbers of mutants, and names of functions that have to stay `const`.
//! The output is a line for each mutant that can't be switched: its number, and why.

mod switches;
mod wraps;

use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

use serde_json::Value;

use crate::switches::{Place, Switches};

/// The module that the copy gets.
const MODULE: &str = include_str!("mutant.rs.in");

fn main() -> Result<(), Box<dyn Error>> {
    let [list, original, copy, leave] = env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "mutants LIST ORIGINAL COPY LEAVE")?;
    let (original, copy) = (Path::new(&original), Path::new(&copy));
    let mutants: Vec<Value> = serde_json::from_str(&fs::read_to_string(list)?)?;
    let leave = fs::read_to_string(leave)?;
    let leave = leave.lines().collect();

    let mut files: BTreeMap<&str, BTreeMap<Place, u32>> = BTreeMap::new();
    for (number, mutant) in mutants.iter().enumerate() {
        let file = mutant["file"].as_str().ok_or("a mutant without a file")?;
        let place = Place::of(mutant).ok_or("a mutant without a place")?;
        files
            .entry(file)
            .or_default()
            .insert(place, u32::try_from(number)?);
    }
    for (file, places) in files {
        let text = fs::read_to_string(original.join(file))?;
        let switches = Switches::find(&text, places, &leave)?;
        fs::write(copy.join(file), switches.wraps.apply(&text))?;
        for (number, reason) in switches.left {
            println!("{number} {reason}");
        }
    }
    let root = fs::read_to_string(original.join("src/lib.rs"))?;
    fs::write(copy.join("src/lib.rs"), format!("{root}\nmod mutant;\n"))?;
    let module = MODULE.replace("NUMBER_OF_MUTANTS", &mutants.len().to_string());
    fs::write(copy.join("src/mutant.rs"), module)?;
    Ok(())
}
