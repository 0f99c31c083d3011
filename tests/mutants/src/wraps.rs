//! Text put around pieces of a source.

use std::{cmp::Reverse, ops::Range};

/// What is put around pieces, which are nested or apart.
#[derive(Default)]
pub(crate) struct Wraps(Vec<Wrap>);

struct Wrap {
    range: Range<usize>,
    before: String,
    after: String,
}

impl Wraps {
    /// Puts text around a piece. Of two that are the same piece, the first is the outer one.
    pub(crate) fn around(&mut self, range: Range<usize>, before: String, after: String) {
        self.0.push(Wrap {
            range,
            before,
            after,
        });
    }

    pub(crate) fn insert(&mut self, at: usize, text: String) {
        self.around(at..at, text, String::new());
    }

    pub(crate) fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|wrap| {
            let Range { start, end } = wrap.range;
            // An insertion stands before what begins there.
            (start, end > start, Reverse(end))
        });
        let mut out = String::with_capacity(text.len() * 4);
        let mut open: Vec<&Wrap> = Vec::new();
        let mut at = 0;
        for wrap in &self.0 {
            close(&mut open, wrap.range.start, text, &mut at, &mut out);
            out.push_str(&text[at..wrap.range.start]);
            at = wrap.range.start;
            out.push_str(&wrap.before);
            if !wrap.range.is_empty() {
                open.push(wrap);
            }
        }
        close(&mut open, text.len(), text, &mut at, &mut out);
        out.push_str(&text[at..]);
        out
    }
}

/// Ends the pieces that are over at `until`.
fn close(open: &mut Vec<&Wrap>, until: usize, text: &str, at: &mut usize, out: &mut String) {
    while let Some(wrap) = open.pop_if(|wrap| wrap.range.end <= until) {
        out.push_str(&text[*at..wrap.range.end]);
        out.push_str(&wrap.after);
        *at = wrap.range.end;
    }
}
