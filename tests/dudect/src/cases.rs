//! What is measured: each case has two classes of inputs.

use std::{hint::black_box, time::Instant};

use axum_webhook::{
    Incoming, Keyring, Secret, Timestamp, VerifyError, providers,
    scheme::Scheme,
    testing::{request, sample},
    verify,
};

use self::Wrong::{First, Last};
use crate::{tag::Tag, welch::Test};

pub struct Case {
    pub name: &'static str,
    pub want: Want,
    /// Makes so many measurements.
    pub run: fn(usize, &mut Test),
}

/// What has to come of a case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Want {
    Same,
    /// It is wrong on purpose.
    Different,
    /// Both classes are one, so a difference is that of the measurement.
    Nothing,
}

pub fn all() -> [Case; 8] {
    let case = |want, name, run| Case { name, want, run };
    [
        case(
            Want::Different,
            "control: a loop that ends early, first or last byte wrong",
            |count, test| bytes(count, test, byte_by_byte),
        ),
        case(
            Want::Nothing,
            "control: verify, GitHub's HMAC, the same twice",
            |count, test| signatures(count, test, [First, First]),
        ),
        case(
            Want::Same,
            "tags of 32 bytes: first or last byte wrong",
            |count, test| tags(count, test, [|tag| tag[0] ^= 1, |tag| tag[31] ^= 1]),
        ),
        case(
            Want::Same,
            "tags of 32 bytes: equal, or one byte wrong",
            |count, test| tags(count, test, [|_| {}, |tag| tag[15] ^= 1]),
        ),
        case(
            Want::Same,
            "tags of different lengths: as long, or 9 bytes of it",
            |count, test| tags(count, test, [|tag| tag[0] ^= 1, |tag| tag.truncate(9)]),
        ),
        case(
            Want::Same,
            "verify, GitHub's HMAC: first or last digit wrong",
            |count, test| signatures(count, test, [First, Last]),
        ),
        case(
            Want::Same,
            "verify, GitLab's token: first or last byte wrong",
            |count, test| tokens(count, test, [First, Last], [TOKEN; 2]),
        ),
        case(
            Want::Same,
            "verify, GitLab's token: the secret is as long as it, or three times",
            |count, test| tokens(count, test, [First, First], [TOKEN, LONG_TOKEN]),
        ),
    ]
}

const TOKEN: &str = "the-secret-of-36-bytes-for-this-test";
const LONG_TOKEN: &str = "the-secret-of-36-bytes-for-this-testthe-secret-of-36-bytes-for-this-testthe-secret-of-36-bytes-for-this-test";

/// Which character of a text is wrong.
#[derive(Clone, Copy)]
enum Wrong {
    First,
    Last,
}

/// How many inputs are made at once, so that nothing is made near a measurement.
const BATCH: usize = 512;

/// Measures `run` with inputs of classes in a random order.
fn measure<T>(
    count: usize,
    test: &mut Test,
    mut make: impl FnMut(usize, u64) -> T,
    run: impl Fn(&T) -> bool,
) {
    let mut random = 0x5eed_u64;
    let mut batch = Vec::with_capacity(BATCH);
    for _ in 0..count.div_ceil(BATCH) {
        batch.clear();
        for _ in 0..BATCH {
            // ref: https://prng.di.unimi.it/splitmix64.c
            random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (random ^ (random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let class = usize::from(mixed >> 63 == 1);
            batch.push((class, make(class, mixed)));
        }
        for (class, input) in &batch {
            let start = Instant::now();
            black_box(run(black_box(input)));
            let time = start.elapsed();
            test.add(*class, time.as_secs_f64());
        }
    }
}

type Change = fn(&mut Vec<u8>);

fn pair(random: u64, change: Change) -> [Vec<u8>; 2] {
    let own = random.to_le_bytes().repeat(4);
    let mut other = own.clone();
    change(&mut other);
    [own, other]
}

fn tags(count: usize, test: &mut Test, classes: [Change; 2]) {
    let tag = |bytes: &[u8]| Tag::new(bytes).expect("it fits");
    let make = |class: usize, random| pair(random, classes[class]).map(|bytes| tag(&bytes));
    measure(count, test, make, |[own, other]| own.matches(other));
}

fn bytes(count: usize, test: &mut Test, compare: fn(&[u8], &[u8]) -> bool) {
    let classes: [Change; 2] = [|bytes| bytes[0] ^= 1, |bytes| bytes[31] ^= 1];
    // In place, as a tag has its bytes.
    let make = |class: usize, random| {
        pair(random, classes[class]).map(|bytes| <[u8; 32]>::try_from(bytes).expect("32 bytes"))
    };
    measure(count, test, make, |[own, other]| compare(own, other));
}

#[inline(never)]
fn byte_by_byte(a: &[u8], b: &[u8]) -> bool {
    for (a, b) in a.iter().zip(b) {
        if a != b {
            return false;
        }
    }
    true
}

fn signatures(count: usize, test: &mut Test, wrong: [Wrong; 2]) {
    let at = Place {
        header: "x-hub-signature-256",
        prefix: "sha256=",
    };
    verifications(count, test, &providers::github(), &at, wrong, [TOKEN; 2]);
}

fn tokens(count: usize, test: &mut Test, wrong: [Wrong; 2], secrets: [&str; 2]) {
    let at = Place {
        header: "x-gitlab-token",
        prefix: "",
    };
    verifications(count, test, &providers::gitlab_token(), &at, wrong, secrets);
}

/// Where a signature or a token stands.
struct Place {
    header: &'static str,
    prefix: &'static str,
}

impl Place {
    /// The text with another character of the same kind, so that it is read in the same way.
    fn spoil(&self, text: &str, wrong: Wrong) -> String {
        let at = match wrong {
            First => self.prefix.len(),
            Last => text.len() - 1,
        };
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = match bytes[at] {
            b'9' => b'0',
            b'f' => b'a',
            other => other + 1,
        };
        String::from_utf8(bytes).expect("it is ASCII")
    }
}

/// How many deliveries are signed, so that no signature is that of a class.
const DELIVERIES: u64 = 64;

/// Measures whole verifications. Each request and each keyring is made anew, so that no place in memory is that of a class.
fn verifications(
    count: usize,
    test: &mut Test,
    scheme: &Scheme,
    place: &Place,
    wrong: [Wrong; 2],
    secrets: [&str; 2],
) {
    let now = Timestamp::from_unix_seconds(1_700_000_000);
    let secret = |text: &str| Secret::new(text).expect("a secret");
    let deliveries: Vec<_> = (0..DELIVERIES)
        .map(|number| {
            let draft = sample(scheme, now).with_body(format!(r#"{{"number":{number:02}}}"#));
            let signed = draft.sign(scheme, secret(TOKEN)).expect("a delivery");
            let value = signed.headers[place.header].clone();
            let (head, _) = request(&signed).expect("a request").into_parts();
            (head, signed.body, value)
        })
        .collect();
    let make = |class: usize, random: u64| {
        let at = usize::try_from(random % DELIVERIES).expect("it is small");
        let (head, body, value) = &deliveries[at];
        let mut headers = head.headers.clone();
        let value = place.spoil(value.to_str().expect("it is ASCII"), wrong[class]);
        headers.insert(place.header, value.parse().expect("a value"));
        let keyring = Keyring::new(scheme, secret(secrets[class])).expect("a keyring");
        (at, headers, body.clone(), keyring)
    };
    measure(count, test, make, |(at, headers, body, keyring)| {
        let (head, ..) = &deliveries[*at];
        let incoming = Incoming::new(&head.method, &head.uri, headers, body);
        let verdict = verify(&incoming, scheme, keyring, now);
        matches!(verdict, Err(VerifyError::Mismatch))
    });
}
