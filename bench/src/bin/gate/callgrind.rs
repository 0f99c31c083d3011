//! Instructions per run, by valgrind's callgrind.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::{self, Command},
    thread,
};

use crate::cases::Case;

/// Two numbers of runs, so that what is done once falls out of their difference.
const TIMES: [i64; 2] = [100, 600];
const RUNS: i64 = TIMES[1] - TIMES[0];

/// The instructions of each function itself, without those that it calls.
type Costs = BTreeMap<String, i64>;

/// The instructions of one run of each case, without those of the hash.
pub fn instructions(cases: &[Case]) -> Result<Vec<i64>, Box<dyn Error>> {
    let scratch = scratch()?;
    let names: Vec<(&str, bool)> = cases.iter().map(|case| (case.name, case.hashes)).collect();
    let half = names.len().div_ceil(2);
    let counted: Result<Vec<i64>, String> = thread::scope(|scope| {
        let threads: Vec<_> = names
            .chunks(half)
            .map(|chunk| {
                let scratch = &scratch;
                scope.spawn(move || {
                    let of = |&(name, hashes): &(&str, bool)| of_case(name, hashes, scratch);
                    chunk.iter().map(of).collect::<Result<Vec<i64>, String>>()
                })
            })
            .collect();
        let of_thread = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().expect("no panic");
        let counted: Result<Vec<Vec<i64>>, String> = threads.into_iter().map(of_thread).collect();
        counted.map(|chunks| chunks.concat())
    });
    fs::remove_dir_all(&scratch)?;
    Ok(counted?)
}

fn of_case(name: &str, hashes: bool, scratch: &Path) -> Result<i64, String> {
    let costs = per_runs(name, scratch)?;
    let of_hash = |wanted: bool| {
        let of = costs
            .iter()
            .filter(move |(name, _)| is_hash(name) == wanted);
        of.map(|(_, cost)| cost).sum::<i64>()
    };
    let hash = of_hash(true) / RUNS;
    // Of a body of 1 KiB, by the portable code: 17 blocks of about 3 300 instructions.
    if hashes != (hash > 50_000) {
        return Err(format!(
            "{name}: {hash} instructions of a hash function, so either it hashes otherwise than it should, \
             or the function has another name now, and callgrind.rs has to learn it"
        ));
    }
    Ok(of_hash(false) / RUNS)
}

/// The instructions of one run of a case, by function.
pub fn functions(name: &str) -> Result<Costs, Box<dyn Error>> {
    let scratch = scratch()?;
    let costs = per_runs(name, &scratch);
    fs::remove_dir_all(&scratch)?;
    let each = |(name, cost): (String, i64)| (name, cost / RUNS);
    Ok(costs?.into_iter().map(each).collect())
}

/// Those of `RUNS` runs.
fn per_runs(name: &str, scratch: &Path) -> Result<Costs, String> {
    let [few, many] = TIMES;
    let [less, mut more] = [count(name, few, scratch)?, count(name, many, scratch)?];
    for (function, cost) in less {
        *more.entry(function).or_default() -= cost;
    }
    Ok(more)
}

fn scratch() -> io::Result<PathBuf> {
    let scratch = env::temp_dir().join(format!("axum-webhook-gate-{}", process::id()));
    fs::create_dir(&scratch)?;
    Ok(scratch)
}

fn count(name: &str, times: i64, scratch: &Path) -> Result<Costs, String> {
    let failed = |error: &dyn ToString| format!("{name}: {}", error.to_string());
    let file = scratch.join(format!("{name}-{times}"));
    let own = env::current_exe().map_err(|error| failed(&error))?;
    let output = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--compress-strings=no",
            "--compress-pos=no",
        ])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(own)
        .args(["run", name, &times.to_string()])
        // The environment moves the stack, and with it how much `memcpy` has to align.
        .env_clear()
        .output()
        .map_err(|error| failed(&format!("valgrind: {error}")))?;
    if !output.status.success() {
        return Err(failed(&String::from_utf8_lossy(&output.stderr)));
    }
    let profile = fs::read_to_string(file).map_err(|error| failed(&error))?;
    Ok(read(&profile))
}

/// Adds up each function's own cost: <https://valgrind.org/docs/manual/cl-format.html>.
fn read(profile: &str) -> Costs {
    let mut costs = Costs::new();
    let (mut function, mut of_callee) = ("", false);
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix("fn=") {
            function = name;
        } else if line.starts_with("calls=") {
            of_callee = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit()) {
            // The line after `calls=` has what the callee cost, which stands at the callee too.
            if !std::mem::take(&mut of_callee) {
                let cost = line
                    .split(' ')
                    .nth(1)
                    .and_then(|cost| cost.parse::<i64>().ok());
                let cost = cost.expect("a line of costs is a position and a number");
                *costs.entry(function.to_owned()).or_default() += cost;
            }
        }
    }
    costs
}

fn is_hash(function: &str) -> bool {
    function.starts_with("sha") && function.contains("::compress")
}
