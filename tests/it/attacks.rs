//! The page that says which tests try each attack: made of `tests/attacks.toml` and of the tests' names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::Deserialize;

#[derive(Deserialize)]
struct List {
    attacks: BTreeMap<String, Attack>,
    elsewhere: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    /// What happened to others, in a line.
    attack: String,
    /// What its tests leave open.
    note: Option<String>,
}

fn list() -> List {
    toml::from_str(include_str!("../attacks.toml")).unwrap()
}

/// `T-A10`, which is `t_a10` in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id(char, u8);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T-{}{}", self.0, self.1)
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no id");
        let rest = text.strip_prefix("T-").ok_or_else(wrong)?;
        let mut chars = rest.chars();
        let class = chars.next().filter(char::is_ascii_uppercase);
        let number = chars.as_str().parse().map_err(|_| wrong())?;
        Ok(Self(class.ok_or_else(wrong)?, number))
    }
}

/// The ids that a test's name begins with: two of `t_a2_t_a8_secrets_that_…`.
fn ids_of(name: &str) -> Vec<Id> {
    let mut words = name.split('_');
    let mut ids = Vec::new();
    while words.next() == Some("t") {
        let id = words
            .next()
            .map(|word| format!("T-{}", word.to_uppercase()));
        ids.extend(id.and_then(|id| id.parse::<Id>().ok()));
    }
    ids
}

/// The tests that try an attack: their file, from the root of the repository, and their names.
type Tests = BTreeMap<Id, BTreeMap<String, BTreeSet<String>>>;

fn tests() -> Tests {
    let mut tests = Tests::new();
    let sources = sources();
    for (path, text) in &sources {
        let mut add = |id: Id, name: &str| {
            let files = tests.entry(id).or_default();
            let names = files.entry(path.clone()).or_default();
            names.insert(name.to_owned());
        };
        if path.starts_with("tests/ctgrind/") {
            // Its cases have names that are texts, and are listed by `tests/ctgrind/run`.
            for id in text.split('"').filter_map(|text| text.parse().ok()) {
                add(id, &format!("the cases {id} of `tests/ctgrind/run`"));
            }
        }
        for paragraph in text.split("\n\n") {
            for name in paragraph.lines().filter_map(name_of) {
                let is_test = paragraph.contains("#[test]") || paragraph.contains("#[tokio::test");
                // What is no test of cargo's is called by its program.
                let is_called = || {
                    let named = sources.values().map(|text| text.matches(name).count());
                    named.sum::<usize>() > 1
                };
                assert!(is_test || is_called(), "{path}: {name} is never run");
                assert!(!paragraph.contains("#[ignore"), "{path}: {name} is ignored");
                let ids = ids_of(name);
                assert!(!ids.is_empty(), "{path}: {name} has no id");
                for id in ids {
                    add(id, name);
                }
            }
        }
    }
    tests
}

/// The name of a function that begins with an id, from its first line.
fn name_of(line: &str) -> Option<&str> {
    let (before, name) = line.split_once("fn ")?;
    let is_item = |word: &str| word == "async" || word.starts_with("pub");
    let name = name.split('(').next()?;
    let is_one = before.split_whitespace().all(is_item) && name.starts_with("t_");
    is_one.then_some(name)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files of the crate and its tests: the path from the root of the repository, and the text.
fn sources() -> BTreeMap<String, String> {
    let mut folders: Vec<PathBuf> = ["src", "tests"].map(PathBuf::from).into();
    let mut sources = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(root().join(&path)).unwrap();
                sources.insert(path.to_str().unwrap().replace('\\', "/"), text);
            }
        }
    }
    sources
}

/// What does not fit: attacks without a test, and tests of an id that is not in the list.
fn misfits(attacks: &BTreeMap<String, Attack>, tests: &Tests) -> Vec<String> {
    let listed: BTreeSet<Id> = attacks.keys().map(|id| id.parse().unwrap()).collect();
    let tested: BTreeSet<Id> = tests.keys().copied().collect();
    let missing = listed.difference(&tested);
    let unknown = tested.difference(&listed);
    missing
        .map(|id| format!("{id} has no test"))
        .chain(unknown.map(|id| format!("{id} is not in tests/attacks.toml")))
        .collect()
}

#[test]
fn each_attack_has_a_test_and_each_test_an_attack() {
    let misfits = misfits(&list().attacks, &tests());
    assert!(misfits.is_empty(), "{}", misfits.join("\n"));
}

/// The positive control of the test above.
#[test]
fn an_attack_without_a_test_and_a_test_without_an_attack_are_seen() {
    let (mut attacks, mut tests) = (list().attacks, tests());
    tests.remove(&Id('A', 1));
    attacks.remove("T-R15");
    assert_eq!(
        misfits(&attacks, &tests),
        ["T-A1 has no test", "T-R15 is not in tests/attacks.toml"]
    );
    assert_eq!(ids_of("t_a2_t_a10_a_secret"), [Id('A', 2), Id('A', 10)]);
    assert_eq!(ids_of("t_shirts_are_no_attack"), []);
}

/// A file that no `mod` names, or a test behind a feature that there is not, would never run.
#[cfg(all(
    feature = "cli",
    feature = "metrics",
    feature = "postgres",
    feature = "redis",
    feature = "tracing"
))]
#[test]
fn each_test_of_an_attack_is_in_this_program() {
    let program = std::env::current_exe().unwrap();
    let list = std::process::Command::new(program).arg("--list").output();
    let list = String::from_utf8(list.unwrap().stdout).unwrap();
    let names = list.lines().filter_map(|line| line.strip_suffix(": test"));
    let here: BTreeSet<_> = names.filter_map(|path| path.rsplit("::").next()).collect();
    for (id, files) in tests() {
        for (path, names) in files
            .iter()
            .filter(|(path, _)| path.starts_with("tests/it/"))
        {
            for name in names {
                assert!(here.contains(name.as_str()), "{id}: {path}: {name}");
            }
        }
    }
}

/// Run with `UPDATE_ATTACKS=1` to write the page anew.
#[test]
fn the_page_of_attacks_is_current() {
    let path = root().join("docs/ATTACKS.md");
    let page = render();
    if fs::read_to_string(&path).is_ok_and(|text| text == page) {
        return;
    }
    if std::env::var_os("UPDATE_ATTACKS").is_some() {
        fs::write(&path, page).unwrap();
    } else {
        panic!("docs/ATTACKS.md is old; run `UPDATE_ATTACKS=1 cargo test --test it attacks`");
    }
}

/// The name of a test as code; what else is a name has its own.
fn in_code(name: &str) -> String {
    if name.starts_with("t_") {
        format!("`{name}`")
    } else {
        name.to_owned()
    }
}

fn render() -> String {
    let (List { attacks, elsewhere }, tests) = (list(), tests());
    let mut page = format!(
        "# Attacks\n\nWhat webhook receivers fell to, and the tests that try it here. A test makes this page of \
         [tests/attacks.toml](../tests/attacks.toml) and of the names of the\ntests, and fails where an attack has \
         none: `UPDATE_ATTACKS=1 cargo test --test it attacks`. There are {} attacks.\n\n\
         | id | attack | tests |\n|---|---|---|\n",
        attacks.len(),
    );
    let mut rows: Vec<(Id, &Attack)> = attacks
        .iter()
        .map(|(id, attack)| (id.parse().unwrap(), attack))
        .collect();
    rows.sort_by_key(|(id, _)| *id);
    for (id, Attack { attack, note }) in rows {
        let mut cells: Vec<String> = Vec::new();
        for (path, names) in tests.get(&id).into_iter().flatten() {
            let names: Vec<_> = names.iter().map(|name| in_code(name)).collect();
            cells.push(format!("[{path}](../{path}): {}", names.join(", ")));
        }
        cells.extend(note.as_ref().map(|note| format!("Open: {note}")));
        writeln!(page, "| {id} | {attack} | {} |", cells.join("<br>")).unwrap();
    }
    page.push_str("\n## Not the receiver's verification\n\n| attack | why |\n|---|---|\n");
    for (attack, reason) in elsewhere {
        writeln!(page, "| {attack} | {reason} |").unwrap();
    }
    page
}
