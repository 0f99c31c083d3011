//! A handler at work, which ends one way or another.

use std::time::{Duration, Instant};

use http::StatusCode;

use crate::telemetry::{Event, Handled, Reporter, Settlement, metrics};

/// A handler at work. Dropped without a word, it was abandoned.
pub(crate) struct Handling {
    reporter: Reporter,
    has_claim: bool,
    /// `None` where nobody wants to know what it takes.
    start: Option<Instant>,
    ended: bool,
}

impl Handling {
    pub(crate) fn start(reporter: Reporter, has_claim: bool) -> Self {
        if has_claim {
            metrics::in_flight(&reporter.endpoint, &reporter.provider, 1.0);
        }
        let is_measured = reporter.listener.is_some() || cfg!(feature = "metrics");
        Self {
            reporter,
            has_claim,
            start: is_measured.then(Instant::now),
            ended: false,
        }
    }

    /// The handler has answered, and its event is settled.
    pub(crate) fn end(mut self, status: StatusCode, settlement: Settlement) {
        self.ended = true;
        self.reporter.emit(&Event::Handled(Handled {
            endpoint: &self.reporter.endpoint,
            provider: &self.reporter.provider,
            status,
            settlement,
            time: self.start.map_or(Duration::ZERO, |start| start.elapsed()),
        }));
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        let Reporter {
            endpoint, provider, ..
        } = &self.reporter;
        if self.has_claim {
            metrics::in_flight(endpoint, provider, -1.0);
        }
        if !self.ended {
            self.reporter.emit(&Event::Abandoned { endpoint, provider });
        }
    }
}
