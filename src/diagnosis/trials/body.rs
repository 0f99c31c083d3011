//! Trials of bodies: as they may have been before something in front changed them.

use std::{borrow::Cow, collections::HashSet};

use crate::{
    crypto::sha256,
    diagnosis::{
        Code, Diagnosis,
        trials::{Trials, Variant, json},
    },
    scheme::Coverage,
};

pub(super) fn run(trials: &mut Trials<'_>) -> Option<Diagnosis> {
    if trials.case.scheme.coverage != Coverage::Body || trials.body.is_empty() {
        return None;
    }
    let mut tried = HashSet::from([sha256(trials.body)]);
    let body = trials.body;
    for (code, said, make) in VARIANTS {
        if body.len() > trials.room() {
            trials.cut = true;
            break;
        }
        if let Some(changed) = make(body, trials.room())
            && let Some(found) = attempt(trials, &mut tried, *code, said, &changed)
        {
            return Some(found);
        }
    }
    let text = crate::json::root(body).ok()?;
    for (said, style) in json::STYLES {
        let Some(mut changed) = json::write(text, *style, trials.room()) else {
            continue;
        };
        let said = format!("was {said} before something in front parsed it and wrote it anew");
        let code = Code::BodyWrittenAnew;
        if let Some(found) = attempt(trials, &mut tried, code, &said, &changed) {
            return Some(found);
        }
        if style.with_newline {
            changed.push(b'\n');
            let said = format!("{said}, with a newline at its end");
            if let Some(found) = attempt(trials, &mut tried, code, &said, &changed) {
                return Some(found);
            }
        }
    }
    None
}

fn attempt(
    trials: &mut Trials<'_>,
    tried: &mut HashSet<[u8; 32]>,
    code: Code,
    said: &str,
    body: &[u8],
) -> Option<Diagnosis> {
    if !tried.insert(sha256(body)) {
        return None;
    }
    let variant = Variant {
        body,
        ..trials.as_is()
    };
    trials.fits(variant)?;
    Some(Diagnosis::proven(
        code,
        format!("the signature is right for a body that {said}"),
    ))
}

/// Makes another body, of `room` bytes at most; `None` where there is nothing to change.
type Make = fn(&[u8], usize) -> Option<Cow<'_, [u8]>>;

/// Each says how the body that was signed differs from the one that came.
const VARIANTS: &[(Code, &str, Make)] = &[
    (
        Code::BodyNewline,
        "has no newline at its end: something in front added one",
        |body, _| trimmed(body).map(Cow::Borrowed),
    ),
    (
        Code::BodyNewline,
        "has a newline at its end: something in front took it away",
        |body, _| Some([body, b"\n"].concat().into()),
    ),
    (
        Code::BodyNewline,
        "has CR and LF at its end: something in front took them away",
        |body, _| Some([body, b"\r\n"].concat().into()),
    ),
    (
        Code::BodyLineEnds,
        "has line ends of CR and LF: something in front made them LF",
        |body, room| {
            let lines = body.split(|byte| *byte == b'\n').count() - 1;
            (lines > 0 && !body.contains(&b'\r') && body.len() + lines <= room)
                .then(|| replace(body, b"\n", b"\r\n"))
        },
    ),
    (
        Code::BodyLineEnds,
        "has line ends of LF: something in front made them CR and LF",
        |body, _| body.contains(&b'\r').then(|| replace(body, b"\r\n", b"\n")),
    ),
    (
        Code::BodyMark,
        "has no byte order mark in front: something in front of the layer added it",
        |body, _| body.strip_prefix(MARK).map(Cow::Borrowed),
    ),
    (
        Code::BodyMark,
        "has a byte order mark in front: something in front of the layer took it away",
        |body, _| Some([MARK, body].concat().into()),
    ),
    (
        Code::BodyPacked,
        "is unpacked: it came packed with gzip, and the sender signs it before it packs it",
        gunzip,
    ),
    (
        Code::BodyUnpacked,
        "is packed with gzip: something in front unpacked it",
        |body, room| gzip(body, room, 3),
    ),
    (
        Code::BodyUnpacked,
        "is packed with gzip: something in front unpacked it",
        |body, room| gzip(body, room, 255),
    ),
    (
        Code::BodyCharset,
        "was encoded once: something in front took its UTF-8 for Latin-1 and encoded it again",
        |body, _| latin1(body).map(Cow::Owned),
    ),
    (
        Code::BodyForm,
        "writes spaces as %20: something in front parsed the form and wrote it anew",
        |body, room| {
            let spaces = body.split(|byte| *byte == b'+').count() - 1;
            (spaces > 0 && is_form(body) && body.len() + 2 * spaces <= room)
                .then(|| replace(body, b"+", b"%20"))
        },
    ),
    (
        Code::BodyForm,
        "writes spaces as +: something in front parsed the form and wrote it anew",
        |body, _| is_form(body).then(|| replace(body, b"%20", b"+")),
    ),
];

/// The byte order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

fn trimmed(body: &[u8]) -> Option<&[u8]> {
    let end = body.strip_suffix(b"\n")?;
    Some(end.strip_suffix(b"\r").unwrap_or(end))
}

fn is_form(body: &[u8]) -> bool {
    body.contains(&b'=') && !body.contains(&b'{')
}

fn replace(body: &[u8], from: &[u8], to: &[u8]) -> Cow<'static, [u8]> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, tail)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    out.into()
}

/// The bytes of a text whose characters all are Latin-1, where some are not ASCII.
fn latin1(body: &[u8]) -> Option<Vec<u8>> {
    if body.is_ascii() {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

#[cfg(feature = "gzip")]
fn gunzip(body: &[u8], room: usize) -> Option<Cow<'_, [u8]>> {
    use std::io::Read as _;
    let mut out = Vec::new();
    let bound = u64::try_from(room).ok()?;
    let packed = body.starts_with(&[0x1f, 0x8b]).then_some(body)?;
    flate2::read::MultiGzDecoder::new(packed)
        .take(bound)
        .read_to_end(&mut out)
        .ok()?;
    Some(out.into())
}

#[cfg(not(feature = "gzip"))]
fn gunzip(_: &[u8], _: usize) -> Option<Cow<'_, [u8]>> {
    None
}

/// As most libraries pack: without a name, without a time, and with the mark of their system.
#[cfg(feature = "gzip")]
fn gzip(body: &[u8], room: usize, system: u8) -> Option<Cow<'_, [u8]>> {
    use std::io::Write as _;
    if body.len() > room / 2 {
        return None;
    }
    let mut packer = flate2::GzBuilder::new()
        .operating_system(system)
        .write(Vec::new(), flate2::Compression::default());
    packer.write_all(body).ok()?;
    packer.finish().ok().map(Cow::Owned)
}

#[cfg(not(feature = "gzip"))]
fn gzip(_: &[u8], _: usize, _: u8) -> Option<Cow<'_, [u8]>> {
    None
}
