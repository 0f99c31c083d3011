//! The defects of other crates (`PEERS`, B1 to B17), as far as they are about verification itself.
//!
//! Here are B4, B5 (rotation), B8 (bodies and the future), B9, B10 (the core's side), B11 (age),
//! B12, B13, B14 (what an event is) and B15. In `tests/it/layer` are B1 and B11 (types of the
//! layer), B2, B16 and B17 (limits), B3 (readiness), B5 (what is seen of a refusal), B6 and B7
//! (bodies), B8 and B10 (the same through the layer), and B14 (answers and lost events).

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use axum_webhook::{Keyring, Secret, SecretError, Timestamp, providers};

use super::{
    delivery::Delivery,
    samples::{FORM, NOW, SAMPLES, Sample, sample, secret},
};

fn twilio(shape: usize) -> &'static Sample {
    let is_it = |sample: &&Sample| sample.provider == "twilio" && sample.shape == shape;
    SAMPLES.iter().find(is_it).unwrap()
}

/// A delivery of any body, where the sample's shape takes one.
fn deliver(sample: &Sample, body: &[u8]) -> Delivery {
    sample.deliver(sample.draft_of(body), secret(&sample.signer(), 1))
}

#[test]
fn b4_twilio_s_form_is_read_from_the_request() {
    let genuine = deliver(twilio(1), b"CallSid=CA1&From=%2B1555&Body=");
    genuine.accepted("a form");
    genuine
        .with_body("CallSid=CA2&From=%2B1555&Body=")
        .refused_as("mismatch", "another value");
    genuine
        .with_body("CallSid=CA1&From=%2B1555")
        .refused_as("mismatch", "without the field that is empty");
}

#[test]
fn b4_twilio_s_json_body_is_checked_against_its_hash() {
    let genuine = deliver(twilio(0), br#"{"amount":1}"#);
    genuine.accepted("a JSON body");
    genuine
        .with_body(r#"{"amount":2}"#)
        .refused_as("body-hash-mismatch", "another body");
    genuine
        .with_body("")
        .refused_as("body-hash-mismatch", "no body");
    let target = genuine.uri.to_string();
    let hash = target.rsplit('=').next().unwrap();
    // The hash of the forged body, under the signature of the genuine URL.
    let forged = deliver(twilio(0), br#"{"amount":2}"#);
    let forged_hash = forged.uri.to_string();
    let forged_hash = forged_hash.rsplit('=').next().unwrap();
    genuine
        .with_uri(&target.replace(hash, forged_hash))
        .unwrap()
        .with_body(r#"{"amount":2}"#)
        .refused_as("mismatch", "the hash of another body");
    // Without the hash a JSON body is covered by nothing, and no shape fits.
    let bare = target.split("&bodySHA256").next().unwrap();
    genuine
        .with_uri(bare)
        .unwrap()
        .refused_as("no-shape", "no hash");
    let mut as_form = genuine.with_uri(bare).unwrap();
    as_form
        .headers
        .insert("content-type", FORM.parse().unwrap());
    as_form.refused("the body called a form");
}

#[test]
fn b5_several_secrets_are_live_at_once() {
    for sample in &*SAMPLES {
        let scheme = sample.scheme();
        let keys = [secret(&scheme, 2), secret(&scheme, 1)];
        let both = Keyring::new(&scheme, keys).unwrap();
        sample
            .delivery()
            .with_keyring(both)
            .accepted("the old secret, second of two");
    }
}

/// Bodies that are no text.
const NO_TEXT: &[&[u8]] = &[
    b"\xff\xfe",
    b"\x80",
    b"\xc3\x28",
    b"{\"a\":\"\xff\"}",
    b"\0",
];

#[test]
fn b8_b13_a_body_that_is_no_text_is_verified_like_any_other() {
    let mut accepted = 0;
    for sample in &*SAMPLES {
        for body in NO_TEXT {
            let draft = sample.draft_of(*body);
            let Ok(signed) = draft.sign(&sample.signer(), secret(&sample.signer(), 1)) else {
                // It needs a JSON body; one that is none is refused, without a panic.
                sample.delivery().with_body(*body).refused("no JSON");
                continue;
            };
            let genuine = Delivery {
                shape: sample.shape,
                ..Delivery::new(
                    &sample.name(),
                    &sample.scheme(),
                    sample.keyring(1),
                    signed,
                    NOW,
                )
            };
            if genuine.signs("body") && !genuine.signs("url") {
                genuine.accepted("bytes that are no UTF-8");
                accepted += 1;
            } else {
                let _ = genuine.verify();
            }
            let mut longer = genuine.body.clone();
            longer.push(0xff);
            if genuine.signs("body") {
                genuine.with_body(longer).refused("one byte more");
            }
        }
    }
    assert!(accepted >= 15 * NO_TEXT.len(), "{accepted}");
}

#[test]
fn b8_a_time_in_the_future_is_refused_like_an_old_one() {
    let slack = sample("slack");
    let ahead = NOW.saturating_add(Duration::from_secs(301));
    let draft = slack.draft().with_timestamp(ahead);
    slack
        .deliver(draft, secret(&slack.signer(), 1))
        .refused_as("future", "301 s ahead");
}

#[test]
fn b9_a_signature_of_any_length_gets_an_answer() {
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        for len in 0..=130 {
            for byte in [0, b'0', 0x5a, 0xff] {
                let bytes = vec![byte; len];
                if std::str::from_utf8(&bytes).is_err()
                    && genuine.encoding() == axum_webhook::scheme::Encoding::Text
                {
                    continue;
                }
                if let Some(forged) = genuine.with_tag_bytes(&bytes) {
                    forged.refused(&format!("{len} times {byte}"));
                }
            }
        }
    }
    // What panicked: one byte where 32 are expected.
    let github = sample("github").delivery();
    github
        .with_tag("00")
        .unwrap()
        .refused_as("signature-malformed", "sha256=00");
}

#[test]
fn b10_nothing_is_accepted_without_a_signature() {
    for sample in &*SAMPLES {
        let mut bare = sample.delivery();
        bare.headers.clear();
        bare.body = b"{}".to_vec();
        bare.refused("no header at all");
        if let Some(kind) = sample.delivery().headers.get("content-type") {
            bare.headers.insert("content-type", kind.clone());
        }
        bare.refused("a body and its type alone");
    }
}

#[test]
fn b11_a_signed_time_is_checked() {
    for sample in super::samples::timed() {
        let genuine = sample.delivery();
        let tolerance = genuine.scheme.tolerance.unwrap();
        let late = NOW
            .saturating_add(tolerance.past.duration())
            .saturating_add(Duration::from_secs(1));
        genuine.at(late).refused_as("stale", "genuine, and old");
    }
}

#[test]
fn b12_a_secret_does_not_print() {
    let secret = Secret::new("It's a Secret to Everybody").unwrap();
    let github = providers::github();
    let keyring = Keyring::new(&github, secret.clone()).unwrap();
    let layer = axum_webhook::WebhookLayer::new(github, secret.clone()).unwrap();
    let shown = format!("{secret:?} {secret:#?} {keyring:?} {layer:?} {layer:#?}");
    for form in ["Everybody", "497427732061", "SXQncyBhIFNl", "73, 116, 39"] {
        assert!(!shown.contains(form), "{shown}");
    }
}

#[test]
fn b13_times_at_the_ends_of_the_integers_get_an_answer() {
    let standard = sample("standard-webhooks");
    for text in [
        "-9223372036854775808",
        "-9223372036854775807",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "-1",
    ] {
        let delivery = standard.with_literal_timestamp(text).unwrap();
        delivery.refused_as("timestamp-malformed", text);
        for now in [i64::MIN, 0, i64::MAX] {
            delivery
                .at(Timestamp::from_unix_micros(now))
                .refused_as("timestamp-malformed", text);
        }
    }
}

#[test]
fn b13_one_time_has_one_text() {
    let standard = sample("standard-webhooks");
    for text in ["+1700000000", "00001700000000"] {
        standard
            .with_literal_timestamp(text)
            .unwrap()
            .refused_as("timestamp-malformed", text);
    }
}

#[test]
fn b13_an_empty_secret_is_none() {
    assert_eq!(Secret::new("").unwrap_err(), SecretError::Empty);
    assert_eq!(Secret::from_bytes([]).unwrap_err(), SecretError::Empty);
    let standard = providers::standard_webhooks();
    assert_eq!(Secret::new("whsec_").unwrap_err(), SecretError::Empty);
    let secret = Secret::new("whsec_====").unwrap();
    assert!(Keyring::new(&standard, secret).is_err());
}

#[test]
fn b14_two_honest_deliveries_of_equal_content_are_two_events_where_only_their_ids_differ() {
    // The signature is the same, so its hash can't be what makes an event.
    let github = sample("github");
    let deliver = |id: &str| {
        let draft = github.draft().with_id(id);
        github.deliver(draft, secret(&github.signer(), 1))
    };
    let (one, two) = (deliver("a"), deliver("b"));
    assert_eq!(one.tag(), two.tag());
    let id = |delivery: &Delivery| {
        let authentic = delivery.accepted("one of two");
        authentic.event_id(&delivery.scheme, &delivery.incoming())
    };
    assert_ne!(id(&one), id(&two));
}

#[test]
fn b14_slack_s_forms_have_an_id_as_well() {
    let is_form = |sample: &&Sample| sample.provider == "slack" && sample.shape == 1;
    let form = SAMPLES.iter().find(is_form).unwrap().delivery();
    let authentic = form.accepted("a slash command");
    let id = authentic.event_id(&form.scheme, &form.incoming());
    assert_eq!(id.as_deref(), Some("1.2.3"));
}

#[test]
fn b15_the_beginning_of_a_signature_is_no_signature() {
    for provider in ["svix", "standard-webhooks"] {
        let genuine = sample(provider).delivery();
        let tag = genuine.tag();
        for len in 0..tag.len() {
            let text = format!("v1,{}", &tag[..len]);
            genuine.with_signature_text(&text).unwrap().refused(&text);
        }
    }
}
