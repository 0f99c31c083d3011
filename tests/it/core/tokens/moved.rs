//! Tokens where they do not belong: detached ones, and those of another endpoint. T-C5, T-C6, T-E6.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::rc::Rc;

use axum_webhook::{Keyring, Secret, Timestamp, providers, scheme::Scheme, sign::Draft};

use super::{bare, delivery, genuine, samples};
use crate::core::{
    delivery::Delivery,
    jwt::{self, HEADER, encode, mac},
    samples::{NOW, secret},
};

/// A scheme whose token is signed over the body, which does not stand in it.
fn detached() -> Delivery {
    let scheme: Scheme = toml::from_str(
        r#"
        id = "detached"
        algorithm = "jwt-hs256"
        content = "{body}"
        signature = { at = { header = "x-jws" }, encoding = "text" }
        "#,
    )
    .unwrap();
    let body = r#"{"exp":1,"amount":7}"#;
    let key = secret(&scheme, 1);
    let signed = Draft::new(body).sign(&scheme, key.clone()).unwrap();
    let keyring = Keyring::new(&scheme, key).unwrap();
    Delivery::new("detached", &Rc::new(scheme), keyring, signed, NOW)
}

/// The key that signs the detached token.
const KEY: &[u8] = b"1-secret-of-the-test-1";

#[test]
fn a_detached_token_is_signed_over_the_body_elsewhere() {
    let genuine = detached();
    // Also where the body looks like claims of long ago: it is none.
    genuine.accepted("as it was signed");
    let [header, payload, signature] = genuine.token_parts();
    assert_eq!(payload, "");
    let body = encode(&genuine.body);
    assert_eq!(signature, encode(mac(KEY, &format!("{header}.{body}"))));
    // The same for each body, also for none.
    for body in [&b""[..], b"{}", b"\xff\0", b"a.b.c"] {
        let input = format!("{header}.{}", encode(body));
        let token = format!("{header}..{}", encode(mac(KEY, &input)));
        genuine
            .with_body(body)
            .with_token(&token)
            .accepted("a detached token");
    }
}

#[test]
fn t_e6_a_detached_token_is_of_its_body_and_header_alone() {
    let genuine = detached();
    let [header, _, signature] = genuine.token_parts();
    for bit in 0..genuine.body.len() * 8 {
        let mut body = genuine.body.clone();
        body[bit / 8] ^= 1 << (bit % 8);
        genuine
            .with_body(body)
            .refused_as("mismatch", &format!("bit {bit} of the body"));
    }
    for body in [
        &b""[..],
        b"{}",
        &[&*genuine.body, b" "].concat(),
        &genuine.body[1..],
    ] {
        genuine
            .with_body(body)
            .refused_as("mismatch", "another body");
    }
    for other in [
        r#"{"alg":"HS256"}"#,
        r#"{"typ":"JWT","alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"JWT","kid":"x"}"#,
        r#"{"alg":"HS256","typ":"JWT" }"#,
    ] {
        let token = format!("{}..{signature}", encode(other));
        genuine.with_token(&token).refused_as("mismatch", other);
    }
    let body = encode(&genuine.body);
    for (token, code) in [
        // The payload stands in the token too, and it is even the right one.
        (format!("{header}.{body}.{signature}"), "mismatch"),
        (
            format!("{header}.{}.{signature}", encode(b"{}")),
            "mismatch",
        ),
        (jwt::token(HEADER, "{}", KEY), "mismatch"),
        (
            format!("{header}..{}", encode(mac(KEY, &format!("{header}.")))),
            "mismatch",
        ),
        (format!("{header}.{signature}"), "signature-malformed"),
        (format!("{header}...{signature}"), "signature-malformed"),
        (format!("..{signature}"), "signature-malformed"),
        (format!("{header}.."), "signature-malformed"),
        (format!("{header}.=.{signature}"), "signature-malformed"),
    ] {
        genuine.with_token(&token).refused_as(code, &token);
    }
}

#[test]
fn t_c5_a_payload_can_t_move_between_token_and_body() {
    // An attached token whose payload is the body of the other scheme, and the other way.
    let genuine = detached();
    let attached = delivery("netlify");
    let [header, payload, signature] = attached.token_parts();
    let moved = genuine.with_body(jwt::decode(&payload));
    // The same bytes are signed: the scheme says where the payload stands, and that is all.
    moved
        .with_token(&format!("{header}..{signature}"))
        .accepted("detached by hand");
    moved
        .with_token(&format!("{header}.{payload}.{signature}"))
        .refused_as("mismatch", "attached");
    let error = attached
        .with_token(&format!("{header}..{signature}"))
        .refused("a detached token where claims are needed");
    assert_eq!(error.code(), "malformed");
}

#[test]
fn t_c5_a_token_of_one_provider_is_none_of_another_with_the_same_secret() {
    let mut refused = 0;
    for from in samples() {
        let token = from.delivery().token_parts().join(".");
        for to in samples() {
            if from.provider == to.provider {
                continue;
            }
            let moved = to.delivery().with_token(&token);
            moved.refused(&format!("the token of {}", from.provider));
            // With its body, too.
            let moved = moved.with_body(&*from.delivery().body);
            moved.refused(&format!("the token and the body of {}", from.provider));
            refused += 2;
        }
    }
    assert_eq!(refused, 24);
}

#[test]
fn t_h3_a_token_that_names_its_url_is_none_of_another_endpoint() {
    for provider in ["messagebird", "monday"] {
        let genuine = delivery(provider);
        for target in [
            "/webhooks/other",
            "/webhooks/in",
            "/webhooks/in?tenant=b2",
            "/webhooks/in?tenant=a1&x",
            "/",
        ] {
            genuine
                .with_uri(target)
                .unwrap()
                .refused_as("claim-mismatch", target);
        }
        for origin in [
            "https://other.example.com",
            "http://hooks.example.com",
            "https://hooks.example.com:8443",
        ] {
            let mut moved = genuine.clone();
            moved.public_url = Some(origin.parse().unwrap());
            moved.refused_as("claim-mismatch", origin);
        }
        let mut nowhere = genuine.clone();
        nowhere.public_url = None;
        nowhere.refused_as("no-public-url", "no public URL is configured");
    }
    // Where it names none, nothing but the secret tells two endpoints apart.
    for provider in ["netlify", "vonage"] {
        delivery(provider)
            .with_uri("/webhooks/other")
            .unwrap()
            .accepted("another endpoint of ours");
    }
}

#[test]
fn t_c6_a_token_is_good_for_the_scheme_s_place_only() {
    for genuine in genuine() {
        let text = genuine.signature_text();
        let mut elsewhere = genuine.clone();
        elsewhere.headers.clear();
        for name in [
            "x-jwt",
            "x-authorization",
            "cookie",
            "proxy-authorization",
            "x-vonage-webhook-auth-token",
        ] {
            elsewhere.headers.insert(name, text.parse().unwrap());
        }
        elsewhere.refused_as("missing", "in other headers");
        let target = format!("{}&token={text}&jwt={text}", genuine.uri);
        let mut in_query = genuine.with_uri(&target).unwrap();
        in_query.headers.clear();
        in_query.refused_as("missing", "in the query");
        let mut in_body = genuine.with_body(format!(r#"{{"token":"{text}"}}"#));
        in_body.headers.clear();
        in_body.refused_as("missing", "in the body");
    }
    // `Bearer` is where the scheme has it, and nowhere else.
    let vonage = delivery("vonage");
    let token = vonage.signature_text();
    for value in [
        token.clone(),
        format!("JWT {token}"),
        format!("Bearer  {token}"),
        format!("Bearer\t{token}"),
    ] {
        let name = http::header::AUTHORIZATION;
        vonage.with_header(&name, &value).unwrap().refused(&value);
    }
    let monday = delivery("monday");
    let value = format!("Bearer {}", monday.signature_text());
    let name = http::header::AUTHORIZATION;
    monday
        .with_header(&name, &value)
        .unwrap()
        .refused_as("signature-malformed", &value);
}

#[test]
fn the_token_that_vonage_publishes_covers_no_body_and_is_refused() {
    // ref: jwt/tests/test_verify_jwt.py of Vonage/vonage-python-sdk, where it shows that the signature is right.
    const SECRET: &str = "qwertyuiopasdfghjklzxcvbnm123456";
    const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM";
    let genuine = bare(&providers::vonage(), Secret::new(SECRET).unwrap())
        .with_token(TOKEN)
        .with_body("")
        .at(Timestamp::from_unix_seconds(1_697_634_680));
    // Its issuer is a web page, and it names no delivery: each by itself is enough.
    genuine.refused_as("claim-mismatch", "as published");
    let mut scheme = (*genuine.scheme).clone();
    let mut without = |name: &str| {
        scheme.shapes[0]
            .claims
            .retain(|claim| claim.at.to_string() != name);
        Delivery {
            scheme: Rc::new(scheme.clone()),
            ..genuine.clone()
        }
    };
    without("/iss").refused_as("missing", "no jti");
    without("/jti").refused_as("missing", "no payload_hash");
    // The control: nothing else is wrong with it.
    without("/payload_hash").accepted("the signature alone");
}

#[test]
fn any_of_several_secrets_verifies_and_the_first_signs() {
    for sample in samples() {
        let scheme = sample.scheme();
        let secrets = |numbers: [u8; 3]| numbers.map(|number| secret(&scheme, number));
        let rotating = sample.deliver(sample.draft(), secrets([2, 1, 3]));
        let authentic = rotating.accepted("signed with the first of three");
        assert_eq!(authentic.key_id(), "key-1");
        rotating
            .with_keyring(sample.keyring(2))
            .accepted("by the first alone");
        rotating
            .with_keyring(sample.keyring(1))
            .refused_as("mismatch", "by another");
        let both = Keyring::new(&scheme, secrets([4, 5, 2])).unwrap();
        let authentic = rotating
            .with_keyring(both)
            .accepted("by the third of three");
        assert_eq!(authentic.key_id(), "key-3");
        let text = toml::to_string(&*scheme).unwrap();
        let read: Scheme = toml::from_str(&text).unwrap();
        assert_eq!(read, *scheme, "{text}");
        let from_toml = Delivery {
            scheme: Rc::new(read),
            ..rotating.clone()
        };
        from_toml.accepted("under the scheme read from TOML");
        // Nothing of the token is in what the signer prints.
        let signed = sample
            .draft()
            .sign(&scheme, Secret::new("a secret of the test").unwrap())
            .unwrap();
        let shown = format!("{signed:?} {signed:#?}");
        for part in rotating.token_parts() {
            assert!(!shown.contains(&part), "{shown}");
        }
        assert!(!shown.contains("eyJ"), "{shown}");
    }
}
