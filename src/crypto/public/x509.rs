//! The few fields of a certificate that matter here: its key, its time and its names. Its chain is not judged.

use crate::{
    crypto::public::der::{OID, Reader, SEQUENCE},
    scheme::TimeUnit,
    timestamp::Timestamp,
};

/// A certificate, as far as it is read.
#[derive(Debug)]
#[cfg_attr(
    not(any(test, feature = "remote-keys")),
    expect(dead_code, reason = "of a pasted certificate only the key counts")
)]
pub(crate) struct Certificate<'a> {
    /// The contents of its SPKI.
    pub(super) spki: &'a [u8],
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// The DNS names that it is for.
    pub(crate) names: Vec<&'a str>,
}

// ref: RFC 5280 §4.1 and §4.2.1.6.
const BOOLEAN: u8 = 0x01;
const OCTET_STRING: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;
const ISSUER_ID: u8 = 0x81;
const SUBJECT_ID: u8 = 0x82;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// Reads a certificate in DER.
pub(crate) fn read(der: &[u8]) -> Option<Certificate<'_>> {
    let mut outer = Reader(der);
    let mut certificate = Reader(outer.read(SEQUENCE)?);
    outer.end()?;
    let mut tbs = Reader(certificate.read(SEQUENCE)?);
    tbs.skip(VERSION)?;
    tbs.unsigned()?;
    let _algorithm = tbs.read(SEQUENCE)?;
    let _issuer = tbs.read(SEQUENCE)?;
    let mut validity = Reader(tbs.read(SEQUENCE)?);
    let (not_before, not_after) = (time(&mut validity)?, time(&mut validity)?);
    validity.end()?;
    let _subject = tbs.read(SEQUENCE)?;
    let spki = tbs.read(SEQUENCE)?;
    tbs.skip(ISSUER_ID)?;
    tbs.skip(SUBJECT_ID)?;
    let names = match tbs.next_tag() {
        None => Vec::new(),
        Some(_) => names(tbs.read(EXTENSIONS)?)?,
    };
    tbs.end()?;
    Some(Certificate {
        spki,
        not_before,
        not_after,
        names,
    })
}

fn names(extensions: &[u8]) -> Option<Vec<&str>> {
    let mut outer = Reader(extensions);
    let mut list = Reader(outer.read(SEQUENCE)?);
    outer.end()?;
    let mut names = Vec::new();
    while list.end().is_none() {
        let mut extension = Reader(list.read(SEQUENCE)?);
        let id = extension.read(OID)?;
        extension.skip(BOOLEAN)?;
        let value = extension.read(OCTET_STRING)?;
        if id != SUBJECT_ALT_NAME {
            continue;
        }
        let mut value = Reader(value);
        let mut general = Reader(value.read(SEQUENCE)?);
        while let Some(tag) = general.next_tag() {
            let name = general.read(tag)?;
            if tag == DNS_NAME {
                names.push(std::str::from_utf8(name).ok()?);
            }
        }
    }
    Some(names)
}

fn time(reader: &mut Reader<'_>) -> Option<Timestamp> {
    let tag = reader.next_tag()?;
    let text = std::str::from_utf8(reader.read(tag)?).ok()?;
    let full = match (tag, text.len()) {
        // ref: RFC 5280 §4.1.2.5.1: years below 50 are of this century.
        (UTC_TIME, 13) if text.as_bytes().first() < Some(&b'5') => format!("20{text}"),
        (UTC_TIME, 13) => format!("19{text}"),
        (GENERALIZED_TIME, 15) => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| full.get(from..to);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, rest) = (part(8, 10)?, part(10, 12)?, part(12, 15)?);
    TimeUnit::Rfc3339.parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::public::{der::value, parse::certificates};

    const SNS: &str = include_str!("../../../tests/keys/sns-2022.pem");

    #[test]
    fn a_real_certificate_is_read() {
        let der = certificates(SNS).expect("PEM").remove(0);
        let read = read(&der).expect("a certificate");
        assert_eq!(read.names, ["sns.amazonaws.com"]);
        let time = |text| TimeUnit::Rfc3339.parse(text).expect("a time");
        assert_eq!(read.not_before, time("2021-09-07T00:00:00Z"));
        assert_eq!(read.not_after, time("2022-08-17T23:59:59Z"));
    }

    /// As of version 1, whose certificates are for no name.
    #[test]
    fn a_certificate_may_have_no_extensions() {
        let sequence = |parts: &[&[u8]]| value(SEQUENCE, &parts.concat()).expect("it is short");
        let empty = sequence(&[]);
        let time = value(UTC_TIME, b"210907000000Z").expect("it is short");
        let serial = value(0x02, &[1]).expect("it is short");
        let validity = sequence(&[&time, &time]);
        let fields = sequence(&[&serial, &empty, &empty, &validity, &empty, &empty]);
        let der = sequence(&[&fields, &empty]);
        let read = read(&der).expect("a certificate");
        assert!(read.names.is_empty() && read.not_before == read.not_after);
    }

    #[test]
    fn a_time_has_the_century_of_its_form() {
        for (tag, text, want) in [
            (UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z")),
            (UTC_TIME, "990101000000Z", Some("1999-01-01T00:00:00Z")),
            (UTC_TIME, "700101000000Z", Some("1970-01-01T00:00:00Z")),
            (
                GENERALIZED_TIME,
                "20500101000000Z",
                Some("2050-01-01T00:00:00Z"),
            ),
            (UTC_TIME, "20500101000000Z", None),
            (GENERALIZED_TIME, "491231235959Z", None),
            (UTC_TIME, "4912312359Z", None),
        ] {
            let der = value(tag, text.as_bytes()).expect("it is short");
            let want = want.and_then(|want| TimeUnit::Rfc3339.parse(want));
            assert_eq!(time(&mut Reader(&der)), want, "{text}");
        }
        // The first year of the last century is before every Unix time, and so of no certificate.
        let der = value(UTC_TIME, b"500101000000Z").expect("it is short");
        let want = TimeUnit::Rfc3339.parse("1950-01-01T00:00:00Z");
        assert_eq!(time(&mut Reader(&der)), want);
    }

    #[test]
    fn what_is_cut_off_or_longer_is_no_certificate() {
        let der = certificates(SNS).expect("PEM").remove(0);
        for len in 0..der.len() {
            let cut = der.get(..len).expect("shorter");
            assert!(read(cut).is_none(), "{len}");
        }
        let mut longer = der.clone();
        longer.push(0);
        assert!(read(&longer).is_none());
    }

    #[test]
    fn a_changed_byte_is_read_or_refused_and_never_a_panic() {
        let der = certificates(SNS).expect("PEM").remove(0);
        for at in 0..der.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut changed = der.clone();
                *changed.get_mut(at).expect("inside") ^= mask;
                let _ = read(&changed);
            }
        }
    }
}
