//! Signing with RSA and SHA-1, for tests: aws-lc-rs verifies it for old senders (`aws-sns-v1`, `travis-ci`), and does not
//! sign with it. The arithmetic takes its time and tells it, which is of no use to anybody: the keys are made for a test.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    signature::RsaKeyPair,
};
use sha1::{Digest as _, Sha1};

use super::der::{INTEGER, Reader, SEQUENCE};

const OCTET_STRING: u8 = 0x04;

/// What stands before the hash: the DER of `DigestInfo` with SHA-1 ([RFC 8017, 9.2](https://www.rfc-editor.org/rfc/rfc8017#section-9.2)).
const DIGEST_INFO: [u8; 15] = [
    0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
];

/// The signature of `pair` over `message`: RSASSA-PKCS1-v1_5 with SHA-1.
pub(super) fn sign(pair: &RsaKeyPair, message: &[u8]) -> Option<Vec<u8>> {
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let (modulus, exponent) = numbers(der.as_ref())?;
    let hash = Sha1::digest(message);
    let padding = modulus
        .len()
        .checked_sub(3 + DIGEST_INFO.len() + hash.len())?;
    let mut encoded = vec![0x00, 0x01];
    encoded.extend(std::iter::repeat_n(0xff, padding));
    encoded.push(0x00);
    encoded.extend(DIGEST_INFO);
    encoded.extend(hash);
    Some(Modulus::new(modulus)?.power(&encoded, exponent))
}

/// Modulus and private exponent of a key in PKCS#8.
fn numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut info = Reader(Reader(der).read(SEQUENCE)?);
    info.read(INTEGER)?;
    info.read(SEQUENCE)?;
    let mut key = Reader(Reader(info.read(OCTET_STRING)?).read(SEQUENCE)?);
    key.read(INTEGER)?;
    let modulus = key.unsigned()?;
    key.unsigned()?;
    Some((modulus, key.unsigned()?))
}

/// Montgomery's arithmetic modulo an odd number whose highest bit is set. Numbers are as long as it, the lowest limb first.
struct Modulus {
    limbs: Vec<u64>,
    /// What makes the lowest limb zero: -1/modulus, modulo 2^64.
    inverse: u64,
}

impl Modulus {
    fn new(bytes: &[u8]) -> Option<Self> {
        let limbs = limbs(bytes);
        let (lowest, highest) = (*limbs.first()?, *limbs.last()?);
        // Each step doubles the number of bits that are right, from the one that is.
        let inverse = (0..6).fold(1_u64, |inverse, _| {
            inverse.wrapping_mul(2_u64.wrapping_sub(lowest.wrapping_mul(inverse)))
        });
        let is_fit = lowest & 1 == 1 && highest >> 63 == 1;
        is_fit.then_some(Self {
            limbs,
            inverse: inverse.wrapping_neg(),
        })
    }

    /// `base` to the power of `exponent`, all with the highest byte first.
    fn power(&self, base: &[u8], exponent: &[u8]) -> Vec<u8> {
        let mut one = vec![0; self.limbs.len()];
        subtract(&mut one, &self.limbs);
        let mut square = one.clone();
        for _ in 0..self.limbs.len() * 64 {
            self.double(&mut square);
        }
        let base = self.multiply(&limbs(base), &square);
        let bits = exponent
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
        let power = bits.fold(one, |power, is_set| {
            let power = self.multiply(&power, &power);
            if is_set {
                self.multiply(&power, &base)
            } else {
                power
            }
        });
        let mut plain = vec![0; self.limbs.len()];
        if let Some(lowest) = plain.first_mut() {
            *lowest = 1;
        }
        let power = self.multiply(&power, &plain);
        power
            .iter()
            .rev()
            .flat_map(|limb| limb.to_be_bytes())
            .collect()
    }

    /// `a * b / 2^(64 * limbs)`.
    fn multiply(&self, a: &[u64], b: &[u64]) -> Vec<u64> {
        let mut sum = vec![0; self.limbs.len()];
        let mut above = 0_u64;
        for &factor in b {
            let (highest, first_over) = above.overflowing_add(add_product(&mut sum, a, factor));
            let factor = sum
                .first()
                .map_or(0, |lowest| lowest.wrapping_mul(self.inverse));
            let carry = add_product(&mut sum, &self.limbs, factor);
            let (highest, second_over) = highest.overflowing_add(carry);
            // The lowest limb is zero now.
            sum.rotate_left(1);
            if let Some(last) = sum.last_mut() {
                *last = highest;
            }
            above = u64::from(first_over) + u64::from(second_over);
        }
        self.reduce(&mut sum, above != 0);
        sum
    }

    fn double(&self, number: &mut [u64]) {
        let mut carry = 0;
        for limb in number.iter_mut() {
            let next = *limb >> 63;
            *limb = *limb << 1 | carry;
            carry = next;
        }
        self.reduce(number, carry != 0);
    }

    /// Brings a number below twice the modulus under it.
    fn reduce(&self, number: &mut [u64], has_carry: bool) {
        if has_carry || number.iter().rev().ge(self.limbs.iter().rev()) {
            subtract(number, &self.limbs);
        }
    }
}

fn limbs(bytes: &[u8]) -> Vec<u64> {
    let limb = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |limb, &byte| limb << 8 | u64::from(byte))
    };
    bytes.rchunks(8).map(limb).collect()
}

/// Adds `factor` times `number`, and gives the carry.
#[expect(clippy::cast_possible_truncation, reason = "the lower half of the sum is meant")]
fn add_product(sum: &mut [u64], number: &[u64], factor: u64) -> u64 {
    let carry = sum.iter_mut().zip(number).fold(0, |carry, (limb, &other)| {
        let sum = u128::from(*limb) + u128::from(other) * u128::from(factor) + carry;
        *limb = sum as u64;
        sum >> 64
    });
    carry as u64
}

/// What is borrowed in the end is left out.
fn subtract(number: &mut [u64], other: &[u64]) {
    number
        .iter_mut()
        .zip(other)
        .fold(false, |borrow, (limb, &other)| {
            let (difference, first) = limb.overflowing_sub(other);
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            *limb = difference;
            first || second
        });
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rsa::KeySize,
        signature::{
            KeyPair as _, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey,
        },
    };

    use super::*;

    #[test]
    fn aws_lc_verifies_what_is_signed() {
        for size in [KeySize::Rsa2048, KeySize::Rsa3072] {
            let pair = RsaKeyPair::generate(size).expect("a key");
            let public = pair.public_key().as_ref();
            let public =
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, public);
            for message in [&b""[..], b"Hello, World!"] {
                let signature = sign(&pair, message).expect("it is long enough");
                assert!(public.verify(message, &signature).is_ok(), "{message:?}");
                assert!(public.verify(b"another", &signature).is_err());
            }
        }
    }
}
