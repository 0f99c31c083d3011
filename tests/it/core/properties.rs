//! What holds for any body, id, time and nonsense: 256 random cases each.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use axum_webhook::{
    Timestamp,
    scheme::{Coverage, Locate, SignedHeaders, TimeUnit},
};
use http::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use serde_json::Value;

use super::{
    delivery::Delivery,
    samples::{FORM, NOW, SAMPLES, Sample, secret, timed},
};

/// Whether any bytes can be the body, since nothing is read from it.
fn takes_any_body(sample: &Sample) -> bool {
    let shape = sample.signer().shapes.remove(0);
    let claimed = shape.claims.into_iter().flat_map(|claim| claim.is);
    let templates = shape.content.into_iter().chain(claimed);
    let texts: Vec<_> = templates.map(|template| template.to_string()).collect();
    let has = |wanted| texts.iter().any(|text| text.contains(wanted));
    let in_body =
        |at: &Locate| matches!(at, Locate::Json(_) | Locate::Form(_) | Locate::OnlyForm(_));
    // What is joined to the URL has to begin as JSON; a hash of it can be of anything.
    let reads_none = (has("{body}") && !has("{url")) || has("{body|sha256|hex}");
    let reads_time = shape.timestamp.is_some_and(|field| in_body(&field.at));
    shape.body_hash.is_some() || (reads_none && !reads_time)
}

/// A body that the sample's shape can be signed with, and that has all of `bytes` in it.
fn body_with(sample: &Sample, bytes: &[u8]) -> Vec<u8> {
    if takes_any_body(sample) {
        return bytes.to_vec();
    }
    let text = percent_encode(bytes, NON_ALPHANUMERIC).to_string();
    if sample.content_type == FORM {
        if sample.body.starts_with("payload=") {
            return format!("payload={text}").into_bytes();
        }
        return format!("{}&extra={text}", sample.body).into_bytes();
    }
    let mut document: Value = serde_json::from_str(sample.body).unwrap();
    match &mut document {
        Value::Object(members) => {
            members.insert("extra".to_owned(), Value::from(text));
        }
        Value::Array(elements) => elements.push(Value::from(text)),
        other => panic!("{other}"),
    }
    document.to_string().into_bytes()
}

fn sign(sample: &Sample, body: Vec<u8>) -> Delivery {
    sample.deliver(sample.draft_of(body), secret(&sample.signer(), 1))
}

fn any_sample() -> impl Strategy<Value = usize> {
    0..SAMPLES.len()
}

/// Bodies of bytes, with the odd ones more often than chance has them.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 1..200),
        any::<String>()
            .prop_map(String::into_bytes)
            .prop_filter("no body is a case of its own", |body| !body.is_empty()),
        prop::collection::vec(prop::sample::select(ODD), 1..12).prop_map(|odd| odd.concat()),
    ]
}

/// What a parser in between would not give back as it came.
const ODD: &[&[u8]] = &[
    b" ",
    b"\r\n",
    b"\n",
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"{\"a\":1,\"a\":2}",
    b"1.0",
    b"1e400",
    b"\\u00e9",
    b"\xc3\xa9",
    b"e\xcc\x81",
    b".",
    b":",
    b"&",
    b"=",
    b"%41",
    b"+",
    b"1700000000",
];

fn has_any_body(sample: &Sample) -> bool {
    takes_any_body(sample) && sample.scheme().coverage == Coverage::Body
}

/// Whether a token's `exp` has not come; where there is neither token nor `exp`, nothing expires.
fn is_unexpired(delivery: &Delivery, now: Timestamp) -> bool {
    let expiry = delivery
        .is_token()
        .then(|| delivery.claims().seconds("exp"));
    let leeway = delivery
        .scheme
        .tolerance
        .map_or(Duration::from_mins(1), |tolerance| {
            tolerance.future.duration()
        });
    expiry.flatten().is_none_or(|expiry| {
        now.saturating_duration_since(Timestamp::from_unix_seconds(expiry)) <= leeway
    })
}

/// A JSON value as the text that is signed for it.
fn signed_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[test]
fn most_providers_take_any_body() {
    let count = SAMPLES.iter().filter(|sample| has_any_body(sample)).count();
    assert!(count >= 20, "{count}");
}

proptest! {
    #[test]
    fn t_e1_whatever_is_signed_verifies(index in any_sample(), bytes in any_bytes()) {
        let sample = &SAMPLES[index];
        sign(sample, body_with(sample, &bytes)).accepted("an arbitrary body");
    }

    #[test]
    fn t_e1_one_bit_of_a_covered_body_decides(
        index in any_sample(),
        bytes in any_bytes(),
        at in any::<prop::sample::Index>(),
        bit in 0_u32..8,
    ) {
        let sample = &SAMPLES[index];
        if !has_any_body(sample) {
            return Ok(());
        }
        let genuine = sign(sample, bytes);
        let mut body = genuine.body.clone();
        body[at.index(genuine.body.len())] ^= 1_u8 << bit;
        genuine.with_body(body).refused("one bit of the body");
    }

    #[test]
    fn t_e1_a_covered_body_can_t_grow_or_shrink(
        index in any_sample(),
        bytes in any_bytes(),
        more in any_bytes(),
        at in any::<prop::sample::Index>(),
    ) {
        let sample = &SAMPLES[index];
        if !has_any_body(sample) {
            return Ok(());
        }
        let genuine = sign(sample, bytes);
        let len = at.index(genuine.body.len());
        genuine.with_body(&genuine.body[..len]).refused("a shorter body");
        genuine.with_body(&genuine.body[len + 1..]).refused("without its beginning");
        genuine.with_body([&*genuine.body, &*more].concat()).refused("a longer body");
        genuine.with_body([&*more, &*genuine.body].concat()).refused("more in front");
    }

    #[test]
    fn one_bit_of_a_signature_decides(
        index in any_sample(),
        bytes in any_bytes(),
        at in any::<prop::sample::Index>(),
        bit in 0_u32..8,
    ) {
        let sample = &SAMPLES[index];
        let genuine = sign(sample, body_with(sample, &bytes));
        let mut tag = genuine.tag_bytes();
        let at = at.index(tag.len());
        tag[at] ^= 1_u8 << bit;
        if let Some(forged) = genuine.with_tag_bytes(&tag) {
            forged.refused("one bit of the signature");
        }
    }

    #[test]
    fn a_signature_of_one_body_is_none_of_another(
        index in any_sample(),
        one in any_bytes(),
        two in any_bytes(),
    ) {
        let sample = &SAMPLES[index];
        if one == two || !has_any_body(sample) {
            return Ok(());
        }
        let (one, two) = (sign(sample, one), sign(sample, two));
        one.with_body(&*two.body).refused("the body of another delivery");
        let mut mixed = two.clone();
        mixed.headers = one.headers.clone();
        mixed.refused("the headers of another delivery");
    }

    #[test]
    fn an_id_is_signed_unless_it_has_the_separator(
        index in any_sample(),
        id in "[!-~]{1,40}",
        other in "[!-~]{1,40}",
    ) {
        let sample = &SAMPLES[index];
        let signer = sample.signer();
        let shape = &signer.shapes[0];
        let Some(at @ Locate::Header(_)) = &shape.event_id else {
            return Ok(());
        };
        let Locate::Header(name) = at else { unreachable!() };
        let listed = |list: &SignedHeaders| list.required.iter().any(|it| it == name.as_str());
        let is_signed =
            sample.delivery().signs("id") || shape.signed_headers.as_ref().is_some_and(listed);
        let content = shape.content.as_ref().map(ToString::to_string);
        let dotted = content.is_some_and(|content| content.contains("{id}."));
        let signed = sample.draft().with_id(&*id).sign(&signer, secret(&signer, 1));
        prop_assert_eq!(signed.is_err(), dotted && id.contains('.'), "{}", id);
        let Ok(signed) = signed else {
            return Ok(());
        };
        let genuine = Delivery {
            shape: sample.shape,
            ..Delivery::new(&sample.name(), &sample.scheme(), sample.keyring(1), signed, NOW)
        };
        let authentic = genuine.accepted("an arbitrary id");
        let got = authentic.event_id(&genuine.scheme, &genuine.incoming());
        prop_assert_eq!(got.as_deref(), Some(&*id));
        if other != id {
            let renamed = genuine.with_text_at(at, &other).unwrap();
            if is_signed {
                renamed.refused("another id");
            } else {
                renamed.accepted("an id that nobody signed");
            }
        }
    }

    #[test]
    fn t_f1_a_text_is_a_unix_time_only_in_its_one_spelling_and_window(
        text in prop_oneof![
            any::<i64>().prop_map(|number| number.to_string()),
            any::<u64>().prop_map(|number| number.to_string()),
            (1_699_999_000_i64..1_700_001_000).prop_map(|number| number.to_string()),
            (1_699_999_000_i64..1_700_001_000).prop_map(|number| format!("{number}000")),
            "[0-9]{1,20}",
            "[+-]?[0-9]{9,13}",
            "[ -~]{1,24}",
        ],
        index in 0_usize..16,
    ) {
        let samples: Vec<_> = timed().collect();
        let sample = samples[index % samples.len()];
        let Some(delivery) = sample.with_literal_timestamp(&text) else {
            return Ok(());
        };
        let (digits, scale) = match delivery.shape().timestamp.as_ref().unwrap().unit {
            TimeUnit::UnixSeconds => (10, 1_000_000),
            TimeUnit::UnixMillis => (13, 1000),
            TimeUnit::UnixMicros => (16, 1),
            // The calendar has tests of its own.
            TimeUnit::Rfc3339 | TimeUnit::Rfc2822 => return Ok(()),
            other => panic!("{other:?} is new: teach it here"),
        };
        let tolerance = delivery.scheme.tolerance.unwrap();
        let is_canonical = text.len() == digits
            && text.bytes().all(|c| c.is_ascii_digit())
            && !text.starts_with('0');
        let is_inside = text.parse::<i64>().ok().is_some_and(|number| {
            let time = Timestamp::from_unix_micros(number.saturating_mul(scale));
            NOW.saturating_duration_since(time) <= tolerance.past.duration()
                && time.saturating_duration_since(NOW) <= tolerance.future.duration()
        });
        if is_canonical && is_inside {
            delivery.accepted(&text);
        } else {
            delivery.refused(&text);
        }
    }

    #[test]
    fn t_f3_no_clock_makes_the_arithmetic_overflow(
        index in any_sample(),
        micros in any::<i64>(),
    ) {
        let genuine = SAMPLES[index].delivery();
        let now = Timestamp::from_unix_micros(micros);
        let fresh = is_unexpired(&genuine, now) && genuine.scheme.tolerance.is_none_or(|tolerance| {
            now.saturating_duration_since(NOW) <= tolerance.past.duration()
                && NOW.saturating_duration_since(now) <= tolerance.future.duration()
        });
        prop_assert_eq!(genuine.at(now).verify().is_ok(), fresh);
    }

    #[test]
    fn t_f3_the_window_is_what_the_tolerance_says(
        index in any_sample(),
        micros in -40_000_000_000_i64..40_000_000_000,
    ) {
        let genuine = SAMPLES[index].delivery();
        let offset = Duration::from_micros(micros.unsigned_abs());
        let now = if micros < 0 { NOW.saturating_sub(offset) } else { NOW.saturating_add(offset) };
        let fresh = is_unexpired(&genuine, now) && genuine.scheme.tolerance.is_none_or(|tolerance| {
            let allowed = if micros < 0 { tolerance.future } else { tolerance.past };
            offset <= allowed.duration()
        });
        prop_assert_eq!(genuine.at(now).verify().is_ok(), fresh);
    }

    // Nonsense: an answer, never a panic.

    #[test]
    fn t_g2_any_bytes_in_any_header_get_an_answer(
        index in any_sample(),
        which in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let genuine = SAMPLES[index].delivery();
        let names = genuine.required_headers();
        if names.is_empty() {
            return Ok(());
        }
        let name = which.get(&names);
        if let Some(forged) = genuine.with_header(name, &bytes) {
            prop_assert!(forged.is_same_request(&genuine) || forged.verify().is_err());
        }
    }

    #[test]
    fn t_g2_pieces_of_the_grammar_in_any_order_verify_only_with_the_right_signature(
        index in any_sample(),
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12),
    ) {
        let genuine = SAMPLES[index].delivery();
        let tag = if genuine.is_token() { genuine.signature_text() } else { genuine.tag() };
        let text = pieces.concat().replace("TAG", &tag);
        if let Some(forged) = genuine.with_signature_text(&text)
            && forged.verify().is_ok()
        {
            prop_assert!(text.contains(&tag), "{}", text);
        }
    }

    #[test]
    fn t_g2_any_headers_without_a_genuine_signature_are_refused(
        index in any_sample(),
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..8),
    ) {
        let mut forged = SAMPLES[index].delivery();
        let names = forged.required_headers();
        forged.headers.clear();
        for (at, value) in values.iter().enumerate() {
            if let (Some(name), Ok(value)) = (
                names.get(at % names.len().max(1)),
                HeaderValue::from_bytes(value),
            ) {
                forged.headers.append(name, value);
            }
        }
        prop_assert!(names.is_empty() || forged.verify().is_err());
    }

    #[test]
    fn t_g2_any_target_gets_an_answer(index in any_sample(), target in "/[!-~]{0,60}") {
        let genuine = SAMPLES[index].delivery();
        // Where a part of it is signed, the rest may change.
        let in_query = |at: &Locate| matches!(at, Locate::Query(_));
        if genuine.signs("path") || genuine.places().iter().any(in_query) {
            return Ok(());
        }
        if let Some(other) = genuine.with_uri(&target) {
            let signs_url = genuine.signs("url");
            prop_assert_eq!(other.verify().is_err(), signs_url && other.uri != genuine.uri);
        }
    }

    #[test]
    fn t_g2_any_bytes_as_the_body_get_an_answer(
        index in any_sample(),
        body in any_bytes(),
    ) {
        let genuine = SAMPLES[index].delivery();
        let forged = genuine.with_body(body);
        let covered = genuine.reads_body();
        prop_assert_eq!(forged.verify().is_err(), covered && !forged.is_same_request(&genuine));
    }

    #[test]
    fn t_g2_any_json_as_the_body_gets_an_answer(index in any_sample(), json in any_json()) {
        let genuine = SAMPLES[index].delivery();
        let forged = genuine.with_body(json.to_string());
        if genuine.reads_body() {
            prop_assert!(forged.verify().is_err());
        } else if let Ok(authentic) = forged.verify() {
            // What reads the body after the verdict must stand anything as well.
            let _ = authentic.event_id(&forged.scheme, &forged.incoming());
            let _ = authentic.event_type(&forged.scheme, &forged.incoming());
        }
    }

    #[test]
    fn t_g2_any_json_under_the_right_names_gets_an_answer(
        index in any_sample(),
        which in any::<prop::sample::Index>(),
        json in any_json(),
    ) {
        let genuine = SAMPLES[index].delivery();
        let Ok(mut document) = serde_json::from_slice::<Value>(&genuine.body) else {
            return Ok(());
        };
        let pointers: Vec<_> = genuine
            .places()
            .into_iter()
            .filter_map(|place| match place {
                Locate::Json(pointer) => Some(genuine.full_pointer(&pointer.to_string())),
                _ => None,
            })
            .collect();
        if pointers.is_empty() {
            return Ok(());
        }
        let pointer: &String = which.get(&pointers);
        let place = document.pointer_mut(pointer).unwrap();
        // Adyen's `"true"` and a bare `true` are signed as the same text.
        let is_same_text = signed_text(place).is_some_and(|text| signed_text(&json) == Some(text));
        *place = json;
        let forged = genuine.with_body(document.to_string());
        let is_same = is_same_text || forged.is_same_request(&genuine);
        prop_assert!(is_same || forged.verify().is_err());
    }

    #[test]
    fn t_g2_any_form_as_the_body_gets_an_answer(
        index in any_sample(),
        form in prop::collection::vec(prop::sample::select(FORM_PIECES), 0..20),
    ) {
        let genuine = SAMPLES[index].delivery();
        let forged = genuine.with_body(form.concat());
        prop_assert_eq!(forged.verify().is_err(), genuine.reads_body());
    }
}

const PIECES: &[&str] = &[
    "TAG",
    "t",
    "ts",
    "v1",
    "v0",
    "v2",
    "h1",
    "=",
    ",",
    ";",
    " ",
    "|",
    "&",
    ".",
    "v0=",
    "sha256=",
    "sha1=",
    "1700000000",
    "t=1700000000",
    "ts=1700000000",
    "v1=TAG",
    "\"",
    "\t",
    "public_key-1",
];

const FORM_PIECES: &[&str] = &[
    "&",
    "=",
    "%",
    "%2",
    "%zz",
    "%00",
    "%ff",
    "+",
    "signature",
    "timestamp",
    "token",
    "bt_signature",
    "bt_payload",
    "payload",
    "public_key-1",
    "%7C",
    "%26",
    "1700000000",
    "a",
    "[",
    "]",
    ";",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let name = prop_oneof![
        any::<String>(),
        prop::sample::select(NAMES).prop_map(str::to_owned)
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

const NAMES: &[&str] = &[
    "notificationItems",
    "NotificationRequestItem",
    "additionalData",
    "hmacSignature",
    "pspReference",
    "signature",
    "timestamp",
    "token",
    "order_id",
    "status_code",
    "gross_amount",
    "signature_key",
    "webhookTimestamp",
    "id",
    "event_id",
    "type",
    "0",
    "",
];
