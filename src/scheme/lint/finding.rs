//! What the linter says.

use std::fmt;

/// Something that the linter says about a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub(super) severity: Severity,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Finding {
    /// Whether the scheme can be used all the same.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// A stable name for this kind of finding, such as `body-not-covered`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong, and what would be right.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Whether a scheme with a finding can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It can; its user should know.
    Warning,
    /// It can't: no layer is built with it.
    Error,
}

/// The findings that make a scheme unusable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintError {
    pub(super) scheme: String,
    pub(super) findings: Vec<Finding>,
}

impl LintError {
    /// What is wrong with the scheme.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for LintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scheme {:?} can't be used", self.scheme)?;
        for finding in &self.findings {
            write!(f, "; {finding}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LintError {}
