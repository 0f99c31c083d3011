//! The headers that a header names as signed.

use http::HeaderName;

use crate::{
    content::Reading,
    incoming::ReadError,
    scheme::{Locate, SignedHeaders, SignedHeadersForm},
    verify::VerifyError,
};

/// The most headers that a header may name as signed.
const MAX_SIGNED_HEADERS: usize = 64;

impl Reading<'_> {
    pub(super) fn feed_signed_headers(
        &self,
        list: &SignedHeaders,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        let at = &list.names;
        let read = |error| VerifyError::read("signed headers", at, error);
        let text = self.text(at).map_err(read)?;
        let mut room = [""; MAX_SIGNED_HEADERS];
        let mut count = 0;
        for name in text.split(list.separator.as_str()) {
            let place = room.get_mut(count);
            *place.ok_or_else(|| read(ReadError::TooLong))? = name.trim();
            count += 1;
        }
        let names = room.get_mut(..count).unwrap_or_default();
        for required in &list.required {
            if !names.iter().any(|name| lower(name).eq(required.bytes())) {
                return Err(VerifyError::HeaderNotSigned {
                    name: required.clone(),
                });
            }
        }
        if list.form == SignedHeadersForm::SortedPairs {
            names.sort_unstable_by(|a, b| lower(a).cmp(lower(b)));
        }
        for (index, name) in names.iter().enumerate() {
            let value = self
                .head()
                .header(*name)
                .map_err(|error| match HeaderName::from_bytes(name.as_bytes()) {
                    Ok(name) => VerifyError::read("signed header", &Locate::Header(name), error),
                    Err(_) => read(ReadError::Malformed),
                })?;
            if index > 0 {
                sink(list.join.as_bytes());
            }
            if list.form == SignedHeadersForm::SortedPairs {
                feed_lower(name, sink);
                sink(b":");
            }
            sink(value.trim().as_bytes());
        }
        Ok(())
    }
}

fn lower(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().map(|c| c.to_ascii_lowercase())
}

fn feed_lower(name: &str, sink: &mut dyn FnMut(&[u8])) {
    let mut room = [0; 64];
    for piece in name.as_bytes().chunks(room.len()) {
        let (own, _) = room.split_at_mut(piece.len());
        own.copy_from_slice(piece);
        own.make_ascii_lowercase();
        sink(own);
    }
}
