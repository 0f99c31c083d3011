//! What the program prints at the end, and how it ends.

use std::{
    collections::BTreeMap,
    fmt::{Arguments, Display, Write as _},
    process::ExitCode,
};

use crate::{
    ledger::{Findings, Ledger},
    memory::Memory,
    plan::{ANSWER, Control},
};

/// The most that a server's memory may grow after it is warm, in MiB.
const GROWTH: f64 = 64.0;
/// The steepest slope of a soak of an hour or more, in MiB an hour.
const SLOPE: f64 = 1.0;
/// From this on there is time for each kind of fault and of forgery.
const LONG_ENOUGH: u64 = 60;
/// From this on a slope says something, and from an hour on it decides.
const LONG: u64 = 300;
const HOUR: u64 = 3600;

pub(crate) struct Table {
    text: String,
    is_well: bool,
}

impl Table {
    pub(crate) fn new(
        ledger: &Ledger,
        found: &Findings,
        memory: &Memory,
        seconds: u64,
        control: Option<Control>,
    ) -> Self {
        let mut table = Self {
            text: String::new(),
            is_well: true,
        };
        table.counts(ledger, found, seconds);
        table.line(format_args!(
            "memory of the first server: {:.1} MiB warm, {:.1} at most, {:.1} at the end",
            memory.warm(),
            memory.peak(),
            memory.last(),
        ));
        if seconds >= LONG {
            table.line(format_args!(
                "slope of it in the second half: {:+.2} MiB/h",
                memory.slope()
            ));
        }
        table.line(format_args!(""));
        table.promises(ledger, found);
        let growth = memory.peak() - memory.warm();
        table.check(
            "memory growth in MiB",
            format!("{growth:.1}"),
            growth <= GROWTH,
        );
        if seconds >= HOUR {
            let slope = memory.slope();
            table.check(
                "memory slope in MiB/h",
                format!("{slope:.1}"),
                slope < SLOPE,
            );
        }
        for details in found.details.iter().take(20) {
            table.line(format_args!("{details}"));
        }
        if control.is_none() && seconds >= LONG_ENOUGH {
            table.shows_something(ledger, found, seconds);
        }
        table
    }

    fn counts(&mut self, ledger: &Ledger, found: &Findings, seconds: u64) {
        let counted = |what| ledger.counted(what);
        self.line(format_args!(
            "events {}, their deliveries {} ({} a second), retries {}, copies at the same time {}, late copies {}",
            ledger.events,
            counted("deliveries"),
            counted("deliveries") / usize::try_from(seconds).unwrap().max(1),
            counted("retries"),
            counted("copies at the same time"),
            counted("late copies"),
        ));
        self.line(format_args!(
            "runs of handlers {}, answered: successes {}, duplicates as a success {}, handler failed {}, connection broken {}, \
             aborted by their client {}",
            found.runs,
            counted("successes"),
            counted("duplicates answered as a success"),
            counted("handler failed"),
            counted("connection broken"),
            counted("aborted by their client"),
        ));
        for (title, prefix) in [
            ("handlers asked to", "handlers asked to "),
            ("forged", "forged: "),
            ("malformed", "malformed: "),
            ("refused, by reason", "refused: "),
            ("without an answer", "hung: "),
        ] {
            let of_it = |(what, count): (&String, &usize)| {
                let kind = what.strip_prefix(prefix)?;
                Some((kind.to_owned(), *count))
            };
            self.list(title, ledger.counts.iter().filter_map(of_it).collect());
        }
        let mut faults = BTreeMap::new();
        for window in &ledger.windows {
            *faults.entry(window.what.name().to_owned()).or_default() += 1;
        }
        self.list("faults", faults);
        self.line(format_args!(
            "slowest recovery: Redis {} ms, Postgres {} ms; counted apart: second success across a crash {} (Redis), \
             second run beside one past its lease {}",
            ledger.longest_recovery[0] / 1000,
            ledger.longest_recovery[1] / 1000,
            found.across_crash,
            found.past_lease,
        ));
    }

    fn promises(&mut self, ledger: &Ledger, found: &Findings) {
        let hung = format!("{} s without an answer", ANSWER.as_secs());
        for (what, count) in [
            ("forged handled", found.forged),
            (
                "forged answered as a success",
                ledger.counted("forged answered as a success"),
            ),
            ("handled with other bytes", found.changed),
            ("lost", found.lost),
            (
                "given up by their provider",
                ledger.counted("events given up"),
            ),
            ("two at a time", found.together),
            ("double successes, Redis", found.double_redis),
            ("double successes, Postgres", found.double_postgres),
            (
                "genuine refused as forged",
                ledger.counted("genuine refused"),
            ),
            (
                "handled while the store was away",
                ledger.counted("handled while the store was away"),
            ),
            (&hung, ledger.counted("hung")),
        ] {
            self.check(what, count, count == 0);
        }
        let slowest = ledger.longest_recovery[0] / 1000;
        self.check("slowest recovery of Redis in ms", slowest, slowest < 5000);
    }

    /// Whether what should have been tried was tried.
    fn shows_something(&mut self, ledger: &Ledger, found: &Findings, seconds: u64) {
        let kinds: std::collections::BTreeSet<_> = ledger
            .windows
            .iter()
            .map(|window| window.what.name())
            .collect();
        let classes = |prefix: &str| {
            ledger
                .counts
                .keys()
                .filter(|what| what.starts_with(prefix))
                .count()
        };
        // In a minute, chance may leave one out.
        let wanted = if seconds >= LONG { 6 } else { 4 };
        self.check("kinds of faults", kinds.len(), kinds.len() >= wanted);
        let (forged, malformed) = (classes("forged: "), classes("malformed: "));
        self.check("kinds of forgeries", forged, forged == 13);
        self.check("kinds of malformed requests", malformed, malformed == 10);
        let runs = found.runs;
        self.check(
            "runs of handlers",
            runs,
            runs > usize::try_from(ledger.events).unwrap(),
        );
    }

    fn list(&mut self, title: &str, counts: BTreeMap<String, usize>) {
        let counts: Vec<_> = counts
            .into_iter()
            .map(|(what, count)| format!("{what} {count}"))
            .collect();
        self.line(format_args!("{title}: {}", counts.join(", ")));
    }

    fn check(&mut self, what: &str, found: impl Display, is_well: bool) {
        self.is_well &= is_well;
        let verdict = if is_well { "ok    " } else { "FAILED" };
        self.line(format_args!("{verdict}  {what:<36}{found:>8}"));
    }

    fn line(&mut self, line: Arguments<'_>) {
        let line = format!("  {line}");
        writeln!(self.text, "{}", line.trim_end()).unwrap();
    }

    pub(crate) fn print(&self) -> ExitCode {
        print!("{}", self.text);
        if self.is_well {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
