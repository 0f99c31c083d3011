//! From the text of a dashboard to a key.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

use crate::{
    crypto::public::{
        KeyKind, PublicKey, PublicKeyError,
        der::{self, BIT_STRING, OID, Reader, SEQUENCE},
        jwk,
        x509::{self, Certificate},
    },
    scheme::{Algorithm, decode_hex_key},
};

/// A key with the id that its JWK gives it.
pub(crate) struct NamedKey {
    pub(crate) id: Option<String>,
    pub(crate) key: PublicKey,
}

/// The bytes of a key, without any wrapping.
pub(super) enum Raw {
    Ed25519([u8; 32]),
    /// An uncompressed point.
    P256(Vec<u8>),
    /// An `RSAPublicKey` in DER.
    Rsa(Vec<u8>),
}

// ref: RFC 8410 §3, RFC 5480 §2.1.1, RFC 8017 appendix A.1.
const ED25519_OID: &[u8] = &[0x2b, 0x65, 0x70];
const EC_OID: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256_OID: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const RSA_OID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Reads the key of a certificate.
#[cfg(feature = "remote-keys")]
pub(crate) fn parse_certificate(
    algorithm: Algorithm,
    certificate: &Certificate<'_>,
) -> Result<PublicKey, PublicKeyError> {
    let kind = KeyKind::of(algorithm).ok_or(PublicKeyError::Kind)?;
    build(algorithm, of_certificate(certificate, kind)?)
}

/// Reads the public keys in `text`: one, or those of a JWK set that `algorithm` can use.
pub(crate) fn parse(algorithm: Algorithm, text: &str) -> Result<Vec<NamedKey>, PublicKeyError> {
    let kind = KeyKind::of(algorithm).ok_or(PublicKeyError::Kind)?;
    raw_keys(text, algorithm, kind)?
        .into_iter()
        .map(|(id, raw)| {
            let key = build(algorithm, raw)?;
            Ok(NamedKey { id, key })
        })
        .collect()
}

fn raw_keys(
    text: &str,
    algorithm: Algorithm,
    kind: KeyKind,
) -> Result<Vec<(Option<String>, Raw)>, PublicKeyError> {
    let text = text.trim();
    if text.starts_with('{') {
        return jwk::parse(text, algorithm, kind);
    }
    if text.starts_with(CERTIFICATE) {
        // Whoever pastes a certificate vouches for it: its key counts, and its dates don't.
        let bytes = certificates(text).ok_or(PublicKeyError::Form)?;
        let first = bytes.first().and_then(|der| x509::read(der));
        return of_certificate(&first.ok_or(PublicKeyError::Form)?, kind)
            .map(|raw| vec![(None, raw)]);
    }
    let bytes = if text.starts_with("-----BEGIN ") {
        pem(text).ok_or(PublicKeyError::Form)?
    } else if let Some(text) = text.strip_prefix("whpk_") {
        base64(text).ok_or(PublicKeyError::Form)?
    } else {
        decode_hex_key(text.as_bytes())
            .filter(|bytes| !bytes.is_empty())
            .or_else(|| base64(text))
            .ok_or(PublicKeyError::Form)?
    };
    let raw = unwrap(&bytes).ok_or(PublicKeyError::Form)?;
    of_kind(raw, kind).map(|raw| vec![(None, raw)])
}

fn of_certificate(certificate: &Certificate<'_>, kind: KeyKind) -> Result<Raw, PublicKeyError> {
    of_kind(spki(certificate.spki).ok_or(PublicKeyError::Form)?, kind)
}

fn of_kind(raw: Raw, kind: KeyKind) -> Result<Raw, PublicKeyError> {
    let found = match raw {
        Raw::Ed25519(_) => KeyKind::Ed25519,
        Raw::P256(_) => KeyKind::P256,
        Raw::Rsa(_) => KeyKind::Rsa,
    };
    if found == kind {
        Ok(raw)
    } else {
        Err(PublicKeyError::Kind)
    }
}

/// The certificates in a PEM text, in DER; `None` if there is anything else in it.
pub(crate) fn certificates(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut certificates = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (body, after) = rest
            .strip_prefix(CERTIFICATE)?
            .split_once("-----END CERTIFICATE-----")?;
        certificates.push(decode_lines(body)?);
        rest = after.trim_start();
    }
    (1..=MAX_CERTIFICATES)
        .contains(&certificates.len())
        .then_some(certificates)
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The most certificates in one text: more than any chain has.
const MAX_CERTIFICATES: usize = 8;

/// The bytes between the two lines of a PEM text.
fn pem(text: &str) -> Option<Vec<u8>> {
    let (label, rest) = text.strip_prefix("-----BEGIN ")?.split_once("-----")?;
    if !matches!(label, "PUBLIC KEY" | "RSA PUBLIC KEY") {
        return None;
    }
    let (body, after) = rest.split_once(&format!("-----END {label}-----"))?;
    if !after.trim().is_empty() {
        return None;
    }
    decode_lines(body)
}

fn decode_lines(body: &str) -> Option<Vec<u8>> {
    let joined: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(joined).ok()
}

/// Base64 in any of its four spellings: a public key is no signature, and dashboards differ.
fn base64(text: &str) -> Option<Vec<u8>> {
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(text).ok())
}

/// The key inside its wrapping: raw, SPKI, or PKCS#1.
fn unwrap(bytes: &[u8]) -> Option<Raw> {
    if let Ok(point) = <[u8; 32]>::try_from(bytes) {
        return Some(Raw::Ed25519(point));
    }
    if bytes.len() == 65 && bytes.first() == Some(&4) {
        return Some(Raw::P256(bytes.to_vec()));
    }
    let mut outer = Reader(bytes);
    let sequence = outer.read(SEQUENCE)?;
    outer.end()?;
    if sequence.first() == Some(&der::INTEGER) {
        return pkcs1(bytes);
    }
    spki(sequence)
}

/// The key in the contents of an SPKI.
fn spki(contents: &[u8]) -> Option<Raw> {
    let mut spki = Reader(contents);
    let mut algorithm = Reader(spki.read(SEQUENCE)?);
    let (unused_bits, key) = spki.read(BIT_STRING)?.split_first()?;
    spki.end()?;
    if *unused_bits != 0 {
        return None;
    }
    match algorithm.read(OID)? {
        ED25519_OID => {
            algorithm.end()?;
            key.try_into().ok().map(Raw::Ed25519)
        }
        EC_OID => {
            let curve = algorithm.read(OID)?;
            algorithm.end()?;
            (curve == P256_OID && key.len() == 65).then(|| Raw::P256(key.to_vec()))
        }
        RSA_OID => pkcs1(key),
        _ => None,
    }
}

fn pkcs1(bytes: &[u8]) -> Option<Raw> {
    let mut outer = Reader(bytes);
    let mut key = Reader(outer.read(SEQUENCE)?);
    outer.end()?;
    let modulus = key.unsigned()?;
    let exponent = key.unsigned()?;
    key.end()?;
    rsa(modulus, exponent).ok()
}

/// An RSA key from its modulus and exponent.
pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Raw, PublicKeyError> {
    let numbers = [der::unsigned(modulus), der::unsigned(exponent)];
    let [Some(modulus), Some(exponent)] = numbers else {
        return Err(PublicKeyError::Form);
    };
    der::value(SEQUENCE, &[modulus, exponent].concat())
        .map(Raw::Rsa)
        .ok_or(PublicKeyError::Form)
}

fn build(algorithm: Algorithm, raw: Raw) -> Result<PublicKey, PublicKeyError> {
    match raw {
        Raw::Ed25519(bytes) => ed25519(bytes),
        Raw::P256(bytes) | Raw::Rsa(bytes) => aws_lc(algorithm, &bytes),
    }
}

#[cfg(feature = "ed25519")]
fn ed25519(bytes: [u8; 32]) -> Result<PublicKey, PublicKeyError> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| PublicKeyError::Form)?;
    if key.is_weak() {
        return Err(PublicKeyError::Weak);
    }
    Ok(PublicKey::Ed25519(Box::new(key)))
}

#[cfg(not(feature = "ed25519"))]
fn ed25519(_: [u8; 32]) -> Result<PublicKey, PublicKeyError> {
    Err(PublicKeyError::Kind)
}

#[cfg(not(feature = "public-key"))]
fn aws_lc(_: Algorithm, _: &[u8]) -> Result<PublicKey, PublicKeyError> {
    Err(PublicKeyError::Kind)
}

#[cfg(feature = "public-key")]
fn aws_lc(algorithm: Algorithm, bytes: &[u8]) -> Result<PublicKey, PublicKeyError> {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ParsedPublicKey,
        RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, VerificationAlgorithm,
    };
    let verification: &'static dyn VerificationAlgorithm = match algorithm {
        Algorithm::EcdsaP256Sha256 => &ECDSA_P256_SHA256_ASN1,
        Algorithm::EcdsaP256Sha256Fixed => &ECDSA_P256_SHA256_FIXED,
        Algorithm::RsaPkcs1Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::RsaPkcs1Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RsaPkcs1Sha512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::RsaPssSha256 => &RSA_PSS_2048_8192_SHA256,
        _ => return Err(PublicKeyError::Kind),
    };
    if KeyKind::of(algorithm) == Some(KeyKind::Rsa) && !is_strong(bytes) {
        return Err(PublicKeyError::Weak);
    }
    ParsedPublicKey::new(verification, bytes)
        .map(PublicKey::AwsLc)
        .map_err(|_| PublicKeyError::Form)
}

/// Whether an RSA key has 2048 bits, and an odd exponent above 2.
#[cfg(feature = "public-key")]
fn is_strong(bytes: &[u8]) -> bool {
    let numbers = || {
        let mut key = Reader(Reader(bytes).read(SEQUENCE)?);
        Some((key.unsigned()?, key.unsigned()?))
    };
    numbers().is_some_and(|(modulus, exponent)| {
        let odd = exponent.last().is_some_and(|byte| byte & 1 == 1);
        modulus.len() >= 256 && odd && exponent != [1]
    })
}

#[cfg(all(test, feature = "ed25519", feature = "public-key"))]
mod tests {
    use super::*;
    use crate::scheme::decode_base64;

    const ED25519: &str = include_str!("../../../tests/keys/ed25519.pem");
    const P256: &str = include_str!("../../../tests/keys/p256.pem");
    const RSA: &str = include_str!("../../../tests/keys/rsa2048.pem");

    /// Signatures of `hello` by the private halves, made with OpenSSL.
    const ED25519_SIGNATURE: &str =
        "v7W4NkZ2qdVpXkTJeJvu9lV0WvgLfCdtEwjEQHWDFnPsKZh6av2p5SnRkVaQtQWgzNW2sS4Rb7GuhXqii7qqAg==";
    const P256_SIGNATURE: &str = "MEYCIQDR57M5VgWJ2qpUr9qhy9lRQ7A7oUhfLeT2WdxkZaGSVwIhAPXL3YL6xwqdjyRFwHBG3jpHaeX01ZUaHR0j8jSpfv3c";
    const RSA_SIGNATURE: &str = "lg74ctaQAi/AYqxvR0fbzjguB7wRq6K1hwq+jHdJunHgsbBVfc8KZ0v1IrMWk1+1tSC6wvBD+YHkMrACa3dD3fXY8f9RT6Afn/YHC37anbwM5RbWwPhIYfrmuqyOvVBqIWkdXVhnMa794ew+8BWGhwqjkIeuWlk8Ia22h/6PvPcAa1NEmGLcmzJig5QE1Lj+Xer/x0L/jkf7RpfCdoTuofg4VbDOXoiIO8BcL042gT4Aqjkvj+Sh3sUBppjn5oqG3e/Xxj+Aya7pAqR1j2LX4py8TF/jLNA4C1GVQLTZmB5nn8VmgCDGylX4LInEOlk4eosgiqh0LJfTa9jEAgSg/Q==";

    const P256_SPKI: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200045c0a514cf0a70a39697593084a7b0ba0c73bebfb9e384805038ac77a71473660b3ebfe6d5185854351af8944833044725cb8b07aa20e9e13558c8931f942a086";

    #[track_caller]
    fn verifies(algorithm: Algorithm, name: &str, text: &str, signature: &str) {
        let keys = parse(algorithm, text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let signature = decode_base64(signature.as_bytes()).expect("base64");
        let key = &keys.first().expect("a key").key;
        assert!(key.verify(b"hello", &signature), "{name}");
        assert!(!key.verify(b"hellO", &signature), "{name}");
    }

    #[track_caller]
    fn refuses(algorithm: Algorithm, name: &str, text: &str, wanted: PublicKeyError) {
        assert_eq!(parse(algorithm, text).err(), Some(wanted), "{name}");
    }

    #[test]
    fn every_form_of_an_ed25519_key_is_read() {
        for (name, text) in [
            ("PEM", ED25519),
            (
                "raw, base64",
                "X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm/+6l4=",
            ),
            (
                "raw, base64 without padding",
                "X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm/+6l4",
            ),
            ("whpk_", "whpk_X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm/+6l4="),
            (
                "raw, hex",
                "5f70d8f2c26c918ecf3ecb668b0e6848f683b99c9342b8c6c0790dce6ffeea5e",
            ),
            (
                "raw, upper-case hex",
                "5F70D8F2C26C918ECF3ECB668B0E6848F683B99C9342B8C6C0790DCE6FFEEA5E",
            ),
            (
                "SPKI, base64",
                "MCowBQYDK2VwAyEAX3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm/+6l4=",
            ),
            (
                "JWK",
                r#"{"kty":"OKP","crv":"Ed25519","x":"X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm_-6l4"}"#,
            ),
            (
                "JWK with its algorithm",
                r#"{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm_-6l4"}"#,
            ),
        ] {
            verifies(Algorithm::Ed25519, name, text, ED25519_SIGNATURE);
        }
    }

    #[test]
    fn every_form_of_a_p256_key_is_read() {
        let jwk = r#"{"kty":"EC","crv":"P-256","kid":"a","x":"XApRTPCnCjlpdZMISnsLoMc76_ueOEgFA4rHenFHNmA","y":"s-v-bVGFhUNRr4lEgzBEcly4sHqiDp4TVYyJMflCoIY"}"#;
        let set = format!(
            r#"{{"keys":[{{"kty":"oct","k":"AAAA"}},{{"kty":"RSA","n":"AQAB","e":"AQAB"}},{jwk}]}}"#
        );
        for (name, text) in [
            ("PEM", P256),
            (
                "point, base64",
                "BFwKUUzwpwo5aXWTCEp7C6DHO+v7njhIBQOKx3pxRzZgs+v+bVGFhUNRr4lEgzBEcly4sHqiDp4TVYyJMflCoIY=",
            ),
            (
                "SPKI, base64",
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXApRTPCnCjlpdZMISnsLoMc76/ueOEgFA4rHenFHNmCz6/5tUYWFQ1GviUSDMERyXLiweqIOnhNVjIkx+UKghg==",
            ),
            ("SPKI, hex", P256_SPKI),
            ("JWK", jwk),
            ("JWK set", &set),
        ] {
            verifies(Algorithm::EcdsaP256Sha256, name, text, P256_SIGNATURE);
        }
        let keys = parse(Algorithm::EcdsaP256Sha256, &set).expect("the set has one");
        let ids: Vec<_> = keys.iter().map(|key| key.id.as_deref()).collect();
        assert_eq!(ids, [Some("a")]);
    }

    #[test]
    fn every_form_of_an_rsa_key_is_read() {
        for (name, text) in [
            ("PEM", RSA),
            (
                "PEM of PKCS#1",
                include_str!("../../../tests/keys/rsa2048-pkcs1.pem"),
            ),
            ("JWK", include_str!("../../../tests/keys/rsa2048.jwk")),
        ] {
            verifies(Algorithm::RsaPkcs1Sha256, name, text, RSA_SIGNATURE);
        }
        let jwk = include_str!("../../../tests/keys/rsa2048.jwk");
        for (algorithm, name) in [
            (Algorithm::RsaPkcs1Sha256, "RS256"),
            (Algorithm::RsaPkcs1Sha512, "RS512"),
            (Algorithm::RsaPssSha256, "PS256"),
        ] {
            let named = jwk.replace("RS256", name);
            assert!(parse(algorithm, &named).is_ok(), "{name}");
            let another = jwk.replace("RS256", "RS384");
            refuses(algorithm, name, &another, PublicKeyError::Kind);
        }
    }

    #[test]
    fn weak_keys_are_refused() {
        let small = include_str!("../../../tests/keys/rsa1024.pem");
        refuses(
            Algorithm::RsaPkcs1Sha256,
            "RSA of 1024 bits",
            small,
            PublicKeyError::Weak,
        );
        // The points of small order: with each of them anybody can sign.
        for point in [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ] {
            refuses(Algorithm::Ed25519, point, point, PublicKeyError::Weak);
        }
        let modulus = format!("{}w", "_".repeat(341));
        for exponent in ["AQ", "Ag", "BA"] {
            let jwk = format!(r#"{{"kty":"RSA","n":"{modulus}","e":"{exponent}"}}"#);
            refuses(
                Algorithm::RsaPkcs1Sha256,
                exponent,
                &jwk,
                PublicKeyError::Weak,
            );
        }
    }

    #[test]
    fn what_is_no_key_at_all_is_refused() {
        let bits = P256_SPKI.replace("034200", "034201");
        let unknown = P256_SPKI.replace("2a8648ce3d0201", "2a8648ce3d0202");
        for (name, text) in [
            ("more than a PEM text", format!("{P256}and more")),
            ("a bit string of no bytes", bits),
            ("the key of an algorithm that nobody knows", unknown),
        ] {
            refuses(
                Algorithm::EcdsaP256Sha256,
                name,
                &text,
                PublicKeyError::Form,
            );
        }
        let jwk = include_str!("../../../tests/keys/rsa2048.jwk");
        let set = r#"{"keys":[{"kty":"RSA","n":"?","e":"AQAB"}]}"#;
        let zero = r#"{"kty":"RSA","n":"AAAA","e":"AQAB"}"#;
        for (name, text, wanted) in [
            ("a set with a key that is none", set, PublicKeyError::Form),
            ("a modulus of zero", zero, PublicKeyError::Form),
            ("RS256 for SHA-1", jwk, PublicKeyError::Kind),
        ] {
            refuses(Algorithm::RsaPkcs1Sha1, name, text, wanted);
        }
        let error = aws_lc(Algorithm::Ed25519, &[]).err();
        assert_eq!(error, Some(PublicKeyError::Kind), "it is none of aws-lc's");
    }

    #[test]
    fn keys_of_another_kind_are_refused() {
        let p384 = include_str!("../../../tests/keys/p384.pem");
        // The P-256 key above with the name of another curve.
        let other_curve = P256_SPKI.replace("2a8648ce3d030107", "2a8648ce3d030101");
        assert_ne!(other_curve, P256_SPKI);
        let point = "X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm_-6l4";
        let okp = format!(r#"{{"kty":"OKP","crv":"X25519","x":"{point}"}}"#);
        let ed25519_as_ec = okp.replace("OKP", "EC").replace("X25519", "Ed25519");
        let ec = r#"{"kty":"EC","crv":"P-384","x":"XApRTPCnCjlpdZMISnsLoMc76_ueOEgFA4rHenFHNmA","y":"s-v-bVGFhUNRr4lEgzBEcly4sHqiDp4TVYyJMflCoIY"}"#;
        let p256_as_okp = ec.replace("EC", "OKP").replace("P-384", "P-256");
        let cut_point = format!("04{}", "00".repeat(63));
        let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (name, algorithm, text, wanted) in [
            (
                "Ed25519 for RSA",
                Algorithm::RsaPkcs1Sha256,
                ED25519,
                PublicKeyError::Kind,
            ),
            (
                "RSA for P-256",
                Algorithm::EcdsaP256Sha256,
                RSA,
                PublicKeyError::Kind,
            ),
            (
                "P-256 for Ed25519",
                Algorithm::Ed25519,
                P256,
                PublicKeyError::Kind,
            ),
            (
                "P-384",
                Algorithm::EcdsaP256Sha256,
                p384,
                PublicKeyError::Form,
            ),
            (
                "another curve",
                Algorithm::EcdsaP256Sha256,
                &other_curve,
                PublicKeyError::Form,
            ),
            (
                "a JWK of X25519",
                Algorithm::Ed25519,
                &okp,
                PublicKeyError::Kind,
            ),
            (
                "a JWK of Ed25519 that says EC",
                Algorithm::Ed25519,
                &ed25519_as_ec,
                PublicKeyError::Kind,
            ),
            (
                "a JWK of P-384",
                Algorithm::EcdsaP256Sha256,
                ec,
                PublicKeyError::Kind,
            ),
            (
                "a JWK of P-256 that says OKP",
                Algorithm::EcdsaP256Sha256,
                &p256_as_okp,
                PublicKeyError::Kind,
            ),
            (
                "a point that is cut off",
                Algorithm::RsaPkcs1Sha256,
                &cut_point,
                PublicKeyError::Form,
            ),
            (
                "a private key",
                Algorithm::RsaPkcs1Sha256,
                private,
                PublicKeyError::Form,
            ),
            (
                "text",
                Algorithm::Ed25519,
                "not a key",
                PublicKeyError::Form,
            ),
            (
                "31 bytes",
                Algorithm::Ed25519,
                &"00".repeat(31),
                PublicKeyError::Form,
            ),
            (
                "a JWK for encryption",
                Algorithm::RsaPkcs1Sha256,
                r#"{"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"}"#,
                PublicKeyError::Kind,
            ),
            (
                "an empty set",
                Algorithm::RsaPkcs1Sha256,
                r#"{"keys":[]}"#,
                PublicKeyError::Kind,
            ),
        ] {
            refuses(algorithm, name, text, wanted);
        }
    }
}
