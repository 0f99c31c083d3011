//! Compact JWS, as of RFC 7515, with the algorithm fixed by the scheme and never by the message.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{json, scheme::Algorithm};

/// A compact JWS whose form is right; nothing is verified yet.
#[derive(Debug)]
pub(crate) struct Jws {
    header: String,
    payload: String,
    pub(crate) signature: Vec<u8>,
    /// The key that the token names. It only looks up among the configured ones.
    pub(crate) key_id: Option<String>,
}

/// What is read of the header. `jku`, `jwk`, `x5u` and `x5c` are ignored: a token can't bring its own key.
pub(crate) struct Header {
    pub(crate) alg: Option<String>,
    pub(crate) key_id: Option<String>,
    /// Whether it has `crit` or `b64`, which would change what the rest means, whatever their values.
    pub(crate) changes_meaning: bool,
}

impl Header {
    /// The header of a token, of which nothing else is looked at; `None` unless it is an object in which none of these stands twice.
    pub(crate) fn of(token: &str) -> Option<Self> {
        let decoded = decode(token.split('.').next()?)?;
        let text = str::from_utf8(&decoded).ok()?;
        // ref: RFC 7515 §4: it is an object.
        if !text.trim_ascii_start().starts_with('{') {
            return None;
        }
        let string = |name| Some(json::string(text, name).ok()?.map(Into::into));
        let has = |name| Some(json::step(text, name).ok()?.is_some());
        Some(Self {
            alg: string("alg")?,
            key_id: string("kid")?,
            changes_meaning: has("crit")? | has("b64")?,
        })
    }
}

impl Jws {
    /// Reads a token: exactly three parts, each canonical base64url without padding.
    ///
    /// `None` for any other text, for a header with another `alg` than `algorithm`'s,
    /// and for one with `crit` or `b64`, which would change what the rest means.
    pub(crate) fn parse(token: &str, algorithm: Algorithm) -> Option<Self> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let read = Header::of(header)?;
        if Some(&*read.alg?) != algorithm.jose_name() || read.changes_meaning {
            return None;
        }
        decode(payload)?;
        Some(Self {
            header: header.to_owned(),
            payload: payload.to_owned(),
            signature: decode(signature).filter(|signature| !signature.is_empty())?,
            key_id: read.key_id,
        })
    }

    /// What is signed: header and payload as they stand in the token, or with a
    /// payload that stands elsewhere, in place of the token's.
    ///
    /// `None` where a payload that stands elsewhere is in the token too.
    pub(crate) fn signing_input(&self, detached: Option<&[u8]>) -> Option<Vec<u8>> {
        let payload = match detached {
            Some(payload) if self.payload.is_empty() => encode(payload),
            None => self.payload.clone(),
            Some(_) => return None,
        };
        Some(format!("{}.{payload}", self.header).into_bytes())
    }
}

/// The payload of a token that was parsed, or is about to be. Nothing of it is verified here.
pub(crate) fn payload(token: &str) -> Option<Vec<u8>> {
    decode(token.split('.').nth(1)?)
}

/// The header of a token that is being signed.
pub(crate) fn header(algorithm: Algorithm) -> Option<String> {
    let name = algorithm.jose_name()?;
    Some(encode(
        format!(r#"{{"alg":"{name}","typ":"JWT"}}"#).as_bytes(),
    ))
}

/// A part of a token.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token with this header, read as one with HS256.
    fn with_header(text: &str) -> Option<Jws> {
        let token = format!("{}.e30.c2ln", encode(text.as_bytes()));
        Jws::parse(&token, Algorithm::JwtHs256)
    }

    #[test]
    fn a_token_has_three_parts_in_one_spelling() {
        let parse = |token: &str| Jws::parse(token, Algorithm::JwtHs256);
        // {"alg":"HS256"} {} sig
        let token = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";
        let read = parse(token).expect("it is a token");
        assert_eq!(read.signature, b"sig");
        assert_eq!(read.key_id, None);
        for other in [
            "",
            ".",
            "..",
            "...",
            "eyJhbGciOiJIUzI1NiJ9",
            "eyJhbGciOiJIUzI1NiJ9.e30",
            "eyJhbGciOiJIUzI1NiJ9.e30.",
            "eyJhbGciOiJIUzI1NiJ9..",
            ".e30.c2ln",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2ln.",
            ".eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2ln.c2ln",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2ln.c2ln.c2ln",
            // Padding, other trailing bits, the other alphabet, white space.
            "eyJhbGciOiJIUzI1NiJ9.e30=.c2ln",
            "eyJhbGciOiJIUzI1NiJ9.e31.c2ln",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2l",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2+n",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2/n",
            " eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2ln ",
            "eyJhbGciOiJIUzI1NiJ9.e30\n.c2ln",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2\tln",
            r#"{"protected":"eyJhbGciOiJIUzI1NiJ9","payload":"e30","signature":"c2ln"}"#,
        ] {
            assert!(parse(other).is_none(), "{other:?}");
        }
        // A detached one; whether it may be is asked with the payload.
        assert!(parse("eyJhbGciOiJIUzI1NiJ9..c2ln").is_some());
    }

    #[test]
    fn a_header_is_an_object_with_our_algorithm_and_nothing_critical() {
        for text in [
            r#"{"alg":"HS256"}"#,
            r#" { "alg" : "HS256" , "typ" : 1 } "#,
            r#"{"\u0061lg":"HS\u0032\u0035\u0036"}"#,
            r#"{"alg":"HS256","kid":null}"#,
            r#"{"alg":"HS256","jku":"https://evil.example","jwk":{},"x5u":1,"x5c":[]}"#,
        ] {
            let read = with_header(text).expect(text);
            assert_eq!(read.key_id, None, "{text}");
        }
        let named = with_header(r#"{"alg":"HS256","kid":"../k"}"#).expect("it is a token");
        assert_eq!(named.key_id.as_deref(), Some("../k"));
        for text in [
            "",
            "null",
            "[]",
            r#""HS256""#,
            r#"["HS256",null]"#,
            r#"["HS256",null,null,null]"#,
            r#"[{"alg":"HS256"}]"#,
            "{}",
            r#"{"alg":null}"#,
            r#"{"alg":256}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":"HS256 "}"#,
            r#"{"alg":"HS384"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"none"}"#,
            r#"{"alg":""}"#,
            r#"{"Alg":"HS256"}"#,
            r#"{"alg":"HS256","alg":"HS256"}"#,
            r#"{"alg":"none","alg":"HS256"}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
            r#"{"alg":"HS256","crit":[]}"#,
            r#"{"alg":"HS256","crit":null}"#,
            r#"{"alg":"HS256","b64":false}"#,
            r#"{"alg":"HS256","b64":true}"#,
            r#"{"alg":"HS256","b64":null}"#,
            r#"{"alg":"HS256","kid":1}"#,
            r#"{"alg":"HS256","kid":["a"]}"#,
            r#"{"alg":"HS256","kid":"a","kid":"b"}"#,
            r#"{"alg":"HS256"}{}"#,
            r#"{"alg":"HS256""#,
            "\u{feff}{\"alg\":\"HS256\"}",
        ] {
            assert!(with_header(text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_algorithm_that_signs_no_tokens_reads_none() {
        let token = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";
        for algorithm in [Algorithm::HmacSha256, Algorithm::SharedToken] {
            assert!(Jws::parse(token, algorithm).is_none(), "{algorithm}");
            assert!(header(algorithm).is_none(), "{algorithm}");
        }
    }

    #[test]
    fn what_is_signed_has_one_payload() {
        let parse = |token| Jws::parse(token, Algorithm::JwtHs256).expect("it is a token");
        let attached = parse("eyJhbGciOiJIUzI1NiJ9.e30.c2ln");
        let detached = parse("eyJhbGciOiJIUzI1NiJ9..c2ln");
        let input = |text: &str| Some(text.as_bytes().to_vec());
        assert_eq!(
            attached.signing_input(None),
            input("eyJhbGciOiJIUzI1NiJ9.e30")
        );
        assert_eq!(attached.signing_input(Some(b"{}")), None);
        assert_eq!(attached.signing_input(Some(b"")), None);
        assert_eq!(
            detached.signing_input(Some(b"{}")),
            input("eyJhbGciOiJIUzI1NiJ9.e30")
        );
        assert_eq!(detached.signing_input(None), input("eyJhbGciOiJIUzI1NiJ9."));
    }
}

#[cfg(all(test, feature = "jwt", feature = "ed25519", feature = "public-key"))]
mod wycheproof {
    use serde_json::Value;

    use super::*;
    use crate::crypto::{Hasher, Tag, public};

    /// Whether `jws` verifies under the JWK `key`, with the algorithm that the key names.
    fn verifies(jws: &str, key: &Value) -> bool {
        let member = |name: &str| key.get(name).and_then(Value::as_str);
        let algorithm = match member("alg") {
            Some("HS256") => Algorithm::JwtHs256,
            Some("RS256") => Algorithm::JwtRs256,
            Some("RS512") => Algorithm::JwtRs512,
            Some("PS256") => Algorithm::JwtPs256,
            Some("ES256") => Algorithm::JwtEs256,
            // Without a name, what the token asks for is the attack that is tried.
            None if member("kty") == Some("RSA") => Algorithm::JwtRs256,
            None if member("kty") == Some("EC") => Algorithm::JwtEs256,
            _ => return false,
        };
        let Some(token) = Jws::parse(jws, algorithm) else {
            return false;
        };
        let input = token.signing_input(None).expect("it is not detached");
        if member("kty") == Some("oct") {
            let secret = decode(member("k").expect("a secret")).expect("base64url");
            let mut hasher = Hasher::keyed(algorithm.primitive(), &secret).expect("a MAC");
            hasher.update(&input);
            return Tag::new(&token.signature).is_some_and(|tag| hasher.finish().matches(&tag));
        }
        public::parse(algorithm.primitive(), &key.to_string()).is_ok_and(|keys| {
            keys.iter()
                .any(|key| key.key.verify(&input, &token.signature))
        })
    }

    /// Valid ones that we refuse, and why.
    const STRICTER: [(&str, &[u64]); 4] = [
        (
            "RS384, PS384 and PS512: no provider uses them",
            &[264, 265, 266, 267, 320, 321, 322, 323, 325, 326, 327, 328],
        ),
        ("the key is for PS256, the token says PS384", &[346, 350]),
        ("P-521: no provider uses it", &[347, 351]),
        ("a `?` stands in the base64", &[372, 373]),
    ];

    /// Said to be invalid, but the same text as case 357, which is valid.
    const TWINS: [u64; 2] = [367, 370];

    #[test]
    #[ignore = "needs WYCHEPROOF_JWS: json_web_signature_test.json of C2SP/wycheproof; .ci/run has it"]
    fn wycheproof_json_web_signature() {
        let path = std::env::var("WYCHEPROOF_JWS").expect("WYCHEPROOF_JWS names the file");
        let text = std::fs::read_to_string(path).expect("the file can be read");
        let set: Value = serde_json::from_str(&text).expect("it is JSON");
        let (mut valid, mut invalid, mut stricter) = (0, 0, Vec::new());
        for group in set
            .get("testGroups")
            .and_then(Value::as_array)
            .expect("groups")
        {
            let key = group.get("public").or_else(|| group.get("private"));
            let key = key.expect("a key");
            for test in group["tests"].as_array().expect("tests") {
                let id = test["tcId"].as_u64().expect("an id");
                let verified = verifies(test["jws"].as_str().expect("a JWS"), key);
                if test["result"] == "valid" {
                    if verified {
                        valid += 1;
                    } else {
                        stricter.push(id);
                    }
                } else {
                    assert_eq!(verified, TWINS.contains(&id), "case {id} is invalid");
                    invalid += 1;
                }
            }
        }
        let mut expected: Vec<_> = STRICTER.iter().flat_map(|(_, ids)| *ids).copied().collect();
        expected.sort_unstable();
        assert_eq!(stricter, expected);
        assert_eq!((valid, invalid, stricter.len()), (28, 355, 18));
    }
}
