//! What a time looks like, beside what it should be, and how far off it is.

use std::time::Duration;

use crate::{
    content::Reading,
    diagnosis::{
        Case, Code, Diagnosis,
        head::shape_of,
        words::{ago, shown, span},
    },
    json,
    scheme::TimeUnit,
    verify::VerifyError,
};

const HOUR: u64 = 3600;

/// How near to whole hours a time zone's error is.
const NEAR: u64 = 120;

/// What each unit is called.
pub(super) const UNITS: [(TimeUnit, &str); 5] = [
    (TimeUnit::UnixSeconds, "seconds"),
    (TimeUnit::UnixMillis, "milliseconds"),
    (TimeUnit::UnixMicros, "microseconds"),
    (TimeUnit::Rfc3339, "RFC 3339"),
    (TimeUnit::Rfc2822, "RFC 2822"),
];

pub(super) fn hints(error: &VerifyError, case: &Case<'_>) -> Vec<Diagnosis> {
    let found = match error {
        VerifyError::TimestampMalformed { .. } => malformed(case),
        VerifyError::Stale { age } => Some(skew(*age, "behind", "-", case)),
        VerifyError::Future { ahead } => Some(skew(*ahead, "ahead of", "+", case)),
        VerifyError::TokenExpired { since } => Some(Diagnosis::new(
            Code::TokenExpired,
            format!(
                "the token expired {} ago: is this machine's clock right, or is an old token sent again?",
                span(*since)
            ),
        )),
        VerifyError::TokenNotYetValid { ahead } => Some(Diagnosis::new(
            Code::TokenNotYet,
            format!(
                "the token is valid only in {}: is this machine's clock right?",
                span(*ahead)
            ),
        )),
        VerifyError::ClaimMismatch { at } => Some(claim(at, case)),
        VerifyError::NoLiveKey => no_live_key(case),
        _ => None,
    };
    found.into_iter().collect()
}

/// The text of the timestamp.
pub(super) fn text(case: &Case<'_>) -> Option<String> {
    let shape = shape_of(case)?;
    let at = &shape.timestamp.as_ref()?.at;
    let reading = Reading::new(shape, case.incoming());
    Some(reading.text(at).ok()?.into_owned())
}

/// The unit that reads `text`.
pub(super) fn unit_of(text: &str) -> Option<(TimeUnit, &'static str)> {
    UNITS
        .into_iter()
        .find(|(unit, _)| unit.parse(text).is_some())
}

fn unit_name(wanted: TimeUnit) -> &'static str {
    let known = UNITS.iter().find(|(unit, _)| *unit == wanted);
    known.map_or("another unit", |(_, name)| name)
}

fn malformed(case: &Case<'_>) -> Option<Diagnosis> {
    let due = unit_name(shape_of(case)?.timestamp.as_ref()?.unit);
    let text = text(case)?;
    if let Some((_, name)) = unit_of(&text) {
        return Some(Diagnosis::new(
            Code::TimestampUnit,
            format!("the timestamp is in {name}, where {due} is due"),
        ));
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let looks = if digits == text.len() {
        format!("it is a number of {digits} digits")
    } else if text.trim() != text {
        "it has white space around it".to_owned()
    } else {
        format!("it begins with {}", shown(&text))
    };
    Some(Diagnosis::new(
        Code::TimestampForm,
        format!("the timestamp is not in {due}: {looks}"),
    ))
}

fn skew(off: Duration, where_: &str, sign: &str, case: &Case<'_>) -> Diagnosis {
    let allowed = case.scheme.tolerance.map(|tolerance| {
        if sign == "+" {
            tolerance.future.duration()
        } else {
            tolerance.past.duration()
        }
    });
    let allowed = span(allowed.unwrap_or_default());
    let seconds = off.as_secs();
    let from_hour = (seconds % HOUR).min(HOUR - seconds % HOUR);
    let (code, guess) = if sign == "-" && seconds > 86_400 {
        (
            Code::OldDelivery,
            "an old delivery is being sent again, or lay in a queue",
        )
    } else if from_hour <= NEAR && seconds > HOUR / 2 {
        (
            Code::TimeZone,
            "nearly whole hours: is a local time taken for UTC?",
        )
    } else if sign == "-" {
        (
            Code::ClockSkew,
            "is this machine's clock right, or is an old delivery being sent again?",
        )
    } else {
        (Code::ClockSkew, "is this machine's clock right?")
    };
    Diagnosis::new(
        code,
        format!(
            "the timestamp is {sign}{} {where_} this machine's clock, where {allowed} is allowed; {guess}",
            span(off)
        ),
    )
}

fn claim(at: &str, case: &Case<'_>) -> Diagnosis {
    let name = at.trim_start_matches('/');
    let mut claims = case.scheme.shapes.iter().flat_map(|shape| &shape.claims);
    if claims.any(|claim| claim.covers_body() && claim.at.to_string() == at) {
        return Diagnosis::new(
            Code::BodyNotSigned,
            format!(
                "the token is right, but the body is not the one whose hash is its `{name}`: something in front \
                 changed it"
            ),
        );
    }
    let hint = match name {
        "aud" => ": the token is for another receiver, or `aud` is configured wrongly",
        "iss" => ": the token is from another issuer",
        _ => "",
    };
    let value = shape_of(case).and_then(|shape| {
        let payload = Reading::new(shape, case.incoming()).token_payload().ok()?;
        let value = json::at(json::root(&payload).ok()?, &at.parse().ok()?).ok()?;
        if let Ok(list) = json::elements(value) {
            return Some(format!(" (a list of {})", list.count()));
        }
        let text: String = serde_json::from_str(value).ok()?;
        Some(format!(" ({})", shown(&text)))
    });
    Diagnosis::new(
        Code::TokenClaim,
        format!(
            "the token's `{name}`{} is not what it must be{hint}",
            value.unwrap_or_default()
        ),
    )
}

fn no_live_key(case: &Case<'_>) -> Option<Diagnosis> {
    let keys: Vec<_> = case
        .keyring?
        .all()
        .iter()
        .map(|key| match (key.not_before(), key.not_after()) {
            (_, Some(end)) if end <= case.now => {
                format!("{} expired {}", key.id, ago(end, case.now))
            }
            (Some(start), _) if start > case.now => {
                format!("{} begins {}", key.id, ago(start, case.now))
            }
            _ => format!("{} is for other requests", key.id),
        })
        .collect();
    Some(Diagnosis::new(
        Code::NoLiveKey,
        format!("no configured key is valid now: {}", keys.join(", ")),
    ))
}
