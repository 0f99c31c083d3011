//! What is said where no endpoint is selected.

use crate::{
    diagnosis::{
        Code, Diagnosis,
        head::{looks_like, one_of},
    },
    incoming::Head,
};

/// The most endpoints that are named: a list of more says nothing.
const MAX_NAMED: usize = 3;

/// An endpoint, as its operator knows it.
#[derive(Clone, Debug)]
pub(crate) struct Known<'a> {
    pub(crate) name: &'a str,
    /// Its path; empty where it is not selected by one.
    pub(crate) path: String,
}

/// A path without what is easily mistaken in it: the case of its letters, and slashes at its end.
pub(crate) fn bare_path(path: &str) -> String {
    path.trim_end_matches('/').to_ascii_lowercase()
}

/// The path is nearly that of an endpoint.
pub(crate) fn near_path(path: &str, own: &Known<'_>) -> Diagnosis {
    let Known { name, path: own } = own;
    let what = if own.trim_end_matches('/') == path.trim_end_matches('/') {
        "a slash at its end"
    } else {
        "the case of its letters"
    };
    Diagnosis::new(
        Code::OtherPath,
        format!("the path is that of endpoint {name:?} but for {what}: {own}"),
    )
}

/// No endpoint has the path; the request may have the signature of one all the same.
pub(crate) fn no_such_path<'a>(
    known: impl ExactSizeIterator<Item = Known<'a>>,
    signed: Option<&Known<'a>>,
) -> Vec<Diagnosis> {
    let signed = signed.map(|Known { name, path }| {
        Diagnosis::new(
            Code::OtherPath,
            format!(
                "the request has a signature as endpoint {name:?} wants it, whose path is {path}: does the \
                 provider have another URL, or does a proxy change the path?"
            ),
        )
    });
    let paths = list(known.map(|known| known.path));
    let message = format!("no endpoint has this path, only {paths}");
    let unknown = Diagnosis::new(Code::UnknownPath, message);
    signed.into_iter().chain([unknown]).collect()
}

/// The endpoint is chosen by what the request has, and that is none's, or that of several.
pub(crate) fn not_detected<'a>(
    head: Head<'_>,
    known: impl ExactSizeIterator<Item = Known<'a>>,
    signed: Vec<Known<'a>>,
) -> Diagnosis {
    if !signed.is_empty() {
        let names = list(signed.into_iter().map(|known| format!("{:?}", known.name)));
        return Diagnosis::new(
            Code::FitsSeveral,
            format!(
                "the request fits several endpoints alike, and so none: {names}; a path for each tells them apart"
            ),
        );
    }
    let names = list(known.map(|known| format!("{:?}", known.name)));
    match looks_like(head, None) {
        Some((header, ids)) => Diagnosis::new(
            Code::OtherProvider,
            format!(
                "this looks like {}: the request has the header {header}, and not the signature of {names}",
                one_of(&ids)
            ),
        ),
        None => Diagnosis::new(
            Code::HeaderAbsent,
            format!(
                "the request has the signature of no endpoint ({names}), nor of any other provider known here: \
                 does a proxy drop headers?"
            ),
        ),
    }
}

/// The first of them, and how many more there are.
fn list(mut of: impl ExactSizeIterator<Item = String>) -> String {
    let first: Vec<_> = of.by_ref().take(MAX_NAMED).collect();
    let first = first.join(", ");
    match of.len() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
