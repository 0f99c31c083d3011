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
                Ok(value) => Self::Header(value.clone()),
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use http::{HeaderMap, Method, Uri};

    use super::*;

    fn late(at: &Locate, headers: &[(&'static str, &'static str)]) -> Late {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let head = Head {
            method: &Method::POST,
            uri: &Uri::default(),
            headers: &map,
            public_url: None,
        };
        Late::new(Some(at), head, || Some("read at once".to_owned()))
    }

    #[test]
    fn a_header_is_kept_where_it_stands_once() {
        let at = Locate::header("x-id");
        let get = |headers: &[_]| late(&at, headers).get(|| None).map(str::to_owned);
        assert_eq!(get(&[("x-id", "1")]).as_deref(), Some("1"));
        assert_eq!(get(&[]), None);
        assert_eq!(get(&[("x-id", "")]), None);
        assert_eq!(get(&[("x-id", "1"), ("x-id", "1")]), None);
    }

    #[test]
    fn a_body_is_read_once_when_it_is_asked_for() {
        let late = late(&Locate::json("/id"), &[]);
        let reads = Cell::new(0);
        let read = || {
            reads.set(reads.get() + 1);
            Some("evt_1".to_owned())
        };
        assert_eq!(late.get(read), Some("evt_1"));
        assert_eq!(late.get(read), Some("evt_1"));
        assert_eq!(reads.get(), 1);
    }

    #[test]
    fn what_else_stands_in_the_head_is_read_while_it_is_there() {
        let late = late(&Locate::query("id"), &[]);
        assert_eq!(late.get(|| None), Some("read at once"));
    }
}
