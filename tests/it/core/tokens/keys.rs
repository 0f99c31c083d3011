//! Tokens with public keys, signed by keys that are made here: T-C1, T-D4, T-D5.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair,
        KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
    },
};
use axum_webhook::{
    Keyring, Secret, providers,
    scheme::{Algorithm, Scheme},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::core::{
    delivery::{Delivery, hex},
    jwt::{encode, token},
};

static RSA: LazyLock<rsa::KeyPair> =
    LazyLock::new(|| rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap());

static EC: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());

/// The signature over `input` with the private key that belongs to `alg`.
fn sign(alg: &str, input: &str) -> Vec<u8> {
    let random = SystemRandom::new();
    let encoding: &'static dyn RsaEncoding = match alg {
        "RS256" => &RSA_PKCS1_SHA256,
        "RS512" => &RSA_PKCS1_SHA512,
        "PS256" => &RSA_PSS_SHA256,
        "ES256" => {
            return EC
                .sign(&random, input.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec();
        }
        other => panic!("{other}"),
    };
    let mut signature = vec![0; RSA.public_modulus_len()];
    RSA.sign(encoding, &random, input.as_bytes(), &mut signature)
        .unwrap();
    signature
}

/// A token of this header and payload.
fn signed(alg: &str, header: &str, payload: &str) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    format!("{input}.{}", encode(sign(alg, &input)))
}

/// The public key of RSA as SPKI, in base64.
fn rsa_spki() -> String {
    let der: PublicKeyX509Der<'_> = RSA.public_key().as_der().unwrap();
    STANDARD.encode(der.as_ref())
}

fn ec_spki() -> String {
    let der: PublicKeyX509Der<'_> = EC.public_key().as_der().unwrap();
    STANDARD.encode(der.as_ref())
}

/// The public key of the curve as a JWK.
fn ec_jwk(kid: &str) -> String {
    let point = EC.public_key().as_ref();
    let (x, y) = (encode(&point[1..33]), encode(&point[33..]));
    format!(r#"{{"kty":"EC","crv":"P-256","kid":{kid:?},"alg":"ES256","x":"{x}","y":"{y}"}}"#)
}

/// A delivery without a token yet.
fn bare(scheme: &Scheme, key: &str) -> Delivery {
    let parts = scheme.secret_parts.iter();
    let key = parts.fold(Secret::new(key).unwrap(), |key, part| {
        key.with_part(part, format!("{part}-1")).unwrap()
    });
    super::bare(scheme, key)
}

/// SHA-256 of `{}`.
const HASH: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// A provider with what its token says; fireblocks' is detached.
struct Case {
    scheme: Scheme,
    alg: &'static str,
    claims: String,
}

fn cases() -> Vec<Case> {
    let case = |scheme, alg, claims: &str| Case {
        scheme,
        alg,
        claims: claims.to_owned(),
    };
    vec![
        case(
            providers::azure_event_grid(),
            "RS256",
            r#"{"iss":"https://sts.windows.net/tenant-1/","aud":"audience-1","appid":"4962773b-9cdb-44cf-a8bf-237846a00ab7","nbf":1700000000,"exp":1700003600}"#,
        ),
        case(
            providers::google_gemini_dynamic(),
            "RS256",
            r#"{"aud":"audience-1","exp":1700003600}"#,
        ),
        case(
            providers::google_pubsub_push(),
            "RS256",
            r#"{"iss":"https://accounts.google.com","aud":"audience-1","email":"email-1","email_verified":true,"exp":1700003600}"#,
        ),
        case(
            providers::plaid(),
            "ES256",
            &format!(r#"{{"iat":1700000000,"request_body_sha256":"{HASH}"}}"#),
        ),
    ]
}

impl Case {
    fn key_text(&self) -> String {
        if self.alg == "ES256" {
            ec_spki()
        } else {
            rsa_spki()
        }
    }

    fn bare(&self) -> Delivery {
        bare(&self.scheme, &self.key_text())
    }

    fn header(&self) -> String {
        format!(r#"{{"alg":"{}"}}"#, self.alg)
    }
}

#[test]
fn what_the_private_key_signs_the_public_key_verifies() {
    for case in cases() {
        let bare = case.bare();
        bare.with_token(&signed(case.alg, &case.header(), &case.claims))
            .accepted("its own key");
        for payload in ["{}", "[]", ""] {
            bare.with_token(&signed(case.alg, &case.header(), payload))
                .refused(payload);
        }
    }
    // RS512 over the body.
    let fireblocks = bare(&providers::fireblocks(), &rsa_spki());
    let header = encode(r#"{"alg":"RS512"}"#);
    let signature = encode(sign("RS512", &format!("{header}.{}", encode("{}"))));
    let genuine = fireblocks.with_token(&format!("{header}..{signature}"));
    genuine.accepted("a detached token");
    genuine
        .with_body("{ }")
        .refused_as("mismatch", "another body");
    let attached = format!("{header}.{}.{signature}", encode("{}"));
    fireblocks
        .with_token(&attached)
        .refused_as("mismatch", "the payload in the token as well");
}

#[test]
fn t_c1_no_hmac_over_a_public_key_is_a_token() {
    for case in cases() {
        let bare = case.bare();
        let spki = STANDARD.decode(case.key_text()).unwrap();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            case.key_text()
        );
        let point = EC.public_key().as_ref();
        let keys: Vec<Vec<u8>> = vec![
            case.key_text().into_bytes(),
            spki.clone(),
            hex(&spki).into_bytes(),
            pem.clone().into_bytes(),
            pem.trim_end().as_bytes().to_vec(),
            RSA.public_key().as_ref().to_vec(),
            // The modulus inside it.
            RSA.public_key().as_ref()[9..265].to_vec(),
            point.to_vec(),
            point[1..].to_vec(),
            ec_jwk("k").into_bytes(),
            Vec::new(),
        ];
        for key in keys {
            for alg in [
                "HS256", "HS384", "HS512", "none", case.alg, "ES256", "RS256",
            ] {
                let header = format!(r#"{{"alg":"{alg}"}}"#);
                let forged = bare.with_token(&token(&header, &case.claims, &key));
                let want = if alg == case.alg {
                    "mismatch"
                } else {
                    "signature-malformed"
                };
                forged.refused_as(want, &format!("HMAC over {} bytes as {alg}", key.len()));
            }
        }
    }
}

#[test]
fn t_c1_a_genuine_signature_of_another_algorithm_is_refused() {
    for case in cases() {
        let bare = case.bare();
        for alg in ["RS256", "RS512", "PS256", "ES256"] {
            if alg == case.alg {
                continue;
            }
            // By its own name, and by the scheme's.
            for header in [format!(r#"{{"alg":"{alg}"}}"#), case.header()] {
                bare.with_token(&signed(alg, &header, &case.claims))
                    .refused(&format!("{alg} as {header}"));
            }
        }
    }
}

#[test]
fn t_c1_an_rs256_token_is_none_of_a_scheme_with_a_secret() {
    let scheme = super::under_hs256(providers::google_gemini_dynamic);
    let claims = r#"{"aud":"audience-1","exp":1700003600}"#;
    // The secret is the public key, by mistake.
    let bare = bare(&scheme, &rsa_spki());
    let rs256 = signed("RS256", r#"{"alg":"RS256"}"#, claims);
    bare.with_token(&rs256)
        .refused_as("signature-malformed", "RS256");
    let renamed = signed("RS256", r#"{"alg":"HS256"}"#, claims);
    bare.with_token(&renamed)
        .refused_as("mismatch", "RS256 that says HS256");
}

#[test]
fn an_ecdsa_signature_is_two_numbers_of_32_bytes() {
    let plaid = &cases()[3];
    let bare = plaid.bare();
    let input = format!("{}.{}", encode(plaid.header()), encode(&plaid.claims));
    let fixed = sign("ES256", &input);
    let with = |signature: &[u8]| bare.with_token(&format!("{input}.{}", encode(signature)));
    with(&fixed).accepted("two numbers");
    let pkcs8 = EC.to_pkcs8v1().unwrap();
    let der = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
    let der = der.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    with(der.as_ref()).refused_as("mismatch", "the form of X.509");
    for other in [
        vec![0; 64],
        [&[0; 32], &fixed[32..]].concat(),
        [&fixed[..32], &[0; 32]].concat(),
        [&fixed[32..], &fixed[..32]].concat(),
        fixed[..63].to_vec(),
        [&*fixed, &[0]].concat(),
        [&[0], &*fixed].concat(),
        vec![0xff; 64],
    ] {
        with(&other).refused_as("mismatch", &format!("{} other bytes", other.len()));
    }
    with(&[]).refused_as("signature-malformed", "no bytes");
}

#[test]
fn t_d4_a_token_can_t_bring_its_own_public_key() {
    let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = other.public_key().as_ref();
    let jwk = format!(
        r#"{{"kty":"EC","crv":"P-256","alg":"ES256","x":"{}","y":"{}"}}"#,
        encode(&point[1..33]),
        encode(&point[33..])
    );
    let plaid = &cases()[3];
    for member in [
        format!(r#""jwk":{jwk}"#),
        r#""jku":"https://evil.example/jwks.json""#.to_owned(),
        r#""x5u":"https://evil.example/cert.pem""#.to_owned(),
        r#""x5c":["MIIB"]"#.to_owned(),
        r#""kid":"https://evil.example/key""#.to_owned(),
    ] {
        let header = format!(r#"{{"alg":"ES256",{member}}}"#);
        let input = format!("{}.{}", encode(&header), encode(&plaid.claims));
        let signature = other.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        let text = format!("{input}.{}", encode(signature.as_ref()));
        plaid
            .bare()
            .with_token(&text)
            .refused_as("mismatch", &member);
        let right = signed("ES256", &header, &plaid.claims);
        plaid
            .bare()
            .with_token(&right)
            .accepted("the same member under the right key");
    }
}

#[test]
fn t_d5_a_kid_only_looks_up() {
    let plaid = &cases()[3];
    let token = |kid: &str| {
        signed(
            "ES256",
            &format!(r#"{{"alg":"ES256","kid":{kid}}}"#),
            &plaid.claims,
        )
    };
    let bare = bare(&plaid.scheme, &ec_jwk("ours"));
    let authentic = bare
        .with_token(&token(r#""ours""#))
        .accepted("the kid of the JWK");
    assert_eq!(authentic.key_id(), "ours");
    bare.with_token(&token("null")).accepted("null is none");
    bare.with_token(&signed("ES256", r#"{"alg":"ES256"}"#, &plaid.claims))
        .accepted("no kid");
    for kid in [
        "theirs",
        "Ours",
        "ours ",
        "",
        "0",
        "key-1",
        "../ours",
        "../../../../etc/passwd",
        "file:///dev/null",
        "https://evil.example/key",
        "ours' OR '1'='1",
        "'; DROP TABLE keys; --",
        "ours\\u0000",
        "*",
    ] {
        let text = token(&format!("\"{kid}\""));
        bare.with_token(&text).refused_as("unknown-key-id", kid);
    }
    for kid in ["1", "true", r#"["ours"]"#, r#"{"kid":"ours"}"#] {
        bare.with_token(&token(kid))
            .refused_as("signature-malformed", kid);
    }
    let twice = signed(
        "ES256",
        r#"{"alg":"ES256","kid":"ours","kid":"ours"}"#,
        &plaid.claims,
    );
    bare.with_token(&twice)
        .refused_as("signature-malformed", "kid twice");

    // The kid of another configured key is not this one's.
    let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let other: PublicKeyX509Der<'_> = other.public_key().as_der().unwrap();
    let keys = [
        Secret::new(ec_jwk("ours")).unwrap(),
        Secret::new(STANDARD.encode(other.as_ref()))
            .unwrap()
            .with_id("other"),
    ];
    let two = bare.with_keyring(Keyring::new(&plaid.scheme, keys).unwrap());
    two.with_token(&token(r#""ours""#))
        .accepted("the right one of two");
    two.with_token(&token(r#""other""#))
        .refused_as("mismatch", "the other of two");
}

#[test]
fn ps256_and_rs512_have_their_own_schemes() {
    for (algorithm, alg) in [
        (Algorithm::JwtPs256, "PS256"),
        (Algorithm::JwtRs512, "RS512"),
        (Algorithm::JwtRs256, "RS256"),
    ] {
        let scheme = Scheme {
            algorithm,
            ..providers::google_gemini_dynamic()
        };
        let bare = bare(&scheme, &rsa_spki());
        let claims = r#"{"aud":"audience-1","exp":1700003600}"#;
        for other in ["PS256", "RS512", "RS256"] {
            let header = format!(r#"{{"alg":"{other}"}}"#);
            let delivery = bare.with_token(&signed(other, &header, claims));
            if other == alg {
                delivery.accepted(alg);
            } else {
                delivery.refused_as("signature-malformed", other);
                let renamed = format!(r#"{{"alg":"{alg}"}}"#);
                bare.with_token(&signed(other, &renamed, claims))
                    .refused_as("mismatch", other);
            }
        }
    }
}
