//! Times and sizes.

use axum_webhook::{ByteSize, Span, Timestamp, scheme::TimeUnit};

use super::Outcome;

const UNITS: [TimeUnit; 6] = [
    TimeUnit::UnixSeconds,
    TimeUnit::UnixMillis,
    TimeUnit::UnixMicros,
    TimeUnit::UnixSecondsOrMillis,
    TimeUnit::Rfc3339,
    TimeUnit::Rfc2822,
];

/// Timestamps of every unit, against the standard library's numbers and jiff's dates. The first byte says which.
pub fn timestamp(data: &[u8]) -> Outcome {
    let Some((unit, text)) = data.split_first() else {
        return Outcome::Skipped;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return Outcome::Skipped;
    };
    let unit = UNITS[usize::from(*unit) % UNITS.len()];
    let micros = unit.parse(text).map(Timestamp::unix_micros);
    match unit {
        TimeUnit::UnixSeconds => assert_eq!(micros, whole(text, 10, 1_000_000)),
        TimeUnit::UnixMillis => assert_eq!(micros, whole(text, 13, 1000)),
        TimeUnit::UnixMicros => assert_eq!(micros, whole(text, 16, 1)),
        TimeUnit::UnixSecondsOrMillis => {
            let wanted = whole(text, 10, 1_000_000).or_else(|| whole(text, 13, 1000));
            assert_eq!(micros, wanted);
        }
        TimeUnit::Rfc2822 => {
            let date = jiff::fmt::rfc2822::parse;
            check_date(micros, text, || Some(date(text).ok()?.timestamp()));
        }
        _ => check_date(micros, text, || text.parse().ok()),
    }
    // Beyond the years of four digits there is nothing that any of them could write.
    if let Some(time) = unit.parse(text)
        && (1_000_000_000..7_258_118_400).contains(&time.unix_seconds())
    {
        let again = unit.parse(&unit.print(time));
        let wanted = match unit {
            TimeUnit::Rfc3339 => time.unix_micros(),
            TimeUnit::UnixSecondsOrMillis => time.unix_seconds() * 1_000_000,
            _ => micros.unwrap_or_default(),
        };
        assert_eq!(again.map(Timestamp::unix_micros), Some(wanted), "{text:?}");
    }
    Outcome::of(micros.is_some())
}

fn whole(text: &str, len: usize, factor: i64) -> Option<i64> {
    let fits = text.len() == len && text.bytes().all(|c| c.is_ascii_digit());
    let number: i64 = text
        .parse()
        .ok()
        .filter(|_| fits && !text.starts_with('0'))?;
    Some(number * factor)
}

/// What we read is what jiff reads, which reads more.
fn check_date(micros: Option<i64>, text: &str, jiff: impl Fn() -> Option<jiff::Timestamp>) {
    if let Some(micros) = micros
        && let Some(theirs) = jiff()
    {
        assert_eq!(
            theirs.as_nanosecond().div_euclid(1000),
            micros.into(),
            "{text:?}"
        );
    } else if micros.is_some() {
        // The first and the last day that it knows depend on the offset.
        assert!(text.contains("0000") || text.contains("9999"), "{text:?}");
    }
}

/// Durations and sizes, as they stand in a configuration.
pub fn units(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else {
        return Outcome::Skipped;
    };
    let (span, size) = (text.parse::<Span>(), text.parse::<ByteSize>());
    let outcome = Outcome::of(span.is_ok() || size.is_ok());
    if let Ok(span) = span {
        assert_eq!(span.to_string().parse::<Span>().unwrap(), span, "{text:?}");
    }
    if let Ok(size) = size {
        assert_eq!(
            size.to_string().parse::<ByteSize>().unwrap(),
            size,
            "{text:?}"
        );
    }
    outcome
}
