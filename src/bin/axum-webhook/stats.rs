//! How long the answers took, and how far it has come.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

use http::StatusCode;
use serde::Serialize;

use crate::output::Output;

/// How often the progress is drawn.
const FRAME: Duration = Duration::from_millis(100);
/// How long the bar is.
const WIDTH: u64 = 30;

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    latencies: Vec<Duration>,
    statuses: BTreeMap<u16, u64>,
    failures: BTreeMap<String, u64>,
}

/// The table at the end. Latencies are in milliseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    answers: BTreeMap<u16, u64>,
    failures: BTreeMap<String, u64>,
    seconds: f64,
    per_second: f64,
    latency_ms: Option<Latency>,
}

#[derive(Debug, Serialize)]
struct Latency {
    min: f64,
    mean: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

impl Samples {
    pub(crate) fn answered(&mut self, status: StatusCode, latency: Duration) {
        self.latencies.push(latency);
        *self.statuses.entry(status.as_u16()).or_default() += 1;
    }

    pub(crate) fn failed(&mut self, reason: String) {
        *self.failures.entry(reason).or_default() += 1;
    }

    /// Whether every answer was a success.
    pub(crate) fn all_good(&self) -> bool {
        self.failures.is_empty()
            && self
                .statuses
                .keys()
                .all(|status| (200..300).contains(status))
    }

    /// Whether nobody ever answered.
    pub(crate) fn is_silent(&self) -> bool {
        self.statuses.is_empty() && !self.failures.is_empty()
    }

    pub(crate) fn summary(mut self, took: Duration) -> Summary {
        self.latencies.sort_unstable();
        let count = u32::try_from(self.latencies.len()).unwrap_or(u32::MAX);
        let ms = |latency: Duration| latency.as_secs_f64() * 1000.0;
        // Nearest rank: the smallest one that is not below `percent` of all.
        let rank = |percent: usize| {
            let rank = (self.latencies.len() * percent).div_ceil(100).max(1);
            self.latencies.get(rank - 1).copied().unwrap_or_default()
        };
        let latency = (count > 0).then(|| Latency {
            min: ms(rank(0)),
            mean: ms(self.latencies.iter().sum::<Duration>() / count),
            p50: ms(rank(50)),
            p90: ms(rank(90)),
            p99: ms(rank(99)),
            max: ms(rank(100)),
        });
        let seconds = took.as_secs_f64();
        Summary {
            seconds,
            per_second: f64::from(count) / seconds.max(f64::EPSILON),
            latency_ms: latency,
            answers: self.statuses,
            failures: self.failures,
        }
    }
}

impl Summary {
    pub(crate) fn print(&self, output: Output) {
        for (status, count) in &self.answers {
            output.field("answers", format_args!("{count} × {status}"));
        }
        for (reason, count) in &self.failures {
            output.field("failures", format_args!("{count} × {reason}"));
        }
        output.field(
            "took",
            format_args!("{:.2} s, {:.1} a second", self.seconds, self.per_second),
        );
        if let Some(latency) = &self.latency_ms {
            output.field(
                "latency",
                "     min     mean      p50      p90      p99      max",
            );
            output.field(
                "ms",
                format_args!(
                    "{:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2} {:>8.2}",
                    latency.min, latency.mean, latency.p50, latency.p90, latency.p99, latency.max
                ),
            );
        }
    }
}

/// The bar on a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    total: u64,
    done: u64,
    drawn: Option<Instant>,
    is_shown: bool,
}

impl Progress {
    /// A bar for `total` deliveries; it is shown on a terminal, and where there is something to wait for.
    pub(crate) fn new(output: Output, total: u64) -> Self {
        Self {
            total,
            done: 0,
            drawn: None,
            is_shown: total > 1 && !output.is_json() && io::stderr().is_terminal(),
        }
    }

    /// One more is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME);
        if self.is_shown && is_due {
            self.drawn = Some(Instant::now());
            let filled = usize::try_from(self.done * WIDTH / self.total).unwrap_or_default();
            let width = usize::try_from(WIDTH).unwrap_or_default();
            let bar = "#".repeat(filled);
            // Nobody can be told that stderr is closed.
            let _ = write!(
                io::stderr(),
                "\r[{bar:<width$}] {}/{}",
                self.done,
                self.total
            );
        }
    }
}

/// The bar goes away with the work.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_sorted_latencies() {
        let mut samples = Samples::default();
        for ms in (1..=200).rev() {
            samples.answered(StatusCode::OK, Duration::from_millis(ms));
        }
        let summary = samples.summary(Duration::from_secs(2));
        let latency = summary.latency_ms.expect("there were answers");
        for (got, want) in [
            (latency.min, 1.0),
            (latency.p50, 100.0),
            (latency.p90, 180.0),
            (latency.p99, 198.0),
            (latency.max, 200.0),
        ] {
            assert!((got - want).abs() < 0.01, "{got} {want}");
        }
        assert!((latency.mean - 100.5).abs() < 0.01);
        assert!((summary.per_second - 100.0).abs() < 0.01);
    }

    #[test]
    fn nothing_is_measured_without_an_answer() {
        let mut samples = Samples::default();
        samples.failed("no answer".to_owned());
        assert!(samples.is_silent() && !samples.all_good());
        assert!(samples.summary(Duration::ZERO).latency_ms.is_none());
    }
}
