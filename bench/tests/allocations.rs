//! A verification allocates nothing, for any built-in HMAC scheme: counted with the deliveries of `tests/vectors`, as their
//! providers sent them, and with one that this crate has signed.

use std::{fs, path::Path};

use axum_webhook::{
    Incoming, Keyring, PublicUrl, Secret, Secrets, Timestamp, VerifyError, providers,
    scheme::{Algorithm, Scheme},
    sign::Signed,
    testing::{Vectors, request, sample},
    verify,
};
use bench::{
    allocations::{self, Counting},
    deliveries::SECRET,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Deliveries whose verification allocates, each with the reason. A reason that no longer holds fails the test.
const ALLOCATING: &[(&str, &str, &str)] = &[
    (
        "adyen",
        "java library test item, colons and backslashes are not escaped",
        ESCAPED,
    ),
    ("braintree", "a sample", NAMED),
    ("braintree", "subscription_went_past_due", NAMED),
    (
        "braintree",
        "two signature pairs: ours is the second",
        NAMED,
    ),
    (
        "forgejo",
        "push, form: the decoded payload is signed",
        DECODED,
    ),
    (
        "gitea",
        "push event, form body: the decoded payload field is signed",
        DECODED,
    ),
    ("gogs", "push, form: the decoded payload is signed", DECODED),
    ("mercado-pago", "a sample", DECODED),
];

const ESCAPED: &str = "a value of the JSON has escapes";
const NAMED: &str =
    "each signature has the name of a key, which is kept, and stands in a form, decoded";
const DECODED: &str = "a field of a form or a query is signed as it is decoded";

/// One delivery, and with what it is verified.
struct Delivery {
    name: String,
    signed: Signed,
    secrets: Secrets,
    now: Timestamp,
}

#[test]
fn no_hmac_scheme_allocates_while_it_verifies() {
    let (mut schemes, mut deliveries, mut wrong) = (0, 0, Vec::new());
    for (id, describe) in providers::ALL {
        let scheme = describe();
        if !is_hmac(&scheme) {
            continue;
        }
        let mut verified = 0;
        for delivery in deliveries_of(id, &scheme) {
            // Some are genuine, and this release refuses them: tests/it/core/vectors.rs has the list.
            let Ok(allocated) = allocated(&scheme, &delivery) else {
                continue;
            };
            verified += 1;
            let is_named = ALLOCATING
                .iter()
                .any(|(own, name, _)| own == id && *name == delivery.name);
            if (allocated > 0) != is_named {
                wrong.push(format!("{id}, {}: {allocated}", delivery.name));
            }
        }
        assert!(verified > 0, "{id} has no delivery that verifies");
        schemes += 1;
        deliveries += verified;
    }
    assert_eq!(wrong, [""; 0], "allocations of {schemes} schemes");
    assert!(
        schemes > 100 && deliveries > schemes,
        "{deliveries} deliveries of {schemes} schemes"
    );
}

fn is_hmac(scheme: &Scheme) -> bool {
    matches!(
        scheme.algorithm,
        Algorithm::HmacSha1
            | Algorithm::HmacSha224
            | Algorithm::HmacSha256
            | Algorithm::HmacSha384
            | Algorithm::HmacSha512
    )
}

fn deliveries_of(id: &str, scheme: &Scheme) -> Vec<Delivery> {
    let now = Timestamp::now();
    let secret = Secret::new(SECRET).expect("a secret");
    let secret = scheme.secret_parts.iter().fold(secret, |secret, part| {
        secret.with_part(part, "a-part").expect("a part")
    });
    let own = sample(scheme, now)
        .sign(scheme, secret.clone())
        .map(|signed| Delivery {
            name: "a sample".to_owned(),
            signed,
            secrets: secret.into(),
            now,
        });
    let file = format!("{}/../tests/vectors/{id}.toml", env!("CARGO_MANIFEST_DIR"));
    let recorded = match Path::new(&file).exists() {
        true => toml::from_str(&fs::read_to_string(file).expect("a file")).expect("vectors"),
        false => Vectors::default(),
    };
    let recorded = recorded.vector.into_iter().map(|vector| Delivery {
        signed: vector.signed().expect("a delivery"),
        secrets: vector.secrets().expect("a secret"),
        now: vector.time(),
        name: vector.name,
    });
    own.into_iter().chain(recorded).collect()
}

/// How often the verification of a delivery allocates.
fn allocated(scheme: &Scheme, delivery: &Delivery) -> Result<u64, VerifyError> {
    let Delivery {
        signed,
        secrets,
        now,
        ..
    } = delivery;
    let Ok(keyring) = Keyring::new(scheme, secrets.clone()) else {
        return Err(VerifyError::NoLiveKey);
    };
    let (head, _) = request(signed).expect("a request").into_parts();
    let origin = signed
        .url
        .splitn(4, '/')
        .take(3)
        .collect::<Vec<_>>()
        .join("/");
    let public_url: PublicUrl = origin.parse().expect("a URL");
    let incoming = Incoming::new(&head.method, &head.uri, &head.headers, &signed.body)
        .with_public_url(&public_url);
    let (verified, allocated) = allocations::count(|| verify(&incoming, scheme, &keyring, *now));
    verified.map(|_| allocated.calls)
}
