//! Tables, goals and their places in the documents.

use std::{fmt::Write as _, fs, path::Path};

use crate::rounds::{Row, Spread};

/// A limit that one contender has beside another.
pub struct Goal<'a> {
    pub name: &'a str,
    pub versus: &'a str,
    pub limit: f64,
}

/// A table of contenders; ratios are to the first.
pub fn table(rows: &[Row]) -> String {
    let base = &rows[0];
    let mut text = format!(
        "| | ratio | p10 – p90 | here, µs | allocations | bytes | most at once |\n|{}\n",
        "---|".repeat(7)
    );
    for row in rows {
        let (ratio, allocated) = (row.ratio(base), row.allocated);
        let _ = writeln!(
            text,
            "| {} | **{:.2}** | {:.2} – {:.2} | {:.2} | {} | {} | {} |",
            row.name,
            ratio.median,
            ratio.p10,
            ratio.p90,
            row.nanos() / 1e3,
            allocated.calls,
            allocated.bytes,
            allocated.peak
        );
    }
    text
}

/// The goals beside what was measured.
pub fn goals(rows: &[Row], goals: &[Goal<'_>]) -> String {
    let mut text = goals_head();
    for goal in goals {
        let row = |name: &str| {
            let row = rows.iter().find(|row| row.name == name);
            row.unwrap_or_else(|| panic!("no contender is called {name}"))
        };
        let ratio = row(goal.name).ratio(row(goal.versus));
        let what = format!("{}, beside {}", goal.name, goal.versus);
        text += &goal_line(&what, goal.limit, ratio, Bound::AtMost);
    }
    text
}

pub fn goals_head() -> String {
    "\n| goal | limit | measured | p10 – p90 | |\n|---|---|---|---|---|\n".to_owned()
}

#[derive(Clone, Copy)]
pub enum Bound {
    AtMost,
    AtLeast,
}

pub fn goal_line(what: &str, limit: f64, own: Spread, bound: Bound) -> String {
    let (sign, met) = match bound {
        Bound::AtMost => ("≤", own.median <= limit),
        Bound::AtLeast => ("≥", own.median >= limit),
    };
    format!(
        "| {what} | {sign} {} | {} | {} – {} | {} |\n",
        number(limit),
        number(own.median),
        number(own.p10),
        number(own.p90),
        if met { "met" } else { "**missed**" }
    )
}

/// Three digits or more.
fn number(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        ..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Puts `text` between the marks `<!-- NAME:start -->` and `<!-- NAME:end -->` of a document.
pub fn put(document: &Path, name: &str, text: &str) {
    println!("\n{name}\n\n{text}");
    let [start, end] = ["start", "end"].map(|mark| format!("<!-- {name}:{mark} -->"));
    let old = fs::read_to_string(document).expect("the document is there");
    let (before, rest) = old.split_once(&start).expect("it has the mark");
    let (_, after) = rest.split_once(&end).expect("it has the other mark");
    let new = format!("{before}{start}\n{text}{end}{after}");
    fs::write(document, new).expect("the document can be written");
}
