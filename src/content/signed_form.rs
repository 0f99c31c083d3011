//! Forms, where their fields are signed.

use crate::{
    content::Reading,
    form::{decode_in, pairs, raw_pairs},
    verify::VerifyError,
};

/// A field: its name and its value, decoded.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// The most fields that are sorted without an allocation, which is more than any provider sends.
const FEW: usize = 64;

/// The longest that their escaped names and values may be together, decoded.
const ROOM: usize = 2048;

impl Reading<'_> {
    /// The name and the value of each field, of equal ones once if they are to be `distinct`.
    pub(super) fn feed_form(
        &self,
        distinct: bool,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), VerifyError> {
        self.with_fields(|fields| {
            if !distinct {
                check_single(fields)?;
            }
            let mut last = None;
            for field @ (name, value) in fields {
                if last.replace(field) != Some(field) {
                    sink(name);
                    sink(value);
                }
            }
            Ok(())
        })
    }

    // ref: `sign_params` of Vonage/vonage-python-sdk, http_client/src/vonage_http_client/auth.py
    pub(super) fn feed_vonage(&self, sink: &mut dyn FnMut(&[u8])) -> Result<(), VerifyError> {
        let separates = |c: &u8| matches!(c, b'&' | b'=');
        self.with_fields(|fields| {
            check_single(fields)?;
            for (name, value) in fields.iter().filter(|(name, _)| *name != b"sig") {
                // Names are signed as they are: one with a separator in it would be two fields.
                if name.iter().any(separates) {
                    return Err(VerifyError::SeparatorInValue {
                        name: "form field".to_owned(),
                    });
                }
                sink(b"&");
                sink(name);
                sink(b"=");
                for (index, piece) in value.split(separates).enumerate() {
                    if index > 0 {
                        sink(b"_");
                    }
                    sink(piece);
                }
            }
            Ok(())
        })
    }

    /// Calls `with` with the fields, sorted by their names and values.
    fn with_fields<R>(&self, with: impl FnOnce(&[Pair<'_>]) -> R) -> R {
        let (mut fields, mut room) = ([Pair::default(); FEW], [0; ROOM]);
        if let Some(few) = few(self.incoming.body, &mut fields, &mut room) {
            few.sort_unstable();
            return with(few);
        }
        let decoded: Vec<_> = pairs(self.incoming.body).collect();
        let mut all: Vec<Pair<'_>> = decoded
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        all.sort_unstable();
        with(&all)
    }
}

/// The fields of a form, in `fields`, and in `room` what is escaped in them; `None` if they do not fit.
fn few<'f, 'a>(
    body: &'a [u8],
    fields: &'f mut [Pair<'a>; FEW],
    mut room: &'a mut [u8],
) -> Option<&'f mut [Pair<'a>]> {
    let mut count = 0;
    for (name, value) in raw_pairs(body) {
        let mut decode = |text| decode_in(text, &mut room);
        *fields.get_mut(count)? = (decode(name)?, decode(value)?);
        count += 1;
    }
    fields.get_mut(..count)
}

/// Checks that each field of a sorted form stands there once.
fn check_single(fields: &[Pair<'_>]) -> Result<(), VerifyError> {
    let doubled = fields
        .windows(2)
        .any(|pair| matches!(pair, [(a, _), (b, _)] if a == b));
    // Which order the sender signed is not said, so two readings would be possible.
    if doubled {
        return Err(VerifyError::Duplicate {
            name: "form field".to_owned(),
            at: "form".to_owned(),
        });
    }
    Ok(())
}
