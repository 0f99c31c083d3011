//! The witness.

use crate::{
    content::Reading,
    crypto::sha256,
    incoming::{Incoming, ReadError},
    json,
    keys::KeyId,
    scheme::{Batch, Coverage, Locate, Scheme},
    timestamp::Timestamp,
};

/// The witness that a request is genuine. Only verification makes one.
#[derive(Clone, Debug)]
pub struct Authentic {
    pub(super) shape: usize,
    pub(super) set: usize,
    pub(super) toggle_port: bool,
    pub(super) key_id: KeyId,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) coverage: Coverage,
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
        self.text(scheme, incoming, self.event_id_at(scheme)?)
    }

    /// The event's type, where this delivery has one.
    #[must_use]
    pub fn event_type(&self, scheme: &Scheme, incoming: &Incoming<'_>) -> Option<String> {
        self.text(scheme, incoming, self.event_type_at(scheme)?)
    }

    /// Where the event's id is.
    pub(crate) fn event_id_at<'s>(&self, scheme: &'s Scheme) -> Option<&'s Locate> {
        scheme.shapes.get(self.shape)?.event_id.as_ref()
    }

    /// Where the event's type is.
    pub(crate) fn event_type_at<'s>(&self, scheme: &'s Scheme) -> Option<&'s Locate> {
        scheme.shapes.get(self.shape)?.event_type.as_ref()
    }

    /// The value of this delivery at `at`.
    pub(crate) fn text(
        &self,
        scheme: &Scheme,
        incoming: &Incoming<'_>,
        at: &Locate,
    ) -> Option<String> {
        let reading = self.reading(scheme, *incoming)?;
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
            reading.item = batch_items(incoming.body, batch).ok()?.next();
        }
        Some(reading)
    }
}

/// The texts of the items of a batch, which all are there.
pub(super) fn batch_items<'a>(
    body: &'a [u8],
    batch: &Batch,
) -> Result<impl Iterator<Item = &'a str>, ReadError> {
    let elements = json::elements(json::at(json::root(body)?, &batch.array)?)?;
    let items = elements.map(|element| json::at(element, &batch.item));
    items.clone().try_for_each(|item| item.map(drop))?;
    Ok(items.flatten())
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::*;
    use crate::{keys::Keyring, keys::Secret, providers, sign::Draft, verify::verify};

    /// Twilio may sign the URL with its port or without it; one delivery is never two events.
    #[test]
    fn the_digest_is_of_what_was_signed() {
        let scheme = providers::twilio();
        let secret = || Secret::new("a token of the tests").expect("a secret");
        let keyring = Keyring::new(&scheme, secret()).expect("a keyring");
        let public_url = "https://h.example".parse().expect("a URL");
        let uri = Uri::from_static("/in");
        for signed_url in ["https://h.example/in", "https://h.example:443/in"] {
            let signed = Draft::new("a=1")
                .with_content_type("application/x-www-form-urlencoded")
                .with_url(signed_url)
                .sign(&scheme, secret())
                .expect("it can be signed");
            let incoming = Incoming::new(&signed.method, &uri, &signed.headers, &signed.body)
                .with_public_url(&public_url);
            let now = Timestamp::from_unix_seconds(1_700_000_000);
            let authentic = verify(&incoming, &scheme, &keyring, now).expect(signed_url);
            let digest = authentic.content_digest(&scheme, incoming);
            let content = format!("{signed_url}a1");
            assert_eq!(digest, Some(sha256(content.as_bytes())), "{signed_url}");
        }
    }
}
