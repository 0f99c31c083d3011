//! A time says how fresh a delivery is only if nobody but the provider can have written it.

use std::time::Duration;

use axum_webhook::{
    Timestamp,
    scheme::{Locate, Severity},
};
use http::HeaderName;

use super::{
    delivery::Delivery,
    samples::{NOW, SAMPLES, Sample, sample, secret},
};

/// The genuine delivery with the time of another one, under its own signature.
fn with_time_of(sample: &Sample, time: Timestamp) -> Option<Delivery> {
    let genuine = sample.delivery();
    let at = &genuine.shape().timestamp.as_ref()?.at;
    let other = sample.deliver(
        sample.draft().with_timestamp(time),
        secret(&sample.signer(), 1),
    );
    let (old, new) = (genuine.text_at(at), other.text_at(at));
    assert_ne!(old, new, "{}", genuine.name);
    match at {
        // As it stands there, be it a text or a number.
        Locate::Json(_) => {
            let body = std::str::from_utf8(&genuine.body).unwrap();
            Some(genuine.with_body(body.replace(&old, &new)))
        }
        at => genuine.with_text_at(at, &new),
    }
}

/// Whoever replays an old delivery writes the time of today: that has to be seen, or the scheme must not have a window.
#[test]
fn t_f6_a_time_that_anybody_can_write_is_no_freshness() {
    let (mut signed, mut unsigned) = (0, Vec::new());
    let later = NOW.saturating_add(Duration::from_mins(1));
    for sample in &*SAMPLES {
        let Some(renewed) = with_time_of(sample, later) else {
            continue;
        };
        if renewed.verify().is_err() {
            signed += 1;
            continue;
        }
        // Then it says nothing, and the linter says so.
        let scheme = sample.scheme();
        let warned = scheme.lint().iter().any(|finding| {
            finding.code() == "window-on-unsigned-timestamp"
                && finding.severity() == Severity::Warning
        });
        assert_eq!(warned, scheme.tolerance.is_some(), "{}", renewed.name);
        unsigned.push(sample.provider);
    }
    assert!(signed > 50, "{signed}");
    assert_eq!(unsigned, [] as [&str; 0]);
}

#[test]
fn t_f1_a_time_in_a_header_that_is_no_text_is_refused() {
    let genuine = sample("slack").delivery();
    let name = HeaderName::from_static("x-slack-request-timestamp");
    let delivery = genuine.with_header(&name, b"17000000\xff0").unwrap();
    delivery.refused_as("malformed", "no text");
}
