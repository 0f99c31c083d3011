//! What tells of an endpoint's requests when the request itself may be gone.

use std::sync::Arc;

use crate::telemetry::{Event, Listener, emit};

/// Tells of an endpoint's requests. A claim outlives its request, and so does this.
#[derive(Clone)]
pub(crate) struct Reporter {
    pub(crate) endpoint: Arc<str>,
    pub(crate) provider: Arc<str>,
    pub(crate) listener: Option<Arc<Listener>>,
}

impl Reporter {
    pub(crate) fn emit(&self, event: &Event<'_>) {
        emit(self.listener.as_deref(), event);
    }
}
