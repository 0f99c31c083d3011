//! What this process takes of the machine.
// ref: proc(5)

use std::fs;

pub(crate) const MIB: usize = 1 << 20;

/// The memory that the process has now.
pub(crate) fn resident() -> usize {
    status("VmRSS:")
}

/// Counts the peak from here.
pub(crate) fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The most that the process has had.
pub(crate) fn peak() -> usize {
    status("VmHWM:")
}

fn status(name: &str) -> usize {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap();
    let kib: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib << 10
}
