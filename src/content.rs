//! What is signed, fed piece by piece: the one reading of a template, for verifying and signing alike.

use std::borrow::Cow;

use http::HeaderName;

use crate::{
    crypto::{jws, sha256},
    incoming::{self, Head, Incoming, ReadError},
    keys::Key,
    scheme::{
        Encoding, Filter, Locate, Role, Segment, Shape, SignedHeaders, SignedHeadersForm, Template,
    },
    sns, text,
    verify::VerifyError,
};

/// The most headers that a header may name as signed.
const MAX_SIGNED_HEADERS: usize = 64;

/// A form's field: its name and its value, decoded.
type Pair<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

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
    /// The text of the signature's list, where it has been read.
    pub(crate) list: Option<&'a str>,
    /// The values that have been read and checked.
    pub(crate) known: Option<&'a Known<'a>>,
}

/// Values of the head that are signed as they are, read and checked, so that nothing is looked up twice.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The set that they belong to.
    set: usize,
    /// By the place of their segment in the content, of which few have more.
    values: [Option<&'a [u8]>; 4],
}

impl<'a> Known<'a> {
    pub(crate) const fn new(set: usize) -> Self {
        Self {
            set,
            values: [None; 4],
        }
    }

    /// Remembers the value of a segment, where there is a place for it.
    pub(crate) fn remember(&mut self, segment: usize, value: &'a [u8]) {
        if let Some(place) = self.values.get_mut(segment) {
            *place = Some(value);
        }
    }

    fn get(&self, segment: usize) -> Option<&'a [u8]> {
        self.values.get(segment).copied().flatten()
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

    fn head(&self) -> Head<'a> {
        self.incoming.head
    }

    /// The value at `at`.
    pub(crate) fn value(&self, at: &Locate) -> Result<Cow<'a, [u8]>, ReadError> {
        let text = |text: &'a str| Cow::Borrowed(text.as_bytes());
        match at {
            // More than one is for signatures only, which are read elsewhere.
            Locate::Header(name) | Locate::RepeatedHeader(name) => {
                self.head().header(name).map(text)
            }
            Locate::Headers(names) => names
                .iter()
                .map(|name| self.head().header(name))
                .find(|value| *value != Err(ReadError::Missing))
                .unwrap_or(Err(ReadError::Missing))
                .map(text),
            Locate::HeaderFamily(prefix) => {
                let first = numbered(prefix, 1).ok_or(ReadError::Missing)?;
                self.head().header(&first).map(text)
            }
            Locate::Bearer => self.head().bearer().map(text),
            Locate::Query(name) => self.head().query_value(name),
            Locate::Form(name) => incoming::form_value(self.incoming.body, name),
            Locate::OnlyForm(name) => incoming::only_form_value(self.incoming.body, name),
            Locate::Json(pointer) => {
                let value = match self.item {
                    Some(item) => incoming::json_value(item.as_bytes(), pointer),
                    None => incoming::json_value(self.incoming.body, pointer),
                }?;
                Ok(match value {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                })
            }
            Locate::Claim(pointer) => {
                let value = incoming::json_value(&self.token_payload()?, pointer)?.into_owned();
                Ok(Cow::Owned(value.into_bytes()))
            }
            Locate::Item(key) => self.item(key).map(text),
        }
    }

    /// The value at `at`, as text.
    pub(crate) fn text(&self, at: &Locate) -> Result<Cow<'a, str>, ReadError> {
        if let Locate::Header(name) = at {
            return self.head().header(name).map(Cow::Borrowed);
        }
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
    fn item(&self, key: &str) -> Result<&'a str, ReadError> {
        let signature = &self.shape.signature;
        let list = signature.list.as_ref().ok_or(ReadError::Malformed)?;
        let pair = list.pair.as_ref().ok_or(ReadError::Malformed)?;
        let text = match (self.list, &signature.at) {
            (Some(text), _) => text,
            (None, Locate::Header(name)) => self.head().header(name)?,
            (None, Locate::Bearer) => self.head().bearer()?,
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
            .filter(|(name, _)| *name == key);
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
        let segments = self
            .shape
            .content
            .as_ref()
            .map_or(&[][..], Template::segments);
        let known = self.known.filter(|known| known.set == self.set);
        for (index, segment) in segments.iter().enumerate().take(to).skip(from) {
            match known.and_then(|known| known.get(index)) {
                Some(value) => sink(value),
                None => self.feed_segment(segment, key, sink)?,
            }
        }
        Ok(())
    }

    fn feed_segment(
        &self,
        segment: &Segment,
        key: Option<&Key>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        match segment {
            Segment::Literal(text) => sink(text.as_bytes()),
            Segment::Value { role, filters } if filters.is_empty() => {
                self.feed_role(role, key, sink)?;
            }
            Segment::Value { role, filters } => {
                let mut value = Vec::new();
                self.feed_filtered(role, filters, key, &mut value)?;
                sink(&value);
            }
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
            Role::Url => sink(self.url()?.as_bytes()),
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

    fn feed_filtered(
        &self,
        role: &Role,
        filters: &[Filter],
        key: Option<&Key>,
        value: &mut Vec<u8>,
    ) -> Result<(), VerifyError> {
        match filters.first() {
            Some(Filter::Distinct) => self.feed_form(true, &mut |bytes| value.extend(bytes))?,
            Some(Filter::First) => value.extend(self.first_element()?),
            Some(Filter::Json) => value.extend(self.json_object()?),
            Some(Filter::Vonage) => self.feed_vonage(value)?,
            Some(Filter::Hubspot) => value.extend(hubspot(&self.url()?)),
            Some(Filter::Sns) => value.extend(sns::content(self.incoming.body)?),
            _ => self.feed_role(role, key, &mut |bytes| value.extend(bytes))?,
        }
        for filter in filters {
            match filter {
                Filter::Sha256 => *value = sha256(value).to_vec(),
                Filter::Crc32 => *value = crc32(value).to_string().into_bytes(),
                Filter::Hex => *value = Encoding::Hex.encode(value).into_bytes(),
                Filter::Base64 => *value = Encoding::Base64.encode(value).into_bytes(),
                Filter::Minify => *value = minify(value),
                Filter::JsonString => *value = json_string(value).ok_or_else(body_malformed)?,
                Filter::Distinct
                | Filter::First
                | Filter::Json
                | Filter::Hubspot
                | Filter::Hmac
                | Filter::Sns
                | Filter::Vonage => {}
            }
        }
        Ok(())
    }

    fn url(&self) -> Result<String, VerifyError> {
        self.head()
            .url(self.toggle_port)
            .ok_or(VerifyError::NoPublicUrl)
    }

    /// A value that stands somewhere in the request, checked to be one that can't
    /// run into its neighbours.
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

    fn feed_form(&self, distinct: bool, sink: &mut dyn FnMut(&[u8])) -> Result<(), VerifyError> {
        let pairs = if distinct {
            let mut pairs: Vec<_> = incoming::pairs(self.incoming.body).collect();
            pairs.sort_unstable();
            pairs.dedup();
            pairs
        } else {
            self.single_fields()?
        };
        for (name, value) in &pairs {
            sink(name);
            sink(value);
        }
        Ok(())
    }

    /// The form's fields, sorted by their names, each of which stands there once.
    fn single_fields(&self) -> Result<Vec<Pair<'a>>, VerifyError> {
        let mut pairs: Vec<_> = incoming::pairs(self.incoming.body).collect();
        pairs.sort_unstable();
        let doubled = pairs
            .windows(2)
            .any(|pair| matches!(pair, [(a, _), (b, _)] if a == b));
        // Which order the sender signed is not said, so two readings would be possible.
        if doubled {
            return Err(VerifyError::Duplicate {
                name: "form field".to_owned(),
                at: "form".to_owned(),
            });
        }
        Ok(pairs)
    }

    // ref: `sign_params` of Vonage/vonage-python-sdk, http_client/src/vonage_http_client/auth.py
    fn feed_vonage(&self, content: &mut Vec<u8>) -> Result<(), VerifyError> {
        let separates = |c: &u8| matches!(c, b'&' | b'=');
        for (name, value) in self.single_fields()? {
            if *name == *b"sig" {
                continue;
            }
            // Names are signed as they are: one with a separator in it would be two fields.
            if name.iter().any(separates) {
                return Err(VerifyError::SeparatorInValue {
                    name: "form field".to_owned(),
                });
            }
            content.push(b'&');
            content.extend(&*name);
            content.push(b'=');
            content.extend(value.iter().map(|c| if separates(c) { b'_' } else { *c }));
        }
        Ok(())
    }

    fn json_object(&self) -> Result<&'a [u8], VerifyError> {
        let text = incoming::json_root(self.incoming.body).map_err(|_| body_malformed())?;
        if text.starts_with('{') {
            Ok(self.incoming.body)
        } else {
            Err(body_malformed())
        }
    }

    fn first_element(&self) -> Result<&'a [u8], VerifyError> {
        let text = incoming::json_root(self.incoming.body).map_err(|_| body_malformed())?;
        if !text.starts_with('[') {
            return Ok(self.incoming.body);
        }
        let elements = incoming::json_elements(text).map_err(|_| body_malformed())?;
        elements
            .first()
            .map(|element| element.get().as_bytes())
            .ok_or_else(body_malformed)
    }

    fn feed_signed_headers(
        &self,
        list: &SignedHeaders,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        let at = &list.names;
        let read = |error| VerifyError::read("signed headers", at, error);
        let names = self.text(at).map_err(read)?;
        let mut names: Vec<String> = names
            .split(list.separator.as_str())
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        if names.len() > MAX_SIGNED_HEADERS {
            return Err(read(ReadError::TooLong));
        }
        for required in &list.required {
            if !names.contains(required) {
                return Err(VerifyError::HeaderNotSigned {
                    name: required.clone(),
                });
            }
        }
        if list.form == SignedHeadersForm::SortedPairs {
            names.sort_unstable();
        }
        for (index, name) in names.iter().enumerate() {
            let header = HeaderName::try_from(name).map_err(|_| read(ReadError::Malformed))?;
            let value = self.head().header(&header).map_err(|error| {
                VerifyError::read("signed header", &Locate::Header(header), error)
            })?;
            if index > 0 {
                sink(list.join.as_bytes());
            }
            if list.form == SignedHeadersForm::SortedPairs {
                sink(name.as_bytes());
                sink(b":");
            }
            sink(value.trim().as_bytes());
        }
        Ok(())
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

fn body_malformed() -> VerifyError {
    VerifyError::Malformed {
        name: "body".to_owned(),
        at: "json".to_owned(),
    }
}

/// The header at place `number` of a numbered family.
pub(crate) fn numbered(prefix: &HeaderName, number: usize) -> Option<HeaderName> {
    HeaderName::try_from(format!("{prefix}{number}")).ok()
}

/// Whether `value` contains the literal that separates its role from what stands before or behind
/// it, also where values without a separator of their own lie between. A literal at either end of
/// the content separates nothing.
fn contains_separator(content: &Template, role: &Role, value: &[u8]) -> bool {
    let segments = content.segments();
    let last = segments.len().saturating_sub(1);
    let holds = |(index, text): (usize, &str)| {
        index > 0 && index < last && text::find(value, text).is_some()
    };
    let literals = || {
        let all = segments.iter().enumerate();
        all.filter_map(|(index, segment)| match segment {
            Segment::Literal(text) => Some((index, text.as_str())),
            Segment::Value { .. } => None,
        })
    };
    segments.iter().enumerate().any(|(at, segment)| {
        matches!(segment, Segment::Value { role: other, .. } if other == role)
            && (literals()
                .take_while(|(index, _)| *index < at)
                .last()
                .is_some_and(holds)
                || literals().find(|(index, _)| *index > at).is_some_and(holds))
    })
}

/// The URL with some of its escapes decoded.
// ref: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
fn hubspot(url: &str) -> Vec<u8> {
    const DECODED: &[u8] = b":/?@!$'()*,;";
    let mut out = Vec::with_capacity(url.len());
    let mut rest = url.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escape = match rest {
            [b'%', high, low, ..] => {
                let mut byte = [0];
                Encoding::HexAnyCase
                    .decode_into(&[*high, *low], &mut byte)
                    .filter(|_| DECODED.contains(&byte[0]))
                    .map(|_| byte[0])
            }
            _ => None,
        };
        match escape {
            Some(byte) => {
                out.push(byte);
                rest = rest.get(3..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    out
}

/// The text as a JSON string, escaped as `JSON.stringify` does it.
fn json_string(text: &[u8]) -> Option<Vec<u8>> {
    serde_json::to_vec(std::str::from_utf8(text).ok()?).ok()
}

/// JSON without the white space between its tokens; every other byte stays as it is.
fn minify(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut in_string = false;
    let mut escaped = false;
    for &byte in json {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            continue;
        } else {
            in_string = byte == b'"';
        }
        out.push(byte);
    }
    out
}

/// CRC-32 as of IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_has_its_check_value() {
        // ref: the "check" value of CRC-32/ISO-HDLC.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn minify_leaves_strings_alone() {
        assert_eq!(
            minify(b" { \"a b\" : \"c \\\" d\\\\\" ,\r\n\t\"e\": [ 1 , 2 ] } "),
            br#"{"a b":"c \" d\\","e":[1,2]}"#
        );
    }

    #[test]
    fn json_strings_are_escaped_as_javascript_does_it() {
        // ref: JSON.stringify("…") of Node.js 22, which escapes no slash and nothing outside ASCII.
        assert_eq!(
            json_string("{\"a\":\"é/<&>\\\u{2028}\u{7f}\u{1f}\u{8}\t\n\u{c}\r\"}".as_bytes())
                .as_deref(),
            Some(
                "\"{\\\"a\\\":\\\"é/<&>\\\\\u{2028}\u{7f}\\u001f\\b\\t\\n\\f\\r\\\"}\"".as_bytes()
            ),
        );
        assert_eq!(json_string(b"\xff"), None);
    }

    #[test]
    fn hubspot_decodes_twelve_escapes_and_no_other() {
        assert_eq!(
            hubspot("https://h/a%3Ab%2fc?d=%40%21%24%27%28%29%2A%2C%3B%3F"),
            b"https://h/a:b/c?d=@!$'()*,;?"
        );
        assert_eq!(hubspot("%20%26%zz%2"), b"%20%26%zz%2");
    }

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
