//! A verification, from the cheap checks to the decision.

use tokio::time::Instant;

use crate::{
    content::{Known, Reading},
    incoming::{Head, Incoming},
    key_source::KeyRequest,
    keys::{Key, Keyring},
    scheme::{Batch, Family, KeyUrl, Locate, Scheme, Shape},
    timestamp::Timestamp,
    verify::{
        Authentic, VerifyError,
        authentic::batch_items,
        checks::{
            begins_as_json, body_segment, check_body_hash, check_fixed, check_misfit,
            check_sources, fits, joins_url_and_body, keys, ports, wanted_key_id,
        },
        entries::{Entries, MAX_SIGNATURES},
        matching::{Stream, matches},
        token,
        window::{Sets, check_timestamp},
    },
};

/// A verification whose cheap checks have passed. It has no keys yet.
pub(crate) struct Begun<'a> {
    shape: usize,
    /// The signatures, where they stand in the head; else none.
    entries: Entries,
    /// The timestamps in the head, and which of them are inside the window.
    sets: Sets<'a>,
    /// How what is signed begins, where it stands in the head.
    known: Known,
}

/// A verification that has its keys, and takes in the body.
pub(crate) struct Keyed<'a> {
    begun: Begun<'a>,
    keyring: Keyring,
    /// What takes in the body as it comes; without it, the body is hashed at the end. It is boxed, since most bodies
    /// come in one piece, and need none.
    stream: Option<Box<Stream>>,
}

impl<'a> Begun<'a> {
    /// Checks everything that the head decides without a key, before a byte of the body is read.
    pub(crate) fn new(
        head: Head<'a>,
        scheme: &'a Scheme,
        now: Timestamp,
    ) -> Result<Self, VerifyError> {
        let mut begun = Self::unread();
        let mut reading = begun.reading_of(head, scheme)?;
        begun.read(&mut reading, scheme, now)?;
        Ok(begun)
    }

    #[inline]
    pub(super) fn unread() -> Self {
        Self {
            shape: 0,
            entries: Entries::none(),
            sets: Sets::default(),
            known: Known::default(),
        }
    }

    /// The request, of which nothing has been read, by the shape that it has.
    #[inline]
    pub(super) fn reading_of(
        &mut self,
        head: Head<'a>,
        scheme: &'a Scheme,
    ) -> Result<Reading<'a>, VerifyError> {
        let mut shapes = scheme.shapes.iter().enumerate();
        let Some((index, shape)) = shapes.find(|(_, shape)| fits(shape, head)) else {
            return Err(VerifyError::NoShape);
        };
        self.shape = index;
        Ok(Reading::new(shape, Incoming { head, body: &[] }))
    }

    /// As [`new`](Self::new), in place: as a result it would be copied. What is found in the signature's list is remembered
    /// in `reading`.
    #[inline]
    pub(super) fn read(
        &mut self,
        reading: &mut Reading<'a>,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        if !reading.shape.signature.at.is_in_body() {
            self.entries.read(reading, scheme)?;
        }
        self.sets.read(reading, scheme, self.entries.sets, now)?;
        reading.set = self.sets.first_live();
        check_sources(reading, &self.sets, &mut self.known)?;
        reading.set = 0;
        check_fixed(reading)?;
        if scheme.algorithm.is_jwt() && scheme.algorithm.family() == Family::Token {
            token::check_times(reading, scheme, now)?;
        }
        wanted_key_id(scheme, reading)?;
        Ok(())
    }

    /// Checks what the body decides without a key: for keys that are fetched once it is there.
    pub(crate) fn check_body(
        &self,
        incoming: Incoming<'_>,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let mut reading = Reading::new(self.shape(scheme)?, incoming);
        if self.entries.is_empty() && reading.shape.each.is_none() {
            Entries::of(&mut reading, scheme)?;
            check_timestamp(&reading, scheme, None, now)?;
        }
        Ok(())
    }

    /// What a source of keys may know of the request.
    pub(crate) fn key_request<'r>(
        &self,
        incoming: Incoming<'r>,
        scheme: &'r Scheme,
        now: Timestamp,
        asked: Instant,
    ) -> Result<KeyRequest<'r>, VerifyError> {
        let reading = Reading::new(self.shape(scheme)?, incoming);
        let key_url = match scheme.remote_keys.as_ref().map(|remote| &remote.url) {
            Some(KeyUrl::At { at, .. }) => {
                let text = reading.text(at);
                Some(text.map_err(|error| VerifyError::read("key URL", at, error))?)
            }
            _ => None,
        };
        Ok(KeyRequest {
            scheme,
            reading,
            key_id: wanted_key_id(scheme, &reading)?,
            key_url,
            tenant: None,
            now,
            asked,
        })
    }

    /// Goes on with the keys: chooses among them.
    #[inline]
    pub(crate) fn with_keys(
        self,
        keyring: Keyring,
        head: Head<'a>,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<Keyed<'a>, VerifyError> {
        let reading = self.reading(scheme, Incoming { head, body: &[] })?;
        self.check_keys(&reading, &keyring, scheme, now)?;
        Ok(Keyed {
            begun: self,
            keyring,
            stream: None,
        })
    }

    /// The MAC of the newest key, which has taken in what is signed before the body; `None` where
    /// it takes more than the head to begin.
    fn stream(
        &self,
        keyring: &Keyring,
        head: Head<'_>,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<Option<Stream>, VerifyError> {
        let reading = self.reading(scheme, Incoming { head, body: &[] })?;
        let (index, key) = newest_key(&reading, scheme, keyring, now)?;
        let body = self.body_segment(reading.shape, scheme);
        let (Some(body), Some(hasher)) = (body, key.hasher()) else {
            return Ok(None);
        };
        let mut stream = Stream {
            hasher: hasher.clone(),
            key: index,
            rest: body + 1,
        };
        reading.feed_content(0, body, Some(key), &mut |bytes| {
            stream.hasher.update(bytes);
        })?;
        Ok(Some(stream))
    }

    /// Whether there are keys, and values of the head, for a MAC to begin with.
    #[inline]
    pub(super) fn check_keys(
        &self,
        reading: &Reading<'_>,
        keyring: &Keyring,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let (_, key) = newest_key(reading, scheme, keyring, now)?;
        // All else that is signed before the body has been read with the head.
        if reading.shape.signed_headers.is_some()
            && let Some(body) = self.body_segment(reading.shape, scheme)
        {
            reading.feed_content(0, body, Some(key), &mut |_| {})?;
        }
        Ok(())
    }

    /// The segment that is the body itself, if the MAC of all before it can begin with the head.
    fn body_segment(&self, shape: &Shape, scheme: &Scheme) -> Option<usize> {
        // Sets have a MAC each, and a token has one over another text than the body.
        let is_one = !self.entries.is_empty() && self.entries.sets == 1;
        (is_one && scheme.algorithm.family() != Family::Token)
            .then(|| body_segment(shape))
            .flatten()
    }

    #[inline]
    fn reading<'r>(
        &'r self,
        scheme: &'r Scheme,
        incoming: Incoming<'r>,
    ) -> Result<Reading<'r>, VerifyError> {
        Ok(Reading {
            known: Some(&self.known),
            ..Reading::new(self.shape(scheme)?, incoming)
        })
    }

    /// Decides, now that `reading` has the body, and `stream` has taken it in.
    #[inline]
    pub(super) fn decide<'r>(
        &'r self,
        reading: &mut Reading<'r>,
        stream: Option<&Stream>,
        keyring: &Keyring,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<Authentic, VerifyError> {
        let shape = reading.shape;
        if joins_url_and_body(shape) && !begins_as_json(reading.incoming.body) {
            return Err(VerifyError::Malformed {
                name: "body".to_owned(),
                at: "json".to_owned(),
            });
        }
        check_misfit(reading, keyring)?;
        let key = match &shape.each {
            Some(batch) => verify_batch(reading, batch, scheme, keyring, now)?,
            None => {
                let late;
                let entries = if self.entries.is_empty() {
                    late = Entries::of(reading, scheme)?;
                    &late
                } else {
                    &self.entries
                };
                self.search(reading, entries, stream, scheme, keyring, now)?
            }
        };
        check_body_hash(reading)?;
        token::check_claims(reading, key)?;
        let known = self.sets.time(reading.set);
        let timestamp = check_timestamp(reading, scheme, known, now)?;
        Ok(Authentic {
            shape: self.shape,
            set: reading.set,
            toggle_port: reading.toggle_port,
            key_id: key.id.clone(),
            timestamp,
            coverage: scheme.coverage,
        })
    }

    /// Finds a key and a signature that belong together: the key. `reading` is left as they have it.
    #[inline]
    fn search<'r, 'k>(
        &'r self,
        reading: &mut Reading<'r>,
        entries: &Entries,
        stream: Option<&Stream>,
        scheme: &Scheme,
        keyring: &'k Keyring,
        now: Timestamp,
    ) -> Result<&'k Key, VerifyError> {
        if scheme.algorithm.has_public_key() {
            let wanted = wanted_key_id(scheme, reading)?;
            let chosen = keys(wanted.as_deref(), keyring, now)?.count();
            if entries.len() * chosen > MAX_SIGNATURES {
                return Err(VerifyError::TooManySignatures);
            }
        }
        for set in 0..entries.sets {
            if !self.sets.is_live(set) {
                continue;
            }
            for &toggle_port in ports(scheme, reading) {
                reading.set = set;
                reading.known = (set == self.sets.first_live()).then_some(&self.known);
                reading.toggle_port = toggle_port;
                let id = wanted_key_id(scheme, reading)?;
                for (index, key) in keys(id.as_deref(), keyring, now)? {
                    let wanted = entries.for_key(set, &reading.shape.signature, key);
                    let stream = stream.filter(|stream| stream.key == index && !toggle_port);
                    if matches(reading, key, stream, wanted)? {
                        return Ok(key);
                    }
                }
            }
        }
        Err(VerifyError::Mismatch)
    }

    #[inline]
    fn shape<'s>(&self, scheme: &'s Scheme) -> Result<&'s Shape, VerifyError> {
        match scheme.shapes.get(self.shape) {
            Some(shape) => Ok(shape),
            None => Err(VerifyError::NoShape),
        }
    }
}

impl<'a> Keyed<'a> {
    /// With keys that are there from the start; [`begin`](Self::begin) is to come.
    #[inline]
    pub(crate) fn unread(keyring: Keyring) -> Self {
        Self {
            begun: Begun::unread(),
            keyring,
            stream: None,
        }
    }

    /// Checks everything that the head decides, in place: as a result it would be copied.
    #[inline]
    pub(crate) fn begin(
        &mut self,
        head: Head<'a>,
        scheme: &'a Scheme,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let mut reading = self.begun.reading_of(head, scheme)?;
        self.begun.read(&mut reading, scheme, now)?;
        self.begun.check_keys(&reading, &self.keyring, scheme, now)
    }

    pub(crate) const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Starts the MAC of the newest key, where one can take in the body as it comes. All of the body is then to be
    /// handed to [`update`](Self::update); else none of it.
    pub(crate) fn start(&mut self, head: Head<'_>, scheme: &Scheme, now: Timestamp) {
        // What can't begin now was refused before, or is hashed at the end.
        if let Ok(Some(stream)) = self.begun.stream(&self.keyring, head, scheme, now) {
            self.stream = Some(Box::new(stream));
        }
    }

    /// Takes in more of the body, as received and in order.
    pub(crate) fn update(&mut self, frame: &[u8]) {
        if let Some(stream) = &mut self.stream {
            stream.hasher.update(frame);
        }
    }

    /// Decides, now that the body is there.
    #[inline]
    pub(crate) fn finish(
        &self,
        incoming: Incoming<'_>,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<Authentic, VerifyError> {
        let mut reading = self.begun.reading(scheme, incoming)?;
        let stream = self.stream.as_deref();
        self.begun
            .decide(&mut reading, stream, &self.keyring, scheme, now)
    }
}

/// The first of the keys that may verify a request, with its place.
#[inline]
fn newest_key<'k>(
    reading: &Reading<'_>,
    scheme: &Scheme,
    keyring: &'k Keyring,
    now: Timestamp,
) -> Result<(usize, &'k Key), VerifyError> {
    let wanted = wanted_key_id(scheme, reading)?;
    match keys(wanted.as_deref(), keyring, now)?.next() {
        Some(newest) => Ok(newest),
        None => Err(VerifyError::NoLiveKey),
    }
}

/// Verifies each item of a batch by itself; one that fails fails the whole. It answers with the key of the
/// last one, and leaves the first item in `reading`.
fn verify_batch<'k>(
    reading: &mut Reading<'_>,
    batch: &Batch,
    scheme: &Scheme,
    keyring: &'k Keyring,
    now: Timestamp,
) -> Result<&'k Key, VerifyError> {
    let items = batch_items(reading.incoming.body, batch)
        .map_err(|error| VerifyError::read("batch", &Locate::Json(batch.array.clone()), error))?;
    let mut first = None;
    let wanted = wanted_key_id(scheme, reading)?;
    let mut found = None;
    for item in items {
        reading.item = Some(item);
        first = first.or(reading.item);
        let entries = Entries::of(reading, scheme)?;
        let mut matched = None;
        for (_, key) in keys(wanted.as_deref(), keyring, now)? {
            let wanted = entries.for_key(0, &reading.shape.signature, key);
            if matches(reading, key, None, wanted)? {
                matched = Some(key);
                break;
            }
        }
        found = Some(matched.ok_or(VerifyError::Mismatch)?);
        check_timestamp(reading, scheme, None, now)?;
    }
    reading.item = first;
    // A batch of nothing has no signature, so it shows nothing.
    found.ok_or(VerifyError::EmptyBatch)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, Uri};

    use super::*;
    use crate::providers;

    #[test]
    fn a_shape_that_the_scheme_has_not_is_none() {
        let begun = Begun {
            shape: 1,
            ..Begun::unread()
        };
        let (uri, headers) = (Uri::from_static("/"), HeaderMap::new());
        let incoming = Incoming::new(&Method::POST, &uri, &headers, b"{}");
        let now = Timestamp::from_unix_seconds(1_700_000_000);
        let checked = begun.check_body(incoming, &providers::github(), now);
        assert_eq!(checked, Err(VerifyError::NoShape));
    }
}
