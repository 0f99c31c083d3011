//! The window: timestamps, and whether they are near enough to now.

use std::borrow::Cow;

use crate::{
    content::Reading,
    incoming::ReadError,
    scheme::{Scheme, TimestampField, Tolerance},
    timestamp::Timestamp,
    verify::{VerifyError, entries::MAX_SETS},
};

/// The sets of a signature's list, of which each has a timestamp of its own.
#[derive(Clone, Copy)]
pub(super) struct Sets<'a> {
    /// Bit by bit: the timestamp is inside the window, or stands in the body, where it is looked at later.
    live: u8,
    /// The first timestamp in the head that is inside the window.
    time: Option<Timestamp>,
    /// Its text.
    pub(super) text: Option<&'a [u8]>,
}

/// One set, whose timestamp was not looked at.
impl Default for Sets<'_> {
    fn default() -> Self {
        Self {
            live: 1,
            time: None,
            text: None,
        }
    }
}

impl<'a> Sets<'a> {
    pub(super) const fn is_live(&self, set: usize) -> bool {
        self.live & (1 << set) != 0
    }

    /// The timestamp of a set, where it is the first that is inside the window.
    pub(super) fn time(&self, set: usize) -> Option<Timestamp> {
        self.time.filter(|_| set == self.first_live())
    }

    pub(super) fn first_live(&self) -> usize {
        usize::try_from(self.live.trailing_zeros()).unwrap_or(0)
    }

    /// Reads the timestamps of `sets` sets in the head, of which at least one has to be inside the window.
    #[inline]
    pub(super) fn read(
        &mut self,
        reading: &mut Reading<'a>,
        scheme: &Scheme,
        sets: usize,
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        self.live = u8::MAX >> (8 - sets.clamp(1, MAX_SETS));
        let Some(field) = &reading.shape.timestamp else {
            return Ok(());
        };
        if field.at.is_in_body() {
            return Ok(());
        }
        self.live = 0;
        let mut reason = None;
        for set in 0..sets {
            reading.set = set;
            let checked = read_timestamp(reading, field).and_then(|(time, text)| {
                if let Some(tolerance) = scheme.tolerance {
                    check_window(time, now, tolerance)?;
                }
                Ok((time, text))
            });
            match checked {
                Ok((time, text)) => {
                    if self.live == 0 {
                        self.time = Some(time);
                        if let Cow::Borrowed(text) = text {
                            self.text = Some(text);
                        }
                    }
                    self.live |= 1 << set;
                }
                Err(error) => reason = reason.or(Some(error)),
            }
        }
        match reason {
            Some(error) if self.live == 0 => Err(error),
            _ => Ok(()),
        }
    }
}

/// A timestamp, and its text.
#[inline]
fn read_timestamp<'a>(
    reading: &Reading<'a>,
    field: &TimestampField,
) -> Result<(Timestamp, Cow<'a, [u8]>), VerifyError> {
    let read = |error| VerifyError::read("timestamp", &field.at, error);
    let text = reading.value(&field.at).map_err(read)?;
    if let Some(time) = field.unit.parse_bytes(&text) {
        return Ok((time, text));
    }
    Err(match str::from_utf8(&text) {
        Ok(_) => VerifyError::TimestampMalformed {
            at: field.at.to_string(),
        },
        Err(_) => read(ReadError::Malformed),
    })
}

/// The delivery's timestamp. One in the head was checked before, and most are known; one in the body is
/// trusted only now, when the signature is known to be right.
#[inline]
pub(super) fn check_timestamp(
    reading: &Reading<'_>,
    scheme: &Scheme,
    known: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, VerifyError> {
    let Some(field) = &reading.shape.timestamp else {
        return Ok(None);
    };
    if known.is_some() {
        return Ok(known);
    }
    late_timestamp(reading, field, scheme, now).map(Some)
}

fn late_timestamp(
    reading: &Reading<'_>,
    field: &TimestampField,
    scheme: &Scheme,
    now: Timestamp,
) -> Result<Timestamp, VerifyError> {
    let (time, _) = read_timestamp(reading, field)?;
    if field.at.is_in_body()
        && let Some(tolerance) = scheme.tolerance
    {
        check_window(time, now, tolerance)?;
    }
    Ok(time)
}

/// Both borders are inside.
fn check_window(time: Timestamp, now: Timestamp, tolerance: Tolerance) -> Result<(), VerifyError> {
    // Only one of both can be too far off.
    if time <= now {
        let age = now.saturating_duration_since(time);
        if age > tolerance.past.duration() {
            return Err(VerifyError::Stale { age });
        }
    } else {
        let ahead = time.saturating_duration_since(now);
        if ahead > tolerance.future.duration() {
            return Err(VerifyError::Future { ahead });
        }
    }
    Ok(())
}
