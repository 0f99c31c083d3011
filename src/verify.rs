//! Is this request genuine? Pure: a request, a scheme, keys and the time go in; a witness or a reason comes out.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use crate::{
    content::{Reading, Source, numbered},
    crypto::{Hasher, Tag, sha256},
    incoming::{self, Head, Incoming, ReadError},
    keys::{Key, Keyring},
    scheme::{
        Batch, Coverage, Encoding, Family, ItemKey, Locate, Role, Scheme, Segment, Shape,
        Signature, Template, Tolerance, UrlPorts,
    },
    timestamp::Timestamp,
};

/// The most signatures that a request may carry; one more, and none is looked at.
const MAX_SIGNATURES: usize = 32;

/// The most whole sets, each with its own timestamp, since each costs a MAC of its own.
const MAX_SETS: usize = 4;

/// The longest signature, in bytes: RSA with 8192 bits.
const MAX_SIGNATURE_LEN: usize = 1024;

/// The longest credential, in bytes.
const MAX_CREDENTIAL: usize = 1024;

/// Verifies a request.
///
/// It reads no clock and does no I/O: `now` is the receiver's time. The scheme
/// should have passed [`Scheme::validate`], and the keyring should be made for it.
/// The request's method is the layer's to check.
///
/// ```
/// use axum_webhook::{Incoming, Keyring, Secret, Timestamp, providers, verify};
/// use http::{HeaderMap, Method, Uri};
///
/// let scheme = providers::github();
/// let keyring = Keyring::new(&scheme, Secret::new("It's a Secret to Everybody")?)?;
/// let mut headers = HeaderMap::new();
/// headers.insert(
///     "x-hub-signature-256",
///     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17".parse()?,
/// );
/// let uri = Uri::from_static("/webhooks/github");
/// let incoming = Incoming::new(&Method::POST, &uri, &headers, b"Hello, World!");
/// let authentic = verify(&incoming, &scheme, &keyring, Timestamp::now())?;
/// assert_eq!(authentic.key_id(), "key-1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// With the reason, which is for the operator and never for the sender.
pub fn verify(
    incoming: &Incoming<'_>,
    scheme: &Scheme,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Authentic, VerifyError> {
    let mut begun = Begun::new(incoming.head, scheme, keyring, now)?;
    begun.update(incoming.body);
    begun.finish(*incoming, scheme, keyring, now)
}

/// The witness that a request is genuine. Only verification makes one.
#[derive(Clone, Debug)]
pub struct Authentic {
    shape: usize,
    set: usize,
    toggle_port: bool,
    key_id: Arc<str>,
    timestamp: Option<Timestamp>,
    coverage: Coverage,
}

impl Authentic {
    /// The id of the key that matched.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The delivery's timestamp, where the scheme has one.
    #[must_use]
    pub const fn timestamp(&self) -> Option<Timestamp> {
        self.timestamp
    }

    /// How much of the delivery was covered by the check.
    #[must_use]
    pub const fn coverage(&self) -> Coverage {
        self.coverage
    }

    /// The event's id, where this delivery has one.
    #[must_use]
    pub fn event_id(&self, scheme: &Scheme, incoming: &Incoming<'_>) -> Option<String> {
        let reading = self.reading(scheme, *incoming)?;
        let at = reading.shape.event_id.as_ref()?;
        reading.text(at).ok().map(Into::into)
    }

    /// The event's type, where this delivery has one.
    #[must_use]
    pub fn event_type(&self, scheme: &Scheme, incoming: &Incoming<'_>) -> Option<String> {
        let reading = self.reading(scheme, *incoming)?;
        let at = reading.shape.event_type.as_ref()?;
        reading.text(at).ok().map(Into::into)
    }

    /// The SHA-256 of what was signed; `None` where nothing was.
    pub(crate) fn content_digest(
        &self,
        scheme: &Scheme,
        incoming: Incoming<'_>,
    ) -> Option<[u8; 32]> {
        let reading = self.reading(scheme, incoming)?;
        let content = reading.shape.content.as_ref()?;
        let digest = |reading: Reading<'_>| {
            let mut signed = Vec::new();
            let fed = reading.feed(content, None, &mut |bytes| signed.extend_from_slice(bytes));
            fed.ok().map(|()| sha256(&signed))
        };
        let Some(batch) = &reading.shape.each else {
            return digest(reading);
        };
        let mut digests = Vec::new();
        for item in batch_items(incoming.body, batch).ok()? {
            digests.extend(digest(Reading {
                item: Some(item),
                ..reading
            })?);
        }
        Some(sha256(&digests))
    }

    fn reading<'a>(&self, scheme: &'a Scheme, incoming: Incoming<'a>) -> Option<Reading<'a>> {
        let shape = scheme.shapes.get(self.shape)?;
        let mut reading = Reading {
            set: self.set,
            toggle_port: self.toggle_port,
            ..Reading::new(shape, incoming)
        };
        if let Some(batch) = &shape.each {
            // The first item speaks for a batch.
            reading.item = batch_items(incoming.body, batch).ok()?.first().copied();
        }
        Some(reading)
    }
}

/// A verification whose cheap checks have passed, and whose body is on the way.
pub(crate) struct Begun {
    shape: usize,
    /// The signatures, where they stand in the head.
    entries: Option<Entries>,
    /// Which sets have a timestamp inside the window; bit by bit.
    live_sets: u8,
    /// The MAC of the newest key, fed as the body arrives.
    stream: Option<Stream>,
}

struct Stream {
    hasher: Hasher,
    key: usize,
    /// The segment after the body.
    rest: usize,
}

/// The signatures of a request: one without an allocation, more if need be.
#[derive(Default)]
struct Entries {
    first: Option<Entry>,
    more: Vec<Entry>,
    sets: usize,
}

/// What a request brings to show that it is genuine.
enum Proof {
    /// A MAC, a hash, or the hash of a credential.
    Tag(Tag),
    /// A signature of some length.
    Signature(Vec<u8>),
}

struct Entry {
    proof: Proof,
    set: usize,
    /// The item's key, where each secret has its own.
    key: Option<Box<str>>,
}

impl Begun {
    /// Checks everything that the head decides, before a byte of the body is read.
    pub(crate) fn new(
        head: Head<'_>,
        scheme: &Scheme,
        keyring: &Keyring,
        now: Timestamp,
    ) -> Result<Self, VerifyError> {
        let incoming = Incoming { head, body: &[] };
        let (index, shape) = scheme
            .shapes
            .iter()
            .enumerate()
            .find(|(_, shape)| fits(shape, head))
            .ok_or(VerifyError::NoShape)?;
        let reading = Reading::new(shape, incoming);
        let entries = if shape.signature.at.is_in_body() {
            None
        } else {
            Some(Entries::read(&reading, scheme)?)
        };
        let sets = entries.as_ref().map_or(1, |entries| entries.sets);
        let live_sets = check_sets(&reading, scheme, sets, now)?;
        check_sources(&reading, live_sets)?;
        let (key_index, key) = keys(scheme, &reading, keyring, now)?
            .next()
            .ok_or(VerifyError::NoLiveKey)?;
        let stream = match (sets, entries.is_some(), body_segment(shape)) {
            (1, true, Some(body)) => match (key.hasher(), &shape.content) {
                (Some(mut hasher), Some(content)) => {
                    reading.feed_segments(content, 0..body, Some(key), &mut |bytes| {
                        hasher.update(bytes);
                    })?;
                    Some(Stream {
                        hasher,
                        key: key_index,
                        rest: body + 1,
                    })
                }
                _ => None,
            },
            _ => None,
        };
        Ok(Self {
            shape: index,
            entries,
            live_sets,
            stream,
        })
    }

    /// Takes in more of the body, as received and in order.
    pub(crate) fn update(&mut self, frame: &[u8]) {
        if let Some(stream) = &mut self.stream {
            stream.hasher.update(frame);
        }
    }

    /// Decides, now that the body is there.
    pub(crate) fn finish(
        mut self,
        incoming: Incoming<'_>,
        scheme: &Scheme,
        keyring: &Keyring,
        now: Timestamp,
    ) -> Result<Authentic, VerifyError> {
        let shape = scheme.shapes.get(self.shape).ok_or(VerifyError::NoShape)?;
        if joins_url_and_body(shape) && !begins_as_json(incoming.body) {
            return Err(VerifyError::Malformed {
                name: "body".to_owned(),
                at: "json".to_owned(),
            });
        }
        let reading = Reading::new(shape, incoming);
        let found = match &shape.each {
            Some(batch) => verify_batch(&reading, batch, scheme, keyring, now)?,
            None => {
                let entries = match self.entries.take() {
                    Some(entries) => entries,
                    None => Entries::read(&reading, scheme)?,
                };
                self.search(&reading, &entries, scheme, keyring, now)?
            }
        };
        let reading = Reading {
            set: found.set,
            item: found.item,
            toggle_port: found.toggle_port,
            ..reading
        };
        check_body_hash(&reading)?;
        let timestamp = check_timestamp(&reading, scheme, now)?;
        Ok(Authentic {
            shape: self.shape,
            set: found.set,
            toggle_port: found.toggle_port,
            key_id: found.key_id,
            timestamp,
            coverage: scheme.coverage,
        })
    }

    /// Finds a key and a signature that belong together.
    fn search(
        &mut self,
        reading: &Reading<'_>,
        entries: &Entries,
        scheme: &Scheme,
        keyring: &Keyring,
        now: Timestamp,
    ) -> Result<Found<'static>, VerifyError> {
        let mut stream = self.stream.take();
        if scheme.algorithm.family() == Family::PublicKey
            && entries.len() * keyring.all().len() > MAX_SIGNATURES
        {
            return Err(VerifyError::TooManySignatures);
        }
        for set in 0..entries.sets {
            if self.live_sets & (1 << set) == 0 {
                continue;
            }
            for toggle_port in ports(scheme, reading) {
                let reading = Reading {
                    set,
                    toggle_port,
                    ..*reading
                };
                for (index, key) in keys(scheme, &reading, keyring, now)? {
                    let wanted = || entries.of(set, &reading.shape.signature, key);
                    if wanted().next().is_none() {
                        continue;
                    }
                    let stream = stream.take_if(|stream| stream.key == index && !toggle_port);
                    if matches(&reading, key, stream, wanted())? {
                        return Ok(Found {
                            set,
                            item: None,
                            toggle_port,
                            key_id: Arc::clone(&key.id),
                        });
                    }
                }
            }
        }
        Err(VerifyError::Mismatch)
    }
}

/// What belongs together.
struct Found<'a> {
    set: usize,
    /// The first item of a batch.
    item: Option<&'a str>,
    toggle_port: bool,
    key_id: Arc<str>,
}

/// Verifies each item of a batch by itself; one that fails fails the whole.
fn verify_batch<'a>(
    reading: &Reading<'a>,
    batch: &Batch,
    scheme: &Scheme,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Found<'a>, VerifyError> {
    let items = batch_items(reading.incoming.body, batch)
        .map_err(|error| VerifyError::read("batch", &Locate::Json(batch.array.clone()), error))?;
    let first = items.first().copied();
    let mut key_id = None;
    for item in items {
        let reading = Reading {
            item: Some(item),
            ..*reading
        };
        let entries = Entries::read(&reading, scheme)?;
        let mut matched = None;
        for (_, key) in keys(scheme, &reading, keyring, now)? {
            let wanted = entries.of(0, &reading.shape.signature, key);
            if matches(&reading, key, None, wanted)? {
                matched = Some(Arc::clone(&key.id));
                break;
            }
        }
        key_id = Some(matched.ok_or(VerifyError::Mismatch)?);
        check_timestamp(&reading, scheme, now)?;
    }
    // A batch of nothing has no signature, so it shows nothing.
    let key_id = key_id.ok_or(VerifyError::EmptyBatch)?;
    Ok(Found {
        set: 0,
        item: first,
        toggle_port: false,
        key_id,
    })
}

/// The texts of the items of a batch.
fn batch_items<'a>(body: &'a [u8], batch: &Batch) -> Result<Vec<&'a str>, ReadError> {
    let array = incoming::json_at(incoming::json_root(body)?, &batch.array)?;
    incoming::json_elements(array)?
        .into_iter()
        .map(|element| incoming::json_at(element.get(), &batch.item))
        .collect()
}

/// Whether one of the entries is what `key` gives to the content.
fn matches<'e>(
    reading: &Reading<'_>,
    key: &Key,
    stream: Option<Stream>,
    mut entries: impl Iterator<Item = &'e Entry>,
) -> Result<bool, VerifyError> {
    if key.is_public() {
        let message = message(reading)?;
        return Ok(entries.any(|entry| match &entry.proof {
            Proof::Signature(signature) => key.verify(&message, signature),
            Proof::Tag(_) => false,
        }));
    }
    let tag = compute(reading, key, stream)?;
    // Every entry is compared, so that the time does not tell which one matched.
    Ok(entries.fold(false, |any, entry| match &entry.proof {
        Proof::Tag(own) => own.matches(&tag) | any,
        Proof::Signature(_) => any,
    }))
}

/// What is signed, in one piece. A content that is just the body is not copied.
fn message<'a>(reading: &Reading<'a>) -> Result<Cow<'a, [u8]>, VerifyError> {
    let content = reading
        .shape
        .content
        .as_ref()
        .ok_or(VerifyError::Mismatch)?;
    if let [
        Segment::Value {
            role: Role::Body,
            filters,
        },
    ] = content.segments()
        && filters.is_empty()
    {
        return Ok(Cow::Borrowed(reading.incoming.body));
    }
    let mut message = Vec::new();
    reading.feed(content, None, &mut |bytes| message.extend_from_slice(bytes))?;
    Ok(Cow::Owned(message))
}

/// The tag that `key` gives to the content, or the hash of the key itself for credentials.
fn compute(reading: &Reading<'_>, key: &Key, stream: Option<Stream>) -> Result<Tag, VerifyError> {
    if let Some(hash) = key.token_hash() {
        return Tag::new(hash).ok_or(VerifyError::Mismatch);
    }
    let content = reading
        .shape
        .content
        .as_ref()
        .ok_or(VerifyError::Mismatch)?;
    let (mut hasher, from) = match stream {
        Some(stream) => (stream.hasher, stream.rest),
        None => (key.hasher().ok_or(VerifyError::Mismatch)?, 0),
    };
    let range = from..content.segments().len();
    reading.feed_segments(content, range, Some(key), &mut |bytes| hasher.update(bytes))?;
    Ok(hasher.finish())
}

impl Entries {
    /// Reads the signatures, and decodes each.
    fn read(reading: &Reading<'_>, scheme: &Scheme) -> Result<Self, VerifyError> {
        let signature = &reading.shape.signature;
        let at = &signature.at;
        let read = |error| VerifyError::read("signature", at, error);
        let head = reading.incoming.head;
        let mut entries = Self {
            sets: 1,
            ..Self::default()
        };
        match at {
            Locate::Headers(names) => {
                let mut seen = false;
                for name in names {
                    match head.header(name) {
                        Err(ReadError::Missing) if !head.headers.contains_key(name) => {}
                        text => {
                            seen = true;
                            entries.take_text(text.map_err(read)?, signature, scheme)?;
                        }
                    }
                }
                if !seen {
                    return Err(read(ReadError::Missing));
                }
            }
            Locate::HeaderFamily(prefix) => {
                for number in 1.. {
                    let name = numbered(prefix, number).ok_or(read(ReadError::Malformed))?;
                    match head.header(&name) {
                        Err(ReadError::Missing)
                            if number > 1 && !head.headers.contains_key(&name) =>
                        {
                            break;
                        }
                        text => entries.take_text(text.map_err(read)?, signature, scheme)?,
                    }
                }
            }
            _ => entries.take_text(&reading.text(at).map_err(read)?, signature, scheme)?,
        }
        if entries.first.is_none() {
            return Err(VerifyError::SignatureMalformed { at: at.to_string() });
        }
        Ok(entries)
    }

    /// Reads the signatures in one text.
    fn take_text(
        &mut self,
        text: &str,
        signature: &Signature,
        scheme: &Scheme,
    ) -> Result<(), VerifyError> {
        let malformed = || VerifyError::SignatureMalformed {
            at: signature.at.to_string(),
        };
        let Some(list) = &signature.list else {
            // Where it is alone, it has to be right.
            let proof = decode(text, signature, scheme).ok_or_else(malformed)?;
            return self.push(proof, 0, None);
        };
        if let Some(separator) = &list.sets {
            self.sets = text.split(separator.as_str()).count();
            if self.sets > MAX_SETS {
                return Err(VerifyError::TooManySignatures);
            }
            for (set, text) in text.split(separator.as_str()).enumerate() {
                self.take_set(set, text, signature, scheme)?;
            }
            Ok(())
        } else {
            self.take_set(0, text, signature, scheme)
        }
    }

    fn take_set(
        &mut self,
        set: usize,
        text: &str,
        signature: &Signature,
        scheme: &Scheme,
    ) -> Result<(), VerifyError> {
        let malformed = || VerifyError::SignatureMalformed {
            at: signature.at.to_string(),
        };
        let list = signature.list.as_ref().ok_or_else(malformed)?;
        for item in text.split(list.items.as_str()) {
            let (name, value) = match &list.pair {
                Some(pair) => {
                    let (name, value) = item.split_once(pair.as_str()).ok_or_else(malformed)?;
                    (Some(name), value)
                }
                None => (None, item),
            };
            if value.is_empty() || name == Some("") {
                return Err(malformed());
            }
            let key = match (&signature.item, name) {
                (Some(ItemKey::Name(wanted)), Some(name)) if name != wanted => continue,
                (Some(ItemKey::Secret { .. }), Some(name)) => Some(name.into()),
                _ => None,
            };
            // An entry of another time or maker may look different; only a match counts.
            if let Some(proof) = decode(value, signature, scheme) {
                self.push(proof, set, key)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, proof: Proof, set: usize, key: Option<Box<str>>) -> Result<(), VerifyError> {
        let entry = Entry { proof, set, key };
        if self.first.is_none() {
            self.first = Some(entry);
        } else if self.more.len() + 1 < MAX_SIGNATURES {
            self.more.push(entry);
        } else {
            return Err(VerifyError::TooManySignatures);
        }
        Ok(())
    }

    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.more.len()
    }

    /// The entries of a set that can belong to `key`.
    fn of<'a>(
        &'a self,
        set: usize,
        signature: &'a Signature,
        key: &'a Key,
    ) -> impl Iterator<Item = &'a Entry> {
        let wanted = match &signature.item {
            Some(ItemKey::Secret { secret }) => Some(key.part(secret)),
            _ => None,
        };
        self.first.iter().chain(&self.more).filter(move |entry| {
            entry.set == set && wanted.is_none_or(|wanted| entry.key.as_deref() == wanted)
        })
    }
}

/// Decodes one signature: the canonical text, and where its length is known, of exactly that length.
fn decode(text: &str, signature: &Signature, scheme: &Scheme) -> Option<Proof> {
    let text = text.strip_prefix(&signature.prefix)?.as_bytes();
    match scheme.algorithm.family() {
        Family::Credential => {
            if signature.encoding == Encoding::Text {
                return Tag::new(&sha256(text)).map(Proof::Tag);
            }
            let bytes = decode_to_vec(text, signature.encoding, MAX_CREDENTIAL)?;
            Tag::new(&sha256(&bytes)).map(Proof::Tag)
        }
        Family::PublicKey => {
            decode_to_vec(text, signature.encoding, MAX_SIGNATURE_LEN).map(Proof::Signature)
        }
        Family::Hmac | Family::KeyedHash | Family::Needs(_) => {
            // A little room more than any tag has, so that base64 of a longer one fails by its length.
            let mut bytes = [0; Tag::MAX + 2];
            let len = signature.encoding.decode_into(text, &mut bytes)?;
            if scheme.algorithm.tag_len() != Some(len) {
                return None;
            }
            Tag::new(bytes.get(..len)?).map(Proof::Tag)
        }
    }
}

fn decode_to_vec(text: &[u8], encoding: Encoding, max: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; max];
    let len = encoding.decode_into(text, &mut bytes)?;
    bytes.truncate(len);
    Some(bytes)
}

/// Whether a request has this shape.
fn fits(shape: &Shape, head: Head<'_>) -> bool {
    let when = &shape.when;
    when.content_type
        .is_none_or(|kind| head.media_type() == Some(kind))
        && when
            .header
            .as_ref()
            .is_none_or(|name| head.headers.contains_key(name))
        && when.query.as_ref().is_none_or(|name| head.has_query(name))
}

/// The keys that may verify this request: all live ones, or the one that it names.
fn keys<'k>(
    scheme: &Scheme,
    reading: &Reading<'_>,
    keyring: &'k Keyring,
    now: Timestamp,
) -> Result<impl Iterator<Item = (usize, &'k Key)>, VerifyError> {
    let wanted = match &scheme.key_id {
        None => None,
        Some(at) => match reading.text(at) {
            Err(ReadError::Missing) => None,
            text => {
                let id = text.map_err(|error| VerifyError::read("key id", at, error))?;
                if !keyring.ids().any(|known| known == id) {
                    return Err(VerifyError::UnknownKeyId);
                }
                Some(id.into_owned())
            }
        },
    };
    Ok(keyring
        .live(now)
        .filter(move |(_, key)| wanted.as_ref().is_none_or(|wanted| *key.id == **wanted)))
}

/// The forms of the URL that count: as configured, and perhaps with the default port toggled.
fn ports(scheme: &Scheme, reading: &Reading<'_>) -> impl Iterator<Item = bool> {
    let either = scheme.url_ports == UrlPorts::Either && reading.incoming.head.url(true).is_some();
    [false, true].into_iter().take(if either { 2 } else { 1 })
}

/// Which sets have a timestamp inside the window. Timestamps in the body are looked at later.
fn check_sets(
    reading: &Reading<'_>,
    scheme: &Scheme,
    sets: usize,
    now: Timestamp,
) -> Result<u8, VerifyError> {
    let all = u8::MAX >> (8 - sets.clamp(1, MAX_SETS));
    let Some(field) = &reading.shape.timestamp else {
        return Ok(all);
    };
    if field.at.is_in_body() {
        return Ok(all);
    }
    let mut live = 0;
    let mut reason = None;
    for set in 0..sets {
        let reading = Reading { set, ..*reading };
        let checked = read_timestamp(&reading, reading.shape).and_then(|time| {
            scheme
                .tolerance
                .map_or(Ok(()), |tolerance| check_window(time, now, tolerance))
        });
        match checked {
            Ok(()) => live |= 1 << set,
            Err(error) => reason = reason.or(Some(error)),
        }
    }
    match reason {
        Some(error) if live == 0 => Err(error),
        _ => Ok(live),
    }
}

/// Checks the values of the head that the content names, so that a request
/// without them costs no body.
fn check_sources(reading: &Reading<'_>, live_sets: u8) -> Result<(), VerifyError> {
    let Some(content) = &reading.shape.content else {
        return Ok(());
    };
    let set = usize::try_from(live_sets.trailing_zeros()).unwrap_or(0);
    let reading = Reading { set, ..*reading };
    for (role, _) in content.values() {
        match role {
            Role::Url if reading.incoming.head.public_url.is_none() => {
                return Err(VerifyError::NoPublicUrl);
            }
            Role::Url
                if joins_url_and_body(reading.shape) && could_hold_json(reading.incoming.head) =>
            {
                return Err(VerifyError::Malformed {
                    name: "url".to_owned(),
                    at: "request target".to_owned(),
                });
            }
            _ => {}
        }
        if let Some(source) = Source::of(reading.shape, role)
            && !source.at.is_in_body()
        {
            reading.source(&source)?;
        }
    }
    Ok(())
}

impl Scheme {
    /// Whether any shape signs the URL.
    pub(crate) fn signs_url(&self) -> bool {
        self.shapes.iter().any(|shape| {
            let mut values = shape.content.iter().flat_map(Template::values);
            values.any(|(role, _)| *role == Role::Url)
        })
    }
}

/// Whether the body is signed right behind the URL, so that its beginning could be
/// moved to the end of the query.
fn joins_url_and_body(shape: &Shape) -> bool {
    let segments = shape
        .content
        .as_ref()
        .map_or(&[][..], |content| content.segments());
    segments.windows(2).any(|pair| {
        matches!(
            pair,
            [
                Segment::Value {
                    role: Role::Url,
                    ..
                },
                Segment::Value {
                    role: Role::Body,
                    ..
                }
            ]
        )
    })
}

/// Whether the target has a character that every JSON object has near its beginning, and no registered URL.
fn could_hold_json(head: Head<'_>) -> bool {
    // The bracket of a list can only be the body's where nothing of the URL stands behind it.
    let has = |text: &str| text.contains(['{', '"']) || text.ends_with('[');
    has(head.path()) || head.query().is_some_and(has)
}

/// Whether the body begins as an object or a list of objects, so that no end of a URL stands in front.
///
/// An empty body has nothing that could have been moved into it.
fn begins_as_json(body: &[u8]) -> bool {
    if body.is_empty() {
        return true;
    }
    let mut rest = body.trim_ascii_start();
    if let Some(inside) = rest.strip_prefix(b"[") {
        rest = inside.trim_ascii_start();
    }
    rest.starts_with(b"{")
}

/// The segment that is the body itself, if all before it can be read from the head.
fn body_segment(shape: &Shape) -> Option<usize> {
    let content = shape.content.as_ref()?;
    for (index, segment) in content.segments().iter().enumerate() {
        let Segment::Value { role, filters } = segment else {
            continue;
        };
        match role {
            Role::Body if filters.is_empty() => return Some(index),
            Role::Body | Role::Form => return None,
            _ => {
                if Source::of(shape, role).is_some_and(|source| source.at.is_in_body()) {
                    return None;
                }
            }
        }
    }
    None
}

fn read_timestamp(reading: &Reading<'_>, shape: &Shape) -> Result<Timestamp, VerifyError> {
    let field = shape.timestamp.as_ref().ok_or(VerifyError::NoShape)?;
    let text = reading
        .text(&field.at)
        .map_err(|error| VerifyError::read("timestamp", &field.at, error))?;
    field
        .unit
        .parse(&text)
        .ok_or_else(|| VerifyError::TimestampMalformed {
            at: field.at.to_string(),
        })
}

/// The delivery's timestamp. One in the head was checked before; one in the body is trusted only
/// now, when the signature is known to be right.
fn check_timestamp(
    reading: &Reading<'_>,
    scheme: &Scheme,
    now: Timestamp,
) -> Result<Option<Timestamp>, VerifyError> {
    let Some(field) = &reading.shape.timestamp else {
        return Ok(None);
    };
    let time = read_timestamp(reading, reading.shape)?;
    if field.at.is_in_body()
        && let Some(tolerance) = scheme.tolerance
    {
        check_window(time, now, tolerance)?;
    }
    Ok(Some(time))
}

/// Both borders are inside.
fn check_window(time: Timestamp, now: Timestamp, tolerance: Tolerance) -> Result<(), VerifyError> {
    let age = now.saturating_duration_since(time);
    if age > tolerance.past.duration() {
        return Err(VerifyError::Stale { age });
    }
    let ahead = time.saturating_duration_since(now);
    if ahead > tolerance.future.duration() {
        return Err(VerifyError::Future { ahead });
    }
    Ok(())
}

/// Checks the body against the hash that the signed part claims for it.
fn check_body_hash(reading: &Reading<'_>) -> Result<(), VerifyError> {
    let Some(hash) = &reading.shape.body_hash else {
        return Ok(());
    };
    let text = reading
        .text(&hash.at)
        .map_err(|error| VerifyError::read("body hash", &hash.at, error))?;
    let mut claimed = [0; Tag::MAX];
    let len = hash
        .encoding
        .decode_into(text.as_bytes(), &mut claimed)
        .ok_or_else(|| VerifyError::Malformed {
            name: "body hash".to_owned(),
            at: hash.at.to_string(),
        })?;
    if claimed.get(..len) == Some(&sha256(reading.incoming.body)) {
        Ok(())
    } else {
        Err(VerifyError::BodyHashMismatch)
    }
}

/// Why a request is not genuine: for the operator, never for the sender.
///
/// It names places and never values, so it can be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// The request looks like none of the provider's deliveries.
    NoShape,
    /// A value that must be there is missing or empty.
    Missing {
        /// What it is.
        name: String,
        /// Where it should stand.
        at: String,
    },
    /// A value stands there twice.
    Duplicate {
        /// What it is.
        name: String,
        /// Where it stands.
        at: String,
    },
    /// A value is longer than any real one.
    TooLong {
        /// What it is.
        name: String,
        /// Where it stands.
        at: String,
    },
    /// A value does not have the form that it must have.
    Malformed {
        /// What it is.
        name: String,
        /// Where it stands.
        at: String,
    },
    /// The signature is not in its canonical encoding, not of its length, or the
    /// list has none of the scheme's version.
    SignatureMalformed {
        /// Where it stands.
        at: String,
    },
    /// The timestamp is not in its one spelling.
    TimestampMalformed {
        /// Where it stands.
        at: String,
    },
    /// There are more signatures than any provider sends.
    TooManySignatures,
    /// The timestamp is older than the tolerance allows.
    Stale {
        /// How old it is.
        age: Duration,
    },
    /// The timestamp is further ahead than the tolerance allows.
    Future {
        /// How far ahead it is.
        ahead: Duration,
    },
    /// A value contains the separator next to it, so the signed text could be read two ways.
    SeparatorInValue {
        /// What it is.
        name: String,
    },
    /// A header that must be signed is not among the signed ones.
    HeaderNotSigned {
        /// Its name.
        name: String,
    },
    /// The URL is signed, and no `public_url` is configured.
    NoPublicUrl,
    /// The request names a key that is not configured.
    UnknownKeyId,
    /// No configured key is valid now.
    NoLiveKey,
    /// A batch has no items, so nothing in it is signed.
    EmptyBatch,
    /// No signature matches any key: another secret, or another content.
    Mismatch,
    /// The signature is right, but the body is not the one whose hash it covers.
    BodyHashMismatch,
}

impl VerifyError {
    pub(crate) fn read(name: &str, at: &Locate, error: ReadError) -> Self {
        let name = name.to_owned();
        let at = at.to_string();
        match error {
            ReadError::Missing => Self::Missing { name, at },
            ReadError::Duplicate => Self::Duplicate { name, at },
            ReadError::TooLong => Self::TooLong { name, at },
            ReadError::Malformed => Self::Malformed { name, at },
        }
    }

    /// A stable name for the reason, for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoShape => "no-shape",
            Self::Missing { .. } => "missing",
            Self::Duplicate { .. } => "duplicate",
            Self::TooLong { .. } => "too-long",
            Self::Malformed { .. } => "malformed",
            Self::SignatureMalformed { .. } => "signature-malformed",
            Self::TimestampMalformed { .. } => "timestamp-malformed",
            Self::TooManySignatures => "too-many-signatures",
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
            Self::SeparatorInValue { .. } => "separator-in-value",
            Self::HeaderNotSigned { .. } => "header-not-signed",
            Self::NoPublicUrl => "no-public-url",
            Self::UnknownKeyId => "unknown-key-id",
            Self::NoLiveKey => "no-live-key",
            Self::EmptyBatch => "empty-batch",
            Self::Mismatch => "mismatch",
            Self::BodyHashMismatch => "body-hash-mismatch",
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoShape => {
                f.write_str("the request looks like none of the provider's deliveries")
            }
            Self::Missing { name, at } => write!(f, "{name} is missing ({at})"),
            Self::Duplicate { name, at } => write!(f, "{name} stands there more than once ({at})"),
            Self::TooLong { name, at } => write!(f, "{name} is too long ({at})"),
            Self::Malformed { name, at } => write!(f, "{name} does not have its form ({at})"),
            Self::SignatureMalformed { at } => write!(
                f,
                "the signature is not in its canonical form, or there is none of the scheme's version ({at})"
            ),
            Self::TimestampMalformed { at } => {
                write!(f, "the timestamp is not in the unit of the scheme ({at})")
            }
            Self::TooManySignatures => f.write_str("there are too many signatures"),
            Self::Stale { age } => write!(f, "the timestamp is {} s old", age.as_secs()),
            Self::Future { ahead } => write!(f, "the timestamp is {} s ahead", ahead.as_secs()),
            Self::SeparatorInValue { name } => {
                write!(f, "{name} contains the separator next to it")
            }
            Self::HeaderNotSigned { name } => write!(f, "the header {name} is not signed"),
            Self::NoPublicUrl => {
                f.write_str("the URL is signed, and no `public_url` is configured")
            }
            Self::UnknownKeyId => f.write_str("the request names a key that is not configured"),
            Self::NoLiveKey => f.write_str("no configured key is valid now"),
            Self::EmptyBatch => f.write_str("the batch is empty, so nothing in it is signed"),
            Self::Mismatch => f.write_str("no signature matches any of the keys"),
            Self::BodyHashMismatch => f.write_str("the body is not the one whose hash is signed"),
        }
    }
}

impl std::error::Error for VerifyError {}
