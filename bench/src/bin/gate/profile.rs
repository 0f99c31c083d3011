//! Where the instructions of a case go, for docs/performance.

use std::{collections::BTreeMap, error::Error, fmt::Write as _};

use crate::callgrind;

/// Names that begin so, and what they are to a reader.
const AREAS: [(&str, &[&str]); 6] = [
    (
        "SHA-256",
        &[
            "sha2::",
            "sha1::",
            "hmac::",
            "digest::",
            "block_buffer::",
            "hybrid_array::",
        ],
    ),
    ("axum-webhook", &["axum_webhook::"]),
    ("serde_json", &["serde_json::", "serde_core::", "serde::"]),
    ("copies and comparisons", &["__mem", "mem", "bcmp"]),
    (
        "allocator",
        &[
            "malloc",
            "free",
            "_int_",
            "realloc",
            "calloc",
            "unlink_chunk",
            "sys",
            "tcache",
            "cfree",
            "alloc::alloc",
            "__rust",
            "__rdl",
        ],
    ),
    (
        "axum, tower, http, hyper and bytes",
        &["axum", "tower", "http", "hyper", "bytes::", "matchit"],
    ),
];

/// How many functions are named.
const NAMED: usize = 12;

/// Prints the instructions of a case by area, and the functions that have most of them.
pub fn print(case: &str) -> Result<(), Box<dyn Error>> {
    let mut functions: Vec<(String, i64)> = callgrind::functions(case)?.into_iter().collect();
    functions.sort_by_key(|(name, instructions)| (-instructions, name.clone()));
    let mut areas: BTreeMap<&str, i64> = BTreeMap::new();
    for (name, instructions) in &functions {
        *areas.entry(area(name)).or_default() += instructions;
    }
    let mut areas: Vec<_> = areas.into_iter().collect();
    areas.sort_by_key(|(_, instructions)| -instructions);
    let mut text = format!("`{case}`:\n\n| where | instructions |\n|---|---|\n");
    for (area, instructions) in areas {
        writeln!(text, "| {area} | {instructions} |")?;
    }
    text += "\n| function, without SHA-256 | its own instructions |\n|---|---|\n";
    let rest = functions.iter().filter(|(name, _)| area(name) != "SHA-256");
    for (name, instructions) in rest.take(NAMED) {
        writeln!(text, "| `{name}` | {instructions} |")?;
    }
    println!("{text}");
    Ok(())
}

fn area(function: &str) -> &'static str {
    let bare = function
        .trim_start_matches("<&mut ")
        .trim_start_matches('<');
    let bare = bare
        .strip_prefix("core::ptr::drop_in_place<")
        .unwrap_or(bare);
    let found = AREAS
        .iter()
        .find(|(_, names)| names.iter().any(|name| bare.starts_with(name)));
    found.map_or(
        "the rest: the standard library, and this program",
        |(area, _)| area,
    )
}
