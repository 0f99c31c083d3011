//! The README's table of providers is made from the catalogue, and its examples are run as doc tests (`src/lib.rs`).

use std::{fmt::Write as _, fs, path::Path};

use axum_webhook::{
    providers,
    scheme::{Coverage, Dedupe, Handshake, Locate, Scheme, Severity},
};

const START: &str = "<!-- providers:start -->\n";
const END: &str = "<!-- providers:end -->";

/// Run with `UPDATE_README=1` to write the table anew.
#[test]
fn the_provider_table_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&path).expect("README.md is there");
    let (before, rest) = text.split_once(START).expect("the table's start is marked");
    let (table, after) = rest.split_once(END).expect("the table's end is marked");
    if table == render() {
        return;
    }
    if std::env::var_os("UPDATE_README").is_some() {
        let text = format!("{before}{START}{}{END}{after}", render());
        fs::write(&path, text).expect("README.md can be written");
    } else {
        panic!("the table of providers is old; run `UPDATE_README=1 cargo test --test it readme`");
    }
}

fn render() -> String {
    let mut table = String::from(
        "| provider | check | secret | covers | tolerance | event id | dedupe | handshake | evidence |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for (id, describe) in providers::ALL {
        let scheme = describe();
        let tolerance = scheme.tolerance.map_or("–".to_owned(), |tolerance| {
            format!("{} / {}", tolerance.past, tolerance.future)
        });
        let covers = match scheme.coverage {
            Coverage::Body => "body",
            Coverage::Fields => "some fields",
            _ => "nothing (credential)",
        };
        let dedupe = match scheme.dedupe {
            Dedupe::Id => "id",
            Dedupe::Content => "content",
            _ => "off",
        };
        let file = crate::file_of(id);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/providers/{file}.rs"));
        assert!(path.is_file(), "{}", path.display());
        writeln!(
            table,
            "| [`{id}`](src/providers/{file}.rs) | {} | {} | {covers} | {tolerance} | {} | {dedupe} | {} | {} |",
            scheme.algorithm,
            scheme.secret.name(),
            event_id(&scheme),
            handshakes(&scheme),
            evidence(id),
        )
        .expect("a string takes any text");
    }
    writeln!(table, "\n{} providers.", providers::ALL.len()).expect("a string takes any text");
    table
}

/// How the provider asks whether the URL is ours.
fn handshakes(scheme: &Scheme) -> String {
    let name = |handshake: &Handshake| {
        let how = match (handshake.pairs, handshake.signed) {
            (true, _) => "brings the key",
            (false, true) => "signed",
            (false, false) => "unsigned",
        };
        format!("{} {how}", handshake.method)
    };
    let names: Vec<_> = scheme.handshakes.iter().map(name).collect();
    if names.is_empty() {
        "–".to_owned()
    } else {
        names.join(", ")
    }
}

/// The best that the provider's vectors rest on.
fn evidence(id: &str) -> &'static str {
    let path = format!("{}/tests/vectors/{id}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    [
        ("published", "published vector"),
        ("sdk", "official SDK"),
        ("independent", "independent"),
    ]
    .into_iter()
    .find(|(kind, _)| text.contains(&format!("\nevidence = \"{kind}\"\n")))
    .map_or_else(|| panic!("{path}: no evidence"), |(_, name)| name)
}

fn event_id(scheme: &Scheme) -> &'static str {
    let ids: Vec<&Locate> = scheme
        .shapes
        .iter()
        .filter_map(|shape| shape.event_id.as_ref())
        .collect();
    // The linter lets `dedupe = "id"` pass only where the id is signed in every shape.
    let signed = Scheme {
        dedupe: Dedupe::Id,
        ..scheme.clone()
    };
    // The table is the same whatever features the build has.
    let is_signed = signed
        .lint()
        .iter()
        .all(|finding| finding.severity() != Severity::Error || finding.code() == "needs-feature");
    match (ids.is_empty(), is_signed) {
        (true, _) => "none",
        (false, true) if scheme.coverage == Coverage::Credential => "in the body",
        (false, true) => "signed",
        (false, false) => "not signed",
    }
}
