//! What follows from a template alone, found once: verifying asks for it with each request.

use crate::scheme::{Filter, Role, Segment};

/// What follows from the segments of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The segment that is the body as received, unless the body stands before it in another form.
    pub(crate) body: Option<usize>,
    /// Whether the body is signed right behind the URL, or behind a text that a URL can have, so that
    /// its beginning could be moved to the end of the query.
    pub(crate) joins_url_and_body: bool,
    /// For the value at each place, the places of the literals that separate its role from what stands
    /// before or behind it, also where values without a separator of their own lie between. A literal
    /// at either end of the template separates nothing.
    pub(super) separators: Box<[Box<[usize]>]>,
}

impl Layout {
    pub(super) fn of(segments: &[Segment]) -> Self {
        Self {
            body: body(segments),
            joins_url_and_body: joins_url_and_body(segments),
            separators: segments
                .iter()
                .map(|segment| separators(segments, segment))
                .collect(),
        }
    }
}

fn body(segments: &[Segment]) -> Option<usize> {
    let of_body = |segment: &Segment| {
        matches!(
            segment,
            Segment::Value {
                role: Role::Body | Role::Form,
                ..
            }
        )
    };
    let at = segments.iter().position(of_body)?;
    let as_received = matches!(
        segments.get(at),
        Some(Segment::Value { role: Role::Body, filters }) if filters.is_empty()
    );
    as_received.then_some(at)
}

fn joins_url_and_body(segments: &[Segment]) -> bool {
    let is_url = |segment: &Segment| {
        matches!(
            segment,
            Segment::Value {
                role: Role::Url,
                ..
            }
        )
    };
    let mut urls = segments
        .iter()
        .enumerate()
        .filter(|(_, segment)| is_url(segment));
    urls.any(|(at, _)| {
        let mut behind = segments.iter().skip(at + 1);
        let next = match behind.next() {
            Some(Segment::Literal(text)) if text.bytes().all(|c| c.is_ascii_graphic() && c != b'#') => {
                behind.next()
            }
            next => next,
        };
        matches!(next, Some(Segment::Value { role: Role::Body, filters }) if !filters.contains(&Filter::Sha256))
    })
}

/// The literals nearest to each place of the role of `value`.
fn separators(segments: &[Segment], value: &Segment) -> Box<[usize]> {
    let Segment::Value { role, .. } = value else {
        return Box::default();
    };
    let last = segments.len().saturating_sub(1);
    let is_literal = |at: &usize| segments.get(*at).is_some_and(|at| at.literal().is_some());
    let mut found = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        if matches!(segment, Segment::Value { role: other, .. } if other == role) {
            let before = (0..at).rev().find(is_literal);
            let behind = (at + 1..segments.len()).find(is_literal);
            found.extend(before.filter(|at| *at > 0));
            found.extend(behind.filter(|at| *at < last));
        }
    }
    found.into()
}
