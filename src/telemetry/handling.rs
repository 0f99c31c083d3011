//! A handler at work, which ends one way or another.

use std::{sync::Arc, time::Instant};

use http::StatusCode;

use crate::{
    endpoint::Endpoint,
    telemetry::{Event, Handled, Listener, Settlement, emit, metrics},
};

/// A handler at work. Dropped without a word, it was abandoned.
pub(crate) struct Handling {
    endpoint: Arc<str>,
    provider: Arc<str>,
    listener: Option<Arc<Listener>>,
    has_claim: bool,
    start: Instant,
    ended: bool,
}

impl Handling {
    pub(crate) fn start(
        endpoint: &Endpoint,
        listener: Option<&Arc<Listener>>,
        has_claim: bool,
    ) -> Self {
        if has_claim {
            metrics::in_flight(&endpoint.name, &endpoint.provider, 1.0);
        }
        Self {
            endpoint: Arc::clone(&endpoint.name),
            provider: Arc::clone(&endpoint.provider),
            listener: listener.cloned(),
            has_claim,
            start: Instant::now(),
            ended: false,
        }
    }

    /// The handler has answered, and its event is settled.
    pub(crate) fn end(mut self, status: StatusCode, settlement: Settlement) {
        self.ended = true;
        let handled = Handled {
            endpoint: &self.endpoint,
            provider: &self.provider,
            status,
            settlement,
            time: self.start.elapsed(),
        };
        emit(self.listener.as_deref(), &Event::Handled(handled));
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        if self.has_claim {
            metrics::in_flight(&self.endpoint, &self.provider, -1.0);
        }
        if !self.ended {
            let event = Event::Abandoned {
                endpoint: &self.endpoint,
                provider: &self.provider,
            };
            emit(self.listener.as_deref(), &event);
        }
    }
}
