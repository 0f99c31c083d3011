//! What the checks of a scheme have found.

use std::fmt;

use crate::scheme::Finding;

/// What was checked of a scheme that passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemeReport {
    pub(super) scheme: String,
    pub(super) vectors: usize,
    pub(super) round_trips: usize,
    pub(super) near_misses: usize,
    pub(super) warnings: Vec<Finding>,
    pub(super) not_checked: Vec<String>,
}

impl SchemeReport {
    /// How many vectors verified.
    #[must_use]
    pub const fn vectors(&self) -> usize {
        self.vectors
    }

    /// How many deliveries were signed by the scheme and verified.
    #[must_use]
    pub const fn round_trips(&self) -> usize {
        self.round_trips
    }

    /// How many near misses were refused.
    #[must_use]
    pub const fn near_misses(&self) -> usize {
        self.near_misses
    }

    /// What the linter warns of.
    #[must_use]
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// What could not be checked, and why.
    #[must_use]
    pub fn not_checked(&self) -> &[String] {
        &self.not_checked
    }
}

impl fmt::Display for SchemeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            scheme,
            vectors,
            round_trips,
            near_misses,
            ..
        } = self;
        write!(
            f,
            "scheme {scheme:?}: {vectors} vectors and {round_trips} round trips verified, {near_misses} near misses refused"
        )?;
        for warning in &self.warnings {
            write!(f, "\n- the linter warns: {warning}")?;
        }
        for what in &self.not_checked {
            write!(f, "\n- not checked: {what}")?;
        }
        Ok(())
    }
}

/// What is wrong with a scheme or its vectors, for who wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeFailures {
    pub(super) scheme: String,
    pub(super) failures: Vec<String>,
}

impl SchemeFailures {
    /// One sentence for each check that failed.
    #[must_use]
    pub fn failures(&self) -> &[String] {
        &self.failures
    }
}

impl fmt::Display for SchemeFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scheme {:?} failed its checks", self.scheme)?;
        for failure in &self.failures {
            write!(f, "\n- {failure}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SchemeFailures {}
