//! What a layer tells: to `tracing`, to `metrics`, and to a callback of your own.
//!
//! There is one list of [`Event`]s, and three that hear of each: `tracing` (feature `tracing`, on by default),
//! the facade `metrics` (feature `metrics`), and
//! [`WebhookLayer::on_event`](crate::WebhookLayer::on_event), which needs neither. Values of a request are in none of
//! them, but for the checked name of a tenant, which metrics leave out; other names come from your
//! configuration and from this crate's own lists, so no sender can make more of them.
//!
#![doc = include_str!("../../docs/METRICS.md")]

mod event;
mod handling;
mod metrics;
mod reporter;
mod stopwatch;
mod trace;

use std::path::Path;

#[cfg(feature = "metrics")]
pub use self::metrics::describe_metrics;
pub use self::{
    event::{Event, Handled, Settlement, StoreStep, Verified},
    metrics::{METRICS, Metric, MetricKind},
};
pub(crate) use self::{
    handling::Handling,
    metrics::{bodies_grew, bodies_shrank},
    reporter::Reporter,
    stopwatch::Stopwatch,
    trace::{InSpan, in_span, key_came, listens, payload_refused, secret_looks_wrong},
};

/// Hears of each event.
pub(crate) type Listener = dyn Fn(&Event<'_>) + Send + Sync;

/// Whether anybody hears of events; else nobody has to make them.
#[inline]
pub(crate) fn is_heard(listener: Option<&Listener>) -> bool {
    listener.is_some() || cfg!(feature = "metrics") || trace::hears()
}

/// Tells all who want to hear it.
pub(crate) fn emit(listener: Option<&Listener>, event: &Event<'_>) {
    trace::emit(event);
    #[cfg(feature = "metrics")]
    metrics::emit(event);
    if let Some(listener) = listener {
        listener(event);
    }
}

/// The file of a secret has changed; why what it held before still counts, where that is so.
pub(crate) fn secret_file_changed(path: &Path, kept_because: Option<&str>) {
    trace::secret_file_changed(path, kept_because);
    metrics::secret_files(if kept_because.is_none() {
        "used"
    } else {
        "kept"
    });
}

/// The files of secrets could not be read in time.
pub(crate) fn secrets_not_reread() {
    trace::secrets_not_reread();
    metrics::secret_files("late");
}
