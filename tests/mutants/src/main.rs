//! `mutants LIST ORIGINAL COPY LEAVE` writes the mutants of LIST, which is what `cargo mutants --list --json` prints,
//! into the sources of COPY, each behind a switch. A mutant's number is its place in LIST.
//!
//! LEAVE is a file with what did not compile before: numbers of mutants, and names of functions that have to stay `const`.
//! The output is a line for each mutant that can't be switched: its number, and why.

mod switches;
mod wraps;

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

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
    // Those without mutants too: a `const` function there could not call one that has lost its `const`.
    let sources = sources(&original.join("src"))?;
    for source in &sources {
        let file = source.strip_prefix(original)?;
        files
            .entry(file.to_str().ok_or("a path that is no text")?)
            .or_default();
    }
    files.remove("src/lib.rs");
    for (file, places) in files {
        let text = fs::read_to_string(original.join(file))?;
        let switches = Switches::find(&text, places, &leave)?;
        write(&copy.join(file), &switches.wraps.apply(&text))?;
        for (number, reason) in switches.left {
            println!("{number} {reason}");
        }
    }
    let root = copy.join("src/lib.rs");
    let text = fs::read_to_string(original.join("src/lib.rs"))?;
    write(&root, &format!("{text}\nmod mutant;\n"))?;
    // A test takes in sources of the library as its own.
    let tests = fs::read_to_string(original.join("tests/it/main.rs"))?;
    let tests = format!("{tests}\n#[path = \"../../src/mutant.rs\"]\nmod mutant;\n");
    write(&copy.join("tests/it/main.rs"), &tests)?;
    let module = MODULE.replace("NUMBER_OF_MUTANTS", &mutants.len().to_string());
    write(&copy.join("src/mutant.rs"), &module)?;
    Ok(())
}

/// The sources below a folder, but for those of programs.
fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("bin") {
            found.append(&mut sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Writes a file that changes; another one keeps its time, so that cargo need not look at it again.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}
