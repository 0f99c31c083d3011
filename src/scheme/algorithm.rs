//! Which cryptographic check a scheme uses.

use std::fmt;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The cryptographic check of a [`Scheme`](crate::scheme::Scheme).
///
/// It is fixed by the configuration; nothing in a request can change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC with SHA-1. Not known to be forgeable, but only where the provider has nothing better.
    HmacSha1,
    /// HMAC with SHA-224.
    HmacSha224,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-384.
    HmacSha384,
    /// HMAC with SHA-512.
    HmacSha512,
    /// **Weak**: a plain SHA-1 of a text that contains the secret.
    Sha1,
    /// **Weak**: a plain SHA-256 of a text that contains the secret. Open to
    /// length extension where the secret stands first.
    Sha256,
    /// **Weak**: a plain SHA-512 of a text that contains the secret. Open to
    /// length extension where the secret stands first.
    Sha512,
    /// **Weak**: a plain Keccak-256 (Ethereum's, not SHA3-256) of a text that contains the
    /// secret. Needs the feature `keccak`.
    Keccak256,
    /// The request repeats the secret. It says who sent it and covers no body.
    SharedToken,
    /// `user:password` in the `Authorization` header. It covers no body.
    BasicAuth,
    /// Ed25519. Needs the feature `ed25519`.
    Ed25519,
    /// ECDSA on P-256 with SHA-256, the signature in DER. Needs the feature `public-key`.
    EcdsaP256Sha256,
    /// ECDSA on P-256 with SHA-256, the signature as two numbers of 32 bytes. Needs the feature `public-key`.
    EcdsaP256Sha256Fixed,
    /// **Weak**: RSA PKCS#1 v1.5 with SHA-1. Needs the feature `public-key`.
    RsaPkcs1Sha1,
    /// RSA PKCS#1 v1.5 with SHA-256. Needs the feature `public-key`.
    RsaPkcs1Sha256,
    /// RSA PKCS#1 v1.5 with SHA-512. Needs the feature `public-key`.
    RsaPkcs1Sha512,
    /// RSA-PSS with SHA-256 and a salt of 32 bytes. Needs the feature `public-key`.
    RsaPssSha256,
    /// JWT or JWS with HS256: HMAC-SHA256. Needs the feature `jwt`.
    #[cfg_attr(feature = "serde", serde(rename = "jwt-hs256"))]
    JwtHs256,
    /// JWT or JWS with HS384. Needs the feature `jwt`.
    #[cfg_attr(feature = "serde", serde(rename = "jwt-hs384"))]
    JwtHs384,
    /// JWT or JWS with HS512. Needs the feature `jwt`.
    #[cfg_attr(feature = "serde", serde(rename = "jwt-hs512"))]
    JwtHs512,
    /// JWT or JWS with RS256: RSA PKCS#1 v1.5. Needs the features `jwt` and `public-key`.
    #[cfg_attr(feature = "serde", serde(rename = "jwt-rs256"))]
    JwtRs256,
    /// JWT or JWS with RS512. Needs the features `jwt` and `public-key`.
    #[cfg_attr(feature = "serde", serde(rename = "jwt-rs512"))]
    JwtRs512,
    /// JWT or JWS with PS256: RSA-PSS. Needs the features `jwt` and `public-key`.
    #[cfg_attr(feature = "serde", serde(rename = "jwt-ps256"))]
    JwtPs256,
    /// JWT or JWS with ES256: ECDSA on P-256. Needs the features `jwt` and `public-key`.
    #[cfg_attr(feature = "serde", serde(rename = "jwt-es256"))]
    JwtEs256,
    /// JWT or JWS with `EdDSA` on Ed25519. Needs the features `jwt` and `ed25519`.
    #[cfg_attr(feature = "serde", serde(rename = "jwt-eddsa"))]
    JwtEdDsa,
}

/// How an algorithm uses the secret and the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// A keyed MAC over the content.
    Hmac,
    /// A plain hash over a content that has the secret in it.
    KeyedHash,
    /// A signature over the content, by a private key that the provider keeps.
    PublicKey,
    /// A token that is signed itself, and says what it stands for.
    Token,
    /// The secret itself is in the request.
    Credential,
    /// Not in this build: the feature that brings it.
    Needs(&'static str),
}

impl Algorithm {
    /// The name used in TOML, logs and errors.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacSha224 => "hmac-sha224",
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha512 => "hmac-sha512",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Keccak256 => "keccak256",
            Self::SharedToken => "shared-token",
            Self::BasicAuth => "basic-auth",
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::EcdsaP256Sha256Fixed => "ecdsa-p256-sha256-fixed",
            Self::RsaPkcs1Sha1 => "rsa-pkcs1-sha1",
            Self::RsaPkcs1Sha256 => "rsa-pkcs1-sha256",
            Self::RsaPkcs1Sha512 => "rsa-pkcs1-sha512",
            Self::RsaPssSha256 => "rsa-pss-sha256",
            Self::JwtHs256 => "jwt-hs256",
            Self::JwtHs384 => "jwt-hs384",
            Self::JwtHs512 => "jwt-hs512",
            Self::JwtRs256 => "jwt-rs256",
            Self::JwtRs512 => "jwt-rs512",
            Self::JwtPs256 => "jwt-ps256",
            Self::JwtEs256 => "jwt-es256",
            Self::JwtEdDsa => "jwt-eddsa",
        }
    }

    /// Whether the check is weaker than what is usual today: a plain hash of a text
    /// with the secret in it, or a public key with SHA-1, which has collisions.
    #[must_use]
    pub const fn is_weak(self) -> bool {
        matches!(self.family(), Family::KeyedHash)
            || matches!(self, Self::Keccak256 | Self::RsaPkcs1Sha1)
    }

    /// Whether the check needs only a public key, while the provider keeps the private one.
    #[must_use]
    pub const fn has_public_key(self) -> bool {
        matches!(
            self,
            Self::Ed25519
                | Self::EcdsaP256Sha256
                | Self::EcdsaP256Sha256Fixed
                | Self::RsaPkcs1Sha1
                | Self::RsaPkcs1Sha256
                | Self::RsaPkcs1Sha512
                | Self::RsaPssSha256
                | Self::JwtRs256
                | Self::JwtRs512
                | Self::JwtPs256
                | Self::JwtEs256
                | Self::JwtEdDsa
        )
    }

    /// The feature that this build lacks for the algorithm; `None` where it lacks none.
    #[must_use]
    pub const fn needs_feature(self) -> Option<&'static str> {
        match self.family() {
            Family::Needs(feature) => Some(feature),
            _ => None,
        }
    }

    #[inline]
    pub(crate) const fn family(self) -> Family {
        match self {
            Self::HmacSha1
            | Self::HmacSha224
            | Self::HmacSha256
            | Self::HmacSha384
            | Self::HmacSha512 => Family::Hmac,
            Self::Sha1 | Self::Sha256 | Self::Sha512 => Family::KeyedHash,
            Self::Keccak256 if cfg!(feature = "keccak") => Family::KeyedHash,
            Self::Keccak256 => Family::Needs("keccak"),
            Self::SharedToken | Self::BasicAuth => Family::Credential,
            Self::Ed25519 if cfg!(feature = "ed25519") => Family::PublicKey,
            Self::Ed25519 => Family::Needs("ed25519"),
            Self::EcdsaP256Sha256
            | Self::EcdsaP256Sha256Fixed
            | Self::RsaPkcs1Sha1
            | Self::RsaPkcs1Sha256
            | Self::RsaPkcs1Sha512
            | Self::RsaPssSha256 => {
                if cfg!(feature = "public-key") {
                    Family::PublicKey
                } else {
                    Family::Needs("public-key")
                }
            }
            Self::JwtHs256
            | Self::JwtHs384
            | Self::JwtHs512
            | Self::JwtRs256
            | Self::JwtRs512
            | Self::JwtPs256
            | Self::JwtEs256
            | Self::JwtEdDsa => match self.primitive().family() {
                Family::Hmac | Family::PublicKey if cfg!(feature = "jwt") => Family::Token,
                Family::Needs(feature) if cfg!(feature = "jwt") => Family::Needs(feature),
                _ => Family::Needs("jwt"),
            },
        }
    }

    /// Whether the signature is a JWT or a JWS.
    #[inline]
    pub(crate) const fn is_jwt(self) -> bool {
        matches!(
            self,
            Self::JwtHs256
                | Self::JwtHs384
                | Self::JwtHs512
                | Self::JwtRs256
                | Self::JwtRs512
                | Self::JwtPs256
                | Self::JwtEs256
                | Self::JwtEdDsa
        )
    }

    /// The algorithm with which a token is signed; for all others, the algorithm itself.
    #[inline]
    pub(crate) const fn primitive(self) -> Self {
        match self {
            Self::JwtHs256 => Self::HmacSha256,
            Self::JwtHs384 => Self::HmacSha384,
            Self::JwtHs512 => Self::HmacSha512,
            Self::JwtRs256 => Self::RsaPkcs1Sha256,
            Self::JwtRs512 => Self::RsaPkcs1Sha512,
            Self::JwtPs256 => Self::RsaPssSha256,
            Self::JwtEs256 => Self::EcdsaP256Sha256Fixed,
            Self::JwtEdDsa => Self::Ed25519,
            other => other,
        }
    }

    /// The name that a token's header gives it as `alg`; `None` for what signs no tokens.
    pub(crate) const fn jose_name(self) -> Option<&'static str> {
        // ref: RFC 7518 §3.1, RFC 8037 §3.1.
        Some(match self {
            Self::JwtHs256 => "HS256",
            Self::JwtHs384 => "HS384",
            Self::JwtHs512 => "HS512",
            Self::JwtRs256 => "RS256",
            Self::JwtRs512 => "RS512",
            Self::JwtPs256 => "PS256",
            Self::JwtEs256 => "ES256",
            Self::JwtEdDsa => "EdDSA",
            _ => return None,
        })
    }

    /// Bytes of a signature, where every signature of this algorithm has the same length.
    #[inline]
    pub(crate) const fn tag_len(self) -> Option<usize> {
        match self {
            Self::HmacSha1 | Self::Sha1 => Some(20),
            Self::HmacSha224 => Some(28),
            Self::HmacSha256 | Self::Sha256 | Self::Keccak256 => Some(32),
            Self::HmacSha384 => Some(48),
            Self::HmacSha512 | Self::Sha512 => Some(64),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
