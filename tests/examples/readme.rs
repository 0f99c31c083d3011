//! The README's table of examples is made from what stands at their beginnings.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use crate::NAMES;

const START: &str = "<!-- examples:start -->\n";
const END: &str = "<!-- examples:end -->";

/// Run with `UPDATE_README=1` to write the table anew.
#[test]
fn the_table_of_examples_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(START).expect("the table's start is marked");
    let (table, after) = rest.split_once(END).expect("the table's end is marked");
    if table == render() {
        return;
    }
    if std::env::var_os("UPDATE_README").is_some() {
        let text = format!("{before}{START}{}{END}{after}", render());
        fs::write(&path, text).unwrap();
    } else {
        panic!(
            "the table of examples is old; run `UPDATE_README=1 cargo test --test examples readme`"
        );
    }
}

#[test]
fn a_command_names_the_features_that_its_example_needs() {
    let manifest = read("Cargo.toml");
    let manifest: toml::Table = toml::from_str(&manifest).unwrap();
    let texts = |value: &toml::Value| -> Vec<String> {
        let values = value.as_array().unwrap().iter();
        values
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    let default = texts(&manifest["features"]["default"]);
    let needs: BTreeMap<_, _> = manifest["example"]
        .as_array()
        .unwrap()
        .iter()
        .map(|example| {
            let name = example["name"].as_str().unwrap();
            (name, texts(&example["required-features"]))
        })
        .collect();
    for name in NAMES {
        let (_, command) = head(name);
        assert!(
            command.contains(&format!("cargo run --example {name}")),
            "{name}: {command}"
        );
        let needs = needs.get(name).into_iter().flatten();
        let needs = needs.filter(|feature| !default.contains(feature));
        let named = command
            .split_once("--features ")
            .map_or("", |(_, named)| named);
        let needs: Vec<_> = needs.map(String::as_str).collect();
        assert_eq!(named, needs.join(","), "{name}");
    }
}

fn render() -> String {
    let mut table = String::from("| example | what it shows | try it |\n|---|---|---|\n");
    for name in NAMES {
        let (what, command) = head(name);
        let what = what.trim_end_matches('.').replace('|', "\\|");
        let command = command.replace('|', "\\|");
        writeln!(
            table,
            "| [`{name}`](examples/{name}.rs) | {what} | `{command}` |"
        )
        .unwrap();
    }
    table
}

/// The first paragraph of an example, and the first command below it.
#[track_caller]
fn head(name: &str) -> (String, String) {
    let text = read(&format!("examples/{name}.rs"));
    let docs: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .collect();
    let what = docs.split(|line| line.is_empty()).next().unwrap().join(" ");
    let command = docs.iter().skip_while(|line| **line != "```text").nth(1);
    (
        what,
        (*command.expect("a command stands in its docs")).to_owned(),
    )
}

#[track_caller]
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
