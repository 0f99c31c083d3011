//! How far a layer goes to find out why it refused.

#[cfg(feature = "serde")]
use serde::Deserialize;

use crate::{
    diagnosis::{Case, Diagnosis, Other, with_trials},
    verify::VerifyError,
};

/// How far a layer goes to find out why it refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DiagnosisLevel {
    /// What the request shows by itself. It costs no MAC, and is made where somebody listens.
    #[default]
    Hints,
    /// Also what would have to be different for the signature to be right, tried out.
    ///
    /// A refusal has at most 64 checks of a signature and 2 MiB of hashing, and an endpoint five such refusals
    /// at once and one a second, so that a flood of forgeries does not buy the processor.
    /// Neither the verdict nor the answer depends on it; the answer comes later by that time.
    Trials,
}

/// What makes the diagnosis of a level that tries.
pub(crate) type Trying = fn(&VerifyError, &Case<'_>, &[Other<'_>]) -> Vec<Diagnosis>;

/// A level with what it needs.
///
/// The trials know the whole catalogue. They are named only where the level is chosen, so that a program
/// which never chooses it carries neither.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depth(Option<Trying>);

impl Depth {
    pub(crate) const fn of(level: DiagnosisLevel) -> Self {
        match level {
            DiagnosisLevel::Hints => Self(None),
            DiagnosisLevel::Trials => Self(Some(with_trials)),
        }
    }

    pub(crate) const fn level(self) -> DiagnosisLevel {
        match self.0 {
            None => DiagnosisLevel::Hints,
            Some(_) => DiagnosisLevel::Trials,
        }
    }

    pub(crate) const fn trials(self) -> Option<Trying> {
        self.0
    }
}
