//! What time it is: one method, so that a test can say.

use crate::timestamp::Timestamp;

/// Says what time it is.
///
/// ```
/// use axum_webhook::{Clock, Timestamp};
///
/// #[derive(Debug)]
/// struct Stopped;
///
/// impl Clock for Stopped {
///     fn now(&self) -> Timestamp {
///         Timestamp::from_unix_seconds(1_614_265_330)
///     }
/// }
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The system's clock: the default.
///
/// Timestamp windows are only as good as it is: keep it synchronised.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
