//! A verification, from the cheap checks to the decision.

use std::sync::Arc;

use tokio::time::Instant;

use crate::{
    content::{Known, Reading},
    incoming::{Head, Incoming},
    key_source::KeyRequest,
    keys::Keyring,
    scheme::{Batch, Family, KeyUrl, Locate, Scheme},
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
        window::{Sets, check_sets, check_timestamp},
    },
};

/// A verification whose cheap checks have passed. It has no keys yet.
pub(crate) struct Begun<'a> {
    shape: usize,
    /// The signatures, where they stand in the head.
    entries: Option<Entries<'a>>,
    /// The timestamps in the head, and which of them are inside the window.
    sets: Sets<'a>,
    /// What else in the head is signed.
    known: Known<'a>,
}

/// A verification that has its keys, and takes in the body.
pub(crate) struct Keyed<'a> {
    begun: Begun<'a>,
    keyring: Keyring,
    /// The MAC of the newest key, fed as the body arrives.
    stream: Option<Stream>,
}

impl<'a> Begun<'a> {
    /// Checks everything that the head decides without a key, before a byte of the body is read.
    pub(crate) fn new(
        head: Head<'a>,
        scheme: &'a Scheme,
        now: Timestamp,
    ) -> Result<Self, VerifyError> {
        let incoming = Incoming { head, body: &[] };
        let (index, shape) = scheme
            .shapes
            .iter()
            .enumerate()
            .find(|(_, shape)| fits(shape, head))
            .ok_or(VerifyError::NoShape)?;
        let mut reading = Reading::new(shape, incoming);
        let entries = if shape.signature.at.is_in_body() {
            None
        } else {
            Some(Entries::read(&reading, scheme)?)
        };
        reading.list = entries.as_ref().and_then(|entries| entries.list);
        let sets = entries.as_ref().map_or(1, |entries| entries.sets);
        let sets = check_sets(&reading, scheme, sets, now)?;
        let known = check_sources(&reading, &sets)?;
        check_fixed(&reading)?;
        if scheme.algorithm.family() == Family::Token {
            token::check_times(&reading, scheme, now)?;
        }
        wanted_key_id(scheme, &reading)?;
        Ok(Self {
            shape: index,
            entries,
            sets,
            known,
        })
    }

    /// Checks what the body decides without a key: for keys that are fetched once it is there.
    pub(crate) fn check_body(
        &self,
        incoming: Incoming<'_>,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let shape = scheme.shapes.get(self.shape).ok_or(VerifyError::NoShape)?;
        let reading = Reading::new(shape, incoming);
        if self.entries.is_none() && shape.each.is_none() {
            Entries::read(&reading, scheme)?;
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
        let shape = scheme.shapes.get(self.shape).ok_or(VerifyError::NoShape)?;
        let reading = Reading::new(shape, incoming);
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

    /// Goes on with the keys: chooses among them, and starts the MAC of the newest.
    ///
    /// The body may be on its way or there already; it is still to be handed to [`Keyed::update`].
    pub(crate) fn with_keys(
        self,
        keyring: &Keyring,
        head: Head<'a>,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<Keyed<'a>, VerifyError> {
        let shape = scheme.shapes.get(self.shape).ok_or(VerifyError::NoShape)?;
        let reading = Reading {
            known: Some(&self.known),
            ..Reading::new(shape, Incoming { head, body: &[] })
        };
        let wanted = wanted_key_id(scheme, &reading)?;
        let (key_index, key) = keys(wanted.as_deref(), keyring, now)?
            .next()
            .ok_or(VerifyError::NoLiveKey)?;
        // A token has a MAC over another text than the body.
        let plain = scheme.algorithm.family() != Family::Token;
        let sets = self.entries.as_ref().map(|entries| entries.sets);
        let mut stream = None;
        if let (Some(1), Some(body), Some(hasher)) =
            (sets.filter(|_| plain), body_segment(shape), key.hasher())
        {
            let stream = stream.insert(Stream {
                hasher: hasher.clone(),
                key: key_index,
                rest: body + 1,
            });
            reading.feed_content(0, body, Some(key), &mut |bytes| {
                stream.hasher.update(bytes);
            })?;
        }
        Ok(Keyed {
            begun: self,
            keyring: keyring.clone(),
            stream,
        })
    }
}

impl Keyed<'_> {
    pub(crate) const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Takes in more of the body, as received and in order.
    pub(crate) fn update(&mut self, frame: &[u8]) {
        if let Some(stream) = &mut self.stream {
            stream.hasher.update(frame);
        }
    }

    /// Decides, now that the body is there.
    pub(crate) fn finish(
        &self,
        incoming: Incoming<'_>,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<Authentic, VerifyError> {
        let index = self.begun.shape;
        let shape = scheme.shapes.get(index).ok_or(VerifyError::NoShape)?;
        if joins_url_and_body(shape) && !begins_as_json(incoming.body) {
            return Err(VerifyError::Malformed {
                name: "body".to_owned(),
                at: "json".to_owned(),
            });
        }
        let entries = self.begun.entries.as_ref();
        let reading = Reading {
            list: entries.and_then(|entries| entries.list),
            known: Some(&self.begun.known),
            ..Reading::new(shape, incoming)
        };
        check_misfit(&reading, &self.keyring)?;
        let found = match &shape.each {
            Some(batch) => verify_batch(&reading, batch, scheme, &self.keyring, now)?,
            None => {
                let late;
                let entries = match entries {
                    Some(entries) => entries,
                    None => {
                        late = Entries::read(&reading, scheme)?;
                        &late
                    }
                };
                self.search(&reading, entries, scheme, now)?
            }
        };
        let reading = Reading {
            set: found.set,
            item: found.item,
            toggle_port: found.toggle_port,
            ..reading
        };
        check_body_hash(&reading)?;
        let key = self.keyring.all().get(found.key);
        let key = key.ok_or(VerifyError::NoLiveKey)?;
        token::check_claims(&reading, key)?;
        let known = self.begun.sets.time(found.set);
        let timestamp = check_timestamp(&reading, scheme, known, now)?;
        Ok(Authentic {
            shape: index,
            set: found.set,
            toggle_port: found.toggle_port,
            key_id: Arc::clone(&key.id),
            timestamp,
            coverage: scheme.coverage,
        })
    }

    /// Finds a key and a signature that belong together.
    fn search(
        &self,
        reading: &Reading<'_>,
        entries: &Entries<'_>,
        scheme: &Scheme,
        now: Timestamp,
    ) -> Result<Found<'static>, VerifyError> {
        if scheme.algorithm.has_public_key() {
            let wanted = wanted_key_id(scheme, reading)?;
            let chosen = keys(wanted.as_deref(), &self.keyring, now)?.count();
            if entries.len() * chosen > MAX_SIGNATURES {
                return Err(VerifyError::TooManySignatures);
            }
        }
        for set in 0..entries.sets {
            if !self.begun.sets.is_live(set) {
                continue;
            }
            for toggle_port in ports(scheme, reading) {
                let reading = Reading {
                    set,
                    toggle_port,
                    ..*reading
                };
                let id = wanted_key_id(scheme, &reading)?;
                for (index, key) in keys(id.as_deref(), &self.keyring, now)? {
                    let wanted = || entries.of(set, &reading.shape.signature, key);
                    if wanted().next().is_none() {
                        continue;
                    }
                    let stream = self.stream.as_ref();
                    let stream = stream.filter(|stream| stream.key == index && !toggle_port);
                    if matches(&reading, key, stream, wanted())? {
                        return Ok(Found {
                            set,
                            item: None,
                            toggle_port,
                            key: index,
                        });
                    }
                }
            }
        }
        Err(VerifyError::Mismatch)
    }
}

/// What belongs together.
pub(super) struct Found<'a> {
    set: usize,
    /// The first item of a batch.
    item: Option<&'a str>,
    toggle_port: bool,
    /// The place of the key that matched.
    key: usize,
}

/// Verifies each item of a batch by itself; one that fails fails the whole.
pub(super) fn verify_batch<'a>(
    reading: &Reading<'a>,
    batch: &Batch,
    scheme: &Scheme,
    keyring: &Keyring,
    now: Timestamp,
) -> Result<Found<'a>, VerifyError> {
    let items = batch_items(reading.incoming.body, batch)
        .map_err(|error| VerifyError::read("batch", &Locate::Json(batch.array.clone()), error))?;
    let first = items.first().copied();
    let wanted = wanted_key_id(scheme, reading)?;
    let mut key = None;
    for item in items {
        let reading = Reading {
            item: Some(item),
            ..*reading
        };
        let entries = Entries::read(&reading, scheme)?;
        let mut matched = None;
        for (index, key) in keys(wanted.as_deref(), keyring, now)? {
            let wanted = entries.of(0, &reading.shape.signature, key);
            if matches(&reading, key, None, wanted)? {
                matched = Some(index);
                break;
            }
        }
        key = Some(matched.ok_or(VerifyError::Mismatch)?);
        check_timestamp(&reading, scheme, None, now)?;
    }
    // A batch of nothing has no signature, so it shows nothing.
    let key = key.ok_or(VerifyError::EmptyBatch)?;
    Ok(Found {
        set: 0,
        item: first,
        toggle_port: false,
        key,
    })
}
