//! The grammars of signature headers, each against a reference that splits and compares.

use std::sync::LazyLock;

use axum_webhook::providers;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    Outcome,
    support::{
        BODY, Judge, KEY, NOW, append, base64 as base64_of, fill, hex, is_fresh, lines, mac, only,
    },
};

/// The most signatures that a request may carry.
const MAX_SIGNATURES: usize = 32;

/// The most sets of them.
const MAX_SETS: usize = 4;

/// Times around the borders of the window.
const BORDERS: [&str; 5] = [
    "1700000000",
    "1700000300",
    "1700000301",
    "1699999700",
    "1699999699",
];

/// What a fuzzer of `pairs` and `sets` may write: times around the borders of the window, each with its right signature, and a
/// wrong one at the end.
static TIMED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let times = [0, 1, -300, -301, 300, 301].map(|off| (NOW + off).to_string());
    let tags = times
        .iter()
        .map(|time| hex(&mac(&[time.as_bytes(), b".", BODY])));
    let wrong = hex(&[0x5a; 32]);
    tags.chain(times.clone()).chain([wrong]).collect()
});

/// A signature of [`BODY`] alone, in base64.
static OF_BODY: LazyLock<String> = LazyLock::new(|| base64_of(&mac(&[BODY])));

/// A signature in base64 that nothing has.
static WRONG: LazyLock<String> = LazyLock::new(|| base64_of(&[0x5a; 32]));

/// `t=1700000000,v1=…,v1=…`: Stripe and others.
pub fn pairs(data: &[u8]) -> Outcome {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(providers::stripe()));
    let mut headers = HeaderMap::new();
    for line in lines(data) {
        if !append(&mut headers, "stripe-signature", &fill(line, &TIMED)) {
            return Outcome::Skipped;
        }
    }
    agree(&JUDGE, &headers, BODY, pairs_fit)
}

/// What [`pairs`] holds the crate against.
#[must_use]
pub fn pairs_fit(headers: &HeaderMap, body: &[u8]) -> bool {
    let Some(set) = only(headers, "stripe-signature").and_then(Set::read) else {
        return false;
    };
    set.signatures.len() <= MAX_SIGNATURES && set.fits(body)
}

/// Sets of such pairs, with a space between: Persona.
pub fn sets(data: &[u8]) -> Outcome {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(providers::persona()));
    let mut headers = HeaderMap::new();
    for line in lines(data) {
        if !append(&mut headers, "persona-signature", &fill(line, &TIMED)) {
            return Outcome::Skipped;
        }
    }
    agree(&JUDGE, &headers, BODY, |headers, body| {
        let Some(text) = only(headers, "persona-signature") else {
            return false;
        };
        let Some(sets) = text.split(' ').map(Set::read).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let signatures: usize = sets.iter().map(|set| set.signatures.len()).sum();
        sets.len() <= MAX_SETS
            && signatures <= MAX_SIGNATURES
            && sets.iter().any(|set| set.fits(body))
    })
}

/// What stands in a list of pairs.
struct Set<'t> {
    times: Vec<&'t str>,
    signatures: Vec<&'t str>,
}

impl<'t> Set<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let mut set = Self {
            times: Vec::new(),
            signatures: Vec::new(),
        };
        for item in text.split(',') {
            let (name, value) = item.split_once('=')?;
            if name.is_empty() || value.is_empty() {
                return None;
            }
            let is_tag = value.len() == 64
                && value
                    .bytes()
                    .all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
            match name {
                "t" => set.times.push(value),
                "v1" if is_tag => set.signatures.push(value),
                _ => {}
            }
        }
        Some(set)
    }

    fn fits(&self, body: &[u8]) -> bool {
        let [time] = self.times[..] else {
            return false;
        };
        is_fresh(time) && !self.signatures.is_empty() && {
            let wanted = hex(&mac(&[time.as_bytes(), b".", body]));
            self.signatures
                .iter()
                .any(|signature| **signature == wanted)
        }
    }
}

/// `v1,… v1,…`, with an id and a time beside it: Standard Webhooks and Svix.
pub fn versions(data: &[u8]) -> Outcome {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(providers::standard_webhooks()));
    let mut pieces = lines(data);
    let signatures = pieces.next().unwrap_or_default();
    let time = fill(pieces.next().unwrap_or(b"\x80"), &BORDERS);
    let id = fill(
        pieces.next().unwrap_or(b"\x80"),
        &["msg_1", "msg_1.1700000000"],
    );
    let right = base64_of(&mac(&[&id, b".", &time, b".", BODY]));
    let unpadded = right.trim_end_matches('=');
    let signatures = fill(signatures, &[right.as_str(), unpadded, WRONG.as_str()]);
    let mut headers = HeaderMap::new();
    let are_headers = append(&mut headers, "webhook-signature", &signatures)
        && append(&mut headers, "webhook-timestamp", &time)
        && append(&mut headers, "webhook-id", &id);
    if !are_headers {
        return Outcome::Skipped;
    }
    agree(&JUDGE, &headers, BODY, versions_fit)
}

/// What [`versions`] holds the crate against.
#[must_use]
pub fn versions_fit(headers: &HeaderMap, body: &[u8]) -> bool {
    let texts = ["webhook-signature", "webhook-timestamp", "webhook-id"];
    let [Some(list), Some(time), Some(id)] = texts.map(|name| only(headers, name)) else {
        return false;
    };
    if !is_fresh(time) || id.contains('.') {
        return false;
    }
    let mut signatures = Vec::new();
    for item in list.split(' ') {
        match item.split_once(',') {
            None | Some(("", _) | (_, "")) => return false,
            Some(("v1", value)) if is_tag_in_base64(value) => signatures.push(value),
            Some(_) => {}
        }
    }
    let right = base64_of(&mac(&[id.as_bytes(), b".", time.as_bytes(), b".", body]));
    signatures.len() <= MAX_SIGNATURES && signatures.contains(&right.as_str())
}

fn is_tag_in_base64(text: &str) -> bool {
    let bytes = STANDARD.decode(text).ok();
    bytes.is_some_and(|bytes| bytes.len() == 32 && base64_of(&bytes) == text)
}

/// `v0=…`, with a time beside it: Slack. What GitHub sends differs in its prefix alone.
pub fn prefix(data: &[u8]) -> Outcome {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(providers::slack()));
    let mut pieces = lines(data);
    let signature = pieces.next().unwrap_or_default();
    let time = fill(pieces.next().unwrap_or(b"\x80"), &BORDERS);
    let right = hex(&mac(&[b"v0:", &time, b":", BODY]));
    let upper = right.to_ascii_uppercase();
    let signature = fill(signature, &[&right, &upper]);
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let are_headers = append(&mut headers, "x-slack-signature", &signature)
        && append(&mut headers, "x-slack-request-timestamp", &time);
    if !are_headers {
        return Outcome::Skipped;
    }
    agree(&JUDGE, &headers, BODY, prefix_fits)
}

/// What [`prefix`] holds the crate against.
#[must_use]
pub fn prefix_fits(headers: &HeaderMap, body: &[u8]) -> bool {
    let texts = ["x-slack-signature", "x-slack-request-timestamp"];
    let [Some(signature), Some(time)] = texts.map(|name| only(headers, name)) else {
        return false;
    };
    let right = hex(&mac(&[b"v0:", time.as_bytes(), b":", body]));
    is_fresh(time) && signature.strip_prefix("v0=") == Some(&right)
}

/// Nothing but base64: Shopify. The data is the signature's text, or changes the right one byte by byte.
pub fn base64(data: &[u8]) -> Outcome {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(providers::shopify()));
    let text = match data.split_first() {
        Some((0xff, changes)) => {
            let mut text = OF_BODY.clone().into_bytes();
            for change in changes.chunks(2) {
                match *change {
                    [at, byte] => {
                        let at = usize::from(at) % text.len();
                        text[at] = byte;
                    }
                    _ => drop(text.pop()),
                }
            }
            text
        }
        _ => fill(data, &[OF_BODY.as_str(), OF_BODY.trim_end_matches('=')]),
    };
    let mut headers = HeaderMap::new();
    if !append(&mut headers, "x-shopify-hmac-sha256", &text) {
        return Outcome::Skipped;
    }
    agree(&JUDGE, &headers, BODY, base64_fits)
}

/// What [`base64`] holds the crate against.
#[must_use]
pub fn base64_fits(headers: &HeaderMap, body: &[u8]) -> bool {
    only(headers, "x-shopify-hmac-sha256") == Some(&base64_of(&mac(&[body])))
}

/// Numbered headers, each with a signature: DocuSign. A line of the data is a header: its number, and its value.
pub fn numbered(data: &[u8]) -> Outcome {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(providers::docusign()));
    let mut headers = HeaderMap::new();
    for line in lines(data).take(64) {
        let Some((number, value)) = line.split_first() else {
            continue;
        };
        let name = format!("x-docusign-signature-{}", number % 40);
        let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name),
            HeaderValue::from_bytes(&fill(value, &[&*OF_BODY, &*WRONG])),
        ) else {
            return Outcome::Skipped;
        };
        headers.append(name, value);
    }
    agree(&JUDGE, &headers, BODY, |headers, body| {
        let right = base64_of(&mac(&[body]));
        let mut signatures = Vec::new();
        for number in 1.. {
            let name = format!("x-docusign-signature-{number}");
            if number > 1 && !headers.contains_key(&name) {
                break;
            }
            match only(headers, &name).filter(|text| is_tag_in_base64(text)) {
                Some(text) => signatures.push(text),
                None => return false,
            }
        }
        signatures.len() <= MAX_SIGNATURES && signatures.contains(&right.as_str())
    })
}

/// Credentials: a token by itself, behind `Bearer`, and `user:password` in base64. The first byte says which.
pub fn credential(data: &[u8]) -> Outcome {
    static JUDGES: LazyLock<[Judge; 3]> = LazyLock::new(|| {
        [
            Judge::new(providers::telegram()),
            Judge::new({
                let mut scheme = providers::telegram();
                scheme.shapes[0].signature.at = axum_webhook::scheme::Locate::Bearer;
                scheme
            }),
            Judge::new(providers::postmark()),
        ]
    });
    static BASIC: LazyLock<String> =
        LazyLock::new(|| base64_of(&[b"user:".as_slice(), KEY].concat()));
    let Some((kind, text)) = data.split_first() else {
        return Outcome::Skipped;
    };
    let token = std::str::from_utf8(KEY).unwrap();
    let basic = BASIC.as_str();
    let text = fill(text, &[token, basic, basic.trim_end_matches('=')]);
    let kind = usize::from(kind % 3);
    let name = [
        "x-telegram-bot-api-secret-token",
        "authorization",
        "authorization",
    ][kind];
    let mut headers = HeaderMap::new();
    for line in lines(&text) {
        if !append(&mut headers, name, line) {
            return Outcome::Skipped;
        }
    }
    agree(&JUDGES[kind], &headers, BODY, |headers, _| {
        let Some(text) = only(headers, name) else {
            return false;
        };
        match kind {
            0 => text == token,
            1 => text.split_once(' ').is_some_and(|(scheme, given)| {
                scheme.eq_ignore_ascii_case("bearer") && given == token
            }),
            _ => text.strip_prefix("Basic ") == Some(basic),
        }
    })
}

/// The crate accepts what the reference does, and nothing else.
fn agree(
    judge: &Judge,
    headers: &HeaderMap,
    body: &[u8],
    reference: impl Fn(&HeaderMap, &[u8]) -> bool,
) -> Outcome {
    let accepted = judge.accepts(headers, body);
    assert_eq!(accepted, reference(headers, body), "{headers:?}");
    Outcome::of(accepted)
}
