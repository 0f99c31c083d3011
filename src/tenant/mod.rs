//! Whose delivery it is, where one endpoint serves many.

mod place;

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

pub use self::place::{TenantFrom, TenantFromError};

/// The longest name of a tenant, in bytes: a UUID has 36, a host name at most 253, of which a
/// tenant is one part, and with an ending it is still the name of a file everywhere.
const MAX_LEN: usize = 128;

/// The name of a tenant, as a request says it: of a harmless form, and nothing more is known of it.
///
/// It has 1 to 128 bytes, no control character, no `/` and no `\`, and is neither `.` nor `..`. Two
/// names are the same tenant only if they are the same bytes.
///
/// ```
/// use axum_webhook::Tenant;
///
/// let tenant: Tenant = "acme".parse()?;
/// assert_eq!(tenant.as_str(), "acme");
/// assert!("..".parse::<Tenant>().is_err());
/// # Ok::<(), axum_webhook::TenantError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenant(Arc<str>);

impl Tenant {
    /// Creates a tenant's name.
    ///
    /// # Errors
    ///
    /// If it is empty or longer than 128 bytes, contains a control character, `/` or `\`, or is `.` or `..`.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, TenantError> {
        let name = name.into();
        check(&name)?;
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(name: &str) -> Result<(), TenantError> {
    match name {
        "" => Err(TenantError::Missing),
        "." | ".." => Err(TenantError::Dots),
        _ if name.len() > MAX_LEN => Err(TenantError::TooLong),
        _ if name.chars().any(char::is_control) => Err(TenantError::ControlCharacter),
        _ if name.contains(['/', '\\']) => Err(TenantError::Slash),
        _ => Ok(()),
    }
}

impl FromStr for Tenant {
    type Err = TenantError;

    fn from_str(name: &str) -> Result<Self, TenantError> {
        check(name)?;
        Ok(Self(name.into()))
    }
}

impl AsRef<str> for Tenant {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Tenant {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tenant({:?})", &*self.0)
    }
}

/// Why a text is no tenant's name, or a request has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TenantError {
    /// There is none, or it is empty.
    Missing,
    /// It stands there twice.
    Duplicate,
    /// It is longer than 128 bytes.
    TooLong,
    /// It is no text, or what it should stand in can't be read.
    Malformed,
    /// It has a control character in it.
    ControlCharacter,
    /// It has `/` or `\` in it.
    Slash,
    /// It is `.` or `..`.
    Dots,
}

impl fmt::Display for TenantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::Duplicate => "stands there more than once",
            Self::TooLong => "is longer than 128 bytes",
            Self::Malformed => "is no text, or what it should stand in can't be read",
            Self::ControlCharacter => "has a control character in it",
            Self::Slash => "has a slash in it",
            Self::Dots => "is `.` or `..`",
        })
    }
}

impl std::error::Error for TenantError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_names_are_names() {
        let long = "x".repeat(MAX_LEN + 1);
        for (name, want) in [
            ("", TenantError::Missing),
            (".", TenantError::Dots),
            ("..", TenantError::Dots),
            ("a/b", TenantError::Slash),
            ("a\\b", TenantError::Slash),
            ("../etc/passwd", TenantError::Slash),
            ("a\0", TenantError::ControlCharacter),
            ("a\n", TenantError::ControlCharacter),
            ("a\u{85}b", TenantError::ControlCharacter),
            (long.as_str(), TenantError::TooLong),
        ] {
            assert_eq!(Tenant::new(name), Err(want), "{name:?}");
            assert_eq!(name.parse::<Tenant>(), Err(want), "{name:?}");
        }
        let longest = "x".repeat(MAX_LEN);
        // Look-alikes are names of their own: `∕` is no slash, and the second `а` is Cyrillic.
        for name in ["acme", "...", "a b", "∕etc", "аcme", "%2e%2e", &longest] {
            assert_eq!(Tenant::new(name).as_ref().map(Tenant::as_str), Ok(name));
        }
    }
}
