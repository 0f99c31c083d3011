//! A token's own time: T-C2, T-F1 to T-F4.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use axum_webhook::{
    Span, Timestamp,
    scheme::{Locate, Tolerance},
};

use super::{delivery, genuine, samples};
use crate::core::{delivery::Delivery, samples::NOW};

const SECOND: Duration = Duration::from_secs(1);
const MICROSECOND: Duration = Duration::from_micros(1);

/// How far two clocks may be apart.
fn leeway(delivery: &Delivery) -> Duration {
    let tolerance = delivery.scheme.tolerance;
    tolerance.map_or(Duration::from_mins(1), |tolerance| {
        tolerance.future.duration()
    })
}

/// Texts of JSON that are no time.
const NO_TIME: &[&str] = &[
    r#""1700000000""#,
    r#""1800000000""#,
    r#""""#,
    r#""never""#,
    r#""2099-01-01T00:00:00Z""#,
    "1800000000.0",
    "1800000000.5",
    "1.8e9",
    "18e8",
    "1e400",
    "1e-1",
    "-1",
    "-1700000000",
    "-0",
    "100000000000000000000",
    "18446744073709551616",
    "9223372036854775808",
    "9223372036854775807",
    // In milliseconds it would be good for fifty thousand years.
    "1800000000000",
    "true",
    "false",
    "[]",
    "[1800000000]",
    "{}",
    r#"{"exp":1800000000}"#,
];

#[test]
fn t_c2_an_exp_that_is_no_time_is_refused() {
    for genuine in genuine() {
        for text in NO_TIME.iter().chain(&["null"]) {
            let forged = genuine.with_claims(|claims| claims.set("exp", text));
            forged.refused_as("timestamp-malformed", &format!("exp is {text}"));
        }
        let twice = genuine.with_claims(|claims| {
            claims.set("exp", 1_700_000_100);
            claims.push("exp", 1_800_000_000);
        });
        twice.refused_as("duplicate", "exp twice");
        let escaped = genuine.with_claims(|claims| {
            claims.set("exp", 1_600_000_000);
            claims.push("e\u{78}p", 1_800_000_000);
        });
        escaped.refused_as("duplicate", "exp twice, once in escapes");
        genuine
            .with_claims(|claims| claims.set("exp", 1_800_000_000))
            .accepted("an exp far ahead");
        // Names are compared as they are.
        let other = genuine.with_claims(|claims| claims.push("Exp", 0));
        other.accepted("another claim");
    }
}

#[test]
fn t_c2_an_nbf_that_is_no_time_is_refused() {
    for genuine in genuine() {
        for text in NO_TIME.iter().chain(&["null"]) {
            let error = genuine
                .with_claims(|claims| claims.set("nbf", text))
                .refused(text);
            // Where it is the delivery's own time, its unit is looked at first.
            let codes = ["timestamp-malformed", "missing", "malformed", "future"];
            assert!(
                codes.contains(&error.code()),
                "{}: nbf is {text}: {error}",
                genuine.name
            );
        }
        let nbf = NOW.unix_seconds();
        let twice = genuine.with_claims(|claims| {
            claims.set("nbf", nbf);
            claims.push("nbf", nbf);
        });
        twice.refused_as("duplicate", "nbf twice");
        genuine
            .with_claims(|claims| claims.set("nbf", nbf))
            .accepted("nbf is now");
    }
}

#[test]
fn t_c2_an_iat_that_is_no_time_is_refused_where_it_is_the_delivery_s_own() {
    let vonage = delivery("vonage");
    for text in NO_TIME {
        vonage
            .with_claims(|claims| claims.set("iat", text))
            .refused(text);
    }
    vonage
        .with_claims(|claims| claims.set("iat", "null"))
        .refused_as("missing", "iat is null");
    vonage
        .with_claims(|claims| claims.remove("iat"))
        .refused_as("missing", "no iat");
    vonage
        .with_claims(|claims| claims.push("iat", NOW.unix_seconds()))
        .refused_as("duplicate", "iat twice");
    for (iat, code) in [
        (NOW.unix_seconds() + 301, "future"),
        (NOW.unix_seconds() - 301, "stale"),
    ] {
        vonage
            .with_claims(|claims| claims.set("iat", iat))
            .refused_as(code, "iat");
    }
    for iat in [NOW.unix_seconds() + 300, NOW.unix_seconds() - 300] {
        vonage
            .with_claims(|claims| claims.set("iat", iat))
            .accepted("both borders");
    }
}

#[test]
fn t_f3_both_borders_of_exp_and_nbf_are_inside_and_a_second_further_is_not() {
    for genuine in genuine() {
        let leeway = leeway(&genuine);
        let seconds = i64::try_from(leeway.as_secs()).unwrap();
        let now = NOW.unix_seconds();
        let at = |name: &str, time: i64| genuine.with_claims(|claims| claims.set(name, time));
        at("exp", now - seconds).accepted("expired by the leeway");
        at("exp", now - seconds - 1).refused_as("token-expired", "expired by a second more");
        at("exp", now - seconds)
            .at(NOW.saturating_add(MICROSECOND))
            .refused_as("token-expired", "expired by a microsecond more");
        for exp in [0, 1, now - 86_400] {
            at("exp", exp).refused_as("token-expired", "long ago");
        }
        // MessageBird's nbf is the delivery's own time, and its window says the same.
        let is_own = genuine
            .shape()
            .timestamp
            .as_ref()
            .is_some_and(|field| field.at == Locate::claim("/nbf"));
        let early = if is_own {
            "future"
        } else {
            "token-not-yet-valid"
        };
        at("nbf", now + seconds).accepted("ahead by the leeway");
        at("nbf", now + seconds + 1).refused_as(early, "ahead by a second more");
        at("nbf", now + seconds)
            .at(NOW.saturating_sub(MICROSECOND))
            .refused_as(early, "ahead by a microsecond more");
        let said = at("nbf", now + 3600).refused("an hour ahead").to_string();
        assert!(said.contains("3600 s"), "{said}");
    }
}

#[test]
fn t_f3_a_token_with_an_exp_of_its_own_grows_old() {
    let mut count = 0;
    for genuine in genuine() {
        let Some(exp) = genuine.claims().seconds("exp") else {
            continue;
        };
        let last = Timestamp::from_unix_seconds(exp).saturating_add(leeway(&genuine));
        let window = genuine.scheme.tolerance;
        let oldest = window.map_or(last, |it| NOW.saturating_add(it.past.duration()).min(last));
        genuine.at(oldest).accepted("as old as allowed");
        let error = genuine
            .at(oldest.saturating_add(SECOND))
            .refused("a second older");
        assert_eq!(
            error.code(),
            if oldest == last {
                "token-expired"
            } else {
                "stale"
            }
        );
        count += 1;
    }
    assert_eq!(count, 2, "MessageBird and monday.com");
}

#[test]
fn the_tolerance_is_the_leeway() {
    let mut monday = delivery("monday");
    let exp = monday.claims().seconds("exp").unwrap();
    let mut scheme = (*monday.scheme).clone();
    scheme.shapes[0].timestamp = Some(axum_webhook::scheme::TimestampField {
        at: Locate::claim("/iat"),
        unit: axum_webhook::scheme::TimeUnit::UnixSeconds,
    });
    scheme.tolerance = Some(Tolerance {
        past: Span::hours(1),
        future: Span::seconds(7),
    });
    scheme.validate().unwrap();
    monday.scheme = scheme.into();
    let at = |seconds| monday.at(Timestamp::from_unix_seconds(seconds));
    at(exp + 7).accepted("expired by the leeway");
    at(exp + 8).refused_as("token-expired", "expired by a second more");
    at(NOW.unix_seconds() - 7).accepted("issued ahead by the leeway");
    at(NOW.unix_seconds() - 8).refused_as("future", "issued ahead by a second more");
}

#[test]
fn a_required_time_has_to_be_there() {
    for (provider, name, code) in [
        ("messagebird", "exp", "missing"),
        ("messagebird", "nbf", "missing"),
        ("monday", "exp", "missing"),
        ("monday", "iat", "missing"),
        ("vonage", "iat", "missing"),
    ] {
        delivery(provider)
            .with_claims(|claims| claims.remove(name))
            .refused_as(code, &format!("no {name}"));
    }
    // monday.com's iat has to be there; its exp decides.
    let monday = delivery("monday");
    monday
        .with_claims(|claims| claims.set("iat", "null"))
        .refused_as("missing", "iat is null");
    monday
        .with_claims(|claims| {
            claims.set("iat", NOW.unix_seconds() + 86_400);
            claims.set("exp", NOW.unix_seconds() - 61);
        })
        .refused_as("token-expired", "whatever iat says");
}

#[test]
fn a_token_out_of_its_time_is_refused_whatever_signed_it() {
    // Before its signature is looked at, and with the same answer.
    for sample in samples() {
        let expired = sample
            .delivery()
            .with_claims(|claims| claims.set("exp", 1_600_000_000));
        expired.refused_as("token-expired", "under the right key");
        expired
            .with_keyring(sample.keyring(2))
            .refused_as("token-expired", "under another key");
    }
}
