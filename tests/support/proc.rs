//! What a process takes of the machine.
// ref: proc(5)

use std::{fmt::Display, fs};

/// A size in bytes from the `status` of a process, such as `VmRSS:` of `self`; `None` where it has ended.
pub(crate) fn bytes(process: impl Display, name: &str) -> Option<usize> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: usize = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib << 10)
}
