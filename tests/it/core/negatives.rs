//! One table for all: each attack, run against each shape of each provider.
//!
//! An attack takes a genuine delivery and makes forged ones of it. [`check`] sees to it that the
//! genuine one is accepted, that the forged ones differ from it, and that each is refused for a
//! reason that fits.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use axum_webhook::{
    Incoming, Keyring, KeyringError, Secret, SecretError, Span, Timestamp, providers,
    scheme::{
        Algorithm, Coverage, Dedupe, Encoding, Locate, Scheme, SecretFormat, TimeUnit, UrlPorts,
    },
    verify,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

use super::{
    delivery::{Delivery, encode, hex},
    samples::{FORM, NOW, SAMPLES, Sample, sample, secret, secret_text, timed},
};

/// A forged delivery, with what was done to it. `None` where no HTTP request can look like that.
type Forged = (String, Option<Delivery>);

/// What a refusal may be called where any reason will do.
const ANY: &[&str] = &[];

/// Runs an attack on every sample. It must have something to try exactly where it `applies`.
#[track_caller]
fn check(
    codes: &[&str],
    applies: impl Fn(&Delivery) -> bool,
    attack: impl Fn(&Delivery) -> Vec<Forged>,
) {
    let mut attacked = 0;
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        genuine.accepted("the genuine delivery");
        let mut tried = 0;
        for (what, forged) in attack(&genuine) {
            let Some(forged) = forged else { continue };
            assert!(
                !forged.is_same_request(&genuine),
                "{}: {what}: nothing was forged",
                genuine.name
            );
            let error = forged.refused(&what);
            assert!(
                codes == ANY || codes.contains(&error.code()),
                "{}: {what}: refused for another reason: {error}\n{forged:?}",
                genuine.name
            );
            tried += 1;
        }
        assert_eq!(tried > 0, applies(&genuine), "{}: {tried}", genuine.name);
        attacked += usize::from(tried > 0);
    }
    assert!(attacked > 0, "the attack applies nowhere");
}

fn always(_: &Delivery) -> bool {
    true
}

/// Whether there is a signature: over the body, or over a token that covers none.
fn signs_content(delivery: &Delivery) -> bool {
    delivery.scheme.coverage != Coverage::Credential || delivery.is_token()
}

/// Those of the providers that can be verified in this build.
fn in_this_build<'a>(ids: &[&'a str]) -> Vec<&'a str> {
    let is_there = |id: &&str| {
        let scheme = providers::find(id).unwrap();
        scheme.algorithm.needs_feature().is_none()
    };
    ids.iter().copied().filter(is_there).collect()
}

/// The places in the body that the verdict depends on by name.
fn body_places(delivery: &Delivery) -> Vec<Locate> {
    let mut places = delivery.places();
    places.retain(|place| {
        matches!(
            place,
            Locate::Json(_) | Locate::Form(_) | Locate::OnlyForm(_)
        )
    });
    places.dedup();
    places
}

fn has_headers(delivery: &Delivery) -> bool {
    !delivery.required_headers().is_empty()
}

/// The required headers but the content type, whose letters count in either case.
fn security_headers(delivery: &Delivery) -> Vec<http::HeaderName> {
    let mut names = delivery.required_headers();
    names.retain(|name| *name != header::CONTENT_TYPE);
    names
}

fn has_body_places(delivery: &Delivery) -> bool {
    !body_places(delivery).is_empty()
}

// Values that are missing, empty or doubled.

#[test]
fn t_a6_each_required_header_removed_is_refused() {
    check(&["missing", "no-shape"], has_headers, |genuine| {
        let mut forged = Vec::new();
        for name in genuine.required_headers() {
            let mut other = genuine.clone();
            other.headers.remove(&name);
            forged.push((format!("without {name}"), Some(other)));
        }
        let mut bare = genuine.clone();
        bare.headers.clear();
        if has_headers(genuine) {
            forged.push(("without any header".to_owned(), Some(bare)));
        }
        forged
    });
}

#[test]
fn t_a6_each_required_header_emptied_is_refused() {
    let codes = [
        "missing",
        "no-shape",
        "signature-malformed",
        "timestamp-malformed",
        "malformed",
        "mismatch",
    ];
    check(&codes, has_headers, |genuine| {
        let mut forged = Vec::new();
        for name in genuine.required_headers() {
            for value in ["", " ", "\t", "null", "undefined", "0"] {
                let other = genuine.with_header(&name, value);
                forged.push((format!("{name} is {value:?}"), other));
            }
        }
        forged
    });
}

#[test]
fn t_g1_each_required_header_doubled_is_refused() {
    // A header that may be repeated has tests of its own, in `grammar`.
    let is_repeated = |genuine: &Delivery, name: &http::HeaderName| {
        genuine.shape().signature.at == Locate::RepeatedHeader(name.clone())
    };
    let applies = |genuine: &Delivery| {
        let mut names = genuine.required_headers().into_iter();
        names.any(|name| !is_repeated(genuine, &name))
    };
    check(&["duplicate", "no-shape"], applies, |genuine| {
        let mut forged = Vec::new();
        for name in genuine.required_headers() {
            if is_repeated(genuine, &name) {
                continue;
            }
            let right = genuine.headers[&name].clone();
            let wrong = HeaderValue::from_static("x");
            for (what, values) in [
                ("the same twice", [&right, &right]),
                ("another behind", [&right, &wrong]),
                ("another in front", [&wrong, &right]),
            ] {
                let mut other = genuine.clone();
                other.headers.remove(&name);
                for value in values {
                    other.headers.append(&name, value.clone());
                }
                forged.push((format!("{name}: {what}"), Some(other)));
            }
        }
        forged
    });
}

#[test]
fn t_g1_each_required_header_joined_with_itself_is_refused() {
    // A proxy may join two headers with a comma. Lists have a grammar; its tables are in `properties`.
    let single = |genuine: &Delivery| {
        let mut names = security_headers(genuine);
        let signature = &genuine.shape().signature;
        let is_list = signature.list.is_some();
        names.retain(|name| {
            let places = [
                Locate::Header(name.clone()),
                Locate::RepeatedHeader(name.clone()),
            ];
            !is_list || !places.contains(&signature.at)
        });
        names
    };
    let applies = |genuine: &Delivery| !single(genuine).is_empty();
    check(ANY, applies, |genuine| {
        let mut forged = Vec::new();
        for name in single(genuine) {
            for joint in [",", ", ", ";", " "] {
                let text = genuine.header(&name);
                let value = format!("{text}{joint}{text}");
                let what = format!("{name}: {value}");
                forged.push((what, genuine.with_header(&name, value)));
            }
        }
        forged
    });
}

/// The body with the value at a place replaced: `None` takes it out.
fn with_value(genuine: &Delivery, place: &Locate, value: Option<Value>) -> Delivery {
    match place {
        Locate::Json(pointer) => {
            let pointer = genuine.full_pointer(&pointer.to_string());
            let mut document: Value = serde_json::from_slice(&genuine.body).unwrap();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let members = document.pointer_mut(parent).unwrap();
            let members = members.as_object_mut().unwrap();
            match value {
                Some(value) => members.insert(name.to_owned(), value),
                None => members.remove(name),
            };
            genuine.with_body(document.to_string())
        }
        Locate::Form(name) | Locate::OnlyForm(name) => {
            let form = std::str::from_utf8(&genuine.body).unwrap();
            let mut pairs: Vec<_> = form.split('&').map(str::to_owned).collect();
            pairs.retain(|pair| pair.split('=').next() != Some(name));
            if let Some(value) = value {
                pairs.push(format!("{name}={}", value.as_str().unwrap_or("null")));
            }
            genuine.with_body(pairs.join("&"))
        }
        other => panic!("{other} is not in the body"),
    }
}

#[test]
fn t_a6_each_required_value_of_the_body_removed_or_of_another_kind_is_refused() {
    check(ANY, has_body_places, |genuine| {
        let mut forged = Vec::new();
        for place in body_places(genuine) {
            for value in [
                None,
                Some(Value::from("")),
                Some(Value::from(" ")),
                Some(Value::Null),
                Some(Value::from(0)),
                Some(Value::from(false)),
                Some(Value::from("null")),
                Some(serde_json::json!([])),
                Some(serde_json::json!({})),
                Some(serde_json::json!([genuine.text_at(&place)])),
            ] {
                let what = format!("{place} is {value:?}");
                forged.push((what, Some(with_value(genuine, &place, value))));
            }
        }
        forged
    });
}

#[test]
fn t_g1_each_required_value_of_the_body_doubled_is_refused() {
    check(&["duplicate", "mismatch"], has_body_places, |genuine| {
        let mut forged = Vec::new();
        for place in body_places(genuine) {
            let body = std::str::from_utf8(&genuine.body).unwrap();
            let bodies = match &place {
                Locate::Json(pointer) => {
                    let pointer = pointer.to_string();
                    let name = pointer.rsplit('/').next().unwrap();
                    let member = genuine.json_member(&pointer);
                    let other = format!("\"{name}\":\"x\"");
                    [
                        body.replace(&member, &format!("{member},{member}")),
                        body.replace(&member, &format!("{member},{other}")),
                        body.replace(&member, &format!("{other},{member}")),
                    ]
                }
                Locate::Form(name) | Locate::OnlyForm(name) => {
                    let pair = body
                        .split('&')
                        .find(|pair| pair.split('=').next() == Some(name))
                        .unwrap();
                    [
                        format!("{body}&{pair}"),
                        format!("{body}&{name}=x"),
                        format!("{name}=x&{body}"),
                    ]
                }
                other => panic!("{other} is not in the body"),
            };
            for body in bodies {
                forged.push((format!("{place} twice"), Some(genuine.with_body(body))));
            }
        }
        forged
    });
}

#[test]
fn t_a6_each_required_query_parameter_removed_emptied_or_doubled_is_refused() {
    let in_query = |place: &Locate| matches!(place, Locate::Query(_));
    let applies = |genuine: &Delivery| genuine.places().iter().any(in_query);
    check(ANY, applies, |genuine| {
        let mut forged = Vec::new();
        for place in genuine.places() {
            let Locate::Query(name) = &place else {
                continue;
            };
            let target = genuine.uri.to_string();
            let value = genuine.text_at(&place);
            let pair = format!("{name}={value}");
            for other in [
                target.replace(&format!("&{pair}"), ""),
                target.replace(&pair, &format!("{name}=")),
                target.replace(&pair, name),
                target.replace(&pair, &format!("{pair}&{pair}")),
                target.replace(&pair, &format!("{pair}&{name}=x")),
                target.replace(&pair, &format!("{name}=x&{pair}")),
                target.replace(&pair, &format!("{name}={}", value.to_uppercase())),
                target.replace(&pair, &format!("{}={value}", name.to_uppercase())),
            ] {
                forged.push((format!("the URL is {other}"), genuine.with_uri(&other)));
            }
        }
        forged
    });
}

// The signature's own text.

#[test]
fn t_b1_each_proper_prefix_of_the_signature_is_refused() {
    check(ANY, always, |genuine| {
        let mut forged = Vec::new();
        let tag = genuine.tag();
        for len in 0..tag.len() {
            let what = format!("the first {len} characters");
            forged.push((what, genuine.with_tag(&tag[..len])));
        }
        let text = genuine.signature_text();
        for len in 0..text.len() {
            let what = format!("the first {len} characters of the whole text");
            forged.push((what, genuine.with_signature_text(&text[..len])));
        }
        forged
    });
}

#[test]
fn t_b1_each_proper_prefix_of_the_signature_s_bytes_is_refused() {
    check(ANY, always, |genuine| {
        let tag = genuine.tag_bytes();
        let prefixes = (0..tag.len()).map(|len| {
            let what = format!("the first {len} bytes");
            (what, genuine.with_tag_bytes(&tag[..len]))
        });
        prefixes.collect()
    });
}

#[test]
fn t_b1_the_right_signature_with_extra_text_is_refused() {
    check(ANY, always, |genuine| {
        let tag = genuine.tag();
        let mut forged = Vec::new();
        for extra in [
            "0", "00", "a", "=", "==", "A", "AA==", ",", ";", ".", ":", "&", "|", " ", "\t", "x",
        ] {
            let behind = format!("{tag}{extra}");
            forged.push((format!("{extra:?} behind"), genuine.with_tag(&behind)));
            let in_front = format!("{extra}{tag}");
            forged.push((format!("{extra:?} in front"), genuine.with_tag(&in_front)));
        }
        for twice in [format!("{tag}{tag}"), format!("\"{tag}\"")] {
            forged.push((twice.clone(), genuine.with_tag(&twice)));
        }
        forged
    });
}

#[test]
fn t_b1_the_right_signature_with_extra_bytes_is_refused() {
    check(ANY, always, |genuine| {
        let tag = genuine.tag_bytes();
        [
            ("a zero behind", [&*tag, b"\0"].concat()),
            ("a zero in front", [b"\0", &*tag].concat()),
            ("a byte behind", [&*tag, b"A"].concat()),
            ("itself behind", [&*tag, &*tag].concat()),
            ("zeros up to 64 bytes", {
                let mut padded = tag.clone();
                padded.resize(tag.len().max(63) + 1, 0);
                padded
            }),
        ]
        .map(|(what, bytes)| (what.to_owned(), genuine.with_tag_bytes(&bytes)))
        .into()
    });
}

#[test]
fn t_g6_each_other_spelling_of_the_signature_is_refused() {
    for sample in &*SAMPLES {
        let signer = sample.signer();
        // A signature in which the alphabets of base64 differ, and hex has letters.
        let genuine = (1..=255)
            .map(|number| sample.deliver(sample.draft(), secret(&signer, number)))
            .find(|delivery| {
                let standard = STANDARD.encode(delivery.tag_bytes());
                let is_bytes = delivery.encoding() != Encoding::Text;
                !is_bytes || (standard.contains('+') && standard.contains('/'))
            });
        // The one base64 credential is ASCII text, which hardly ever has both.
        let genuine = genuine.unwrap_or_else(|| sample.delivery());
        genuine.accepted("the genuine delivery");
        let (tag, bytes) = (genuine.tag(), genuine.tag_bytes());
        let mut spellings = vec![
            tag.to_uppercase(),
            tag.to_lowercase(),
            format!("0x{}", hex(&bytes)),
            tag.trim_end_matches('=').to_owned(),
            format!("{tag}="),
            tag.replace('+', "-").replace('/', "_"),
            tag.replace('-', "+").replace('_', "/"),
            tag.replace('+', " "),
            tag.replace('/', "%2F"),
            tag.chars().flat_map(|c| [c, ' ']).collect(),
            format!("{} {}", &tag[..8], &tag[8..]),
            format!("%{:02x}{}", tag.as_bytes()[0], &tag[1..]),
        ];
        for encoding in [
            Encoding::Hex,
            Encoding::HexUpper,
            Encoding::Base64,
            Encoding::Base64Url,
            Encoding::Base64UrlPadded,
        ] {
            spellings.push(encode(encoding, &bytes));
        }
        // Text for text: the hex of the text of the signature, and so on.
        spellings.push(hex(tag.as_bytes()));
        spellings.push(STANDARD.encode(&tag));
        if matches!(genuine.encoding(), Encoding::Base64 | Encoding::Base64Url) {
            spellings.extend(other_trailing_bits(&tag));
        }
        let any_case = genuine.encoding() == Encoding::HexAnyCase;
        spellings.retain(|spelling| {
            *spelling != tag && !(any_case && spelling.eq_ignore_ascii_case(&tag))
        });
        let least = if any_case { 8 } else { 11 };
        assert!(spellings.len() >= least, "{}", genuine.name);
        for spelling in spellings {
            if let Some(forged) = genuine.with_tag(&spelling) {
                forged.refused(&format!("spelled {spelling:?}"));
            }
        }
    }
}

/// The texts that a lenient decoder of base64 takes for the same bytes.
fn other_trailing_bits(tag: &str) -> Vec<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let body = tag.trim_end_matches('=');
    let unused = match body.len() % 4 {
        3 => 2,
        2 => 4,
        _ => return Vec::new(),
    };
    let last = match body.as_bytes()[body.len() - 1] {
        b'-' => b'+',
        b'_' => b'/',
        last => last,
    };
    let at = ALPHABET.iter().position(|c| *c == last).unwrap();
    (1..1 << unused)
        .map(|bits| {
            let other = char::from(ALPHABET[at | bits]);
            format!("{}{other}{}", &body[..body.len() - 1], &tag[body.len()..])
        })
        .collect()
}

// One bit.

/// Every text that differs from `text` in one bit.
fn flips(text: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..text.len() * 8).map(|bit| {
        let mut other = text.to_vec();
        other[bit / 8] ^= 1 << (bit % 8);
        (bit, other)
    })
}

#[test]
fn t_e1_each_flipped_bit_of_a_covered_body_is_refused() {
    let covered = |genuine: &Delivery| genuine.scheme.coverage == Coverage::Body;
    check(ANY, covered, |genuine| {
        if !covered(genuine) {
            return Vec::new();
        }
        // Where the provider writes hex in either case, and in the body, a changed case changes nothing.
        let any_case = genuine.shape().signature.encoding == Encoding::HexAnyCase;
        let signature = genuine.tag();
        let same = move |body: &[u8]| {
            any_case
                && String::from_utf8_lossy(body)
                    .to_ascii_lowercase()
                    .contains(&signature)
        };
        flips(&genuine.body)
            .filter(|(_, body)| !(same(body) && body.eq_ignore_ascii_case(&genuine.body)))
            .map(|(bit, body)| {
                (
                    format!("bit {bit} of the body"),
                    Some(genuine.with_body(body)),
                )
            })
            .collect()
    });
}

#[test]
fn t_e1_each_flipped_bit_of_a_signed_value_in_the_body_is_refused() {
    let of = |genuine: &Delivery| {
        let name = &genuine.name;
        let sample = SAMPLES.iter().find(|sample| sample.name() == *name);
        let mut signed: Vec<_> = sample.unwrap().signed.to_vec();
        let timestamp = genuine.shape().timestamp.as_ref();
        let in_body =
            timestamp.is_some_and(|field| matches!(field.at, Locate::Json(_) | Locate::Form(_)));
        if genuine.scheme.coverage == Coverage::Fields && in_body {
            signed.push("1700000000");
        }
        signed
    };
    // Mercado Pago signs values of the query and of headers only, Plivo V2 the URL and one header.
    let applies = |genuine: &Delivery| {
        genuine.scheme.coverage == Coverage::Fields
            && !["mercado-pago", "plivo-v2"].contains(&&*genuine.scheme.id)
    };
    check(ANY, applies, |genuine| {
        let mut forged = Vec::new();
        for value in of(genuine) {
            let body = std::str::from_utf8(&genuine.body).unwrap();
            assert_eq!(body.matches(value).count(), 1, "{value} in {body}");
            let at = body.find(value).unwrap();
            for (bit, other) in flips(value.as_bytes()) {
                let mut body = genuine.body.clone();
                body.splice(at..at + value.len(), other);
                let what = format!("bit {bit} of {value}");
                forged.push((what, Some(genuine.with_body(body))));
            }
        }
        forged
    });
}

#[test]
fn what_is_not_covered_can_change_and_the_witness_says_so() {
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        let coverage = genuine.accepted("the genuine delivery").coverage();
        assert_eq!(coverage, genuine.scheme.coverage);
        let body = String::from_utf8(genuine.body.clone()).unwrap();
        let changed = match sample.content_type {
            FORM => format!("{body}&added=1"),
            // Segment signs the first element.
            _ if body.ends_with(']') => body.replace("}]", "},{}]"),
            _ => body.replacen('{', "{\"added\":1,", 1),
        };
        let changed = genuine.with_body(changed);
        if coverage == Coverage::Body {
            changed.refused("a member added");
        } else {
            changed.accepted("a member added where the body is not covered");
        }
    }
}

#[test]
fn t_e2_each_flipped_bit_of_a_security_header_is_refused() {
    // Id, timestamp and signature, also where they stand in one list.
    let applies = |genuine: &Delivery| !security_headers(genuine).is_empty();
    check(ANY, applies, |genuine| {
        let mut forged = Vec::new();
        for name in security_headers(genuine) {
            let text = genuine.header(&name).as_bytes();
            let any_case = genuine.encoding() == Encoding::HexAnyCase;
            let is_bearer = genuine.shape().signature.at == Locate::Bearer;
            for (bit, value) in flips(text) {
                // Lazada's hex counts in either case, and so does the word before a bearer token.
                let in_word = is_bearer && bit / 8 < "Bearer".len();
                if (any_case || in_word) && value.eq_ignore_ascii_case(text) {
                    continue;
                }
                let what = format!("bit {bit} of {name}");
                forged.push((what, genuine.with_header(&name, value)));
            }
        }
        forged
    });
}

#[test]
fn t_b1_each_flipped_bit_of_a_signature_s_bytes_is_refused() {
    check(&["mismatch", "signature-malformed"], always, |genuine| {
        flips(&genuine.tag_bytes())
            .filter(|(_, tag)| std::str::from_utf8(tag).is_ok() || signs_content(genuine))
            .map(|(bit, tag)| (format!("bit {bit}"), genuine.with_tag_bytes(&tag)))
            .collect()
    });
}

#[test]
fn t_h2_each_flipped_bit_of_a_signed_url_is_refused() {
    let signs_url = |genuine: &Delivery| genuine.signs("url");
    check(ANY, signs_url, |genuine| {
        if !signs_url(genuine) {
            return Vec::new();
        }
        flips(genuine.uri.to_string().as_bytes())
            .filter_map(|(bit, uri)| Some((bit, String::from_utf8(uri).ok()?)))
            .filter(|(_, uri)| !uri.contains('#'))
            .map(|(bit, uri)| (format!("bit {bit}: {uri}"), genuine.with_uri(&uri)))
            .filter(|(_, forged)| {
                forged
                    .as_ref()
                    .is_some_and(|forged| forged.uri != genuine.uri)
            })
            .collect()
    });
}

#[test]
fn t_h3_another_public_url_is_refused_where_the_url_is_signed() {
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        for other in [
            "http://hooks.example.com",
            "https://hooks.example.org",
            "https://hooks.example.com.evil.example",
            "https://HOOKS.example.com",
            "https://hooks.example.com:8443",
            "https://user:password@hooks.example.com",
            "https://hooks.example.com/api",
        ] {
            let mut moved = genuine.clone();
            moved.public_url = Some(other.parse().unwrap());
            // Twilio's port may be missing on either side.
            let is_port = other.ends_with(":8443") && genuine.scheme.url_ports == UrlPorts::Either;
            if genuine.signs("url") && !is_port {
                moved.refused_as(genuine.mismatch(), other);
            } else {
                moved.accepted(other);
            }
        }
        let mut nowhere = genuine.clone();
        nowhere.public_url = None;
        if genuine.signs("url") {
            nowhere.refused_as("no-public-url", "without a public URL");
        } else {
            nowhere.accepted("without a public URL");
        }
    }
}

#[test]
fn t_h3_headers_that_claim_another_host_change_nothing() {
    for sample in &*SAMPLES {
        let mut delivery = sample.delivery();
        for (name, value) in [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-port", "1"),
            ("x-forwarded-prefix", "/evil"),
            ("x-original-url", "/evil"),
            ("forwarded", "host=evil.example;proto=http"),
        ] {
            delivery
                .headers
                .insert(name, HeaderValue::from_static(value));
        }
        delivery.accepted("headers of a proxy");
    }
}

#[test]
fn t_r2_the_id_by_which_events_are_told_apart_can_t_be_changed() {
    let mut providers = Vec::new();
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        if genuine.scheme.dedupe != Dedupe::Id || !signs_content(&genuine) {
            continue;
        }
        // Where the sample has none, a delivery with one.
        let at = genuine.shape().event_id.clone().unwrap();
        let genuine = sample.deliver(
            sample.draft().with_id("evt-of-the-test"),
            secret(&sample.signer(), 1),
        );
        let authentic = genuine.accepted("with an id");
        let id = genuine.text_at(&at);
        assert_eq!(
            authentic.event_id(&genuine.scheme, &genuine.incoming()),
            Some(id.clone())
        );
        for other in [format!("{id}x"), id[1..].to_owned(), "x".to_owned()] {
            genuine
                .with_text_at(&at, &other)
                .unwrap()
                .refused(&format!("{at}: {other}"));
        }
        providers.push(sample.provider);
    }
    providers.dedup();
    assert_eq!(
        providers,
        in_this_build(&[
            "aftership",
            "airwallex",
            "alchemy",
            "anthropic",
            "bigcommerce",
            "box",
            "brex",
            "chargify",
            "checkr",
            "circleci",
            "clerk",
            "coinbase-commerce",
            "customer-io",
            "dodo-payments",
            "easypost",
            "gitlab",
            "go1",
            "gocardless",
            "google-gemini",
            "gusto",
            "heroku",
            "increase",
            "intercom",
            "klarna",
            "langfuse",
            "launchdarkly",
            "lithic",
            "mailgun",
            "messagebird",
            "mollie",
            "mux",
            "notion",
            "nylas",
            "openai",
            "paddle",
            "pagerduty",
            "persona",
            "polar",
            "quicknode",
            "ramp",
            "recall-ai",
            "render",
            "replicate",
            "resend",
            "slack",
            "square",
            "standard-webhooks",
            "stripe",
            "stytch",
            "svix",
            "tiktok-shop",
            "twitch",
            "typeform",
            "vercel",
            "vonage",
            "workos",
            "worldline",
        ])
    );
}

#[test]
fn another_method_is_refused_where_it_is_signed() {
    let mut signed = 0;
    for sample in &*SAMPLES {
        let mut other = sample.delivery();
        other.method = Method::PUT;
        if other.signs("method") {
            other.refused_as("mismatch", "PUT");
            signed += 1;
        }
    }
    assert!(signed > 0);
}

// Time.

const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Span::days(365).duration();
const MICROSECOND: Duration = Duration::from_micros(1);

#[test]
fn t_f3_both_borders_of_the_window_are_inside_and_one_second_further_is_not() {
    let mut count = 0;
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        let Some(tolerance) = genuine.scheme.tolerance else {
            continue;
        };
        let (past, future) = (tolerance.past.duration(), tolerance.future.duration());
        let oldest = NOW.saturating_add(past);
        let newest = NOW.saturating_sub(future);
        genuine.at(oldest).accepted("as old as allowed");
        genuine.at(newest).accepted("as far ahead as allowed");
        for beyond in [MICROSECOND, SECOND, YEAR] {
            let late = genuine.at(oldest.saturating_add(beyond));
            late.refused_as("stale", &format!("{beyond:?} too old"));
            let early = genuine.at(newest.saturating_sub(beyond));
            early.refused_as("future", &format!("{beyond:?} too far ahead"));
        }
        for end in [i64::MIN, i64::MAX] {
            genuine
                .at(Timestamp::from_unix_micros(end))
                .refused("a clock at the end of time");
        }
        count += 1;
    }
    assert!(count > 10, "{count}");
}

#[test]
fn t_f5_t_f6_every_delivery_with_a_timestamp_grows_old_and_no_other_claims_a_time() {
    let mut without = Vec::new();
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        let much_later = genuine.at(NOW.saturating_add(YEAR));
        if genuine.shape().timestamp.is_some() {
            much_later.refused_as("stale", "a year later");
            let authentic = genuine.accepted("in time");
            assert_eq!(authentic.timestamp(), Some(NOW), "{}", genuine.name);
        } else if genuine.is_token() && genuine.claims().seconds("exp").is_some() {
            much_later.refused_as("token-expired", "a year later");
        } else {
            // Where no time is signed, nothing is said about freshness.
            let authentic = much_later.accepted("a year later, without a timestamp");
            assert_eq!(authentic.timestamp(), None, "{}", genuine.name);
            without.push(sample.provider);
        }
    }
    without.dedup();
    // It is here with the feature `keccak` only.
    without.retain(|id| *id != "moralis");
    assert_eq!(
        without,
        in_this_build(&[
            "ably",
            "adyen",
            "adyen-platform",
            "aftership",
            "airtable",
            "alchemy",
            "asana",
            "autodesk-aps",
            "bitbucket",
            "bolt",
            "braintree",
            "cal-com",
            "castle",
            "chargify",
            "checkr",
            "circleci",
            "clickup",
            "cloudflare-notifications",
            "coinbase-commerce",
            "cursor",
            "datocms",
            "docusign",
            "dropbox",
            "easypost",
            "figma",
            "firecrawl",
            "flutterwave-v3",
            "flutterwave-v4",
            "forgejo",
            "gitea",
            "github",
            "gitlab-token",
            "gocardless",
            "gogs",
            "grafana",
            "gusto",
            "hcp-terraform",
            "heroku",
            "hubspot-v1",
            "hubspot-v2",
            "intercom",
            "jira",
            "klarna",
            "launchdarkly",
            "lazada",
            "lemon-squeezy",
            "line",
            "mandrill",
            "meta",
            "microsoft-graph",
            "midtrans",
            "midtrans-iris",
            "modern-treasury",
            "mollie",
            "mongodb-atlas",
            "netlify",
            "notion",
            "nylas",
            "onfido",
            "pagerduty",
            "paystack",
            "plivo",
            "plivo-v2",
            "postmark",
            "prismic",
            "qiscus",
            "qualifio",
            "quickbooks",
            "ramp",
            "razorpay",
            "segment",
            "sendbird",
            "sentry",
            "shopee",
            "shopify",
            "shopify-events",
            "signal-sciences",
            "sonatype-nexus",
            "square",
            "storyblok",
            "telegram",
            "tiktok-shop",
            "tokopedia",
            "trello",
            "twilio",
            "typeform",
            "vapi",
            "vercel",
            "vmware-workspace-one",
            "webex",
            "woocommerce",
            "worldline",
            "x",
            "xendit",
            "xero",
        ])
    );
}

#[test]
fn t_f7_a_retry_with_its_first_timestamp_is_accepted_where_the_provider_keeps_it() {
    for (provider, last_retry_after) in [("mailgun", 8 * 3600)] {
        let of_this_provider = SAMPLES.iter().filter(|sample| sample.provider == provider);
        for sample in of_this_provider {
            let later = NOW.saturating_add(Duration::from_secs(last_retry_after));
            sample.delivery().at(later).accepted("the last retry");
        }
    }
}

#[test]
fn a_literal_timestamp_of_the_right_form_is_accepted() {
    // The control: what the next tests refuse is refused for its form alone.
    let mut count = 0;
    for sample in timed() {
        let delivery = sample
            .with_literal_timestamp(&sample.timestamp_text())
            .unwrap();
        delivery.accepted("the literal timestamp");
        count += 1;
    }
    assert!(count > 10, "{count}");
}

#[track_caller]
fn check_literal_timestamps(texts: impl Fn(&str) -> Vec<String>) {
    for sample in timed() {
        let genuine = sample.delivery();
        let at = genuine.shape().timestamp.as_ref().unwrap().at.clone();
        let right = sample.timestamp_text();
        let mut signed = 0;
        for text in texts(&right) {
            // What is a wrong unit elsewhere.
            if text == right {
                continue;
            }
            // With a signature that is right for the text, and with one of another text.
            if let Some(forged) = sample.with_literal_timestamp(&text) {
                forged.refused(&format!("timestamp {text:?}, signed"));
                signed += 1;
            }
            if let Some(forged) = genuine.with_text_at(&at, &text) {
                forged.refused(&format!("timestamp {text:?}"));
            }
        }
        assert!(signed > 0, "{}", genuine.name);
    }
}

#[test]
fn t_f1_timestamps_that_are_no_time_are_refused_with_a_right_signature() {
    check_literal_timestamps(|right| {
        let mut texts: Vec<_> = [
            "-9223372036854775808",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "-1",
            "0",
            "00",
            "1",
            "1e9",
            "1.7e9",
            "0x6553f100",
            "NaN",
            "inf",
            "-0",
            "null",
            "true",
            "now",
            "",
            " ",
            "\u{661}\u{667}\u{660}\u{660}\u{660}\u{660}\u{660}\u{660}\u{660}\u{660}",
            "\u{ff11}\u{ff17}00000000",
            "2023-11-14T22:13:20Z",
            "Tue, 14 Nov 2023 22:13:20 GMT",
        ]
        .map(str::to_owned)
        .into();
        for digits in [11, 12, 14, 15, 17, 19, 20, 21, 39, 40, 100, 400] {
            texts.push("1".repeat(digits));
            texts.push("9".repeat(digits));
        }
        texts.push(format!("-{right}"));
        texts
    });
}

#[test]
fn t_f2_other_spellings_of_the_right_time_are_refused_with_a_right_signature() {
    check_literal_timestamps(|right| {
        vec![
            format!("+{right}"),
            format!("0{right}"),
            format!("0000{right}"),
            format!(" {right}"),
            format!("{right} "),
            format!("{right}\t"),
            format!("{right}."),
            format!("{right}.0"),
            format!("{right}e0"),
            format!("{right},{right}"),
            format!("{}_{}", &right[..1], &right[1..]),
            format!("{},{}", &right[..1], &right[1..]),
            format!("\"{right}\""),
            format!("{right}\u{a0}"),
            format!("{right}Z"),
        ]
    });
}

#[test]
fn t_f2_a_time_of_the_right_length_with_a_leading_zero_is_no_time() {
    // It would be too old as well; without a tolerance nothing else would refuse it.
    let counts = |unit| {
        matches!(
            unit,
            TimeUnit::UnixSeconds | TimeUnit::UnixMillis | TimeUnit::UnixMicros
        )
    };
    // A year may begin with a zero, and is long ago.
    let unix = |sample: &&Sample| {
        let signer = sample.signer();
        counts(signer.shapes[0].timestamp.as_ref().unwrap().unit)
    };
    for sample in timed().filter(unix) {
        let text = format!("0{}", &sample.timestamp_text()[1..]);
        let forged = sample.with_literal_timestamp(&text).unwrap();
        forged.refused_as("timestamp-malformed", &text);
    }
}

#[test]
fn a_timestamp_that_is_no_text_is_refused() {
    let mut scheme = providers::slack();
    let field = scheme.shapes[0].timestamp.as_mut().unwrap();
    field.at = Locate::Query("t".to_owned());
    let secret = Secret::new("8f742231b10e8888abcd99yyyzzz85a5").unwrap();
    let keyring = Keyring::new(&scheme, secret).unwrap();
    let mut headers = HeaderMap::new();
    let zeros = format!("v0={}", "0".repeat(64));
    headers.insert("x-slack-signature", zeros.parse().unwrap());
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    for (query, code) in [("%FF", "malformed"), ("soon", "timestamp-malformed")] {
        let uri = format!("/?t={query}").parse().unwrap();
        let incoming = Incoming::new(&Method::POST, &uri, &headers, b"{}");
        let refused = verify(&incoming, &scheme, &keyring, NOW).unwrap_err();
        assert_eq!(refused.code(), code, "{query}");
    }
}

#[test]
fn t_f4_a_time_in_another_unit_is_refused_with_a_right_signature() {
    for sample in timed() {
        let genuine = sample.delivery();
        let unit = genuine.shape().timestamp.as_ref().unwrap().unit;
        let mut others = 0;
        for (other, text) in [
            (TimeUnit::UnixSeconds, "1700000000"),
            (TimeUnit::UnixMillis, "1700000000000"),
            (TimeUnit::UnixMicros, "1700000000000000"),
            (TimeUnit::Rfc3339, "2023-11-14T22:13:20Z"),
            (TimeUnit::Rfc2822, "Tue, 14 Nov 2023 22:13:20 +0000"),
        ] {
            let either = unit == TimeUnit::UnixSecondsOrMillis && other == TimeUnit::UnixMillis;
            if either {
                sample
                    .with_literal_timestamp(text)
                    .unwrap()
                    .accepted("the other of two units");
            } else if other == unit || text == sample.timestamp_text() {
                assert_eq!(sample.timestamp_text(), text);
            } else if let Some(forged) = sample.with_literal_timestamp(text) {
                forged.refused(text);
                others += 1;
            }
        }
        assert!(others >= 2, "{}", genuine.name);
    }
}

#[test]
fn t_f1_json_numbers_that_are_no_time_are_refused_with_a_right_signature() {
    // Linear has its timestamp as a number in the body.
    let linear = sample("linear");
    let deliver = |number: &str| {
        let body = format!("{{\"webhookTimestamp\":{number}}}");
        let mut signer = linear.signer();
        signer.shapes[0].timestamp = None;
        let signed = linear.draft_of(body).sign(&signer, secret(&signer, 1));
        let scheme = linear.scheme();
        Delivery::new("linear", &scheme, linear.keyring(1), signed.unwrap(), NOW)
    };
    deliver("1700000000000").accepted("the right number");
    for number in [
        "1700000000000.0",
        "1.7e12",
        "17000000000e2",
        "-1700000000000",
        "1700000000",
        "1700000000000000",
        "-9223372036854775808",
        "18446744073709551616",
        "1e400",
        "null",
        "true",
        "[1700000000000]",
        "{}",
        "\"\"",
        "1700000000000,\"webhookTimestamp\":1700000000000",
        "1700000000000,\"webhookTimestamp\":0",
    ] {
        deliver(number).refused(number);
    }
}

// Secrets.

#[test]
fn t_a1_there_is_no_empty_or_blank_secret_for_any_provider() {
    for text in [
        "",
        " ",
        &" ".repeat(32),
        "\n",
        "\r\n",
        "\t",
        "\u{a0}",
        "\u{2003}",
    ] {
        let error = Secret::new(text).expect_err(text);
        assert!(
            matches!(error, SecretError::Empty | SecretError::Blank),
            "{text:?}: {error}"
        );
        assert!(Secret::from_bytes(text.as_bytes()).is_err() || !text.is_ascii());
    }
    for bytes in [&b""[..], b" ", &[b' '; 32], b"\n", b"\r\n", b"\t\t"] {
        assert!(Secret::from_bytes(bytes).is_err(), "{bytes:?}");
    }
    for (id, describe) in providers::ALL {
        let error = Keyring::new(&describe(), Vec::new()).expect_err(id);
        assert_eq!(error, KeyringError::NoSecret, "{id}");
    }
}

#[test]
fn t_a1_a_key_of_nothing_but_zero_bytes_is_refused_for_every_provider() {
    // A MAC pads its key with zeros: such a key is the empty one.
    for (id, scheme) in crate::signable() {
        for len in [1, 16, 32, 64, 65] {
            let secret = Secret::from_bytes(vec![0; len]);
            let built = secret.map(|secret| Keyring::new(&scheme, with_parts(&scheme, secret)));
            assert!(!matches!(built, Ok(Ok(_))), "{id}: {len} zero bytes");
        }
        let zeros = match scheme.secret {
            SecretFormat::Hex => "00".repeat(32),
            SecretFormat::Base64 => STANDARD.encode([0; 32]),
            SecretFormat::Whsec => format!("whsec_{}", STANDARD.encode([0; 32])),
            _ => continue,
        };
        let secret = Secret::new(zeros).unwrap();
        assert!(Keyring::new(&scheme, secret).is_err(), "{id}");
    }
}

fn with_parts(scheme: &axum_webhook::scheme::Scheme, secret: Secret) -> Secret {
    scheme.secret_parts.iter().fold(secret, |secret, part| {
        secret.with_part(part, "part-of-the-secret").unwrap()
    })
}

#[test]
fn t_a2_t_a8_secrets_that_decode_to_nothing_or_not_at_all_are_refused() {
    let mut decoded = 0;
    for (id, scheme) in crate::signable() {
        let good = secret_text(&scheme, 1);
        let texts: Vec<String> = match scheme.secret {
            SecretFormat::Hex => [
                "0",
                "00",
                "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                "zz112233445566778899aabbccddeeff",
                "00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff",
                "00112233445566778899aabbccddee",
                "00112233445566778899aabbccddeeff0",
            ]
            .map(str::to_owned)
            .into(),
            SecretFormat::Base64 | SecretFormat::Whsec => [
                "whsec_",
                "whsec_====",
                "v1,whsec_",
                "whsec_!!!!",
                "whsec_AA==",
                "whsec_AAAA",
                "whsec_AAAA AAAA AAAA AAAA AAAA AAAA AAAA AAAA",
                "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-",
                "whsec_whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "whsec-MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "whsec_MfKQ9r8GKYqrTwjU\u{200b}PD8ILPZIo2LaLaSw",
                "not base64 at all",
            ]
            .map(str::to_owned)
            .into(),
            _ if scheme.algorithm == Algorithm::BasicAuth => [":", "user", "user:", ":password"]
                .map(str::to_owned)
                .into(),
            _ => continue,
        };
        Keyring::new(&scheme, with_parts(&scheme, Secret::new(good).unwrap())).unwrap();
        for text in texts {
            let secret = match Secret::new(&*text) {
                Ok(secret) => with_parts(&scheme, secret),
                // A prefix alone is no secret of any scheme.
                Err(error) => {
                    assert_eq!((&*text, error), ("whsec_", SecretError::Empty), "{id}");
                    continue;
                }
            };
            let error = Keyring::new(&scheme, secret).expect_err(&text);
            assert!(
                matches!(error, KeyringError::Secret { .. }),
                "{id}: {text:?}: {error}"
            );
        }
        decoded += 1;
    }
    assert!(decoded >= 6, "{decoded}");
}

#[test]
fn t_a2_a_secret_with_white_space_around_it_is_refused() {
    for (id, scheme) in crate::signable() {
        let good = secret_text(&scheme, 1);
        for text in [
            format!("{good}\n"),
            format!("{good}\r\n"),
            format!(" {good}"),
            format!("{good}\u{a0}"),
        ] {
            let error = Secret::new(text).expect_err(id);
            assert_eq!(error, SecretError::SurroundingWhiteSpace, "{id}");
        }
    }
}

#[test]
fn a_delivery_under_any_other_secret_is_refused() {
    for sample in &*SAMPLES {
        let genuine = sample.delivery();
        let scheme = sample.scheme();
        genuine
            .with_keyring(sample.keyring(2))
            .refused_as("mismatch", "another secret");
        // Secrets that look like the right one.
        if !matches!(scheme.secret, SecretFormat::Text) {
            continue;
        }
        let right = secret_text(&scheme, 1);
        for near in [
            format!("{right}x"),
            right[..right.len() - 1].to_owned(),
            right.to_uppercase(),
            right.replace('-', "_"),
            format!("\u{feff}{right}"),
        ] {
            // With the right parts.
            let near_secret = scheme
                .secret_parts
                .iter()
                .fold(Secret::new(&*near).unwrap(), |secret, part| {
                    secret.with_part(part, format!("{part}-1")).unwrap()
                });
            let keyring = Keyring::new(&scheme, near_secret).unwrap();
            genuine.with_keyring(keyring).refused_as("mismatch", &near);
        }
    }
}

#[test]
fn a_secret_with_the_wrong_parts_is_refused() {
    let braintree = sample("braintree");
    let scheme = braintree.scheme();
    let value = || Secret::new(secret_text(&scheme, 1)).unwrap();
    let build = |secret| Keyring::new(&scheme, secret);
    assert!(build(value()).is_err(), "without its part");
    let other = value().with_part("private_key", "x").unwrap();
    assert!(build(other).is_err(), "with another part");
    assert!(value().with_part("public_key", " ").is_err());
    // Only Plaid's are for its API alone, and may be missing where the key is pasted.
    for name in ["client_id", "secret"] {
        let scheme = Scheme {
            secret_parts: vec![name.to_owned()],
            ..providers::github()
        };
        let missing = SecretError::MissingPart(name.to_owned());
        let built = Keyring::new(&scheme, Secret::new("a secret without its part").unwrap());
        assert!(matches!(built, Err(KeyringError::Secret { source, .. }) if source == missing));
    }
    // The right private key, and the public key of somebody else.
    let keyring = build(value().with_part("public_key", "public_key-2").unwrap()).unwrap();
    braintree
        .delivery()
        .with_keyring(keyring)
        .refused_as("mismatch", "another public key");
}

// Batches.

#[test]
fn each_item_of_a_batch_is_checked() {
    let adyen = sample("adyen");
    let mut document: Value = serde_json::from_str(adyen.body).unwrap();
    let items = document["notificationItems"].as_array_mut().unwrap();
    let mut second = items[0].clone();
    second["NotificationRequestItem"]["pspReference"] = "second".into();
    items.push(second);
    let genuine = adyen.deliver(
        adyen.draft_of(document.to_string()),
        secret(&adyen.scheme(), 1),
    );
    genuine.accepted("two items");

    let signed: Value = serde_json::from_slice(&genuine.body).unwrap();
    let change = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut document = signed.clone();
        change(document["notificationItems"].as_array_mut().unwrap());
        genuine.with_body(document.to_string())
    };
    change(&|items| items.clear()).refused_as("empty-batch", "no items");
    for at in [0, 1] {
        change(&|items| {
            items[at]["NotificationRequestItem"]["amount"]["value"] = 1.into();
        })
        .refused_as("mismatch", "one item changed");
        change(&|items| {
            let item = &mut items[at]["NotificationRequestItem"];
            item.as_object_mut().unwrap().remove("additionalData");
        })
        .refused_as("missing", "one item without a signature");
        change(&|items| items[at] = serde_json::json!({})).refused_as("missing", "an empty item");
        change(&|items| items[at] = Value::Null).refused("no item");
        change(&|items| items[at]["NotificationRequestItem"] = serde_json::json!([]))
            .refused("a list for an item");
    }
    change(&|items| {
        let first = items[0]["NotificationRequestItem"]["additionalData"].clone();
        items[1]["NotificationRequestItem"]["additionalData"] = first;
    })
    .refused_as("mismatch", "the signature of the first on the second");
    change(&|items| items.push(serde_json::json!({"NotificationRequestItem": {}})))
        .refused_as("missing", "a third item without anything");
    for body in [
        "",
        "{}",
        "[]",
        r#"{"notificationItems":{}}"#,
        r#"{"notificationItems":null}"#,
    ] {
        genuine.with_body(body).refused(body);
    }
}
