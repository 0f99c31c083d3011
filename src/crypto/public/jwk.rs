//! JWK and JWK sets, as of RFC 7517 and RFC 7518.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::{
    crypto::public::{
        KeyKind, PublicKeyError,
        parse::{Raw, rsa},
    },
    scheme::Algorithm,
};

#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    Set { keys: Vec<Jwk> },
    Single(Box<Jwk>),
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// The keys of a JWK or a JWK set that `algorithm` can use. Others in a set are passed over.
pub(super) fn parse(
    text: &str,
    algorithm: Algorithm,
    kind: KeyKind,
) -> Result<Vec<(Option<String>, Raw)>, PublicKeyError> {
    let document = serde_json::from_str(text).map_err(|_| PublicKeyError::Form)?;
    let keys = match document {
        Document::Set { keys } => keys,
        Document::Single(key) => vec![*key],
    };
    let mut found = Vec::new();
    for key in keys {
        match key.raw(algorithm, kind) {
            Ok(raw) => found.push((key.kid, raw)),
            Err(PublicKeyError::Kind) => {}
            Err(error) => return Err(error),
        }
    }
    if found.is_empty() {
        return Err(PublicKeyError::Kind);
    }
    Ok(found)
}

impl Jwk {
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
        let signs = self.r#use.as_deref().is_none_or(|used| used == "sig")
            && self
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !fits || !names_fit || !signs {
            return Err(PublicKeyError::Kind);
        }
        match kind {
            KeyKind::Ed25519 => Ok(Raw::Ed25519(fixed(self.x.as_ref())?)),
            KeyKind::P256 => {
                let (x, y): ([u8; 32], [u8; 32]) =
                    (fixed(self.x.as_ref())?, fixed(self.y.as_ref())?);
                Ok(Raw::P256([&[4][..], &x, &y].concat()))
            }
            KeyKind::Rsa => rsa(&bytes(self.n.as_ref())?, &bytes(self.e.as_ref())?),
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

fn bytes(text: Option<&String>) -> Result<Vec<u8>, PublicKeyError> {
    let text = text.ok_or(PublicKeyError::Form)?;
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| PublicKeyError::Form)
}

fn fixed<const N: usize>(text: Option<&String>) -> Result<[u8; N], PublicKeyError> {
    bytes(text)?.try_into().map_err(|_| PublicKeyError::Form)
}
