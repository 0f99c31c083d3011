//! The grammar of a signature's list: whether it can be read in one way only.

use super::Linter;
use crate::scheme::{Encoding, List, Locate, Shape, TimeUnit, signature::ItemKey};

impl Linter<'_> {
    pub(super) fn list(&mut self, shape: &Shape) {
        let signature = &shape.signature;
        let many = matches!(signature.at, Locate::Headers(_) | Locate::HeaderFamily(_));
        if many && signature.list.is_some() {
            self.error("list", "a `list` needs a signature in one place");
        }
        let list = signature.list.as_ref();
        let has_sets = list.is_some_and(|list| list.sets.is_some());
        if has_sets && matches!(signature.at, Locate::RepeatedHeader(_)) {
            self.error("list", "`sets` need a signature in one place");
        }
        let has_pairs = list.is_some_and(|list| list.pair.is_some());
        let reads_items = read_items(shape).next().is_some();
        if (signature.item.is_some() || reads_items) && !has_pairs {
            self.error("list", "an `item` needs a `list` with a `pair` separator");
        }
        if has_pairs && signature.item.is_none() {
            self.error(
                "list",
                "a `pair` separator needs an `item`: which of the keys is the signature's",
            );
        }
        if reads_items && signature.at.single_header().is_none() {
            self.error(
                "list",
                "a value at an `item` needs the signature in one header",
            );
        }
        if let Some(list) = list {
            self.list_separators(shape, list);
        }
    }

    /// What separates must not stand in what it separates.
    fn list_separators(&mut self, shape: &Shape, list: &List) {
        let signature = &shape.signature;
        let between = || {
            [Some(&list.items), list.sets.as_ref()]
                .into_iter()
                .flatten()
        };
        if between().chain(&list.pair).any(String::is_empty) {
            self.error("list", "a separator is empty");
            return;
        }
        let is_nested = list
            .sets
            .as_ref()
            .is_some_and(|sets| list.items.contains(sets));
        if is_nested {
            self.error("list", "`sets` stand in `items`");
        }
        let pair = list.pair.as_deref().unwrap_or_default();
        let signature_item = match &signature.item {
            Some(ItemKey::Name(name)) => Some(name.as_str()),
            _ => None,
        };
        for name in read_items(shape).chain(signature_item) {
            let text = format!("{name}{pair}");
            let is_split =
                text.find(pair) != Some(name.len()) || between().any(|mark| text.contains(mark));
            if name.is_empty() || is_split {
                self.error(
                    "list",
                    format!("the item {name:?} is empty, or a separator stands in it"),
                );
            }
        }
        if read_items(shape).any(|name| Some(name) == signature_item) {
            self.error("list", "a value stands at the signature's own `item`");
        }
        let time = shape.timestamp.as_ref();
        let time = time.filter(|time| matches!(time.at, Locate::Item(_)));
        let is_open = |mark: &&String| {
            let all_are = |letters: fn(char) -> bool| mark.chars().all(letters);
            all_are(letters(signature.encoding))
                || time.is_some_and(|time| all_are(time_letters(time.unit)))
                || signature.prefix.contains(mark.as_str())
        };
        if let Some(mark) = between().find(is_open) {
            self.error(
                "list",
                format!("the separator {mark:?} can stand in a value too"),
            );
        }
    }
}

/// The names of the items from which values are read.
fn read_items(shape: &Shape) -> impl Iterator<Item = &str> {
    let time = shape.timestamp.iter().map(|field| &field.at);
    let id = shape.event_id.iter();
    let fields = shape.fields.iter().map(|field| &field.at);
    time.chain(id).chain(fields).filter_map(|at| match at {
        Locate::Item(name) => Some(name.as_str()),
        _ => None,
    })
}

/// What a signature may be written with.
fn letters(encoding: Encoding) -> fn(char) -> bool {
    match encoding {
        Encoding::Hex => |c| matches!(c, '0'..='9' | 'a'..='f'),
        Encoding::HexUpper => |c| matches!(c, '0'..='9' | 'A'..='F'),
        Encoding::HexAnyCase => |c| c.is_ascii_hexdigit(),
        Encoding::Base64 => |c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='),
        Encoding::Base64UrlPadded => |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '='),
        Encoding::Base64Url => |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'),
        // A token may be anything; one that has the separator is none.
        Encoding::Text => |_| false,
    }
}

/// What a time may be written with.
fn time_letters(unit: TimeUnit) -> fn(char) -> bool {
    match unit {
        TimeUnit::Rfc3339 => |c| c.is_ascii_digit() || "-:.+TZ".contains(c),
        TimeUnit::Rfc2822 => |c| c.is_ascii_alphanumeric() || " ,:+-".contains(c),
        _ => |c| c.is_ascii_digit(),
    }
}
