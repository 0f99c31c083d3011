//! Shows that a run can fail: with a target that panics, and one that is slow.

use std::{env, fs, process, thread, time::Duration};

use crate::fuzz::{Outcome, Target};

use crate::{options::Options, run::run};

/// # Panics
///
/// If one of them is not found.
pub fn run_all() {
    let folder = env::temp_dir().join(format!("blind-{}", process::id()));
    let breaks = |name, target: Target, corpus: &[&[u8]]| {
        let mut options = Options::new(name, target);
        options.corpus = corpus.iter().map(|input| input.to_vec()).collect();
        options.runs = 1_000_000;
        options.jobs = 2;
        options.artifact_prefix = format!("{}/", folder.display());
        let Err(path) = run(&options) else {
            return None;
        };
        Some(fs::read(path).expect("it has been saved"))
    };
    let is_found = |input: Option<Vec<u8>>| input.is_some_and(|input| input.ends_with(b"ok"));
    let corpus: &[&[u8]] = &[b"abcdef", b"ok, so far"];
    assert!(
        is_found(breaks("panics", panics, corpus)),
        "a panic is not seen"
    );
    assert!(
        is_found(breaks("panics", panics, &[b"book"])),
        "a panic on what is in the corpus is not seen"
    );
    assert!(
        is_found(breaks("dawdles", dawdles, corpus)),
        "a slow input is not seen"
    );
    assert_eq!(breaks("refuses", refuses, corpus), None);
    fs::remove_dir_all(folder).expect("the inputs have been there");
    println!("it sees a panic, and an input that takes too long");
}

fn panics(data: &[u8]) -> Outcome {
    assert!(!data.ends_with(b"ok"), "as it should");
    Outcome::Accepted
}

fn dawdles(data: &[u8]) -> Outcome {
    if data.ends_with(b"ok") {
        thread::sleep(Duration::from_millis(101));
    }
    Outcome::Accepted
}

fn refuses(_: &[u8]) -> Outcome {
    Outcome::Refused
}
