//! The sessions of `sessions/*.md`: what is typed into a terminal, and what it shows.
//!
//! Each runs in a folder of its own that has the files of `files`. A secret stands in a variable. After the
//! output of a command comes `[exit N]` where N is not zero. `SNAPSHOTS=overwrite` writes what was shown.

use std::{fs, path::Path};

use snapbox::{Assert, Data, assert::DEFAULT_ACTION_ENV};

use super::{
    support::{Folder, file, shell},
    terminal::Terminal,
};

#[test]
fn completions() {
    check("completions");
}

#[test]
fn explain() {
    check("explain");
}

#[test]
fn init() {
    check("init");
}

#[test]
fn lint() {
    check("lint");
}

#[test]
fn providers() {
    check("providers");
}

#[test]
fn sign() {
    check("sign");
}

#[test]
fn verify() {
    check("verify");
}

#[track_caller]
fn check(name: &str) {
    let folder = Folder::with_files();
    let path = file("sessions").join(format!("{name}.md"));
    let session = fs::read_to_string(&path).expect("the session is there");
    let played = play(&session, folder.path());
    Assert::new()
        .action_env(DEFAULT_ACTION_ENV)
        .normalize_paths(false)
        .eq(played, Data::read_from(&path, None));
}

/// The session with what its commands print now.
fn play(session: &str, folder: &Path) -> String {
    let mut played = String::new();
    let mut in_console = false;
    for line in session.split_inclusive('\n') {
        if line.starts_with("```") {
            in_console = line.trim_end() == "```console";
            played.push_str(line);
        } else if !in_console {
            played.push_str(line);
        } else if let Some(command) = line.strip_prefix("$ ") {
            played.push_str(line);
            played.push_str(&Terminal::start(shell(command, folder)).end().text());
        }
    }
    played
}
