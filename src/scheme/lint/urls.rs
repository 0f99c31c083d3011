//! Where the end of a URL can be taken for something else.

use super::Linter;
use crate::scheme::{Filter, Role, Segment, Shape};

impl Linter<'_> {
    /// A URL's path and query are the sender's to choose, and so is where they end.
    pub(super) fn urls(&mut self, shape: &Shape) {
        let segments = shape
            .content
            .as_ref()
            .map_or(&[][..], |content| content.segments());
        for pair in segments.windows(2) {
            if let [
                Segment::Value {
                    role: Role::Url, ..
                },
                Segment::Value {
                    role: Role::Body,
                    filters,
                },
            ] = pair
                && filters.is_empty()
            {
                self.warn(
                    "url-body",
                    "nothing separates `{url}` from `{body}`: only a body that begins like a JSON object, or a \
                     list of them, is accepted, and no URL with a brace or a quotation mark in it",
                );
            }
        }
        for triple in segments.windows(3) {
            let [
                Segment::Value {
                    role: left,
                    filters: of_left,
                },
                Segment::Literal(literal),
                Segment::Value {
                    role: right,
                    filters: of_right,
                },
            ] = triple
            else {
                continue;
            };
            let are_open = is_open(shape, left, of_left) && is_open(shape, right, of_right);
            let by_url = is_url(left) || is_url(right);
            // Where one of the two can't have it, its first or last place is the border.
            if are_open && by_url && can_hold(left, literal) && can_hold(right, literal) {
                self.warn(
                    "url-separator",
                    format!(
                        "{literal:?} can stand in a URL, so it does not say where `{{{left}}}` ends and \
                         `{{{right}}}` begins: bytes could move from one to the other under the same signature"
                    ),
                );
            }
        }
    }
}

/// Whether nothing holds a value to a form, so that it may contain its separator.
///
/// Any other value is refused with its separator inside, or has one length.
fn is_open(shape: &Shape, role: &Role, filters: &[Filter]) -> bool {
    let may_be_any = match role {
        Role::Url | Role::Path | Role::Query | Role::Body | Role::Form => true,
        Role::Field(name) => shape
            .fields
            .iter()
            .any(|field| field.name == *name && field.free),
        _ => false,
    };
    may_be_any && !filters.contains(&Filter::Sha256)
}

const fn is_url(role: &Role) -> bool {
    matches!(role, Role::Url | Role::Path | Role::Query)
}

/// Whether `literal` can stand in this value.
fn can_hold(role: &Role, literal: &str) -> bool {
    let never = match role {
        Role::Url | Role::Query => "#",
        Role::Path => "#?",
        _ => return true,
    };
    literal
        .bytes()
        .all(|c| c.is_ascii_graphic() && !never.contains(char::from(c)))
}
