//! JWK and JWK sets, as of RFC 7517 and RFC 7518.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    crypto::public::{
        KeyKind, PublicKeyError,
        parse::{Raw, rsa},
    },
    incoming::ReadError,
    json,
    scheme::Algorithm,
};

struct Jwk<'a> {
    kty: Cow<'a, str>,
    crv: Option<Cow<'a, str>>,
    kid: Option<Cow<'a, str>>,
    alg: Option<Cow<'a, str>>,
    /// Whether it is meant to verify signatures.
    verifies: bool,
    x: Option<Cow<'a, str>>,
    y: Option<Cow<'a, str>>,
    n: Option<Cow<'a, str>>,
    e: Option<Cow<'a, str>>,
}

/// The keys of a JWK or a JWK set that `algorithm` can use. Others in a set are passed over.
pub(super) fn parse(
    text: &str,
    algorithm: Algorithm,
    kind: KeyKind,
) -> Result<Vec<(Option<String>, Raw)>, PublicKeyError> {
    let mut found = Vec::new();
    for key in keys(text).map_err(|_| PublicKeyError::Form)? {
        match key.raw(algorithm, kind) {
            Ok(raw) => found.push((key.kid.map(Into::into), raw)),
            Err(PublicKeyError::Kind) => {}
            Err(error) => return Err(error),
        }
    }
    if found.is_empty() {
        return Err(PublicKeyError::Kind);
    }
    Ok(found)
}

/// The keys of a set, or the one that a text is.
fn keys(text: &str) -> Result<Vec<Jwk<'_>>, ReadError> {
    let text = json::root(text.as_bytes())?;
    match json::step(text, "keys")? {
        Some(set) => json::elements(set)?.map(Jwk::read).collect(),
        None => Ok(vec![Jwk::read(text)?]),
    }
}

impl<'a> Jwk<'a> {
    fn read(text: &'a str) -> Result<Self, ReadError> {
        if !text.starts_with('{') {
            return Err(ReadError::Malformed);
        }
        let string = |name| json::string(text, name);
        let is_for_signatures = string("use")?.is_none_or(|used| used == "sig");
        let is_for_verifying = match json::step(text, "key_ops")? {
            None | Some("null") => true,
            Some(ops) => {
                let ops: Result<Vec<_>, _> = json::elements(ops)?.map(json::text).collect();
                ops?.iter().any(|op| op == "verify")
            }
        };
        Ok(Self {
            kty: string("kty")?.ok_or(ReadError::Missing)?,
            crv: string("crv")?,
            kid: string("kid")?,
            alg: string("alg")?,
            verifies: is_for_signatures && is_for_verifying,
            x: string("x")?,
            y: string("y")?,
            n: string("n")?,
            e: string("e")?,
        })
    }

    fn raw(&self, algorithm: Algorithm, kind: KeyKind) -> Result<Raw, PublicKeyError> {
        let curve = self.crv.as_deref();
        let fits = match kind {
            KeyKind::Ed25519 => self.kty == "OKP" && curve == Some("Ed25519"),
            KeyKind::P256 => self.kty == "EC" && curve == Some("P-256"),
            KeyKind::Rsa => self.kty == "RSA",
        };
        // ref: RFC 7517 §4.4: a key that is meant for another algorithm is not for this one.
        let names_fit = self
            .alg
            .as_deref()
            .is_none_or(|alg| names(algorithm).contains(&alg));
        if !fits || !names_fit || !self.verifies {
            return Err(PublicKeyError::Kind);
        }
        match kind {
            KeyKind::Ed25519 => Ok(Raw::Ed25519(fixed(self.x.as_deref())?)),
            KeyKind::P256 => {
                let (x, y): ([u8; 32], [u8; 32]) =
                    (fixed(self.x.as_deref())?, fixed(self.y.as_deref())?);
                Ok(Raw::P256([&[4][..], &x, &y].concat()))
            }
            KeyKind::Rsa => rsa(&bytes(self.n.as_deref())?, &bytes(self.e.as_deref())?),
        }
    }
}

/// The values of `alg` that a key for `algorithm` may have.
const fn names(algorithm: Algorithm) -> &'static [&'static str] {
    match algorithm {
        // ref: RFC 9864 has the second name.
        Algorithm::Ed25519 => &["EdDSA", "Ed25519"],
        Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP256Sha256Fixed => &["ES256"],
        Algorithm::RsaPkcs1Sha256 => &["RS256"],
        Algorithm::RsaPkcs1Sha512 => &["RS512"],
        Algorithm::RsaPssSha256 => &["PS256"],
        _ => &[],
    }
}

fn bytes(text: Option<&str>) -> Result<Vec<u8>, PublicKeyError> {
    let text = text.ok_or(PublicKeyError::Form)?;
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| PublicKeyError::Form)
}

fn fixed<const N: usize>(text: Option<&str>) -> Result<[u8; N], PublicKeyError> {
    bytes(text)?.try_into().map_err(|_| PublicKeyError::Form)
}
