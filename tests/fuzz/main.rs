//! Runs every fuzz target with the inputs that fuzzers have found: see docs/FUZZING.md.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

#[path = "../../fuzz/src/lib.rs"]
#[allow(
    dead_code,
    missing_debug_implementations,
    unreachable_pub,
    reason = "its other half is a library of its own"
)]
mod fuzz;
#[path = "../../fuzz/blind/mutator.rs"]
#[allow(clippy::indexing_slicing, unreachable_pub, reason = "of a program of its own")]
mod mutator;
#[path = "../../fuzz/blind/options.rs"]
#[allow(dead_code, unreachable_pub, reason = "of a program of its own")]
mod options;
#[path = "../../fuzz/blind/run.rs"]
#[allow(dead_code, unreachable_pub, reason = "of a program of its own")]
mod run;
#[path = "../../fuzz/blind/self_test.rs"]
#[allow(unreachable_pub, reason = "of a program of its own")]
mod self_test;

use options::Options;

/// How many inputs a target gets that nobody has seen. `fuzz/run --blind` is for more.
const BLIND_RUNS: u64 = 1000;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(name)
}

/// What is in a folder, which may be missing.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn names(folder: &Path) -> BTreeSet<String> {
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files(folder).iter().map(stem).collect()
}

#[test]
fn every_target_withstands_what_fuzzers_have_found() {
    let mut failed = Vec::new();
    for (name, target) in fuzz::TARGETS {
        for kind in ["corpus", "regressions"] {
            for file in files(&folder(kind).join(name)) {
                let data = fs::read(&file).unwrap();
                if catch_unwind(AssertUnwindSafe(|| target(&data))).is_err() {
                    failed.push(file);
                }
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn a_blind_run_finds_what_breaks_a_target() {
    self_test::run_all();
}

/// The same ones each time, so that who broke one sees it again.
#[test]
fn every_target_withstands_what_is_made_of_that_at_random() {
    for (name, target) in fuzz::TARGETS {
        let mut options = Options::new(name, *target);
        options.corpus = options::inputs(&folder("corpus").join(name)).unwrap();
        options.runs = BLIND_RUNS;
        options.seed = 0;
        options.artifact_prefix = format!("{}/{name}-", env!("CARGO_TARGET_TMPDIR"));
        let broken = run::run(&options).err();
        assert_eq!(broken, None, "{name}: an input breaks it");
    }
}

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let programs = names(&folder("fuzz_targets"));
    let targets: BTreeSet<_> = fuzz::TARGETS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    if cfg!(all(feature = "config", feature = "jwt")) {
        assert_eq!(targets, programs);
    }
    assert!(targets.is_subset(&programs), "{targets:?}");
    assert_eq!(names(&folder("corpus")), programs);
    for name in names(&folder("regressions")) {
        assert!(
            programs.contains(&name),
            "regressions of {name}, which is no target"
        );
    }
    for name in &programs {
        let count = files(&folder("corpus").join(name)).len();
        assert!((1..=200).contains(&count), "{name} has {count} inputs");
    }
}
