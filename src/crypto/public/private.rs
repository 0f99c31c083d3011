//! The provider's side of a public key, for tests: keys that are made anew in each process.

#[cfg(feature = "public-key")]
use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RsaEncoding, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
#[cfg(feature = "ed25519")]
use ed25519_dalek::Signer as _;

#[cfg(feature = "public-key")]
use super::sha1_rsa;
use crate::scheme::Algorithm;

/// A private key, which signs as the provider would.
pub(crate) enum PrivateKey {
    #[cfg(feature = "ed25519")]
    Ed25519(Box<ed25519_dalek::SigningKey>),
    #[cfg(feature = "public-key")]
    P256(EcdsaKeyPair),
    #[cfg(feature = "public-key")]
    Rsa {
        pair: RsaKeyPair,
        encoding: &'static dyn RsaEncoding,
    },
    #[cfg(feature = "public-key")]
    RsaSha1(RsaKeyPair),
}

impl PrivateKey {
    /// Makes a key for `algorithm`; `None` where this build has none for it.
    #[cfg_attr(
        not(feature = "ed25519"),
        expect(unused_variables, reason = "the other kinds have their own randomness")
    )]
    pub(crate) fn make(algorithm: Algorithm, seed: [u8; 32]) -> Option<Self> {
        #[cfg(feature = "public-key")]
        let p256 = |algorithm: &'static EcdsaSigningAlgorithm| {
            EcdsaKeyPair::generate(algorithm).ok().map(Self::P256)
        };
        #[cfg(feature = "public-key")]
        let rsa_pair = || RsaKeyPair::generate(KeySize::Rsa2048).ok();
        #[cfg(feature = "public-key")]
        let rsa = |encoding: &'static dyn RsaEncoding| {
            rsa_pair().map(|pair| Self::Rsa { pair, encoding })
        };
        match algorithm.primitive() {
            #[cfg(feature = "ed25519")]
            Algorithm::Ed25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(&seed);
                Some(Self::Ed25519(Box::new(key)))
            }
            #[cfg(feature = "public-key")]
            Algorithm::EcdsaP256Sha256 => p256(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            #[cfg(feature = "public-key")]
            Algorithm::EcdsaP256Sha256Fixed => p256(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            #[cfg(feature = "public-key")]
            Algorithm::RsaPkcs1Sha256 => rsa(&signature::RSA_PKCS1_SHA256),
            #[cfg(feature = "public-key")]
            Algorithm::RsaPkcs1Sha512 => rsa(&signature::RSA_PKCS1_SHA512),
            #[cfg(feature = "public-key")]
            Algorithm::RsaPssSha256 => rsa(&signature::RSA_PSS_SHA256),
            #[cfg(feature = "public-key")]
            Algorithm::RsaPkcs1Sha1 => rsa_pair().map(Self::RsaSha1),
            _ => None,
        }
    }

    /// The public key, in base64: of the bytes alone, or of its SPKI.
    #[cfg_attr(
        not(feature = "public-key"),
        expect(clippy::unnecessary_wraps, reason = "aws-lc-rs can fail")
    )]
    pub(crate) fn public_text(&self) -> Option<String> {
        Some(match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519(key) => STANDARD.encode(key.verifying_key().as_bytes()),
            #[cfg(feature = "public-key")]
            Self::P256(pair) => STANDARD.encode(pair.public_key().as_der().ok()?.as_ref()),
            #[cfg(feature = "public-key")]
            Self::Rsa { pair, .. } | Self::RsaSha1(pair) => {
                STANDARD.encode(pair.public_key().as_der().ok()?.as_ref())
            }
        })
    }

    /// The signature over `message`; `None` where nothing in this build signs with the algorithm.
    #[cfg_attr(
        not(feature = "public-key"),
        expect(clippy::unnecessary_wraps, reason = "aws-lc-rs can fail")
    )]
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            #[cfg(feature = "ed25519")]
            Self::Ed25519(key) => Some(key.sign(message).to_bytes().to_vec()),
            #[cfg(feature = "public-key")]
            Self::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).ok()?;
                Some(signature.as_ref().to_vec())
            }
            #[cfg(feature = "public-key")]
            Self::Rsa { pair, encoding } => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let random = SystemRandom::new();
                pair.sign(*encoding, &random, message, &mut signature)
                    .ok()?;
                Some(signature)
            }
            #[cfg(feature = "public-key")]
            Self::RsaSha1(pair) => sha1_rsa::sign(pair, message),
        }
    }
}

#[cfg(all(test, feature = "ed25519", feature = "public-key"))]
mod tests {
    use super::*;
    use crate::crypto::public::parse;

    #[test]
    fn what_it_signs_its_public_key_verifies() {
        for algorithm in [
            Algorithm::Ed25519,
            Algorithm::EcdsaP256Sha256,
            Algorithm::EcdsaP256Sha256Fixed,
            Algorithm::RsaPkcs1Sha1,
            Algorithm::RsaPkcs1Sha256,
            Algorithm::RsaPkcs1Sha512,
            Algorithm::RsaPssSha256,
        ] {
            let private = PrivateKey::make(algorithm, [7; 32]).expect("this build has them all");
            let text = private.public_text().expect("it has a text");
            let public = parse(algorithm, &text).expect("it is one of the forms");
            let signature = private.sign(b"hello").expect("it signs");
            let key = &public.first().expect("a key").key;
            assert!(key.verify(b"hello", &signature), "{algorithm:?}");
            assert!(!key.verify(b"hellO", &signature), "{algorithm:?}");
        }
        assert!(PrivateKey::make(Algorithm::HmacSha256, [7; 32]).is_none());
    }
}
