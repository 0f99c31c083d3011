//! What is printed, for people and for scripts.

use std::{
    env, fmt,
    io::{self, IsTerminal as _, Write as _},
    process,
};

use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;

/// How a text is set off from the others.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tone {
    /// A name.
    Strong,
    /// It is as it should be.
    Good,
    /// It is not.
    Bad,
    /// It is worth a look.
    Warning,
    /// It only helps to find one's way.
    Faint,
}

/// Where the results go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
    color: bool,
}

impl Output {
    /// The output for people, or with `json` for scripts.
    pub(crate) fn new(json: bool) -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        // ref: https://no-color.org
        let wanted = !is_set("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self {
            json,
            color: !json && wanted && io::stdout().is_terminal(),
        }
    }

    /// Whether a script reads along.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Prints one JSON document on one line, for scripts only.
    pub(crate) fn json(self, value: &impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let text =
            serde_json::to_string(value).map_err(|error| Failure::Failed(error.to_string()))?;
        print(format_args!("{text}\n"));
        Ok(())
    }

    /// Prints a line, for people only.
    pub(crate) fn line(self, text: impl fmt::Display) {
        if !self.json {
            print(format_args!("{text}\n"));
        }
    }

    /// Prints a name and what it stands for, below others of the kind.
    pub(crate) fn field(self, name: &str, value: impl fmt::Display) {
        let name = self.paint(Tone::Faint, format_args!("{name:<11}"));
        self.line(format_args!("  {name} {value}"));
    }

    /// The text in a colour, where colours are wanted.
    pub(crate) fn paint(self, tone: Tone, text: impl fmt::Display) -> String {
        if !self.color {
            return text.to_string();
        }
        let code = match tone {
            Tone::Strong => "1",
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Warning => "33",
            Tone::Faint => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// Says something on stderr that the user should know.
    pub(crate) fn warn(self, text: impl fmt::Display) {
        self.tell("warning", &text.to_string());
    }

    /// Says on stderr why it did not work.
    pub(crate) fn error(self, text: impl fmt::Display) {
        self.tell("error", &text.to_string());
    }

    fn tell(self, kind: &str, text: &str) {
        let line = if self.json {
            json!({ kind: text }).to_string()
        } else {
            format!("{kind}: {text}")
        };
        // Nobody can be told that stderr is closed.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// A text from a request, without what would move the cursor.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let plain = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// Prints, and ends the process where nobody reads any more, as in `… | head`.
fn print(text: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    if out.write_fmt(text).and_then(|()| out.flush()).is_err() {
        process::exit(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requests_text_does_not_move_the_cursor() {
        assert_eq!(visible("a\x1b[2Jb\r\nü"), "a\\u{1b}[2Jb\\r\\nü");
    }
}
