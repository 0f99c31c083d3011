//! A value of a delivery that is read when it is first asked for.

use std::sync::OnceLock;

use http::HeaderValue;

use crate::{incoming::Head, scheme::Locate};

/// A value of a delivery. Most handlers ask for one or none, and to find one in a body
/// takes as long as the rest of the verification.
#[derive(Debug)]
pub(crate) enum Late {
    /// It is known, or known not to be there.
    Known(Option<String>),
    /// It is a header.
    Header(HeaderValue),
    /// It stands in the body.
    Body(OnceLock<Option<String>>),
}

impl Late {
    /// The value at `at`. `read` is called for what can't wait: the head is gone by then.
    pub(crate) fn new(
        at: Option<&Locate>,
        head: Head<'_>,
        read: impl FnOnce() -> Option<String>,
    ) -> Self {
        match at {
            None => Self::Known(None),
            Some(Locate::Header(name)) => match head.header_value(name) {
                Ok((value, _)) => Self::Header(value.clone()),
                Err(_) => Self::Known(None),
            },
            Some(at) if at.is_in_body() => Self::Body(OnceLock::new()),
            Some(_) => Self::Known(read()),
        }
    }

    /// The value. `read` is called for what stands in the body, once.
    pub(crate) fn get(&self, read: impl FnOnce() -> Option<String>) -> Option<&str> {
        match self {
            Self::Known(value) => value.as_deref(),
            Self::Header(value) => value.to_str().ok(),
            Self::Body(value) => value.get_or_init(read).as_deref(),
        }
    }
}
