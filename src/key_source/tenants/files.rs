//! Secrets of tenants in files, one for each.

use std::{
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use zeroize::Zeroizing;

use super::TenantKeys;
use crate::{keys::Secret, scheme::Scheme, tenant::Tenant};

const IN_BRACES: &str = "{tenant}";

/// The largest file: 64 KiB, above any key or chain of certificates.
const MAX_LEN: u64 = 64 * 1024;

impl TenantKeys {
    /// Creates the keys of tenants whose secrets are in files: `/run/secrets/stripe/{tenant}`.
    ///
    /// Each pattern is one secret of a tenant, the current one first: with `/run/secrets/stripe-old/{tenant}` as the
    /// second, a tenant whose secret changes puts the old one there for a while. A file of them is enough.
    ///
    /// A file is read as by [`Secret::from_file`], off the threads of the runtime. It has to be a regular file of 64 KiB
    /// at most; symbolic links are followed, since Kubernetes mounts secrets by them, so
    /// who may write into the folder chooses what is read. The name of a tenant has no slash and is neither `.` nor
    /// `..`, so a request can't leave the folder. On a file system that takes two spellings for one,
    /// only the spelling of the directory counts.
    ///
    /// A tenant without a file is unknown. If a folder itself is not there, or a file can't be read or is no
    /// secret, the lookup has failed.
    ///
    /// # Errors
    ///
    /// If there is no pattern, or one does not have `{tenant}` exactly once.
    pub fn from_files<P: AsRef<str>>(
        scheme: &Scheme,
        patterns: impl IntoIterator<Item = P>,
    ) -> Result<Self, TenantFilesError> {
        let patterns = patterns.into_iter();
        let files = patterns
            .map(|pattern| TenantFiles::parse(pattern.as_ref()))
            .collect::<Result<Arc<[_]>, _>>()?;
        if files.is_empty() {
            return Err(TenantFilesError(String::new()));
        }
        Ok(Self::new(scheme, move |tenant| {
            let files = Arc::clone(&files);
            async move {
                let reading = tokio::task::spawn_blocking(move || read_all(&files, &tenant));
                let read = reading.await;
                read.unwrap_or_else(|_| Err("reading the file was broken off".to_owned()))
            }
        }))
    }
}

/// The secrets of a tenant; `None` if it has no file.
fn read_all(files: &[TenantFiles], tenant: &Tenant) -> Result<Option<Vec<Secret>>, String> {
    let read = files
        .iter()
        .filter_map(|files| files.read(tenant).transpose());
    let secrets = read.collect::<Result<Vec<_>, _>>()?;
    Ok((!secrets.is_empty()).then_some(secrets))
}

/// Where the files are: the segment of the path that names the tenant, and what is around it.
struct TenantFiles {
    folder: PathBuf,
    prefix: String,
    suffix: String,
    /// What follows the segment, where each tenant has a folder.
    rest: PathBuf,
}

impl TenantFiles {
    fn parse(pattern: &str) -> Result<Self, TenantFilesError> {
        let wrong = || TenantFilesError(pattern.to_owned());
        let (before, after) = pattern.split_once(IN_BRACES).ok_or_else(wrong)?;
        if after.contains(IN_BRACES) {
            return Err(wrong());
        }
        let (folder, prefix) = match before.rfind(std::path::is_separator) {
            Some(at) => before.split_at(at + 1),
            None => (".", before),
        };
        let (suffix, rest) = match after.find(std::path::is_separator) {
            Some(at) => after.split_at(at),
            None => (after, ""),
        };
        Ok(Self {
            folder: folder.into(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            rest: rest.trim_start_matches(std::path::is_separator).into(),
        })
    }

    /// The secret of a tenant; `None` if it has no file.
    fn read(&self, tenant: &Tenant) -> Result<Option<Secret>, String> {
        let name = self.name(tenant.as_str());
        // On Windows a colon names a stream of a file, or a drive.
        if cfg!(windows) && name.contains(':') {
            return Ok(None);
        }
        let segment = self.folder.join(&name);
        let path = if self.rest.as_os_str().is_empty() {
            segment
        } else {
            segment.join(&self.rest)
        };
        let failed = |error: io::Error| format!("{}: {}", path.display(), error.kind());
        // Looked at before it is opened, since opening a pipe waits for its other end.
        match fs::metadata(&path) {
            Ok(metadata) if !metadata.is_file() => return Ok(None),
            Ok(_) => {}
            Err(error) if is_nowhere(error.kind()) => return self.nowhere(),
            Err(error) => return Err(failed(error)),
        }
        if !self.is_real(tenant.as_str(), &name).map_err(failed)? {
            return Ok(None);
        }
        let file = File::open(&path).map_err(failed)?;
        let mut text = Zeroizing::new(String::new());
        let mut limited = file.take(MAX_LEN + 1);
        limited.read_to_string(&mut text).map_err(failed)?;
        if text.len() as u64 > MAX_LEN {
            return Err(format!("{}: it is larger than 64 KiB", path.display()));
        }
        Secret::from_text_of_file(&text)
            .map(Some)
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    fn name(&self, tenant: &str) -> String {
        format!("{}{tenant}{}", self.prefix, self.suffix)
    }

    /// There is no such file: nobody's, if the folder is there at all.
    fn nowhere(&self) -> Result<Option<Secret>, String> {
        if self.folder.is_dir() {
            return Ok(None);
        }
        Err(format!(
            "{}: there is no such folder",
            self.folder.display()
        ))
    }

    /// Whether the directory has this very spelling of the name.
    fn is_real(&self, tenant: &str, name: &str) -> io::Result<bool> {
        let other_case = |c: char| match c {
            'a'..='z' => c.to_ascii_uppercase(),
            _ => c.to_ascii_lowercase(),
        };
        let other: String = tenant.chars().map(other_case).collect();
        let has_other = other != tenant && self.folder.join(self.name(&other)).exists();
        // Where case counts and everything is ASCII there is nothing to fold, and no need to list the folder.
        if cfg!(unix) && tenant.is_ascii() && !has_other {
            return Ok(true);
        }
        for entry in fs::read_dir(&self.folder)? {
            if entry?.file_name() == Path::new(name) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether an error says that there is no such file, and not that it can't be read.
fn is_nowhere(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename
    )
}

/// A text that does not say where the tenants' files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantFilesError(String);

impl fmt::Display for TenantFilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} should be a path with one `{{tenant}}`, such as \"/run/secrets/stripe/{{tenant}}\"",
            self.0
        )
    }
}

impl std::error::Error for TenantFilesError {}
