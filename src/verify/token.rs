//! Tokens: their signature, their time, and what they must say.

use std::time::Duration;

use crate::{
    content::Reading,
    crypto::{Tag, jws::Jws},
    incoming::ReadError,
    json,
    keys::Key,
    scheme::{Claim, Family, JsonPointer, Locate, Scheme, TimestampField},
    timestamp::Timestamp,
    verify::VerifyError,
};

/// How far two clocks may be apart where the scheme has no tolerance.
const LEEWAY: Duration = Duration::from_mins(1);

/// The most digits of a time in seconds, far beyond any real one.
const MAX_DIGITS: usize = 12;

/// The digits of a time in microseconds, the longest of the units.
const MICROS_DIGITS: usize = 16;

/// The id of the key that a token with a public key names.
#[inline]
pub(super) fn key_id(
    scheme: &Scheme,
    reading: &Reading<'_>,
) -> Result<Option<String>, VerifyError> {
    if scheme.algorithm.family() != Family::Token || !scheme.algorithm.has_public_key() {
        return Ok(None);
    }
    let at = &reading.shape.signature.at;
    let text = reading
        .text(at)
        .map_err(|error| VerifyError::read("token", at, error))?;
    let jws = text
        .strip_prefix(&reading.shape.signature.prefix)
        .and_then(|token| Jws::parse(token, scheme.algorithm));
    Ok(jws.and_then(|jws| jws.key_id))
}

/// Whether the token is signed by `key`.
pub(super) fn verifies(reading: &Reading<'_>, key: &Key, jws: &Jws) -> Result<bool, VerifyError> {
    let detached = match &reading.shape.content {
        Some(content) => {
            let mut payload = Vec::new();
            reading.feed(content, None, &mut |bytes| payload.extend_from_slice(bytes))?;
            Some(payload)
        }
        None => None,
    };
    let Some(input) = jws.signing_input(detached.as_deref()) else {
        return Ok(false);
    };
    Ok(match key.hasher() {
        Some(hasher) => {
            let mut hasher = hasher.clone();
            hasher.update(&input);
            Tag::new(&jws.signature).is_some_and(|own| own.matches(&hasher.finish()))
        }
        None => key.verify(&input, &jws.signature),
    })
}

/// Checks `exp` and `nbf`, where the token has them.
///
/// They need no key, so a token that is out of its time costs no body.
pub(super) fn check_times(
    reading: &Reading<'_>,
    scheme: &Scheme,
    now: Timestamp,
) -> Result<(), VerifyError> {
    if reading.shape.content.is_some() {
        // The payload of a detached token is no set of claims.
        return Ok(());
    }
    let leeway = scheme
        .tolerance
        .map_or(LEEWAY, |tolerance| tolerance.future.duration());
    let token = Payload::read(reading)?;
    if let Some(TimestampField {
        at: Locate::Claim(at),
        unit,
    }) = &reading.shape.timestamp
        && unit.is_fixed_width()
    {
        token.number(at, MICROS_DIGITS)?;
    }
    if let Some(expires) = token.time("/exp")? {
        let since = now.saturating_duration_since(expires);
        if since > leeway {
            return Err(VerifyError::TokenExpired { since });
        }
    }
    if let Some(from) = token.time("/nbf")? {
        let ahead = from.saturating_duration_since(now);
        if ahead > leeway {
            return Err(VerifyError::TokenNotYetValid { ahead });
        }
    }
    Ok(())
}

/// Checks what the token says; its signature is known to be right.
#[inline]
pub(super) fn check_claims(reading: &Reading<'_>, key: &Key) -> Result<(), VerifyError> {
    if reading.shape.claims.is_empty() {
        return Ok(());
    }
    let token = Payload::read(reading)?;
    for claim in &reading.shape.claims {
        token.check(claim, reading, key)?;
    }
    Ok(())
}

/// What a token says.
struct Payload(Vec<u8>);

impl Payload {
    fn read(reading: &Reading<'_>) -> Result<Self, VerifyError> {
        let at = &reading.shape.signature.at;
        reading
            .token_payload()
            .map(Self)
            .map_err(|error| VerifyError::read("token", at, error))
    }

    /// The JSON text of a claim; `None` where it is missing.
    fn claim(&self, at: &JsonPointer) -> Result<Option<&str>, VerifyError> {
        let found = json::root(&self.0).and_then(|root| {
            // ref: RFC 7519 §7.2: a set of claims is an object.
            if root.starts_with('{') {
                json::at(root, at)
            } else {
                Err(ReadError::Malformed)
            }
        });
        match found {
            Ok(raw) => Ok(Some(raw)),
            Err(ReadError::Missing) => Ok(None),
            Err(error) => Err(VerifyError::read(
                "claim",
                &Locate::Claim(at.clone()),
                error,
            )),
        }
    }

    /// A time in whole seconds.
    fn time(&self, pointer: &str) -> Result<Option<Timestamp>, VerifyError> {
        let seconds = self.number(&JsonPointer::literal(pointer), MAX_DIGITS)?;
        Ok(seconds.map(Timestamp::from_unix_seconds))
    }

    /// A number of at most `max` digits. Anything else that stands there is no time, and is refused:
    /// a text or a null would otherwise switch the check off.
    fn number(&self, at: &JsonPointer, max: usize) -> Result<Option<i64>, VerifyError> {
        let Some(raw) = self.claim(at)? else {
            return Ok(None);
        };
        let digits = raw.len() <= max && raw.bytes().all(|c| c.is_ascii_digit());
        match raw.parse().ok().filter(|_| digits) {
            Some(number) => Ok(Some(number)),
            None => Err(VerifyError::TimestampMalformed {
                at: Locate::Claim(at.clone()).to_string(),
            }),
        }
    }

    fn check(&self, claim: &Claim, reading: &Reading<'_>, key: &Key) -> Result<(), VerifyError> {
        let at = || Locate::Claim(claim.at.clone());
        let raw = match self.claim(&claim.at)? {
            None if claim.unless_empty && reading.incoming.body.is_empty() => return Ok(()),
            None | Some("null") => {
                return Err(VerifyError::read("claim", &at(), ReadError::Missing));
            }
            Some(raw) => raw,
        };
        if claim.is.is_empty() {
            return Ok(());
        }
        // ref: RFC 7519 §4.1.3: an audience is one text or a list of them. A list of hashes would
        // let one token stand for several bodies.
        let values = if raw.starts_with('[') && !claim.covers_body() {
            json::elements(raw)
                .map_err(|error| VerifyError::read("claim", &at(), error))?
                .collect()
        } else {
            vec![raw]
        };
        for wanted in &claim.is {
            let mut text = Vec::new();
            reading.feed(wanted, Some(key), &mut |bytes| {
                text.extend_from_slice(bytes);
            })?;
            let is_it = |raw: &&str| {
                let whole = JsonPointer::literal("");
                json::value(raw.as_bytes(), &whole).is_ok_and(|value| value.as_bytes() == text)
            };
            if values.iter().any(is_it) {
                return Ok(());
            }
        }
        Err(VerifyError::ClaimMismatch {
            at: claim.at.to_string(),
        })
    }
}

#[cfg(all(test, feature = "jwt"))]
mod tests {
    use http::{HeaderMap, Method, Uri};

    use super::*;
    use crate::{
        crypto::{Hasher, jws},
        incoming::Incoming,
        keys::{Keyring, Secret},
        providers,
        scheme::{Algorithm, Shape},
        verify::verify,
    };

    const KEY: &str = "the secret of the test";
    const NOW: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
    const BODY: &[u8] = b"{}";

    /// A scheme of a token in a header, whose shape is changed.
    fn scheme(change: impl FnOnce(&mut Shape)) -> Scheme {
        let mut scheme = providers::netlify();
        let shape = scheme.shapes.first_mut().expect("it has one shape");
        shape.claims.clear();
        change(shape);
        scheme
    }

    /// The code of the verdict on a token that is signed with the right key.
    fn judge(scheme: &Scheme, payload: &str, body: &[u8]) -> &'static str {
        let header = jws::header(scheme.algorithm).expect("it is a JWT algorithm");
        let input = format!("{header}.{}", jws::encode(payload.as_bytes()));
        let mut hasher = Hasher::keyed(Algorithm::HmacSha256, KEY.as_bytes()).expect("a MAC");
        hasher.update(input.as_bytes());
        let token = format!("{input}.{}", jws::encode(hasher.finish().as_bytes()));
        let mut headers = HeaderMap::new();
        headers.insert("x-webhook-signature", token.parse().expect("a header"));
        let keyring = Keyring::new(scheme, Secret::new(KEY).expect("a secret")).expect("a keyring");
        let uri = Uri::from_static("/webhook");
        let incoming = Incoming::new(&Method::POST, &uri, &headers, body);
        verify(&incoming, scheme, &keyring, NOW).map_or_else(|error| error.code(), |_| "genuine")
    }

    #[track_caller]
    fn check(scheme: &Scheme, payload: &str, want: &str) {
        assert_eq!(judge(scheme, payload, BODY), want, "{payload}");
    }

    #[test]
    fn a_set_of_claims_is_an_object() {
        let scheme = scheme(|_| ());
        for payload in ["{}", " { } ", r#"{"a":[]}"#] {
            check(&scheme, payload, "genuine");
        }
        for payload in [
            "",
            "[]",
            "[{}]",
            "1",
            "null",
            r#""{}""#,
            "{}{}",
            "{",
            "\u{feff}{}",
            "x",
        ] {
            check(&scheme, payload, "malformed");
        }
    }

    #[test]
    fn a_token_with_a_time_counts_in_it_and_a_minute_around() {
        let scheme = scheme(|_| ());
        for (claims, want) in [
            (r#"{"exp":1699999940}"#, "genuine"),
            (r#"{"exp":1699999939}"#, "token-expired"),
            (r#"{"nbf":1700000060}"#, "genuine"),
            (r#"{"nbf":1700000061}"#, "token-not-yet-valid"),
            (r#"{"nbf":1700000000,"exp":999999999999}"#, "genuine"),
            (r#"{"exp":1000000000000}"#, "timestamp-malformed"),
            (r#"{"exp":null}"#, "timestamp-malformed"),
            (r#"{"nbf":"1700000000"}"#, "timestamp-malformed"),
            (r#"{"exp":1800000000,"exp":1800000000}"#, "duplicate"),
            (r#"{"iat":"whatever"}"#, "genuine"),
        ] {
            check(&scheme, claims, want);
        }
    }

    #[test]
    fn a_claim_may_be_missing_only_where_its_scheme_says_so_and_the_body_is_empty() {
        let scheme = scheme(|shape| {
            shape.claims = vec![
                Claim::present("/jti"),
                Claim {
                    unless_empty: true,
                    ..Claim::is("/hash", "{body|sha256|hex}")
                },
            ];
        });
        assert_eq!(judge(&scheme, r#"{"jti":"1"}"#, b""), "genuine");
        assert_eq!(judge(&scheme, r#"{"jti":"1"}"#, BODY), "missing");
        assert_eq!(judge(&scheme, r#"{"jti":"1","hash":null}"#, b""), "missing");
        assert_eq!(
            judge(&scheme, r#"{"jti":"1","hash":""}"#, b""),
            "claim-mismatch"
        );
        assert_eq!(judge(&scheme, "{}", b""), "missing");
    }

    #[test]
    fn a_claim_may_be_a_list_but_a_hash_of_the_body_may_not() {
        // SHA-256 of `{}`.
        let hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        let scheme = scheme(|shape| {
            shape.claims = vec![
                Claim::is("/aud", "us"),
                Claim::is("/hash", "{body|sha256|hex}"),
            ];
        });
        for (aud, claimed, want) in [
            (r#""us""#, format!("{hash:?}"), "genuine"),
            (r#"["them","us"]"#, format!("{hash:?}"), "genuine"),
            (r#"["them"]"#, format!("{hash:?}"), "claim-mismatch"),
            (r#"[["us"]]"#, format!("{hash:?}"), "claim-mismatch"),
            ("[]", format!("{hash:?}"), "claim-mismatch"),
            (r#""us""#, format!("[{hash:?}]"), "claim-mismatch"),
            (
                r#""us""#,
                format!(r#"["{}",{hash:?}]"#, "0".repeat(64)),
                "claim-mismatch",
            ),
            (
                r#""us""#,
                format!("{:?}", hash.to_uppercase()),
                "claim-mismatch",
            ),
            (r#""us""#, format!("{:?}", &hash[..63]), "claim-mismatch"),
            (r#""us""#, "null".to_owned(), "missing"),
        ] {
            check(
                &scheme,
                &format!(r#"{{"aud":{aud},"hash":{claimed}}}"#),
                want,
            );
        }
    }

    #[test]
    fn the_delivery_s_own_time_is_a_number() {
        let scheme = Scheme {
            tolerance: Some(crate::scheme::Tolerance::five_minutes()),
            ..scheme(|shape| {
                shape.timestamp = Some(TimestampField {
                    at: Locate::claim("/iat"),
                    unit: crate::scheme::TimeUnit::UnixSeconds,
                });
            })
        };
        check(&scheme, r#"{"iat":1700000000}"#, "genuine");
        check(&scheme, r#"{"iat":1700000301}"#, "future");
        check(&scheme, r#"{"iat":1699999699}"#, "stale");
        for iat in [r#""1700000000""#, "1700000000.0", "17e8", "true", "{}"] {
            let verdict = judge(&scheme, &format!(r#"{{"iat":{iat}}}"#), BODY);
            assert!(
                ["timestamp-malformed", "malformed"].contains(&verdict),
                "{iat}: {verdict}"
            );
        }
        for none in [r#"{"iat":null}"#, "{}"] {
            check(&scheme, none, "missing");
        }
        check(
            &scheme,
            r#"{"iat":1700000000,"iat":1700000000}"#,
            "duplicate",
        );
    }
}
