use super::*;
use crate::scheme::decode_base64;

const ED25519: &str = include_str!("../../../../tests/keys/ed25519.pem");
const P256: &str = include_str!("../../../../tests/keys/p256.pem");
const RSA: &str = include_str!("../../../../tests/keys/rsa2048.pem");

/// Signatures of `hello` by the private halves, made with OpenSSL.
const ED25519_SIGNATURE: &str =
    "v7W4NkZ2qdVpXkTJeJvu9lV0WvgLfCdtEwjEQHWDFnPsKZh6av2p5SnRkVaQtQWgzNW2sS4Rb7GuhXqii7qqAg==";
const P256_SIGNATURE: &str = "MEYCIQDR57M5VgWJ2qpUr9qhy9lRQ7A7oUhfLeT2WdxkZaGSVwIhAPXL3YL6xwqdjyRFwHBG3jpHaeX01ZUaHR0j8jSpfv3c";
const RSA_SIGNATURE: &str = "lg74ctaQAi/AYqxvR0fbzjguB7wRq6K1hwq+jHdJunHgsbBVfc8KZ0v1IrMWk1+1tSC6wvBD+YHkMrACa3dD3fXY8f9RT6Afn/YHC37anbwM5RbWwPhIYfrmuqyOvVBqIWkdXVhnMa794ew+8BWGhwqjkIeuWlk8Ia22h/6PvPcAa1NEmGLcmzJig5QE1Lj+Xer/x0L/jkf7RpfCdoTuofg4VbDOXoiIO8BcL042gT4Aqjkvj+Sh3sUBppjn5oqG3e/Xxj+Aya7pAqR1j2LX4py8TF/jLNA4C1GVQLTZmB5nn8VmgCDGylX4LInEOlk4eosgiqh0LJfTa9jEAgSg/Q==";

const P256_SPKI: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200045c0a514cf0a70a39697593084a7b0ba0c73bebfb9e384805038ac77a71473660b3ebfe6d5185854351af8944833044725cb8b07aa20e9e13558c8931f942a086";

#[track_caller]
fn verifies(algorithm: Algorithm, name: &str, text: &str, signature: &str) {
    let keys = parse(algorithm, text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let signature = decode_base64(signature.as_bytes()).expect("base64");
    let key = &keys.first().expect("a key").key;
    assert!(key.verify(b"hello", &signature), "{name}");
    assert!(!key.verify(b"hellO", &signature), "{name}");
}

#[track_caller]
fn refuses(algorithm: Algorithm, name: &str, text: &str, wanted: PublicKeyError) {
    assert_eq!(parse(algorithm, text).err(), Some(wanted), "{name}");
}

#[test]
fn every_form_of_an_ed25519_key_is_read() {
    for (name, text) in [
        ("PEM", ED25519),
        (
            "raw, base64",
            "X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm/+6l4=",
        ),
        (
            "raw, base64 without padding",
            "X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm/+6l4",
        ),
        ("whpk_", "whpk_X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm/+6l4="),
        (
            "raw, hex",
            "5f70d8f2c26c918ecf3ecb668b0e6848f683b99c9342b8c6c0790dce6ffeea5e",
        ),
        (
            "raw, upper-case hex",
            "5F70D8F2C26C918ECF3ECB668B0E6848F683B99C9342B8C6C0790DCE6FFEEA5E",
        ),
        (
            "SPKI, base64",
            "MCowBQYDK2VwAyEAX3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm/+6l4=",
        ),
        (
            "JWK",
            r#"{"kty":"OKP","crv":"Ed25519","x":"X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm_-6l4"}"#,
        ),
        (
            "JWK with its algorithm",
            r#"{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm_-6l4"}"#,
        ),
    ] {
        verifies(Algorithm::Ed25519, name, text, ED25519_SIGNATURE);
    }
}

/// ref: RFC 7517 §4.3.
#[test]
fn a_jwk_says_what_it_is_for() {
    let jwk = |operations: &str| {
        format!(
            r#"{{"kty":"OKP","crv":"Ed25519","key_ops":{operations},"x":"X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm_-6l4"}}"#
        )
    };
    for operations in [
        "null",
        r#"["verify"]"#,
        r#"["sign","verify"]"#,
        r#"["verify","sign"]"#,
        r#"["verify","verify"]"#,
    ] {
        let text = jwk(operations);
        verifies(Algorithm::Ed25519, operations, &text, ED25519_SIGNATURE);
    }
    for (operations, wanted) in [
        ("[]", PublicKeyError::Kind),
        (r#"["sign"]"#, PublicKeyError::Kind),
        (r#""verify""#, PublicKeyError::Form),
        (r#"["verify",1]"#, PublicKeyError::Form),
        ("{}", PublicKeyError::Form),
    ] {
        refuses(Algorithm::Ed25519, operations, &jwk(operations), wanted);
    }
}

#[test]
fn every_form_of_a_p256_key_is_read() {
    let jwk = r#"{"kty":"EC","crv":"P-256","kid":"a","x":"XApRTPCnCjlpdZMISnsLoMc76_ueOEgFA4rHenFHNmA","y":"s-v-bVGFhUNRr4lEgzBEcly4sHqiDp4TVYyJMflCoIY"}"#;
    let set = format!(
        r#"{{"keys":[{{"kty":"oct","k":"AAAA"}},{{"kty":"RSA","n":"AQAB","e":"AQAB"}},{jwk}]}}"#
    );
    for (name, text) in [
        ("PEM", P256),
        (
            "point, base64",
            "BFwKUUzwpwo5aXWTCEp7C6DHO+v7njhIBQOKx3pxRzZgs+v+bVGFhUNRr4lEgzBEcly4sHqiDp4TVYyJMflCoIY=",
        ),
        (
            "SPKI, base64",
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXApRTPCnCjlpdZMISnsLoMc76/ueOEgFA4rHenFHNmCz6/5tUYWFQ1GviUSDMERyXLiweqIOnhNVjIkx+UKghg==",
        ),
        ("SPKI, hex", P256_SPKI),
        ("JWK", jwk),
        ("JWK set", &set),
    ] {
        verifies(Algorithm::EcdsaP256Sha256, name, text, P256_SIGNATURE);
    }
    let keys = parse(Algorithm::EcdsaP256Sha256, &set).expect("the set has one");
    let ids: Vec<_> = keys.iter().map(|key| key.id.as_deref()).collect();
    assert_eq!(ids, [Some("a")]);
}

#[test]
fn every_form_of_an_rsa_key_is_read() {
    for (name, text) in [
        ("PEM", RSA),
        (
            "PEM of PKCS#1",
            include_str!("../../../../tests/keys/rsa2048-pkcs1.pem"),
        ),
        ("JWK", include_str!("../../../../tests/keys/rsa2048.jwk")),
    ] {
        verifies(Algorithm::RsaPkcs1Sha256, name, text, RSA_SIGNATURE);
    }
    let jwk = include_str!("../../../../tests/keys/rsa2048.jwk");
    for (algorithm, name) in [
        (Algorithm::RsaPkcs1Sha256, "RS256"),
        (Algorithm::RsaPkcs1Sha512, "RS512"),
        (Algorithm::RsaPssSha256, "PS256"),
    ] {
        let named = jwk.replace("RS256", name);
        assert!(parse(algorithm, &named).is_ok(), "{name}");
        let another = jwk.replace("RS256", "RS384");
        refuses(algorithm, name, &another, PublicKeyError::Kind);
    }
}

#[test]
fn weak_keys_are_refused() {
    let small = include_str!("../../../../tests/keys/rsa1024.pem");
    refuses(
        Algorithm::RsaPkcs1Sha256,
        "RSA of 1024 bits",
        small,
        PublicKeyError::Weak,
    );
    // The points of small order: with each of them anybody can sign.
    for point in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        refuses(Algorithm::Ed25519, point, point, PublicKeyError::Weak);
    }
    let modulus = format!("{}w", "_".repeat(341));
    for exponent in ["AQ", "Ag", "BA"] {
        let jwk = format!(r#"{{"kty":"RSA","n":"{modulus}","e":"{exponent}"}}"#);
        refuses(
            Algorithm::RsaPkcs1Sha256,
            exponent,
            &jwk,
            PublicKeyError::Weak,
        );
    }
}

#[test]
fn what_is_no_key_at_all_is_refused() {
    let bits = P256_SPKI.replace("034200", "034201");
    let unknown = P256_SPKI.replace("2a8648ce3d0201", "2a8648ce3d0202");
    for (name, text) in [
        ("more than a PEM text", format!("{P256}and more")),
        ("a bit string of no bytes", bits),
        ("the key of an algorithm that nobody knows", unknown),
    ] {
        refuses(
            Algorithm::EcdsaP256Sha256,
            name,
            &text,
            PublicKeyError::Form,
        );
    }
    let jwk = include_str!("../../../../tests/keys/rsa2048.jwk");
    let set = r#"{"keys":[{"kty":"RSA","n":"?","e":"AQAB"}]}"#;
    let zero = r#"{"kty":"RSA","n":"AAAA","e":"AQAB"}"#;
    for (name, text, wanted) in [
        ("a set with a key that is none", set, PublicKeyError::Form),
        ("a modulus of zero", zero, PublicKeyError::Form),
        ("RS256 for SHA-1", jwk, PublicKeyError::Kind),
    ] {
        refuses(Algorithm::RsaPkcs1Sha1, name, text, wanted);
    }
    let error = aws_lc(Algorithm::Ed25519, &[]).err();
    assert_eq!(error, Some(PublicKeyError::Kind), "it is none of aws-lc's");
}

#[test]
fn keys_of_another_kind_are_refused() {
    let p384 = include_str!("../../../../tests/keys/p384.pem");
    // The P-256 key above with the name of another curve.
    let other_curve = P256_SPKI.replace("2a8648ce3d030107", "2a8648ce3d030101");
    assert_ne!(other_curve, P256_SPKI);
    let point = "X3DY8sJskY7PPstmiw5oSPaDuZyTQrjGwHkNzm_-6l4";
    let okp = format!(r#"{{"kty":"OKP","crv":"X25519","x":"{point}"}}"#);
    let ed25519_as_ec = okp.replace("OKP", "EC").replace("X25519", "Ed25519");
    let ec = r#"{"kty":"EC","crv":"P-384","x":"XApRTPCnCjlpdZMISnsLoMc76_ueOEgFA4rHenFHNmA","y":"s-v-bVGFhUNRr4lEgzBEcly4sHqiDp4TVYyJMflCoIY"}"#;
    let p256_as_okp = ec.replace("EC", "OKP").replace("P-384", "P-256");
    let cut_point = format!("04{}", "00".repeat(63));
    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for (name, algorithm, text, wanted) in [
        (
            "Ed25519 for RSA",
            Algorithm::RsaPkcs1Sha256,
            ED25519,
            PublicKeyError::Kind,
        ),
        (
            "RSA for P-256",
            Algorithm::EcdsaP256Sha256,
            RSA,
            PublicKeyError::Kind,
        ),
        (
            "P-256 for Ed25519",
            Algorithm::Ed25519,
            P256,
            PublicKeyError::Kind,
        ),
        (
            "P-384",
            Algorithm::EcdsaP256Sha256,
            p384,
            PublicKeyError::Form,
        ),
        (
            "another curve",
            Algorithm::EcdsaP256Sha256,
            &other_curve,
            PublicKeyError::Form,
        ),
        (
            "a JWK of X25519",
            Algorithm::Ed25519,
            &okp,
            PublicKeyError::Kind,
        ),
        (
            "a JWK of Ed25519 that says EC",
            Algorithm::Ed25519,
            &ed25519_as_ec,
            PublicKeyError::Kind,
        ),
        (
            "a JWK of P-384",
            Algorithm::EcdsaP256Sha256,
            ec,
            PublicKeyError::Kind,
        ),
        (
            "a JWK of P-256 that says OKP",
            Algorithm::EcdsaP256Sha256,
            &p256_as_okp,
            PublicKeyError::Kind,
        ),
        (
            "a point that is cut off",
            Algorithm::RsaPkcs1Sha256,
            &cut_point,
            PublicKeyError::Form,
        ),
        (
            "a private key",
            Algorithm::RsaPkcs1Sha256,
            private,
            PublicKeyError::Form,
        ),
        (
            "text",
            Algorithm::Ed25519,
            "not a key",
            PublicKeyError::Form,
        ),
        (
            "31 bytes",
            Algorithm::Ed25519,
            &"00".repeat(31),
            PublicKeyError::Form,
        ),
        (
            "a JWK for encryption",
            Algorithm::RsaPkcs1Sha256,
            r#"{"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"}"#,
            PublicKeyError::Kind,
        ),
        (
            "an empty set",
            Algorithm::RsaPkcs1Sha256,
            r#"{"keys":[]}"#,
            PublicKeyError::Kind,
        ),
        (
            "a set of what is no object",
            Algorithm::RsaPkcs1Sha256,
            r#"{"keys":[["kty","RSA"]]}"#,
            PublicKeyError::Form,
        ),
    ] {
        refuses(algorithm, name, text, wanted);
    }
}
