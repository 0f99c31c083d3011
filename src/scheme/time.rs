//! How a provider writes the time, and how far it may be off.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::{
    scheme::Locate,
    timestamp::{Timestamp, days_from_civil},
    units::Span,
};

/// Where a scheme's timestamp is and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct TimestampField {
    /// Where the timestamp stands.
    pub at: Locate,
    /// How it is written.
    pub unit: TimeUnit,
}

/// How a provider writes a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum TimeUnit {
    /// Seconds since the Unix epoch: exactly ten digits.
    UnixSeconds,
    /// Milliseconds since the Unix epoch: exactly thirteen digits.
    UnixMillis,
    /// Microseconds since the Unix epoch: exactly sixteen digits.
    UnixMicros,
    /// Seconds or milliseconds, where the provider itself is not consistent: exactly ten digits or
    /// thirteen, so that no text is both.
    UnixSecondsOrMillis,
    /// `2021-02-25T15:02:10Z`, with an optional fraction and any offset.
    Rfc3339,
    /// `Thu, 25 Feb 2021 15:02:10 +0000` or `… GMT`.
    Rfc2822,
}

impl TimeUnit {
    /// Reads a timestamp, strictly: what [`print`](Self::print) writes and, for
    /// calendar forms, every offset and up to nine digits of fraction.
    ///
    /// Ten, thirteen and sixteen digits reach from 2001 to 2286, so a wrong unit
    /// is always seen, and no spelling with a sign, a space or a leading zero passes.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<Timestamp> {
        self.parse_bytes(text.as_bytes())
    }

    pub(crate) fn parse_bytes(self, text: &[u8]) -> Option<Timestamp> {
        match self {
            Self::UnixSeconds => digits::<10>(text).map(Timestamp::from_unix_seconds),
            Self::UnixMillis => digits::<13>(text).map(|ms| Timestamp::from_unix_micros(ms * 1000)),
            Self::UnixMicros => digits::<16>(text).map(Timestamp::from_unix_micros),
            Self::UnixSecondsOrMillis => Self::UnixSeconds
                .parse_bytes(text)
                .or_else(|| Self::UnixMillis.parse_bytes(text)),
            Self::Rfc3339 => parse_rfc3339(str::from_utf8(text).ok()?),
            Self::Rfc2822 => parse_rfc2822(str::from_utf8(text).ok()?),
        }
    }

    /// Writes a timestamp as the provider would.
    #[must_use]
    pub fn print(self, time: Timestamp) -> String {
        match self {
            Self::UnixSeconds | Self::UnixSecondsOrMillis => {
                format!("{:010}", time.unix_seconds())
            }
            Self::UnixMillis => format!("{:013}", time.unix_micros().div_euclid(1000)),
            Self::UnixMicros => format!("{:016}", time.unix_micros()),
            Self::Rfc3339 => time.to_string(),
            Self::Rfc2822 => print_rfc2822(time),
        }
    }

    /// Whether every text of this unit has the same length and only digits.
    pub(crate) const fn is_fixed_width(self) -> bool {
        matches!(
            self,
            Self::UnixSeconds | Self::UnixMillis | Self::UnixMicros
        )
    }
}

/// How far a timestamp may lie from the receiver's clock. Both borders are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(deny_unknown_fields))]
pub struct Tolerance {
    /// How old a delivery may be.
    pub past: Span,
    /// How far ahead of the receiver's clock the sender's may be.
    pub future: Span,
}

impl Tolerance {
    /// The largest tolerance in either direction that a layer accepts: 31 days.
    ///
    /// A wider window is no window, and "done" has to be remembered for longer
    /// than both sides together.
    pub const MAX: Span = Span::days(31);

    /// Creates a tolerance.
    #[must_use]
    pub const fn new(past: Span, future: Span) -> Self {
        Self { past, future }
    }

    /// Five minutes both ways: what the libraries of Standard Webhooks and of Stripe,
    /// and the documentation of Slack, use.
    #[must_use]
    pub const fn five_minutes() -> Self {
        Self::new(Span::minutes(5), Span::minutes(5))
    }
}

/// A number of `LEN` digits, at most sixteen, without a leading zero.
fn digits<const LEN: usize>(text: &[u8]) -> Option<i64> {
    let text: &[u8; LEN] = text.try_into().ok()?;
    let (eights, rest) = text.as_chunks();
    let (mut number, mut all_digits) = (0, !text.starts_with(b"0"));
    for eight in eights {
        let (of_eight, are_digits) = eight_digits(*eight);
        all_digits &= are_digits;
        number = number * 100_000_000 + of_eight;
    }
    for c in rest {
        let digit = c.wrapping_sub(b'0');
        all_digits &= digit < 10;
        number = number * 10 + i64::from(digit);
    }
    all_digits.then_some(number)
}

/// The number that eight digits are, and whether they are digits.
// ref: https://github.com/fastfloat/fast_float, `is_made_of_eight_digits_fast`
fn eight_digits(text: [u8; 8]) -> (i64, bool) {
    const fn all(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let text = u64::from_le_bytes(text);
    let digits = text.wrapping_sub(all(b'0'));
    let others = (text.wrapping_add(all(0x46)) | digits) & all(0x80);
    // The first of two digits is the lower byte, and so on with twos and fours.
    let join = |halves: u64, worth: u64, bits: u32| {
        halves.wrapping_mul(worth).wrapping_add(halves >> bits)
    };
    let twos = join(digits, 10, 8) & 0x00ff_00ff_00ff_00ff;
    let fours = join(twos, 100, 16) & 0x0000_ffff_0000_ffff;
    let eight = join(fours, 10_000, 32) & 0xffff_ffff;
    (eight.cast_signed(), others == 0)
}

/// The longest timestamp that is looked at.
// T-F10: date parsers have been driven into deep recursion by long input.
const MAX_DATE_LEN: usize = 64;

fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    if text.len() > MAX_DATE_LEN {
        return None;
    }
    let mut cursor = Cursor(text);
    let year = cursor.number(4)?;
    cursor.literal("-")?;
    let month = cursor.number(2)?;
    cursor.literal("-")?;
    let day = cursor.number(2)?;
    cursor.literal("T")?;
    let hour = cursor.number(2)?;
    cursor.literal(":")?;
    let minute = cursor.number(2)?;
    cursor.literal(":")?;
    let second = cursor.number(2)?;
    let micros = if cursor.literal(".").is_some() {
        cursor.fraction()?
    } else {
        0
    };
    let offset = if cursor.literal("Z").is_some() {
        0
    } else {
        let sign = cursor.sign()?;
        let hours = cursor.number(2)?;
        cursor.literal(":")?;
        let minutes = cursor.number(2)?;
        sign * offset_seconds(hours, minutes)?
    };
    cursor.end()?;
    let seconds = unix_seconds([year, month, day], [hour, minute, second])? - offset;
    Some(Timestamp::from_unix_micros(seconds * 1_000_000 + micros))
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

fn parse_rfc2822(text: &str) -> Option<Timestamp> {
    if text.len() > MAX_DATE_LEN {
        return None;
    }
    let mut cursor = Cursor(text);
    let weekday = WEEKDAYS
        .iter()
        .position(|name| cursor.literal(name).is_some())?;
    cursor.literal(", ")?;
    let day = cursor.number(2)?;
    cursor.literal(" ")?;
    let month = MONTHS
        .iter()
        .position(|name| cursor.literal(name).is_some())?;
    let month = i64::try_from(month).ok()? + 1;
    cursor.literal(" ")?;
    let year = cursor.number(4)?;
    cursor.literal(" ")?;
    let hour = cursor.number(2)?;
    cursor.literal(":")?;
    let minute = cursor.number(2)?;
    cursor.literal(":")?;
    let second = cursor.number(2)?;
    cursor.literal(" ")?;
    let offset = if cursor.literal("GMT").is_some() {
        0
    } else {
        let sign = cursor.sign()?;
        sign * offset_seconds(cursor.number(2)?, cursor.number(2)?)?
    };
    cursor.end()?;
    if days_from_civil(year, month, day).rem_euclid(7) != i64::try_from(weekday).ok()? {
        return None;
    }
    let seconds = unix_seconds([year, month, day], [hour, minute, second])? - offset;
    Some(Timestamp::from_unix_seconds(seconds))
}

fn print_rfc2822(time: Timestamp) -> String {
    let days = time.unix_seconds().div_euclid(86_400);
    let weekday = usize::try_from(days.rem_euclid(7)).unwrap_or(0);
    let weekday = WEEKDAYS.get(weekday).copied().unwrap_or_default();
    let iso = Timestamp::from_unix_seconds(time.unix_seconds()).to_string();
    let part = |range: std::ops::Range<usize>| iso.get(range).unwrap_or_default();
    let month = part(5..7).parse::<usize>().unwrap_or(1);
    let month = MONTHS.get(month - 1).copied().unwrap_or_default();
    format!(
        "{weekday}, {} {month} {} {} +0000",
        part(8..10),
        part(0..4),
        part(11..19)
    )
}

fn offset_seconds(hours: i64, minutes: i64) -> Option<i64> {
    (hours < 24 && minutes < 60).then_some(hours * 3600 + minutes * 60)
}

fn unix_seconds([year, month, day]: [i64; 3], [hour, minute, second]: [i64; 3]) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last_day = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    let valid = (1..=last_day).contains(&day) && hour < 24 && minute < 60 && second < 60;
    valid.then(|| days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// The rest of a text that is read from the left.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn number(&mut self, len: usize) -> Option<i64> {
        let (head, tail) = self.0.split_at_checked(len)?;
        if !head.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        self.0 = tail;
        head.parse().ok()
    }

    /// One to nine digits after the point, in microseconds; finer digits are cut.
    fn fraction(&mut self) -> Option<i64> {
        let len = self.0.bytes().take_while(u8::is_ascii_digit).count();
        if !(1..=9).contains(&len) {
            return None;
        }
        let (head, tail) = self.0.split_at_checked(len)?;
        self.0 = tail;
        let micros: i64 = head.get(..len.min(6))?.parse().ok()?;
        Some((len..6).fold(micros, |micros, _| micros * 10))
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    fn sign(&mut self) -> Option<i64> {
        match self.literal("+") {
            Some(()) => Some(1),
            None => self.literal("-").map(|()| -1),
        }
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests;
