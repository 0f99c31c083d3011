//! The token's text and its header: T-C1, T-D4, T-G6.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use axum_webhook::{
    Keyring, Secret, providers,
    scheme::{Algorithm, Scheme},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE},
};

use super::{delivery, genuine};
use crate::core::{
    delivery::Delivery,
    jwt::{HEADER, decode, encode, mac, token},
    samples::{secret, secret_text},
};

/// The same claims under another header, signed with the right key.
fn with_header(genuine: &Delivery, header: &str) -> Delivery {
    genuine.resigned(header, &genuine.claims().json())
}

/// The key that signed.
fn key(genuine: &Delivery) -> Vec<u8> {
    secret_text(&genuine.scheme, 1).into_bytes()
}

#[test]
fn what_an_independent_signer_makes_is_accepted() {
    // The control: what the tests below refuse is refused for what was changed.
    for genuine in genuine() {
        genuine.with_claims(|_| ()).accepted("signed by the tests");
        let [header, payload, signature] = genuine.token_parts();
        let input = format!("{header}.{payload}");
        assert_eq!(decode(&signature), mac(&key(&genuine), &input));
        assert_eq!(decode(&header), HEADER.as_bytes());
    }
}

#[test]
fn t_c1_no_other_algorithm_is_taken_from_a_header() {
    for genuine in genuine() {
        for alg in [
            "none",
            "None",
            "NONE",
            "nOnE",
            "",
            " ",
            "HS256 ",
            "hs256",
            "Hs256",
            "HS-256",
            "HS384",
            "HS512",
            "HS1",
            "RS256",
            "RS512",
            "PS256",
            "ES256",
            "EdDSA",
            "Ed25519",
            "A128KW",
            "dir",
            "HS256\\u0000",
        ] {
            let header = format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#);
            let signed = with_header(&genuine, &header);
            signed.refused_as(
                "signature-malformed",
                &format!("alg {alg:?}, signed with HS256"),
            );
            // As a verifier that believes the header wants it: without a signature.
            let payload = encode(genuine.claims().json());
            for signature in ["", "AA", &genuine.tag()] {
                let text = format!("{}.{payload}.{signature}", encode(&header));
                genuine
                    .with_token(&text)
                    .refused_as("signature-malformed", &text);
            }
        }
    }
}

#[test]
fn t_c1_an_algorithm_that_is_no_text_is_none() {
    for genuine in genuine() {
        for header in [
            "{}",
            r#"{"typ":"JWT"}"#,
            r#"{"alg":null}"#,
            r#"{"alg":256}"#,
            r#"{"alg":true}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":["none","HS256"]}"#,
            r#"{"alg":{"0":"HS256"}}"#,
            r#"{"Alg":"HS256"}"#,
            r#"{"ALG":"HS256"}"#,
            r#"{"alg":"HS256","alg":"HS256"}"#,
            r#"{"alg":"HS256","alg":"none"}"#,
            r#"{"alg":"none","alg":"HS256"}"#,
            r#"["HS256",null]"#,
            r#"["HS256",null,null,null]"#,
            r#""HS256""#,
            "HS256",
            "null",
            "",
            " ",
            r#"{"alg":"HS256"}x"#,
            r#"{"alg":"HS256",}"#,
            "{'alg':'HS256'}",
            "\u{feff}{\"alg\":\"HS256\"}",
        ] {
            with_header(&genuine, header).refused_as("signature-malformed", header);
        }
        with_header(&genuine, r#"{"alg":"HS256"}"#).accepted("without typ");
    }
}

#[test]
fn t_c1_hs384_and_hs512_are_schemes_of_their_own() {
    for (algorithm, name) in [
        (Algorithm::JwtHs384, "HS384"),
        (Algorithm::JwtHs512, "HS512"),
    ] {
        let netlify = delivery("netlify");
        let scheme = Scheme {
            algorithm,
            ..providers::netlify()
        };
        let signed = axum_webhook::sign::Draft::new(netlify.body.clone())
            .sign(&scheme, Secret::new("a secret").unwrap())
            .unwrap();
        let keyring = Keyring::new(&scheme, Secret::new("a secret").unwrap()).unwrap();
        let own = Delivery::new(name, &scheme.into(), keyring.clone(), signed, netlify.now);
        own.accepted("its own algorithm");
        // The one that signs shorter is not taken, nor the first half of a longer tag.
        for header in [HEADER.to_owned(), format!(r#"{{"alg":"{name}"}}"#)] {
            let short = token(&header, &own.claims().json(), b"a secret");
            own.with_token(&short).refused(&header);
        }
        let mut moved = netlify.with_keyring(keyring);
        moved.headers = own.headers.clone();
        moved.refused_as("signature-malformed", name);
    }
}

#[test]
fn t_c1_a_header_with_something_critical_is_refused() {
    for genuine in genuine() {
        for member in [
            r#""crit":["exp"]"#,
            r#""crit":["b64"]"#,
            r#""crit":["b64"],"b64":false"#,
            r#""crit":["http://example.com/UNDEFINED"]"#,
            r#""crit":[]"#,
            r#""crit":null"#,
            r#""crit":"""#,
            r#""crit":false"#,
            r#""b64":false"#,
            r#""b64":true"#,
            r#""b64":null"#,
            r#""b64":"false""#,
        ] {
            let header = format!(r#"{{"alg":"HS256",{member}}}"#);
            with_header(&genuine, &header).refused_as("signature-malformed", member);
        }
        // b64: false as it is meant: the payload as it is.
        let header = encode(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#);
        let claims = genuine.claims().json();
        let input = format!("{header}.{claims}");
        let text = format!("{input}.{}", encode(mac(&key(&genuine), &input)));
        genuine
            .with_token(&text)
            .refused_as("signature-malformed", "an unencoded payload");
    }
}

#[test]
fn t_d4_a_token_can_t_bring_its_own_key() {
    let other = b"a key that the token brings along";
    let jwk = format!(r#"{{"kty":"oct","k":"{}","alg":"HS256"}}"#, encode(other));
    for genuine in genuine() {
        for member in [
            format!(r#""jwk":{jwk}"#),
            r#""jku":"https://evil.example/jwks.json""#.to_owned(),
            r#""jku":"file:///dev/null""#.to_owned(),
            r#""x5u":"https://evil.example/cert.pem""#.to_owned(),
            r#""x5c":["MIIB"]"#.to_owned(),
            r#""x5t":"AAAA","x5t#S256":"AAAA""#.to_owned(),
            format!(r#""kid":{jwk:?}"#),
        ] {
            let header = format!(r#"{{"alg":"HS256",{member}}}"#);
            let claims = genuine.claims().json();
            let forged = genuine.with_token(&token(&header, &claims, other));
            forged.refused_as("mismatch", &member);
            // It says nothing: under the right key it is passed over.
            with_header(&genuine, &header).accepted(&member);
        }
    }
}

#[test]
fn t_d4_a_kid_means_nothing_where_there_is_one_kind_of_secret() {
    // No lookup by it, so nothing to traverse, inject or read a key from.
    for genuine in genuine() {
        let secrets = [(2, "theirs"), (1, "ours")]
            .map(|(number, id)| secret(&genuine.scheme, number).with_id(id));
        let keyring = Keyring::new(&genuine.scheme, secrets).unwrap();
        for kid in ["ours", "theirs", "nobody's"] {
            let header = format!(r#"{{"alg":"HS256","kid":{kid:?}}}"#);
            let named = with_header(&genuine, &header).with_keyring(keyring.clone());
            assert_eq!(named.accepted(&header).key_id(), "ours");
        }
        for kid in [
            "../../../../dev/null",
            "/dev/null",
            "' UNION SELECT 'key' --",
            "key-1",
            "key-2",
            "",
            "|whoami",
        ] {
            let header = format!(r#"{{"alg":"HS256","kid":{kid:?}}}"#);
            with_header(&genuine, &header).accepted(&header);
            for empty in [&b""[..], b"\0", kid.as_bytes()] {
                let forged = token(&header, &genuine.claims().json(), empty);
                genuine.with_token(&forged).refused_as("mismatch", &header);
            }
        }
        for kid in ["1", "true", r#"["key-1"]"#, r#"{"kid":"key-1"}"#] {
            let header = format!(r#"{{"alg":"HS256","kid":{kid}}}"#);
            with_header(&genuine, &header).refused_as("signature-malformed", kid);
        }
        let twice = r#"{"alg":"HS256","kid":"a","kid":"b"}"#;
        with_header(&genuine, twice).refused_as("signature-malformed", twice);
    }
}

#[test]
fn t_c1_a_token_has_exactly_three_parts() {
    for genuine in genuine() {
        let [header, payload, signature] = genuine.token_parts();
        for text in [
            header.clone(),
            format!("{header}.{payload}"),
            format!("{header}.{payload}."),
            format!("{header}.{signature}"),
            format!(".{payload}.{signature}"),
            format!("..{signature}"),
            format!(".{header}.{payload}.{signature}"),
            format!("{header}.{payload}.{signature}."),
            format!("{header}.{payload}.{signature}.{signature}"),
            format!("{header}.{payload}.{payload}.{signature}"),
            // As an encrypted one, which has five.
            format!("{header}.{payload}.{signature}.{signature}.{signature}"),
            format!("{header}.{payload}.{signature},{header}.{payload}.{signature}"),
            format!("Bearer {header}.{payload}.{signature}"),
            format!("bearer {header}.{payload}.{signature}"),
            format!("JWT {header}.{payload}.{signature}"),
            "...".to_owned(),
            "..".to_owned(),
            ".".to_owned(),
        ] {
            genuine.with_token(&text).refused(&text);
        }
        for (text, code) in [
            (format!("{payload}.{header}.{signature}"), "malformed"),
            (format!("{header}..{signature}"), "malformed"),
        ] {
            let error = genuine.with_token(&text).refused(&text);
            assert!(
                [code, "signature-malformed", "missing"].contains(&error.code()),
                "{error}"
            );
        }
        // As JSON: flattened, and general.
        let json = format!(
            r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#
        );
        genuine.with_token(&json).refused("the flattened JSON form");
        let json = format!(
            r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#
        );
        genuine.with_token(&json).refused("the general JSON form");
    }
}

#[test]
fn t_g6_each_part_of_a_token_has_one_spelling() {
    for genuine in genuine() {
        let parts = genuine.token_parts();
        let with_part = |at: usize, text: String| {
            let mut parts = parts.clone();
            parts[at] = text;
            genuine.with_token(&parts.join("."))
        };
        for (at, part) in parts.iter().enumerate() {
            let bytes = decode(part);
            let mut spellings = vec![
                format!("{part}="),
                format!("{part}=="),
                format!(" {part}"),
                format!("{part} "),
                format!("{part}\t"),
                format!("{} {}", &part[..4], &part[4..]),
                format!("%{:02x}{}", part.as_bytes()[0], &part[1..]),
                URL_SAFE.encode(&bytes),
                STANDARD.encode(&bytes),
                STANDARD_NO_PAD.encode(&bytes),
                encode(part),
                part.to_uppercase(),
                part.to_lowercase(),
                format!("{part}A"),
                part[..part.len() - 1].to_owned(),
            ];
            spellings.retain(|spelling| spelling != part);
            assert!(spellings.len() >= 12);
            for spelling in spellings {
                let what = format!("part {at} is {spelling}");
                with_part(at, spelling).refused(&what);
            }
        }
    }
}

#[test]
fn t_g6_another_spelling_is_no_token_under_a_signature_of_its_own_either() {
    for genuine in genuine() {
        let claims = genuine.claims().json();
        // So that there is something to pad.
        let odd = format!("{claims}{}", " ".repeat(4 - claims.len() % 3));
        for (header, payload) in [
            (URL_SAFE.encode(r#"{"alg":"HS256" }"#), encode(&claims)),
            (encode(HEADER), URL_SAFE.encode(odd)),
            (HEADER.to_owned(), encode(&claims)),
            (encode(HEADER), claims.clone()),
        ] {
            let input = format!("{header}.{payload}");
            assert!(input.contains(['=', '{']), "{input}");
            let text = format!("{input}.{}", encode(mac(&key(&genuine), &input)));
            genuine.with_token(&text).refused(&text);
        }
    }
}

#[test]
fn each_flipped_bit_of_what_the_parts_decode_to_is_refused() {
    for genuine in genuine() {
        let parts = genuine.token_parts();
        for (at, part) in parts.iter().enumerate() {
            let bytes = decode(part);
            for bit in 0..bytes.len() * 8 {
                let mut other = bytes.clone();
                other[bit / 8] ^= 1 << (bit % 8);
                let mut parts = parts.clone();
                parts[at] = encode(&other);
                let forged = genuine.with_token(&parts.join("."));
                forged.refused(&format!("bit {bit} of part {at}"));
            }
            for len in 0..bytes.len() {
                let mut parts = parts.clone();
                parts[at] = encode(&bytes[..len]);
                let forged = genuine.with_token(&parts.join("."));
                forged.refused(&format!("the first {len} bytes of part {at}"));
            }
        }
    }
}

#[test]
fn t_i10_a_token_of_any_size_gets_an_answer() {
    let netlify = delivery("netlify");
    let deep = |open: &str, close: &str, times| {
        format!(
            r#"{{"iss":"netlify","x":{}{}}}"#,
            open.repeat(times),
            close.repeat(times)
        )
    };
    for payload in [
        deep("[", "]", 100),
        deep("[", "]", 1000),
        deep(r#"{"x":"#, "}", 200),
        format!(r#"{{"x":"{}"}}"#, "a".repeat(2000)),
    ] {
        netlify
            .resigned(HEADER, &payload)
            .refused("a strange payload");
    }
    let long = netlify.with_claims(|claims| claims.push("x", format!("{:?}", "a".repeat(4000))));
    long.refused_as("too-long", "more than 4 KiB");
}
