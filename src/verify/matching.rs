//! Whether a key and a signature belong together.

use std::borrow::Cow;

use crate::{
    content::Reading,
    crypto::{Hasher, Tag},
    keys::Key,
    scheme::{Role, Segment},
    verify::{
        VerifyError,
        checks::misfit,
        entries::{Entry, Proof},
        token,
    },
};

/// The MAC of one key, which has taken in what is signed up to the end of the body.
pub(super) struct Stream {
    pub(super) hasher: Hasher,
    /// The key's place.
    pub(super) key: usize,
    /// The segment after the body.
    pub(super) rest: usize,
}

/// Whether one of the entries is what `key` gives to the content.
#[inline]
pub(super) fn matches<'e>(
    reading: &Reading<'_>,
    key: &Key,
    stream: Option<&Stream>,
    mut entries: impl Iterator<Item = &'e Entry>,
) -> Result<bool, VerifyError> {
    let Some(first) = entries.next() else {
        return Ok(false);
    };
    if misfit(reading, &|name| key.part(name)).is_some() {
        return Ok(false);
    }
    if let Proof::Token(jws) = &first.proof {
        return token::verifies(reading, key, jws);
    }
    if key.is_public() {
        let message = message(reading, key)?;
        let verifies = |entry: &Entry| matches!(&entry.proof, Proof::Signature(own) if key.verify(&message, own));
        return Ok(verifies(first) || entries.any(verifies));
    }
    let tag = compute(reading, key, stream)?;
    let is_it = |entry: &Entry| matches!(&entry.proof, Proof::Tag(own) if own.matches(&tag));
    // Every entry is compared, so that the time does not tell which one matched.
    Ok(entries.fold(is_it(first), |any, entry| is_it(entry) | any))
}

/// What is signed, in one piece. A content that is just the body is not copied.
fn message<'a>(reading: &Reading<'a>, key: &Key) -> Result<Cow<'a, [u8]>, VerifyError> {
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
    reading.feed(content, Some(key), &mut |bytes| {
        message.extend_from_slice(bytes);
    })?;
    Ok(Cow::Owned(message))
}

/// The tag that `key` gives to the content, or the hash of the key itself for credentials.
#[inline]
fn compute(reading: &Reading<'_>, key: &Key, stream: Option<&Stream>) -> Result<Tag, VerifyError> {
    if let Some(tag) = key.token_hash().and_then(|hash| Tag::new(hash)) {
        return Ok(tag);
    }
    let (hasher, from) = match stream {
        Some(stream) => (Some(&stream.hasher), stream.rest),
        None => (key.hasher(), 0),
    };
    let (Some(content), Some(hasher)) = (&reading.shape.content, hasher) else {
        return Err(VerifyError::Mismatch);
    };
    let to = content.segments().len();
    hasher.finish_with(|sink| reading.feed_content(from, to, Some(key), sink))
}
