//! What the documents point to is there: files, headings, and the tests that a page names.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

#[test]
fn what_the_documents_link_to_is_there() {
    let mut dead = Vec::new();
    let mut seen = 0;
    for file in documents() {
        let text = fs::read_to_string(&file).unwrap();
        let folder = file.parent().unwrap();
        for target in targets(&text) {
            if target.contains("::") || target.contains("://") {
                continue;
            }
            seen += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let place = if path.is_empty() {
                file.clone()
            } else {
                folder.join(path)
            };
            let is_there =
                place.exists() && (anchor.is_empty() || anchors(&place).contains(anchor));
            if !is_there {
                dead.push(format!("{}: {target}", file.display()));
            }
        }
    }
    assert!(seen > 200, "only {seen} links were found");
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

/// The page of past vulnerabilities says by which tests each is caught.
#[test]
fn the_tests_that_the_guide_names_are_there() {
    let mut names = HashSet::new();
    for file in files(&root().join("tests"), "rs").chain(files(&root().join("src"), "rs")) {
        let text = fs::read_to_string(&file).unwrap();
        names.extend(text.split("fn ").skip(1).map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            rest[..end.unwrap_or(rest.len())].to_owned()
        }));
    }
    let page = fs::read_to_string(root().join("src/guide/vulnerabilities.md")).unwrap();
    let named: Vec<_> = page
        .split('`')
        .filter(|text| text.starts_with("t_"))
        .collect();
    assert!(named.len() > 30, "only {} tests are named", named.len());
    for id in named {
        let has_it = |name: &String| {
            let parts = name.split('_').collect::<Vec<_>>();
            parts
                .windows(2)
                .any(|pair| format!("{}_{}", pair[0], pair[1]) == id)
        };
        assert!(names.iter().any(has_it), "no test is called {id}_…");
    }
}

/// SECURITY.md says by which test each claim is shown: a link whose text is the test and whose target is its file.
#[test]
fn each_claim_of_security_is_shown_by_a_test() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, table) = page.split_once("| claim | shown by |").unwrap();
    let claims = table.lines().skip(2).take_while(|line| !line.is_empty());
    let (mut seen, mut wrong) = (0, Vec::new());
    for claim in claims {
        let (_, shown_by) = claim.rsplit_once(" | ").unwrap();
        let links: Vec<_> = shown_by.split("[`").skip(1).collect();
        assert!(!links.is_empty(), "no test shows: {claim}");
        for link in links {
            let (name, rest) = link.split_once("`](").unwrap();
            let (file, _) = rest.split_once(')').unwrap();
            let text = fs::read_to_string(root().join(file)).unwrap();
            // A program stands for itself.
            if name != file && !text.contains(&format!("fn {name}(")) {
                wrong.push(format!("{file} has no {name}"));
            }
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} tests are named");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> impl Iterator<Item = PathBuf> {
    let top = fs::read_dir(root()).unwrap();
    let top = top.map(|entry| entry.unwrap().path());
    let top = top.filter(|path| path.extension().is_some_and(|end| end == "md"));
    top.chain(files(&root().join("docs"), "md"))
        .chain(files(&root().join("src"), "md"))
}

fn files(folder: &Path, ending: &'static str) -> impl Iterator<Item = PathBuf> + use<> {
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == ending) {
                found.push(path);
            }
        }
    }
    found.into_iter()
}

/// Where the links of a Markdown text lead: `[text](target)` and `[text]: target`, outside of code.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|line| {
        let inline = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        let defined = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "));
        inline.chain(defined.map(|(_, target)| target))
    })
}

fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(file: &Path) -> HashSet<String> {
    let text = fs::read_to_string(file).unwrap();
    let headings = prose(&text).filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let kept = line.trim_start_matches('#').trim().to_lowercase();
            let kept = kept
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}
