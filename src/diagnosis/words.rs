//! How numbers and received values are put into a sentence.

use std::{fmt::Write as _, time::Duration};

use crate::timestamp::Timestamp;

/// The most characters of a received value that are shown.
const SHOWN: usize = 8;

/// A duration in words: `3 h 0 m 2 s`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let first = units.iter().position(|(n, _)| *n > 0).unwrap_or(3);
    let mut text = String::new();
    for (n, unit) in units.iter().skip(first) {
        // Whoever is days off is not helped by seconds.
        if first == 0 && matches!(*unit, "m" | "s") {
            break;
        }
        let space = if text.is_empty() { "" } else { " " };
        // Writing to a string does not fail.
        let _ = write!(text, "{space}{n} {unit}");
    }
    text
}

/// How far a time lies from now: `3 d 2 h ago`, `in 5 m 0 s`.
pub(super) fn ago(time: Timestamp, now: Timestamp) -> String {
    if time > now {
        format!("in {}", span(time.saturating_duration_since(now)))
    } else {
        format!("{} ago", span(now.saturating_duration_since(time)))
    }
}

/// The beginning of a received value, in quotes. What is no plain character stands there escaped.
pub(super) fn shown(value: &str) -> String {
    let start: String = value.chars().take(SHOWN).collect();
    let cut = if start.len() < value.len() { "…" } else { "" };
    format!("\"{}{cut}\"", start.escape_default())
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn any_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [start @ .., last] => format!("{} or {last}", start.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_say_them() {
        for (seconds, want) in [
            (0, "0 s"),
            (59, "59 s"),
            (301, "5 m 1 s"),
            (10_802, "3 h 0 m 2 s"),
            (90_061, "1 d 1 h"),
            (86_400 * 400, "400 d 0 h"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), want);
        }
    }

    #[test]
    fn of_a_received_value_eight_characters_are_shown_at_most() {
        assert_eq!(shown("short"), r#""short""#);
        assert_eq!(shown("12345678"), r#""12345678""#);
        assert_eq!(shown("123456789"), r#""12345678…""#);
        assert_eq!(shown("\u{1b}[31m\"é"), r#""\u{1b}[31m\"\u{e9}""#);
    }
}
