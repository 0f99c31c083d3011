//! The window: timestamps, and whether they are near enough to now.

use std::borrow::Cow;

use crate::{
    content::Reading,
    scheme::{Scheme, TimestampField, Tolerance},
    timestamp::Timestamp,
    verify::{VerifyError, entries::MAX_SETS},
};

/// The sets of a signature's list, of which each has a timestamp of its own.
#[derive(Clone, Copy)]
pub(super) struct Sets<'a> {
    /// Bit by bit: the timestamp is inside the window, or stands in the body, where it is looked at later.
    live: u8,
    /// The timestamps in the head.
    times: [Option<Timestamp>; MAX_SETS],
    /// The text of the first that is inside the window.
    pub(super) text: Option<&'a str>,
}

impl Sets<'_> {
    pub(super) const fn is_live(&self, set: usize) -> bool {
        self.live & (1 << set) != 0
    }

    pub(super) fn time(&self, set: usize) -> Option<Timestamp> {
        self.times.get(set).copied().flatten()
    }

    pub(super) fn first_live(&self) -> usize {
        usize::try_from(self.live.trailing_zeros()).unwrap_or(0)
    }
}

/// Reads the timestamps in the head, of which at least one has to be inside the window.
#[inline]
pub(super) fn check_sets<'a>(
    reading: &Reading<'a>,
    scheme: &Scheme,
    sets: usize,
    now: Timestamp,
) -> Result<Sets<'a>, VerifyError> {
    let mut found = Sets {
        live: u8::MAX >> (8 - sets.clamp(1, MAX_SETS)),
        times: [None; MAX_SETS],
        text: None,
    };
    let Some(field) = &reading.shape.timestamp else {
        return Ok(found);
    };
    if field.at.is_in_body() {
        return Ok(found);
    }
    found.live = 0;
    let mut reason = None;
    for (set, known) in found.times.iter_mut().enumerate().take(sets) {
        let reading = Reading { set, ..*reading };
        let checked = read_timestamp(&reading, field).and_then(|(time, text)| {
            *known = Some(time);
            if let Some(tolerance) = scheme.tolerance {
                check_window(time, now, tolerance)?;
            }
            Ok(text)
        });
        match checked {
            Ok(text) => {
                if let (0, Cow::Borrowed(text)) = (found.live, text) {
                    found.text = Some(text);
                }
                found.live |= 1 << set;
            }
            Err(error) => reason = reason.or(Some(error)),
        }
    }
    match reason {
        Some(error) if found.live == 0 => Err(error),
        _ => Ok(found),
    }
}

/// A timestamp, and its text.
fn read_timestamp<'a>(
    reading: &Reading<'a>,
    field: &TimestampField,
) -> Result<(Timestamp, Cow<'a, str>), VerifyError> {
    let text = reading
        .text(&field.at)
        .map_err(|error| VerifyError::read("timestamp", &field.at, error))?;
    match field.unit.parse(&text) {
        Some(time) => Ok((time, text)),
        None => Err(VerifyError::TimestampMalformed {
            at: field.at.to_string(),
        }),
    }
}

/// The delivery's timestamp. One in the head is known, and was checked before; one in the body is
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
    let (time, _) = read_timestamp(reading, field)?;
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
