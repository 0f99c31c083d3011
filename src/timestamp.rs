//! A point in time, as a value: the core is told what time it is and never asks.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// A point in time with microsecond precision, counted from the Unix epoch.
///
/// ```
/// use axum_webhook::Timestamp;
///
/// let sent = Timestamp::from_unix_seconds(1_614_265_330);
/// assert_eq!(sent.unix_seconds(), 1_614_265_330);
/// assert_eq!(sent.to_string(), "2021-02-25T15:02:10Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(transparent))]
pub struct Timestamp {
    micros: i64,
}

impl Timestamp {
    /// Creates a point in time from whole seconds since the Unix epoch; saturates where that overflows.
    #[must_use]
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self {
            micros: seconds.saturating_mul(1_000_000),
        }
    }

    /// Creates a point in time from microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// The current time of the system clock.
    #[must_use]
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.micros.div_euclid(1_000_000)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_micros(self) -> i64 {
        self.micros
    }

    /// This time plus `duration`; saturates at the end of what can be said.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self {
            micros: self.micros.saturating_add(micros),
        }
    }

    /// This time minus `duration`; saturates at the beginning of what can be said.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self {
            micros: self.micros.saturating_sub(micros),
        }
    }

    /// The seconds from `earlier` to `self`; negative if `earlier` is later.
    pub(crate) fn seconds_since(self, earlier: Self) -> f64 {
        let after = self.saturating_duration_since(earlier).as_secs_f64();
        after - earlier.saturating_duration_since(self).as_secs_f64()
    }

    /// How long before `self` the time `earlier` was; zero if it was not before.
    #[must_use]
    pub fn saturating_duration_since(self, earlier: Self) -> Duration {
        let micros = self.micros.saturating_sub(earlier.micros);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros)
            }
        };
        Self { micros }
    }
}

/// RFC 3339 in UTC, with as many digits of the second as are needed.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.unix_seconds();
        let micros = self.micros.rem_euclid(1_000_000);
        let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
        let of_day = seconds.rem_euclid(86_400);
        let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if micros != 0 {
            if micros % 1000 == 0 {
                write!(f, ".{:03}", micros / 1000)?;
            } else {
                write!(f, ".{micros:06}")?;
            }
        }
        f.write_str("Z")
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
// ref: https://howardhinnant.github.io/date_algorithms.html#days_from_civil
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_rfc_3339() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00Z"),
            (1_614_265_330_500_000, "2021-02-25T15:02:10.500Z"),
            (1_614_265_330_000_001, "2021-02-25T15:02:10.000001Z"),
            (-1_000_000, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_unix_micros(micros).to_string(), text);
        }
    }

    #[test]
    fn arithmetic_saturates() {
        let end = Timestamp::from_unix_micros(i64::MAX);
        let start = Timestamp::from_unix_micros(i64::MIN);
        assert_eq!(end.saturating_add(Duration::MAX), end);
        assert_eq!(start.saturating_sub(Duration::MAX), start);
        assert_eq!(start.saturating_duration_since(end), Duration::ZERO);
        assert_eq!(
            end.saturating_duration_since(start),
            Duration::from_micros(i64::MAX.unsigned_abs())
        );
    }
}
