//! Public keys, beside the crates that verify signatures and nothing else. Keys are decoded once.

use std::hint::black_box;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self as aws, KeyPair as _},
};
use axum_webhook::{Incoming, Keyring, Secret, Timestamp, providers, scheme::Scheme, verify};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bench::deliveries;
use http::{HeaderMap, Method, Uri};
use ring::signature as ring;

use crate::{
    Paths, page,
    page::Goal,
    rounds::{Contender, Row, compare, contender},
};

const ED25519: &str = "axum-webhook, Ed25519 (Discord)";
const P256: &str = "axum-webhook, ECDSA P-256 (SendGrid)";
const RSA: &str = "axum-webhook, RSA-2048 PKCS#1 (Wise)";

/// DER in front of a key's own bytes (RFC 8410 §4, RFC 5480 §2.1.1).
const SPKI_P256: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

pub fn run(paths: &Paths) {
    let body = deliveries::body(1 << 10);
    let tables = [
        (ED25519, ed25519(&body)),
        (P256, p256(&body)),
        (RSA, rsa(&body)),
    ];
    let mut text = String::new();
    for (own, rows) in tables {
        let fastest = rows.iter().filter(|row| row.name != own);
        let fastest = fastest
            .min_by(|a, b| a.nanos().total_cmp(&b.nanos()))
            .expect("there are others");
        let goal = Goal {
            name: own,
            versus: &fastest.name,
            limit: 1.1,
        };
        text += &format!("{}{}\n", page::table(&rows), page::goals(&rows, &[goal]));
    }
    page::put(&paths.page(), "public-keys", &text);
}

fn ed25519(body: &[u8]) -> Vec<Row> {
    let pair = aws::Ed25519KeyPair::generate().expect("a key");
    let time = Timestamp::now().unix_seconds().to_string();
    let signed = [time.as_bytes(), body].concat();
    let signature = pair.sign(&signed);
    let key = pair.public_key().as_ref().to_vec();
    let headers = [
        ("x-signature-timestamp", time),
        ("x-signature-ed25519", hex::encode(&signature)),
    ];
    let dalek = ed25519_dalek::VerifyingKey::try_from(key.as_slice()).expect("a key");
    let of_dalek = ed25519_dalek::Signature::from_slice(signature.as_ref()).expect("a signature");
    compare(vec![
        contender("ed25519-dalek, verify_strict", {
            let signed = signed.clone();
            move || {
                dalek
                    .verify_strict(&signed, &of_dalek)
                    .expect("it is genuine")
            }
        }),
        by_ring(&ring::ED25519, &key, &signed, signature.as_ref()),
        by_aws(&aws::ED25519, &key, &signed, signature.as_ref()),
        ours(
            ED25519,
            providers::discord_interactions(),
            &hex::encode(&key),
            body,
            headers,
        ),
    ])
}

fn p256(body: &[u8]) -> Vec<Row> {
    let pair = aws::EcdsaKeyPair::generate(&aws::ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
    let time = Timestamp::now().unix_seconds().to_string();
    let signed = [time.as_bytes(), body].concat();
    let signature = pair
        .sign(&SystemRandom::new(), &signed)
        .expect("a signature");
    let key = pair.public_key().as_ref().to_vec();
    let spki = [hex::decode(SPKI_P256).expect("hex"), key.clone()].concat();
    let headers = [
        ("x-twilio-email-event-webhook-timestamp", time),
        (
            "x-twilio-email-event-webhook-signature",
            STANDARD.encode(&signature),
        ),
    ];
    compare(vec![
        by_ring(
            &ring::ECDSA_P256_SHA256_ASN1,
            &key,
            &signed,
            signature.as_ref(),
        ),
        by_aws(
            &aws::ECDSA_P256_SHA256_ASN1,
            &key,
            &signed,
            signature.as_ref(),
        ),
        ours(
            P256,
            providers::sendgrid(),
            &STANDARD.encode(spki),
            body,
            headers,
        ),
    ])
}

fn rsa(body: &[u8]) -> Vec<Row> {
    let pair = aws::RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let mut signature = vec![0; pair.public_modulus_len()];
    let signs = pair.sign(
        &aws::RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        body,
        &mut signature,
    );
    signs.expect("a signature");
    let key = pair.public_key().as_ref().to_vec();
    let headers = [
        ("x-signature-sha256", STANDARD.encode(&signature)),
        ("x-delivery-id", "1".to_owned()),
    ];
    compare(vec![
        by_ring(&ring::RSA_PKCS1_2048_8192_SHA256, &key, body, &signature),
        by_aws(&aws::RSA_PKCS1_2048_8192_SHA256, &key, body, &signature),
        ours(RSA, providers::wise(), &pem(&spki_rsa(&key)), body, headers),
    ])
}

fn by_ring<'a>(
    algorithm: &'static dyn ring::VerificationAlgorithm,
    key: &[u8],
    signed: &[u8],
    signature: &[u8],
) -> Contender<'a> {
    let key = ring::UnparsedPublicKey::new(algorithm, key.to_vec());
    let (signed, signature) = (signed.to_vec(), signature.to_vec());
    contender("ring", move || {
        key.verify(&signed, &signature).expect("it is genuine")
    })
}

fn by_aws<'a>(
    algorithm: &'static dyn aws::VerificationAlgorithm,
    key: &[u8],
    signed: &[u8],
    signature: &[u8],
) -> Contender<'a> {
    let key = aws::ParsedPublicKey::new(algorithm, key).expect("a key");
    let (signed, signature) = (signed.to_vec(), signature.to_vec());
    contender("aws-lc-rs", move || {
        key.verify_sig(&signed, &signature).expect("it is genuine")
    })
}

fn ours<'a, const N: usize>(
    name: &str,
    scheme: Scheme,
    key: &str,
    body: &[u8],
    headers: [(&'static str, String); N],
) -> Contender<'a> {
    let keyring =
        Keyring::new(&scheme, Secret::new(key).expect("a key")).expect("a key of this scheme");
    let header = |(name, value): (&'static str, String)| {
        (
            name.parse().expect("a name"),
            value.parse().expect("a value"),
        )
    };
    let headers: HeaderMap = headers.into_iter().map(header).collect();
    let (body, now) = (body.to_vec(), Timestamp::now());
    let uri = Uri::from_static("/webhook");
    contender(name, move || {
        let incoming = Incoming::new(&Method::POST, &uri, &headers, &body);
        black_box(verify(&incoming, &scheme, &keyring, now).expect("it is genuine"));
    })
}

/// An `RSAPublicKey` as SPKI (RFC 3279 §2.3.1).
fn spki_rsa(key: &[u8]) -> Vec<u8> {
    let algorithm = hex::decode("300d06092a864886f70d0101010500").expect("hex");
    let bits = der(0x03, &[&[0], key].concat());
    der(0x30, &[algorithm, bits].concat())
}

/// One value of DER that is between 256 and 65 535 bytes long.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len())
        .expect("not that long")
        .to_be_bytes();
    [&[tag, 0x82, len[0], len[1]], content].concat()
}

fn pem(der: &[u8]) -> String {
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der)
    )
}
