//! Requests from files: an HTTP message, or a HAR file with several.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use axum_webhook::{PublicUrl, testing::Captured};

use crate::{failure::Failure, har, output::Output};

/// Where requests were captured.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// Files with a request: HTTP as `record` writes it or a proxy shows it, or HAR; - is stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Take only this request of a HAR file, counted from 1
    #[arg(long, value_name = "NUMBER")]
    entry: Option<usize>,
}

/// A request, and where it was found.
#[derive(Debug)]
pub(crate) struct Item {
    /// The file, and the number in it where there are several.
    pub(crate) name: String,
    pub(crate) captured: Captured,
}

impl Item {
    /// The URL to which it was sent, where the capture knows.
    pub(crate) fn url(&self) -> Option<PublicUrl> {
        let uri = &self.captured.uri;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        format!("{scheme}://{authority}{}", uri.path()).parse().ok()
    }
}

impl Files {
    /// Reads all requests. What can't be read ends it, before anything is done.
    pub(crate) fn read(&self, output: Output) -> Result<Vec<Item>, Failure> {
        let mut items = Vec::new();
        for path in &self.files {
            let wrong = |reason: &dyn std::fmt::Display| {
                Failure::Usage(format!("{}: {reason}", path.display()))
            };
            let bytes = bytes(path).map_err(|error| wrong(&error))?;
            if bytes.trim_ascii_start().starts_with(b"{") {
                let entries = har::read(&bytes).map_err(|error| wrong(&error))?;
                for (number, entry) in (1..).zip(entries) {
                    if self.entry.is_some_and(|wanted| wanted != number) {
                        continue;
                    }
                    let name = format!("{}#{number}", path.display());
                    let entry =
                        entry.map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
                    for warning in entry.warnings {
                        output.warn(format_args!("{name}: {warning}"));
                    }
                    items.push(Item {
                        name,
                        captured: entry.captured,
                    });
                }
            } else {
                items.push(Item {
                    name: path.display().to_string(),
                    captured: Captured::from_http(&bytes).map_err(|error| wrong(&error))?,
                });
            }
        }
        if items.is_empty() {
            return Err(Failure::usage("there is no such request in these files"));
        }
        Ok(items)
    }
}

fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    fs::read(path)
}
