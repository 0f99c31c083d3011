//! What this process takes of the machine.
// ref: proc(5)

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::proc::bytes;

pub(crate) const MIB: usize = 1 << 20;

/// The memory that the process has now.
pub(crate) fn resident() -> usize {
    bytes("self", "VmRSS:").unwrap()
}

/// Counts the peak from here.
pub(crate) fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

/// The most that the process has had.
pub(crate) fn peak() -> usize {
    bytes("self", "VmHWM:").unwrap()
}

/// As many connections as are wanted, or as the machine lets one process have with both their ends.
pub(crate) fn connections(wanted: usize) -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, most).unwrap();
    let room = maximum.map_or(usize::MAX, |files| usize::try_from(files).unwrap());
    let connections = wanted.min(room.saturating_sub(200) / 2);
    assert!(
        connections >= 400,
        "{room} open files are too few: see `ulimit -Hn`"
    );
    connections
}
