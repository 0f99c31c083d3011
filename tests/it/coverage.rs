//! The page that says, for each provider that a peer verifies, what it is here: made of `tests/peers.toml`.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use axum_webhook::providers;
use serde::Deserialize;

#[derive(Deserialize)]
struct Peers {
    names: BTreeMap<String, Name>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    /// The peers that have it.
    peers: Vec<String>,
    /// Its id here.
    provider: Option<String>,
    /// What has to be known about it.
    note: Option<String>,
    /// Why it has no id here.
    reason: Option<String>,
}

fn peers() -> Peers {
    toml::from_str(include_str!("../peers.toml")).unwrap()
}

/// Run with `UPDATE_COVERAGE=1` to write the page anew.
#[test]
fn the_coverage_page_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/COVERAGE.md");
    let page = render();
    if fs::read_to_string(&path).is_ok_and(|text| text == page) {
        return;
    }
    if std::env::var_os("UPDATE_COVERAGE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, page).unwrap();
    } else {
        panic!("docs/COVERAGE.md is old; run `UPDATE_COVERAGE=1 cargo test --test it coverage`");
    }
}

#[test]
fn each_provider_of_a_peer_is_covered_or_explained() {
    for (name, entry) in peers().names {
        assert!(!entry.peers.is_empty(), "{name}");
        match (&entry.provider, &entry.reason) {
            (Some(id), None) => {
                let known = providers::ALL.iter().any(|(known, _)| known == id);
                assert!(known, "{name}: {id:?} is no id of ours");
            }
            (None, Some(reason)) => {
                assert!(reason.len() > 10, "{name}");
                let here = providers::find(&name).map(|scheme| scheme.id);
                assert_eq!(here, None, "{name} is here by now: name its id");
                // A reason that announces a provider ends when it is there.
                let planned = reason.split('`').nth(1);
                let planned = planned.filter(|_| reason.starts_with("planned as"));
                let here = planned.and_then(providers::find).map(|scheme| scheme.id);
                assert_eq!(here, None, "{name} is here by now: name its id");
            }
            _ => panic!("{name}: either a provider or a reason"),
        }
    }
}

fn render() -> String {
    let names = peers().names;
    let covered = names.values().filter(|entry| entry.provider.is_some());
    let covered = covered.count();
    let mut page = format!(
        "# Coverage\n\nEach provider that one of its peers names, and what it is here. A test makes this page of \
         [tests/peers.toml](../tests/peers.toml) and\nsees to it that every id exists: \
         `UPDATE_COVERAGE=1 cargo test --test it coverage`.\n\nOf {} names {covered} are covered. The catalogue has \
         {} providers; those that no peer has are in the table of the [README](../README.md).\n\n\
         | name | peers | here |\n|---|---|---|\n",
        names.len(),
        providers::ALL.len(),
    );
    for (name, entry) in &names {
        let here = match (&entry.provider, &entry.reason) {
            (Some(id), _) => {
                let file = crate::file_of(id);
                let note = entry
                    .note
                    .as_ref()
                    .map_or(String::new(), |note| format!(": {note}"));
                format!("[`{id}`](../src/providers/{file}.rs){note}")
            }
            (None, reason) => format!("– {}", reason.as_deref().unwrap_or_default()),
        };
        writeln!(page, "| {name} | {} | {here} |", entry.peers.join(", ")).unwrap();
    }
    page
}
