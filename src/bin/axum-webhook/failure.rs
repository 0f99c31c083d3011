//! How a command ends when it does not end well.

use std::fmt;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The answer is no, and the output has already said so.
    Refused,
    /// It was tried, and it failed.
    Failed(String),
    /// The flags, a file or a secret can't be used.
    Usage(String),
    /// Nobody answered.
    Network(String),
}

impl Failure {
    /// A failure of the flags, a file or a secret.
    pub(crate) fn usage(reason: impl fmt::Display) -> Self {
        Self::Usage(reason.to_string())
    }

    /// The code with which the process ends. `EXIT_CODES` in `main.rs` says so to the user.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Refused | Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Network(_) => 3,
        }
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("refused"),
            Self::Failed(reason) | Self::Usage(reason) | Self::Network(reason) => {
                f.write_str(reason)
            }
        }
    }
}
