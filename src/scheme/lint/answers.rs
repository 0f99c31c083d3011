//! What is wrong with what a provider is to hear.

use super::Linter;
use crate::scheme::Answer;

impl Linter<'_> {
    pub(super) fn answers(&mut self) {
        let answers = &self.scheme.answers;
        for (name, answer, fits) in [
            ("accepted", &answers.accepted, is_success as fn(u16) -> bool),
            ("duplicate", &answers.duplicate, is_success),
            ("refused", &answers.refused, is_refusal),
        ] {
            if !fits(answer.status) {
                let status = answer.status;
                self.error(
                    "answers",
                    format!(
                        "answers.{name}.status is {status}: a success is 200 to 299, and a refusal 400 to \
                         599, but not 410, which turns many providers off for good"
                    ),
                );
            }
            if !is_harmless(answer) {
                self.error(
                    "answers",
                    format!("answers.{name}.body needs a `content_type` that is text/plain or application/json"),
                );
            }
        }
    }
}

const fn is_success(status: u16) -> bool {
    matches!(status, 200..=299)
}

const fn is_refusal(status: u16) -> bool {
    matches!(status, 400..=599) && status != 410
}

/// Whether no browser takes the answer for a page.
fn is_harmless(answer: &Answer) -> bool {
    let kinds = ["text/plain", "application/json"];
    answer.body.is_empty()
        || kinds
            .iter()
            .any(|kind| answer.content_type.starts_with(kind))
}
