//! A run, by some threads, and the watch over them.

use std::{
    fmt, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::fuzz::{Outcome, Target, clocked, support::hex};
use sha2::{Digest as _, Sha256};

use crate::{
    mutator::{Corpus, Mutator},
    options::Options,
};

/// How often the watch looks at the threads.
const TICK: Duration = Duration::from_millis(100);

/// How many times it sees the same execution before that counts as one without end. Ticks are counted and not time, in which the
/// whole program may have been stopped.
const PATIENCE: u32 = 600;

/// What a run came to.
#[derive(Default)]
pub struct Report {
    skipped: u64,
    refused: u64,
    accepted: u64,
    took: Duration,
}

impl Report {
    pub const fn executions(&self) -> u64 {
        self.skipped + self.refused + self.accepted
    }

    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Skipped => self.skipped += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Accepted => self.accepted += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.skipped += other.skipped;
        self.refused += other.refused;
        self.accepted += other.accepted;
    }
}

/// As libFuzzer prints its own.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = u128::from(self.executions()) * 1000 / self.took.as_millis().max(1);
        writeln!(f, "stat::number_of_executed_units: {}", self.executions())?;
        writeln!(f, "stat::average_exec_per_sec: {rate}")?;
        writeln!(f, "stat::skipped_units: {}", self.skipped)?;
        write!(f, "stat::accepted_units: {}", self.accepted)
    }
}

/// Of one thread.
#[derive(Default)]
struct Worker {
    input: RwLock<Vec<u8>>,
    executions: AtomicU64,
    has_ended: AtomicBool,
}

/// What all threads look at.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// The first input that broke the target.
    broken: Mutex<Option<PathBuf>>,
}

impl Shared {
    /// Ends the run, for this input.
    fn end(&self, input: PathBuf) {
        self.stop.store(true, Ordering::Relaxed);
        self.broken
            .lock()
            .expect("nobody panics with it")
            .get_or_insert(input);
    }
}

/// Runs a target; an input that makes it panic, or takes it too long, is saved, and its path returned.
pub fn run(options: &Options) -> Result<Report, PathBuf> {
    let start = Instant::now();
    let shared = Shared::default();
    let mut corpus = Corpus::new();
    for input in &options.corpus {
        match caught(options.target, input) {
            Some(outcome) => corpus.push((input.clone(), outcome)),
            None => return Err(broken(options, "crash", input)),
        }
    }
    let workers: Vec<_> = (0..options.jobs).map(|_| Worker::default()).collect();
    let mut report = Report::default();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..)
            .zip(&workers)
            .map(|(number, worker)| {
                let (shared, corpus) = (&shared, &corpus);
                scope.spawn(move || work(options, shared, corpus, worker, number))
            })
            .collect();
        watch(options, &shared, &workers, start);
        for thread in threads {
            report.add(&thread.join().expect("a target's panics are caught"));
        }
    });
    report.took = start.elapsed();
    match shared.broken.into_inner().expect("nobody panics with it") {
        Some(input) => Err(input),
        None => Ok(report),
    }
}

fn work(
    options: &Options,
    shared: &Shared,
    corpus: &Corpus,
    worker: &Worker,
    number: u64,
) -> Report {
    let seed = options.seed.wrapping_add(number);
    let mut mutator = Mutator::new(seed, corpus, options.max_len);
    let mut outcome = Outcome::Skipped;
    let runs = options.runs / options.jobs + u64::from(number < options.runs % options.jobs);
    let mut report = Report::default();
    while report.executions() < runs && !shared.stop.load(Ordering::Relaxed) {
        let mut input = worker.input.write().expect("it panics with no input");
        mutator.next(&mut input, outcome);
        drop(input);
        let input = worker.input.read().expect("it panics with no input");
        match caught(options.target, &input) {
            Some(came) => outcome = came,
            None => {
                shared.end(broken(options, "crash", &input));
                break;
            }
        }
        report.count(outcome);
        worker
            .executions
            .store(report.executions(), Ordering::Relaxed);
    }
    worker.has_ended.store(true, Ordering::Relaxed);
    report
}

/// Until all have ended.
fn watch(options: &Options, shared: &Shared, workers: &[Worker], start: Instant) {
    let mut seen = vec![(0, 0); workers.len()];
    while !workers
        .iter()
        .all(|worker| worker.has_ended.load(Ordering::Relaxed))
    {
        thread::sleep(TICK);
        if start.elapsed() >= options.max_total_time {
            shared.stop.store(true, Ordering::Relaxed);
        }
        for (worker, (executions, ticks)) in workers.iter().zip(&mut seen) {
            let now = worker.executions.load(Ordering::Relaxed);
            *ticks = if now == *executions { *ticks + 1 } else { 0 };
            *executions = now;
            if *ticks == PATIENCE && !worker.has_ended.load(Ordering::Relaxed) {
                let input = worker.input.read().expect("it panics with no input");
                broken(options, "timeout", &input);
                // Its thread can't be ended.
                std::process::exit(1);
            }
        }
    }
}

/// What the target says of an input; `None` where it panics, or takes too long.
fn caught(target: Target, input: &[u8]) -> Option<Outcome> {
    catch_unwind(AssertUnwindSafe(|| clocked(target, input))).ok()
}

/// Saves an input that broke the target.
fn broken(options: &Options, how: &str, input: &[u8]) -> PathBuf {
    let mut digest = hex(&Sha256::digest(input));
    // As long as libFuzzer's.
    digest.truncate(40);
    let path = PathBuf::from(format!("{}{how}-{digest}", options.artifact_prefix));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("the folder of the inputs can be made");
    }
    fs::write(&path, input).expect("the input can be saved");
    eprintln!("{how}: {}", path.display());
    path
}
