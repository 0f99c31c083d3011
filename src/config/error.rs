//! What is wrong in a file.

use std::fmt;

/// What is wrong in a configuration: the key, and what would be right. It never contains a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub(super) key: String,
    pub(super) line: Option<usize>,
    pub(super) reason: String,
}

impl ConfigError {
    pub(crate) fn at(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            line: None,
            reason: reason.into(),
        }
    }

    /// The error at a key below `table`.
    pub(super) fn below(mut self, table: &str) -> Self {
        self.key = format!("{table}.{}", self.key);
        self
    }

    /// The key, such as `endpoint[0].secrets[1]`; empty where the text is no TOML at all.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The line of the file, where it is known.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        self.line
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.key.is_empty() && self.key != "." {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for ConfigError {}

/// A key or a message without what stands behind `plain:`: that is a secret wherever it was written, as a table's name too. Our own
/// messages say `"plain:TEXT"`.
pub(super) fn without_secrets(text: &str) -> String {
    let ends = text
        .match_indices("plain:")
        .map(|(at, mark)| at + mark.len());
    let mut pieces = ends.map(|end| text.split_at(end));
    match pieces.find(|(_, behind)| !behind.starts_with("TEXT\"")) {
        Some((before, _)) => format!("{before}[redacted]"),
        None => text.to_owned(),
    }
}
