//! What is signed, fed piece by piece: the one reading of a template, for verifying and signing alike.

mod filters;
mod signed_form;
mod signed_headers;

use std::{borrow::Cow, io::Write as _};

use http::HeaderName;

use crate::{
    crypto::jws,
    form,
    incoming::{Head, Incoming, ReadError},
    json,
    keys::Key,
    scheme::{ItemKey, Locate, Role, Segment, Shape, Template},
    text,
    verify::VerifyError,
};

/// A request and how it is read: everything that a role can stand for.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) incoming: Incoming<'a>,
    /// The set of the signature's list that is looked at.
    pub(crate) set: usize,
    /// The item of a batch that is looked at: JSON pointers start there.
    pub(crate) item: Option<&'a str>,
    /// Whether the URL is read with its default port added or dropped.
    pub(crate) toggle_port: bool,
    /// The signature's list, where it has been read.
    pub(crate) list: Option<Listed<'a>>,
    /// How what is signed begins, where it has been read.
    pub(crate) known: Option<&'a Known>,
}

/// The list in which the signatures stand, and what else has been found in it.
#[derive(Clone, Copy)]
pub(crate) struct Listed<'a> {
    text: &'a [u8],
    /// The items that are no signatures; each has one of this name, and is remembered if it is one of the first.
    others: [(&'a [u8], &'a [u8]); 2],
    count: usize,
}

impl<'a> Listed<'a> {
    /// A list of which nothing is remembered yet, and all items will be.
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            others: [(&[], &[]); 2],
            count: 0,
        }
    }

    /// Remembers an item that is no signature.
    #[inline]
    pub(crate) fn remember(&mut self, name: &'a [u8], value: &'a [u8]) {
        if let Some(place) = self.others.get_mut(self.count) {
            *place = (name, value);
        }
        self.count += 1;
    }

    /// The item called `key`, which must be there exactly once; `None` unless all items are remembered.
    #[inline]
    fn item(&self, key: &[u8]) -> Option<Result<&'a [u8], ReadError>> {
        let others = self.others.get(..self.count)?;
        let mut found = others.iter().filter(|(name, _)| *name == key);
        Some(match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(value),
            (None, _) => Err(ReadError::Missing),
            (Some(_), Some(_)) => Err(ReadError::Duplicate),
        })
    }
}

/// How what is signed begins, read and checked: in one piece, since a hash takes longer to begin with a
/// piece than for a few bytes of it, and so that nothing is looked up twice.
pub(crate) struct Known {
    /// How many segments it has.
    segments: usize,
    len: usize,
    text: [u8; Self::MAX],
}

impl Default for Known {
    fn default() -> Self {
        Self {
            segments: 0,
            len: 0,
            text: [0; Self::MAX],
        }
    }
}

impl Known {
    /// Room for an id, a timestamp and what separates them.
    const MAX: usize = 48;

    /// Remembers the text of the segment at `place`, if it is the next one and there is room for it.
    #[inline]
    pub(crate) fn remember(&mut self, place: usize, text: &[u8]) {
        let end = self.len + text.len();
        if self.segments == place
            && let Some(room) = self.text.get_mut(self.len..end)
        {
            match (room, text) {
                // Most separators are one byte, which takes no call.
                ([place], [byte]) => *place = *byte,
                (room, text) => room.copy_from_slice(text),
            }
            self.len = end;
            self.segments += 1;
        }
    }

    fn text(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }
}

impl<'a> Reading<'a> {
    pub(crate) const fn new(shape: &'a Shape, incoming: Incoming<'a>) -> Self {
        Self {
            shape,
            incoming,
            set: 0,
            item: None,
            toggle_port: false,
            list: None,
            known: None,
        }
    }

    const fn head(&self) -> &Head<'a> {
        &self.incoming.head
    }

    /// The value at `at`.
    #[inline]
    pub(crate) fn value(&self, at: &Locate) -> Result<Cow<'a, [u8]>, ReadError> {
        match at {
            Locate::Header(name) => self.head().header_bytes(name).map(Cow::Borrowed),
            _ => self.value_elsewhere(at),
        }
    }

    fn value_elsewhere(&self, at: &Locate) -> Result<Cow<'a, [u8]>, ReadError> {
        let text = |text: &'a str| Cow::Borrowed(text.as_bytes());
        match at {
            // More than one is for signatures only, which are read elsewhere.
            Locate::Header(name) | Locate::RepeatedHeader(name) => {
                self.head().header_bytes(name).map(Cow::Borrowed)
            }
            Locate::Headers(names) => names
                .iter()
                .map(|name| self.head().header_bytes(name))
                .find(|value| *value != Err(ReadError::Missing))
                .unwrap_or(Err(ReadError::Missing))
                .map(Cow::Borrowed),
            Locate::HeaderFamily(prefix) => {
                let mut room = [0; NUMBERED_LEN];
                let first = numbered_in(&mut room, prefix, 1);
                self.head().header_bytes(&*first).map(Cow::Borrowed)
            }
            Locate::Bearer => self.head().bearer().map(text),
            Locate::Query(name) => self.head().query_value(name),
            Locate::Form(name) => form::value(self.incoming.body, name),
            Locate::OnlyForm(name) => form::only_value(self.incoming.body, name),
            Locate::Json(pointer) => {
                let value = match self.item {
                    Some(item) => json::value(item.as_bytes(), pointer),
                    None => json::value(self.incoming.body, pointer),
                }?;
                Ok(match value {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                })
            }
            Locate::Claim(pointer) => {
                let value = json::value(&self.token_payload()?, pointer)?.into_owned();
                Ok(Cow::Owned(value.into_bytes()))
            }
            Locate::Item(key) => self.item(key).map(Cow::Borrowed),
        }
    }

    /// The value at `at`, as text.
    pub(crate) fn text(&self, at: &Locate) -> Result<Cow<'a, str>, ReadError> {
        match self.value(at)? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes)
                .map(Cow::Borrowed)
                .map_err(|_| ReadError::Malformed),
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(|_| ReadError::Malformed),
        }
    }

    /// What the token says, where the signature is one. Whether it is genuine is not asked here.
    pub(crate) fn token_payload(&self) -> Result<Vec<u8>, ReadError> {
        let signature = &self.shape.signature;
        let text = self.text(&signature.at)?;
        text.strip_prefix(&signature.prefix)
            .and_then(jws::payload)
            .ok_or(ReadError::Malformed)
    }

    /// The item called `key` in the set that is looked at; it must be there exactly once.
    fn item(&self, key: &str) -> Result<&'a [u8], ReadError> {
        let signature = &self.shape.signature;
        let list = signature.list.as_ref().ok_or(ReadError::Malformed)?;
        let pair = list.pair.as_ref().ok_or(ReadError::Malformed)?;
        // Signatures are not remembered, and neither are the items of several sets.
        if let (Some(listed), None, Some(ItemKey::Name(name))) =
            (&self.list, &list.sets, &signature.item)
            && name != key
            && let Some(found) = listed.item(key.as_bytes())
        {
            return found;
        }
        let text = match (self.list, &signature.at) {
            (Some(listed), _) => listed.text,
            (None, Locate::Header(name)) => self.head().header_bytes(name)?,
            (None, Locate::Bearer) => self.head().bearer()?.as_bytes(),
            _ => return Err(ReadError::Malformed),
        };
        let set = match &list.sets {
            Some(separator) => text::split(text, separator)
                .nth(self.set)
                .ok_or(ReadError::Missing)?,
            None => text,
        };
        let mut found = text::split(set, &list.items)
            .filter_map(|item| text::split_once(item, pair))
            .filter(|(name, _)| *name == key.as_bytes());
        let (_, value) = found.next().ok_or(ReadError::Missing)?;
        if found.next().is_some() {
            return Err(ReadError::Duplicate);
        }
        Ok(value)
    }

    /// Feeds what `template` stands for to `sink`, piece by piece and without joining it.
    pub(crate) fn feed(
        &self,
        template: &Template,
        key: Option<&Key>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        let mut segments = template.segments().iter();
        segments.try_for_each(|segment| self.feed_segment(segment, key, sink))
    }

    /// Feeds the segments of what is signed from `from` to `to` to `sink`.
    pub(crate) fn feed_content(
        &self,
        from: usize,
        to: usize,
        key: Option<&Key>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        let Some(content) = &self.shape.content else {
            return Ok(());
        };
        let from = self.feed_known(from, to, sink);
        if from + 1 == to && content.layout().body == Some(from) {
            sink(self.incoming.body);
            return Ok(());
        }
        let mut segments = content.segments().iter().take(to).skip(from);
        segments.try_for_each(|segment| self.feed_segment(segment, key, sink))
    }

    /// Feeds what is known of the segments from `from` to `to`, and says which of them is the next.
    #[inline]
    fn feed_known(&self, from: usize, to: usize, sink: &mut dyn FnMut(&[u8])) -> usize {
        let known = self
            .known
            .filter(|known| from == 0 && (1..=to).contains(&known.segments));
        known.map_or(from, |known| {
            sink(known.text());
            known.segments
        })
    }

    fn feed_segment(
        &self,
        segment: &Segment,
        key: Option<&Key>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        match segment {
            Segment::Literal(text) => sink(text.as_bytes()),
            Segment::Value { role, filters } => self.feed_filtered(role, filters, key, sink)?,
        }
        Ok(())
    }

    fn feed_role(
        &self,
        role: &Role,
        key: Option<&Key>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        let head = self.head();
        match role {
            Role::Body => sink(self.incoming.body),
            Role::Url => {
                let pieces = head.url_pieces(self.toggle_port);
                for piece in pieces.ok_or(VerifyError::NoPublicUrl)? {
                    sink(piece.as_bytes());
                }
            }
            Role::Path => sink(head.path().as_bytes()),
            Role::Query => sink(head.query().unwrap_or_default().as_bytes()),
            Role::Method => sink(head.method.as_str().as_bytes()),
            Role::Form => self.feed_form(false, sink)?,
            Role::Secret => sink(key.map_or(&[], Key::text)),
            Role::SecretPart(name) => sink(
                key.and_then(|key| key.part(name))
                    .unwrap_or_default()
                    .as_bytes(),
            ),
            Role::SignedHeaders => {
                if let Some(list) = &self.shape.signed_headers {
                    self.feed_signed_headers(list, sink)?;
                }
            }
            Role::Timestamp | Role::Id | Role::Field(_) => {
                if let Some(source) = Source::of(self.shape, role) {
                    sink(&self.source(&source)?);
                }
            }
            // The linter keeps challenges out of what is signed.
            Role::Challenge => {}
        }
        Ok(())
    }

    /// A value that stands somewhere in the request, checked to be one that can't
    /// run into its neighbours.
    #[inline]
    pub(crate) fn source(&self, source: &Source<'_>) -> Result<Cow<'a, [u8]>, VerifyError> {
        let value = match self.value(source.at) {
            Err(ReadError::Missing) if source.optional => Cow::Borrowed(&[][..]),
            other => other.map_err(|error| VerifyError::read(source.name, source.at, error))?,
        };
        if !source.free
            && let Some(content) = &self.shape.content
            && contains_separator(content, source.role, &value)
        {
            return Err(VerifyError::SeparatorInValue {
                name: source.name.to_owned(),
            });
        }
        if let Some(width) = source.width
            && !width.charset.holds(&value, width.min, width.max)
        {
            return Err(VerifyError::Malformed {
                name: source.name.to_owned(),
                at: source.at.to_string(),
            });
        }
        Ok(value)
    }
}

/// The text of a template of literals and of named parts of a secret; `None` if it has anything
/// else in it, or the part is not there.
pub(crate) fn fixed<'p>(
    template: &Template,
    part: &impl Fn(&str) -> Option<&'p str>,
) -> Option<String> {
    let mut text = String::new();
    for segment in template.segments() {
        match segment {
            Segment::Literal(literal) => text.push_str(literal),
            Segment::Value {
                role: Role::SecretPart(name),
                filters,
            } if filters.is_empty() => text.push_str(part(name)?),
            Segment::Value { .. } => return None,
        }
    }
    Some(text)
}

/// Where a named value comes from, and what it may look like.
pub(crate) struct Source<'s> {
    pub(crate) name: &'s str,
    pub(crate) at: &'s Locate,
    role: &'s Role,
    optional: bool,
    free: bool,
    width: Option<crate::scheme::Width>,
}

impl<'s> Source<'s> {
    /// The source of a role that stands for a value of the request.
    pub(crate) fn of(shape: &'s Shape, role: &'s Role) -> Option<Self> {
        let plain = |name, at| Self {
            name,
            at,
            role,
            optional: false,
            free: false,
            width: None,
        };
        match role {
            // Each unit's one spelling says where it ends, so a separator inside it separates nothing.
            Role::Timestamp => shape.timestamp.as_ref().map(|field| Self {
                free: true,
                ..plain("timestamp", &field.at)
            }),
            Role::Id => shape.event_id.as_ref().map(|at| plain("id", at)),
            Role::Field(name) => {
                let field = shape.fields.iter().find(|field| field.name == *name)?;
                Some(Self {
                    optional: field.optional,
                    free: field.free,
                    width: field.width,
                    ..plain(&field.name, &field.at)
                })
            }
            _ => None,
        }
    }
}

/// The room for the name of any header of a numbered family that providers have.
pub(crate) const NUMBERED_LEN: usize = 64;

/// The name of the header at place `number` of a numbered family, in `room` if it is not too long.
pub(crate) fn numbered_in<'r>(
    room: &'r mut [u8; NUMBERED_LEN],
    prefix: &HeaderName,
    number: usize,
) -> Cow<'r, str> {
    let mut rest = &mut room[..];
    let fits = write!(rest, "{prefix}{number}").is_ok();
    let len = NUMBERED_LEN - rest.len();
    match room.get(..len).map(str::from_utf8) {
        Some(Ok(name)) if fits => Cow::Borrowed(name),
        _ => Cow::Owned(format!("{prefix}{number}")),
    }
}

/// The header at place `number` of a numbered family.
pub(crate) fn numbered(prefix: &HeaderName, number: usize) -> Option<HeaderName> {
    HeaderName::try_from(format!("{prefix}{number}")).ok()
}

/// Whether `value` contains a literal that separates its role from what stands beside it.
fn contains_separator(content: &Template, role: &Role, value: &[u8]) -> bool {
    content
        .separators(role)
        .any(|separator| text::find(value, separator).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_not_contain_its_separators() {
        let content = Template::literal("v0:{timestamp}:{id}.{body}");
        for (role, value, want) in [
            (Role::Timestamp, "1:2", true),
            (Role::Timestamp, "v0", false),
            (Role::Id, "a.b", true),
            (Role::Id, "a:b", true),
            (Role::Id, "a", false),
        ] {
            let got = contains_separator(&content, &role, value.as_bytes());
            assert_eq!(got, want, "{role} {value}");
        }
    }
}
