//! Public keys: every form that dashboards show goes in, yes or no comes out.

mod der;
mod jwk;
mod parse;
mod private;
#[cfg(feature = "public-key")]
mod sha1_rsa;
#[cfg(test)]
mod wycheproof;
mod x509;

use std::fmt;

use crate::scheme::Algorithm;

pub(crate) use self::{parse::parse, private::PrivateKey};
#[cfg(feature = "remote-keys")]
pub(crate) use self::{
    parse::{NamedKey, certificates, parse_certificate},
    x509::read as read_certificate,
};

/// A public key, decoded and checked once.
pub(crate) enum PublicKey {
    #[cfg(feature = "ed25519")]
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    #[cfg(feature = "public-key")]
    AwsLc(aws_lc_rs::signature::ParsedPublicKey),
}

impl PublicKey {
    /// Whether `signature` is this key's over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                // Strict: no small-order points, and only the canonical S.
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            #[cfg(feature = "public-key")]
            Self::AwsLc(key) => key.verify_sig(message, signature).is_ok(),
        }
    }
}

/// What an algorithm's keys are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Ed25519,
    P256,
    Rsa,
}

impl KeyKind {
    /// The kind of `algorithm`'s keys; `None` where it has no public key.
    pub(crate) const fn of(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::Ed25519 => Some(Self::Ed25519),
            Algorithm::EcdsaP256Sha256 | Algorithm::EcdsaP256Sha256Fixed => Some(Self::P256),
            Algorithm::RsaPkcs1Sha1
            | Algorithm::RsaPkcs1Sha256
            | Algorithm::RsaPkcs1Sha512
            | Algorithm::RsaPssSha256 => Some(Self::Rsa),
            _ => None,
        }
    }
}

/// Why a text is not a public key of the scheme. It has nothing of the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicKeyError {
    /// It is none of the forms.
    Form,
    /// It is a key of another kind.
    Kind,
    /// It is too small, or one with which anybody can sign.
    Weak,
}

impl fmt::Display for PublicKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => {
                "the public key should be PEM, also of a certificate, base64 or hex of the key or \
                 of its SPKI, `whpk_…`, a JWK or a JWK set"
            }
            Self::Kind => "the public key is of another kind than the scheme's algorithm needs",
            Self::Weak => {
                "the public key is weak: RSA needs 2048 bits and an odd exponent above 2, Ed25519 a \
                 point of full order"
            }
        })
    }
}
