//! Metrics: their names in one place, and what is counted where.

#[cfg(feature = "metrics")]
use ::metrics::{Label, SharedString, counter, gauge, histogram};

#[cfg(feature = "metrics")]
use crate::{
    rejection::{Rejection, RejectionKind},
    telemetry::Event,
};

/// A metric that the layer keeps, where the feature `metrics` is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: MetricKind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It has a distribution.
    Histogram,
}

const REQUESTS: &str = "webhook_requests_total";
const KEY_MATCHES: &str = "webhook_key_matches_total";
const CLOCK_SKEW: &str = "webhook_clock_skew_seconds";
const DUPLICATES: &str = "webhook_duplicates_total";
const IN_FLIGHT: &str = "webhook_claims_in_flight";
const HELD_BODY_BYTES: &str = "webhook_held_body_bytes";
const BODY_BYTES: &str = "webhook_body_bytes";
const VERIFY_TIME: &str = "webhook_verify_seconds";
const HANDLER_TIME: &str = "webhook_handler_seconds";
const HANDLER_ANSWERS: &str = "webhook_handler_answers_total";
const STORE_ERRORS: &str = "webhook_store_errors_total";
const LEASES_LOST: &str = "webhook_leases_lost_total";
const SECRET_FILES: &str = "webhook_secret_files_total";

/// The metrics, in the order of the page.
pub const METRICS: &[Metric] = &[
    Metric {
        name: REQUESTS,
        kind: MetricKind::Counter,
        labels: &["endpoint", "provider", "outcome", "reason"],
        help: "requests by how they ended",
    },
    Metric {
        name: KEY_MATCHES,
        kind: MetricKind::Counter,
        labels: &["endpoint", "provider", "key_id"],
        help: "genuine requests by the key that matched",
    },
    Metric {
        name: CLOCK_SKEW,
        kind: MetricKind::Histogram,
        labels: &["endpoint", "provider"],
        help: "this machine's time less the delivery's, of genuine requests",
    },
    Metric {
        name: DUPLICATES,
        kind: MetricKind::Counter,
        labels: &["endpoint", "provider", "state"],
        help: "genuine requests whose event was handled before, or is being handled",
    },
    Metric {
        name: IN_FLIGHT,
        kind: MetricKind::Gauge,
        labels: &["endpoint", "provider"],
        help: "events that are being handled by this process",
    },
    Metric {
        name: HELD_BODY_BYTES,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "bytes of bodies that this process holds at once, of the body budget",
    },
    Metric {
        name: BODY_BYTES,
        kind: MetricKind::Histogram,
        labels: &["endpoint", "provider"],
        help: "length of the bodies of genuine requests",
    },
    Metric {
        name: VERIFY_TIME,
        kind: MetricKind::Histogram,
        labels: &["endpoint", "provider"],
        help: "time of the checks of genuine requests, without waiting for the body",
    },
    Metric {
        name: HANDLER_TIME,
        kind: MetricKind::Histogram,
        labels: &["endpoint", "provider"],
        help: "time until the handler had answered and its event was settled",
    },
    Metric {
        name: HANDLER_ANSWERS,
        kind: MetricKind::Counter,
        labels: &["endpoint", "provider", "class", "settled"],
        help: "answers of handlers, and what became of their events",
    },
    Metric {
        name: STORE_ERRORS,
        kind: MetricKind::Counter,
        labels: &["endpoint", "provider", "step"],
        help: "times that the replay store could not answer",
    },
    Metric {
        name: LEASES_LOST,
        kind: MetricKind::Counter,
        labels: &["endpoint", "provider"],
        help: "handlers that lost their lease while they were at work",
    },
    Metric {
        name: SECRET_FILES,
        kind: MetricKind::Counter,
        labels: &["result"],
        help: "files of secrets that have changed, and looks at them that took too long",
    },
];

/// Tells the recorder what each metric says. Call it once, after you have installed your exporter.
#[cfg(feature = "metrics")]
pub fn describe_metrics() {
    for metric in METRICS {
        match metric.kind {
            MetricKind::Counter => ::metrics::describe_counter!(metric.name, metric.help),
            MetricKind::Gauge => ::metrics::describe_gauge!(metric.name, metric.help),
            MetricKind::Histogram => ::metrics::describe_histogram!(metric.name, metric.help),
        }
    }
}

#[cfg(feature = "metrics")]
fn label(name: &'static str, value: &str) -> Label {
    Label::new(name, SharedString::from(value.to_owned()))
}

#[cfg(feature = "metrics")]
fn at(endpoint: &str, provider: &str) -> Vec<Label> {
    vec![label("endpoint", endpoint), label("provider", provider)]
}

#[cfg(feature = "metrics")]
fn and(mut labels: Vec<Label>, more: &[(&'static str, &str)]) -> Vec<Label> {
    labels.extend(more.iter().map(|(name, value)| label(name, value)));
    labels
}

#[cfg(feature = "metrics")]
fn request(at: Vec<Label>, outcome: &str, reason: &str) {
    let labels = and(at, &[("outcome", outcome), ("reason", reason)]);
    counter!(REQUESTS, labels).increment(1);
}

#[cfg(feature = "metrics")]
fn refused(rejection: &Rejection, outcome: &str) {
    let at = at(
        rejection.endpoint().unwrap_or("none"),
        rejection.provider().unwrap_or("none"),
    );
    match rejection.kind() {
        // Its handler has answered, and that was counted.
        RejectionKind::RetryAsked => return,
        RejectionKind::InFlight { .. } => {
            let labels = and(at.clone(), &[("state", "in-flight")]);
            counter!(DUPLICATES, labels).increment(1);
        }
        _ => {}
    }
    request(at, outcome, rejection.code());
}

#[cfg(feature = "metrics")]
pub(super) fn emit(event: &Event<'_>) {
    match event {
        Event::Refused(rejection) => refused(rejection, "refused"),
        Event::WouldBeRefused(rejection) => refused(rejection, "would-be-refused"),
        Event::Verified(verified) => {
            let at = at(verified.endpoint, verified.provider);
            let labels = and(at.clone(), &[("key_id", verified.key_id)]);
            counter!(KEY_MATCHES, labels).increment(1);
            if let Some(skew) = verified.skew_seconds {
                histogram!(CLOCK_SKEW, at.clone()).record(skew);
            }
            let bytes = u32::try_from(verified.body_bytes).unwrap_or(u32::MAX);
            histogram!(BODY_BYTES, at.clone()).record(f64::from(bytes));
            histogram!(VERIFY_TIME, at).record(verified.verify_time.as_secs_f64());
        }
        Event::Answered { endpoint, provider } => {
            request(at(endpoint, provider), "answered", "none");
        }
        Event::Duplicate { endpoint, provider } => {
            let at = at(endpoint, provider);
            let labels = and(at.clone(), &[("state", "done")]);
            counter!(DUPLICATES, labels).increment(1);
            request(at, "duplicate", "none");
        }
        Event::Handled(handled) => {
            let at = at(handled.endpoint, handled.provider);
            let class = match handled.status.as_u16() {
                100..200 => "1xx",
                200..300 => "2xx",
                300..400 => "3xx",
                400..500 => "4xx",
                _ => "5xx",
            };
            let settled = handled.settlement.name();
            let labels = and(at.clone(), &[("class", class), ("settled", settled)]);
            counter!(HANDLER_ANSWERS, labels).increment(1);
            histogram!(HANDLER_TIME, at.clone()).record(handled.time.as_secs_f64());
            request(at, "handled", "none");
        }
        Event::Abandoned { endpoint, provider } => {
            request(at(endpoint, provider), "abandoned", "none");
        }
        Event::LeaseLost { endpoint, provider } => {
            counter!(LEASES_LOST, at(endpoint, provider)).increment(1);
        }
        // How it ends is counted; the failure that is mended was counted.
        Event::Replayed { .. } | Event::SettledLate { .. } => {}
        Event::StoreFailed {
            endpoint,
            provider,
            step,
            ..
        } => {
            let labels = and(at(endpoint, provider), &[("step", step.name())]);
            counter!(STORE_ERRORS, labels).increment(1);
        }
    }
}

/// An event is being handled, or no longer is.
#[cfg(feature = "metrics")]
pub(super) fn in_flight(endpoint: &str, provider: &str, change: f64) {
    gauge!(IN_FLIGHT, at(endpoint, provider)).increment(change);
}

#[cfg(not(feature = "metrics"))]
pub(super) const fn in_flight(_: &str, _: &str, _: f64) {}

/// What became of a look at the files of secrets.
#[cfg(feature = "metrics")]
pub(super) fn secret_files(result: &'static str) {
    counter!(SECRET_FILES, "result" => result).increment(1);
}

#[cfg(not(feature = "metrics"))]
pub(super) const fn secret_files(_: &str) {}

/// Bodies are held in so many bytes more.
#[cfg(feature = "metrics")]
#[expect(clippy::cast_precision_loss, reason = "no process holds as much")]
pub(crate) fn bodies_grew(bytes: usize) {
    gauge!(HELD_BODY_BYTES).increment(bytes as f64);
}

#[cfg(feature = "metrics")]
#[expect(clippy::cast_precision_loss, reason = "no process holds as much")]
pub(crate) fn bodies_shrank(bytes: usize) {
    gauge!(HELD_BODY_BYTES).decrement(bytes as f64);
}

#[cfg(not(feature = "metrics"))]
pub(crate) const fn bodies_grew(_: usize) {}

#[cfg(not(feature = "metrics"))]
pub(crate) const fn bodies_shrank(_: usize) {}
