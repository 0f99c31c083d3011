//! A path with names in it: `/webhooks/{tenant}/stripe`.

/// A path, some of whose segments stand for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathPattern(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// This text, as received.
    Literal(String),
    /// `{name}`: any text but an empty one.
    Named(String),
    /// `{*name}` at the end: one or more segments.
    Rest,
}

impl PathPattern {
    pub(crate) fn new(path: &str) -> Self {
        let inner = |segment: &str| {
            let inner = segment.strip_prefix('{')?.strip_suffix('}')?;
            Some(inner.to_owned())
        };
        let segments = path.split('/').map(|segment| match inner(segment) {
            Some(name) if name.starts_with('*') => Segment::Rest,
            Some(name) => Segment::Named(name),
            None => Segment::Literal(segment.to_owned()),
        });
        Self(segments.collect())
    }

    /// Whether no segment stands for any text.
    pub(crate) fn is_literal(&self) -> bool {
        let mut segments = self.0.iter();
        segments.all(|segment| matches!(segment, Segment::Literal(_)))
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// How many segments are called `name`.
    pub(crate) fn count(&self, name: &str) -> usize {
        let segments = self.0.iter();
        segments
            .filter(|segment| matches!(segment, Segment::Named(own) if own == name))
            .count()
    }

    pub(crate) fn fits(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        for wanted in &self.0 {
            let Some(segment) = segments.next() else {
                return false;
            };
            match wanted {
                Segment::Literal(text) if text == segment => {}
                Segment::Named(_) if !segment.is_empty() => {}
                Segment::Rest => return !segment.is_empty(),
                _ => return false,
            }
        }
        segments.next().is_none()
    }

    /// The segment called `name`, as received, of a path that fits.
    pub(crate) fn value<'p>(&self, name: &str, path: &'p str) -> Option<&'p str> {
        if !self.fits(path) {
            return None;
        }
        self.0
            .iter()
            .zip(path.split('/'))
            .find(|(wanted, _)| matches!(wanted, Segment::Named(own) if own == name))
            .map(|(_, segment)| segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, path: &str, want: bool) {
        let fits = PathPattern::new(pattern).fits(path);
        assert_eq!(fits, want, "{pattern} {path}");
    }

    #[test]
    fn a_name_is_one_segment_and_never_none() {
        check("/a/{t}/b", "/a/x/b", true);
        check("/a/{t}/b", "/a//b", false);
        check("/a/{t}/b", "/a/x/y/b", false);
        check("/a/{t}/b", "/a/x/b/", false);
        check("/a/{t}", "/a/x%2Fy", true);
        check("/a/{t}", "/a", false);
        check("/a/{*rest}", "/a/x/y", true);
        check("/a/{*rest}", "/a/", false);
        check("/a/v{t}", "/a/v1", false);
        let pattern = PathPattern::new("/{a}/{b}");
        assert_eq!(pattern.value("b", "/x/y"), Some("y"));
        assert_eq!(pattern.value("b", "/x/y/z"), None);
        assert_eq!(pattern.value("c", "/x/y"), None);
    }
}
