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
mod tests;
