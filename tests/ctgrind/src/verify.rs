//! The whole verification of a request, with a keyring that was made of undefined bytes.

use axum_webhook::{
    Incoming, Keyring, Secret, Timestamp, VerifyError, providers,
    scheme::Scheme,
    sign::Signed,
    testing::{request, sample},
    verify,
};

use crate::{
    Case, Reports,
    valgrind::{hide, quietly},
};

/// Of a form that each of these schemes takes.
const SECRET: &str = "user:the-secret";

type Provider = fn() -> Scheme;

/// Changes a delivery, whose signature stands in the header of this name.
type Change = fn(&mut Signed, &str);

pub fn cases() -> impl Iterator<Item = Case> {
    signed().chain(batches()).chain(credentials())
}

/// Schemes with a signature, which is right or nearly so.
fn signed() -> impl Iterator<Item = Case> {
    let schemes: [(Provider, &str); 4] = [
        (providers::github, "x-hub-signature-256"),
        (providers::stripe, "stripe-signature"),
        (providers::shopify, "x-shopify-hmac-sha256"),
        // The secret is hashed with the content, while the request is verified.
        (providers::hubspot_v1, "x-hubspot-signature"),
    ];
    let one: [(&str, Change, bool); 3] = [
        ("the right signature", |_, _| {}, true),
        ("its first character is wrong", wrong_first, false),
        ("its last character is wrong", wrong_last, false),
    ];
    let several: [(&str, Change, bool); 3] = [
        ("a wrong signature before the right one", wrong_before, true),
        ("a wrong signature after the right one", wrong_after, true),
        ("two wrong signatures", wrong_twice, false),
    ];
    schemes.into_iter().flat_map(move |(scheme, header)| {
        let several = if header == "stripe-signature" {
            &several[..]
        } else {
            &[]
        };
        let changes = [&one[..], several].concat();
        changes.into_iter().map(move |(name, change, genuine)| {
            case("T-B2", &scheme(), name, move || {
                let scheme = scheme();
                let mut signed = delivery(&scheme, SECRET);
                change(&mut signed, header);
                check(&scheme, &signed, genuine);
            })
        })
    })
}

/// A scheme whose items are signed one by one, which has a comparison of its own.
fn batches() -> impl Iterator<Item = Case> {
    let secrets = [
        ("the right signature", SECRET),
        ("another secret's", "another secret"),
    ];
    secrets.into_iter().map(|(name, secret)| {
        case("T-B2", &providers::adyen(), name, move || {
            let scheme = providers::adyen();
            check(&scheme, &delivery(&scheme, secret), secret == SECRET);
        })
    })
}

/// Schemes where the secret itself is presented.
///
/// valgrind knows of bytes and not of lengths. But the decision about undefined bytes has to be
/// reported for each length, and it is not where a length decided before.
fn credentials() -> impl Iterator<Item = Case> {
    let presented = [
        ("T-B2", "the right one", SECRET),
        ("T-B2", "its first byte is wrong", "User:the-secret"),
        ("T-B2", "its last byte is wrong", "user:the-secreT"),
        ("T-B4", "one byte", "u"),
        ("T-B4", "one byte short", "user:the-secre"),
        ("T-B4", "one byte long", "user:the-secrets"),
        ("T-B4", "twice as long", "user:the-secretuser:the-secret"),
    ];
    let schemes: [Provider; 2] = [providers::gitlab_token, providers::postmark];
    schemes.into_iter().flat_map(move |scheme| {
        presented.into_iter().map(move |(id, name, presented)| {
            case(id, &scheme(), name, move || {
                let scheme = scheme();
                check(&scheme, &delivery(&scheme, presented), presented == SECRET);
            })
        })
    })
}

fn case(id: &str, scheme: &Scheme, name: &str, run: impl Fn() + 'static) -> Case {
    Case {
        name: format!("{id} verify, {}: {name}", scheme.id),
        reports: Reports::Decision,
        run: Box::new(run),
    }
}

fn now() -> Timestamp {
    Timestamp::from_unix_seconds(1_700_000_000)
}

/// What somebody who has `secret` sends. Nothing here is undefined: a sender knows what they send.
fn delivery(scheme: &Scheme, secret: &str) -> Signed {
    let secret = Secret::from_bytes(secret).expect("a secret");
    sample(scheme, now())
        .sign(scheme, secret)
        .expect("a delivery")
}

/// Verifies a delivery with the secret, whose bytes are undefined.
fn check(scheme: &Scheme, signed: &Signed, genuine: bool) {
    let (head, _) = request(signed).expect("a request").into_parts();
    let incoming = Incoming::new(&head.method, &head.uri, &head.headers, &signed.body);

    let mut secret = SECRET.as_bytes().to_vec();
    hide(&mut secret);
    // Whether it is empty, blank or nothing but zeros is asked once, when the service starts.
    let keyring = quietly(|| {
        let secret = Secret::from_bytes(secret).expect("a secret");
        Keyring::new(scheme, secret).expect("a keyring")
    });

    let result = verify(&incoming, scheme, &keyring, now());
    match result {
        Ok(_) => assert!(genuine, "a forgery is accepted"),
        Err(error) => assert!(!genuine && error == VerifyError::Mismatch, "{error}"),
    }
}

fn header<'s>(signed: &'s Signed, name: &str) -> &'s str {
    signed.headers[name].to_str().expect("it is ASCII")
}

fn set_header(signed: &mut Signed, name: &str, text: &str) {
    let value = text.parse().expect("a header value");
    *signed.headers.get_mut(name).expect("it was signed") = value;
}

/// Where the signature stands in its header: behind a name or a prefix, and without base64's padding.
fn place(text: &str) -> std::ops::Range<usize> {
    let end = text.trim_end_matches('=').len();
    let start = text[..end].rfind('=').map_or(0, |at| at + 1);
    start..end
}

/// Another digit, which is canonical in hex and also as the last one of a SHA-256 in base64.
fn with_wrong(text: &str, at: usize) -> String {
    let wrong = if text[at..].starts_with('0') {
        "4"
    } else {
        "0"
    };
    format!("{}{wrong}{}", &text[..at], &text[at + 1..])
}

fn wrong_first(signed: &mut Signed, name: &str) {
    let text = header(signed, name);
    let text = with_wrong(text, place(text).start);
    set_header(signed, name, &text);
}

fn wrong_last(signed: &mut Signed, name: &str) {
    let text = header(signed, name);
    let text = with_wrong(text, place(text).end - 1);
    set_header(signed, name, &text);
}

/// A wrong entry of Stripe's list, made of the right one that the header ends with.
fn wrong_entry(text: &str) -> String {
    format!("v1={}", &with_wrong(text, place(text).start)[place(text)])
}

fn wrong_before(signed: &mut Signed, name: &str) {
    let text = header(signed, name);
    let text = format!("{},{text}", wrong_entry(text));
    set_header(signed, name, &text);
}

fn wrong_after(signed: &mut Signed, name: &str) {
    let text = header(signed, name);
    let text = format!("{text},{}", wrong_entry(text));
    set_header(signed, name, &text);
}

fn wrong_twice(signed: &mut Signed, name: &str) {
    wrong_last(signed, name);
    wrong_after(signed, name);
}
