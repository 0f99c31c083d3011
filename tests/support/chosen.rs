//! The tests that a command line chooses, as libtest has it.

use std::env;

/// A name chooses, `--skip NAME` leaves out, and other options change nothing here.
#[derive(Default)]
pub(crate) struct Chosen {
    names: Vec<String>,
    skipped: Vec<String>,
    lists: bool,
}

impl Chosen {
    pub(crate) fn by_arguments() -> Self {
        let (mut chosen, mut words) = (Self::default(), env::args().skip(1));
        while let Some(word) = words.next() {
            match word.as_str() {
                "--list" => chosen.lists = true,
                "--skip" => chosen.skipped.extend(words.next()),
                word if word.starts_with('-') => {}
                _ => chosen.names.push(word),
            }
        }
        chosen
    }

    pub(crate) fn runs(&self, test: &str) -> bool {
        let is_one = |names: &[String]| names.iter().any(|name| test.contains(&**name));
        !self.lists && !is_one(&self.skipped) && (self.names.is_empty() || is_one(&self.names))
    }
}
