//! Endpoints by their paths: how many there are does not matter to a request.

use std::{
    collections::{HashMap, hash_map::Entry},
    str::Split,
};

use crate::{
    diagnosis,
    endpoint::Endpoint,
    middleware::LayerError,
    path_pattern::{PathPattern, Segment},
};

/// Which endpoint has a path; an endpoint is its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths {
    /// As they are configured, also those with names in them.
    texts: HashMap<String, usize>,
    /// Those with names in them.
    patterns: Node,
    /// The first of those that look alike.
    alike: HashMap<String, usize>,
}

impl Paths {
    pub(super) fn new(endpoints: &[Endpoint]) -> Result<Self, LayerError> {
        let mut paths = Self::default();
        for (number, endpoint) in endpoints.iter().enumerate() {
            let path = endpoint
                .path()
                .ok_or_else(|| LayerError::NoPath(endpoint.name.to_string()))?;
            match paths.texts.entry(path.to_owned()) {
                Entry::Vacant(entry) => entry.insert(number),
                Entry::Occupied(_) => return Err(LayerError::DuplicatePath(path.to_owned())),
            };
            let pattern = PathPattern::new(path);
            if !pattern.is_literal() {
                if let Some(other) = paths.patterns.overlap(pattern.segments()) {
                    let other = endpoints.get(other).and_then(Endpoint::path);
                    return Err(LayerError::PathsOverlap(
                        other.unwrap_or_default().to_owned(),
                        path.to_owned(),
                    ));
                }
                paths.patterns.insert(pattern.segments(), number);
            }
            let alike = diagnosis::bare_path(path);
            paths.alike.entry(alike).or_insert(number);
        }
        Ok(paths)
    }

    /// The endpoint that is configured with this very text.
    pub(super) fn of_text(&self, path: &str) -> Option<usize> {
        self.texts.get(path).copied()
    }

    /// The endpoint whose path, with names in it, this one fits.
    pub(super) fn fitting(&self, path: &str) -> Option<usize> {
        self.patterns.find(path.split('/'))
    }

    /// The endpoint whose path this nearly is.
    pub(super) fn alike(&self, path: &str) -> Option<usize> {
        self.alike.get(&diagnosis::bare_path(path)).copied()
    }
}

/// What can follow after some segments. No path fits two of the patterns.
#[derive(Clone, Debug, Default)]
struct Node {
    literals: HashMap<String, Node>,
    named: Option<Box<Node>>,
    /// The pattern that ends here in `{*name}`.
    rest: Option<usize>,
    /// The pattern that ends here.
    end: Option<usize>,
}

impl Node {
    fn insert(&mut self, segments: &[Segment], number: usize) {
        let Some((segment, after)) = segments.split_first() else {
            self.end = Some(number);
            return;
        };
        match segment {
            Segment::Literal(text) => {
                let node = self.literals.entry(text.clone()).or_default();
                node.insert(after, number);
            }
            Segment::Named(_) => self.named.get_or_insert_default().insert(after, number),
            Segment::Rest => self.rest = Some(number),
        }
    }

    fn find(&self, mut segments: Split<'_, char>) -> Option<usize> {
        let Some(segment) = segments.next() else {
            return self.end;
        };
        let literal = self.literals.get(segment);
        let found = literal.and_then(|node| node.find(segments.clone()));
        if segment.is_empty() {
            return found;
        }
        found
            .or_else(|| self.named.as_ref()?.find(segments))
            .or(self.rest)
    }

    /// The first of the patterns that a path can fit which fits these segments too.
    fn overlap(&self, segments: &[Segment]) -> Option<usize> {
        let Some((segment, after)) = segments.split_first() else {
            return self.end;
        };
        let named = self.named.iter().map(|node| &**node);
        let below = match segment {
            Segment::Literal(text) => {
                let named = named.filter(|_| !text.is_empty());
                let nodes = self.literals.get(text).into_iter().chain(named);
                nodes.filter_map(|node| node.overlap(after)).min()
            }
            Segment::Named(_) => {
                let literals = self.literals.iter().filter(|(text, _)| !text.is_empty());
                let nodes = literals.map(|(_, node)| node).chain(named);
                nodes.filter_map(|node| node.overlap(after)).min()
            }
            Segment::Rest => {
                let nodes = self.literals.values().chain(named);
                nodes.filter_map(Self::first).min()
            }
        };
        self.rest.into_iter().chain(below).min()
    }

    fn first(&self) -> Option<usize> {
        let nodes = self.literals.values().chain(self.named.as_deref());
        let below = nodes.filter_map(Self::first);
        self.end.into_iter().chain(self.rest).chain(below).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// The patterns that fit beside all before them, and the first that each of the others overlaps.
    fn laid(patterns: &[&str]) -> (Node, Vec<Option<usize>>) {
        let mut node = Node::default();
        let overlaps = patterns.iter().enumerate().map(|(number, pattern)| {
            let pattern = PathPattern::new(pattern);
            let other = node.overlap(pattern.segments());
            if other.is_none() {
                node.insert(pattern.segments(), number);
            }
            other
        });
        let overlaps = overlaps.collect();
        (node, overlaps)
    }

    #[test]
    fn two_patterns_that_one_path_fits_overlap() {
        for (a, b, want) in [
            ("/a/{t}", "/a/{u}", true),
            ("/a/{t}", "/{u}/b", true),
            ("/a/{t}", "/b/{t}", false),
            ("/a/{t}", "/a/{t}/c", false),
            ("/a/{t}/", "/a/{t}/{u}", false),
            ("/{*r}", "/a/{t}/c", true),
            ("/a/{*r}", "/a", false),
        ] {
            for pair in [[a, b], [b, a]] {
                let (_, overlaps) = laid(&pair);
                let other = want.then_some(0);
                assert_eq!(overlaps, [None, other], "{pair:?}");
            }
        }
    }

    /// The error names it.
    #[test]
    fn the_first_of_those_that_overlap_is_found() {
        let (_, overlaps) = laid(&["/a/{t}", "/b/{t}/c", "/b/{t}/d/e", "/b/{*r}"]);
        assert_eq!(overlaps, [None, None, None, Some(1)]);
    }

    #[test]
    fn a_branch_that_leads_nowhere_is_left_again() {
        let (node, _) = laid(&["/a/{t}/x", "/{u}/b/y", "/a/b/{*r}"]);
        let find = |path: &str| node.find(path.split('/'));
        assert_eq!(find("/a/c/x"), Some(0));
        assert_eq!(find("/a/b/y"), Some(1));
        assert_eq!(find("/a//y"), None);
    }

    fn path(words: &'static [&'static str]) -> impl Strategy<Value = String> {
        let segments = vec(proptest::sample::select(words), 1..4);
        segments.prop_map(|segments| format!("/{}", segments.join("/")))
    }

    proptest! {
        /// As if they were gone through one by one.
        #[test]
        fn the_pattern_that_a_path_fits_is_found(
            patterns in vec(path(&["", "a", "b", "{t}", "{u}", "{*r}"]), 1..8),
            paths in vec(path(&["", "a", "b", "c"]), 16),
        ) {
            let patterns: Vec<_> = patterns.iter().map(String::as_str).collect();
            let (node, overlaps) = laid(&patterns);
            for path in &paths {
                let fitting = patterns.iter().zip(&overlaps).position(|(pattern, overlap)| {
                    overlap.is_none() && PathPattern::new(pattern).fits(path)
                });
                prop_assert_eq!(node.find(path.split('/')), fitting, "{} {:?}", path, patterns);
            }
            // What one path fits twice is found out.
            for path in &paths {
                let kept = patterns.iter().zip(&overlaps).filter(|(_, overlap)| overlap.is_none());
                let fitting = kept.filter(|(pattern, _)| PathPattern::new(pattern).fits(path));
                prop_assert!(fitting.count() <= 1, "{} {:?}", path, patterns);
            }
        }
    }
}
