//! Compact JWS, as of RFC 7515, with the algorithm fixed by the scheme and never by the message.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};

use crate::scheme::Algorithm;

/// The most bytes of a token that is looked at.
const MAX_LEN: usize = 16 << 10;

/// A compact JWS whose form is right; nothing is verified yet.
#[derive(Debug)]
pub(crate) struct Jws<'t> {
    /// Header and payload as they stand in the token: what is signed.
    pub(crate) signing_input: &'t str,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// The key that the token names. It only looks up among the configured ones.
    pub(crate) key_id: Option<String>,
}

/// What is read of the header. `jku`, `jwk`, `x5u` and `x5c` are ignored: a token can't bring its own key.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
    b64: Option<IgnoredAny>,
}

impl<'t> Jws<'t> {
    /// Reads a token: exactly three parts, each canonical base64url without padding.
    ///
    /// `None` for any other text, for a header with another `alg` than `algorithm`'s,
    /// and for one with `crit` or `b64`, which would change what the rest means.
    pub(crate) fn parse(token: &'t str, algorithm: Algorithm) -> Option<Self> {
        if token.len() > MAX_LEN {
            return None;
        }
        let (signing_input, signature) = token.rsplit_once('.')?;
        let (header, payload) = signing_input.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Header = serde_json::from_slice(&decode(header)?).ok()?;
        let signature = decode(signature).filter(|signature| !signature.is_empty())?;
        if Some(header.alg.as_str()) != name(algorithm)
            || header.crit.is_some()
            || header.b64.is_some()
        {
            return None;
        }
        Some(Self {
            signing_input,
            payload: decode(payload)?,
            signature,
            key_id: header.kid,
        })
    }
}

/// The `alg` of an algorithm's tokens.
const fn name(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::JwtHs256 => Some("HS256"),
        Algorithm::JwtHs384 => Some("HS384"),
        Algorithm::JwtHs512 => Some("HS512"),
        Algorithm::JwtRs256 => Some("RS256"),
        Algorithm::JwtRs512 => Some("RS512"),
        Algorithm::JwtPs256 => Some("PS256"),
        Algorithm::JwtEs256 => Some("ES256"),
        Algorithm::JwtEdDsa => Some("EdDSA"),
        _ => None,
    }
}
