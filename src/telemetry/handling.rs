//! A handler at work, which ends one way or another.

use std::time::{Duration, Instant};

use http::StatusCode;

use crate::telemetry::{Event, Handled, Listener, Settlement, emit, is_heard, metrics};

/// A handler at work. Dropped without a word, it was abandoned.
pub(crate) struct Handling<'a> {
    endpoint: &'a str,
    provider: &'a str,
    listener: Option<&'a Listener>,
    has_claim: bool,
    /// `None` where nobody wants to know what it takes.
    start: Option<Instant>,
    ended: bool,
}

impl<'a> Handling<'a> {
    pub(crate) fn start(
        endpoint: &'a str,
        provider: &'a str,
        listener: Option<&'a Listener>,
        has_claim: bool,
    ) -> Self {
        if has_claim {
            metrics::in_flight(endpoint, provider, 1.0);
        }
        let is_measured = listener.is_some() || cfg!(feature = "metrics");
        Self {
            endpoint,
            provider,
            listener,
            has_claim,
            start: is_measured.then(Instant::now),
            ended: false,
        }
    }

    /// The handler has answered, and its event is settled.
    pub(crate) fn end(mut self, status: StatusCode, settlement: Settlement) {
        self.ended = true;
        if !is_heard(self.listener) {
            return;
        }
        let handled = Event::Handled(Handled {
            endpoint: self.endpoint,
            provider: self.provider,
            status,
            settlement,
            time: self.start.map_or(Duration::ZERO, |start| start.elapsed()),
        });
        emit(self.listener, &handled);
    }
}

impl Drop for Handling<'_> {
    fn drop(&mut self) {
        let &mut Self {
            endpoint, provider, ..
        } = self;
        if self.has_claim {
            metrics::in_flight(endpoint, provider, -1.0);
        }
        if !self.ended {
            emit(self.listener, &Event::Abandoned { endpoint, provider });
        }
    }
}
