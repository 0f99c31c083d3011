//! Verification alone, beside the MAC that it can't do without.

use std::hint::black_box;

use axum_webhook::{
    Incoming, Keyring, Timestamp, providers,
    scheme::{Algorithm, Scheme},
    testing, verify,
};
use bench::{
    allocations,
    by_hand::ByHand,
    deliveries::{self, Delivery, SECRET, Verification},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;
use webhook_verify::{Provider, VerifyOptions};

use crate::{
    Paths, page,
    page::Goal,
    plot,
    rounds::{Contender, Row, compare, contender},
};

pub const LIMIT: &str = "HMAC-SHA256 alone";

pub fn run(paths: &Paths) {
    let small = rows(1 << 10);
    let large = rows(64 << 10);
    let own = |name| format!("axum-webhook, {name}");
    let [github, stripe, standard] = ["GitHub", "Stripe", "Standard Webhooks"].map(own);
    let peer = |name: &str| format!("webhook-verify, {name}");
    let of_limit = |name, limit| Goal {
        name,
        versus: LIMIT,
        limit,
    };
    let mut small_goals = vec![
        of_limit(&*github, 1.15),
        of_limit(&*stripe, 1.20),
        of_limit(&*standard, 1.25),
    ];
    for versus in [
        "standardwebhooks, Standard Webhooks",
        "svix, Standard Webhooks",
    ] {
        small_goals.push(Goal {
            name: &standard,
            versus,
            limit: 1.0 / 4.5,
        });
    }
    let pairs: Vec<_> = SCHEMES.map(|(name, ..)| (own(name), peer(name))).into();
    let ahead = |(own, peer)| Goal {
        name: own,
        versus: peer,
        limit: 1.0,
    };
    small_goals.extend(pairs.iter().map(|(own, peer)| ahead((own, peer))));
    let large_goals = [&github, &stripe, &standard].map(|name| of_limit(name, 1.01));
    let text = format!(
        "Body of 1 KiB:\n\n{}{}\n![](verification.svg)\n\nBody of 64 KiB:\n\n{}{}\n{}",
        page::table(&small),
        page::goals(&small, &small_goals),
        page::table(&large),
        page::goals(&large, &large_goals),
        allocating()
    );
    plot::bars(
        &paths.file("verification.svg"),
        "Verification alone, 1 KiB: time beside HMAC-SHA256 alone",
        &small,
    );
    page::put(&paths.page(), "verification", &text);
}

type HandWritten = fn(&ByHand, &HeaderMap, &[u8]) -> Option<()>;

type Described = (&'static str, fn() -> Scheme, Provider);

const SCHEMES: [Described; 5] = [
    ("GitHub", providers::github, Provider::GitHub),
    ("Stripe", providers::stripe, Provider::Stripe),
    (
        "Standard Webhooks",
        providers::standard_webhooks,
        Provider::StandardWebhooks,
    ),
    ("Slack", providers::slack, Provider::Slack),
    ("Shopify", providers::shopify, Provider::Shopify),
];

fn rows(size: usize) -> Vec<Row> {
    let body = deliveries::body(size);
    let mut contenders: Vec<Contender<'_>> = vec![contender(LIMIT, hmac(&body))];
    for (name, scheme, _) in &SCHEMES {
        let verification = Verification::new(scheme(), body.clone());
        contenders.push(contender(format!("axum-webhook, {name}"), move || {
            verification.run()
        }));
    }
    let now = Timestamp::now().unix_seconds();
    let by_hand: [(&str, fn() -> Scheme, ByHand, HandWritten); 3] = [
        (
            "GitHub",
            providers::github,
            ByHand::new(now),
            ByHand::github,
        ),
        (
            "Stripe",
            providers::stripe,
            ByHand::new(now),
            ByHand::stripe,
        ),
        (
            "Standard Webhooks",
            providers::standard_webhooks,
            ByHand::of_base64(now),
            ByHand::standard_webhooks,
        ),
    ];
    for (name, scheme, key, verify) in by_hand {
        let delivery = Delivery::signed(&scheme(), body.clone());
        contenders.push(contender(format!("by hand, {name}"), move || {
            verify(&key, &delivery.headers, &delivery.body).expect("it is genuine");
        }));
    }
    for (name, scheme, provider) in SCHEMES {
        let delivery = Delivery::signed(&scheme(), body.clone());
        let secret = webhook_verify::Secret::new(SECRET);
        contenders.push(contender(format!("webhook-verify, {name}"), move || {
            let options = VerifyOptions::default();
            let headers = &delivery.headers;
            let verified =
                webhook_verify::verify(provider, headers, &delivery.body, &secret, options);
            verified.expect("it is genuine");
        }));
    }
    let delivery = Delivery::signed(&providers::standard_webhooks(), body.clone());
    let of_svix = delivery.clone();
    let peer = standardwebhooks::Webhook::new(SECRET).expect("a secret");
    contenders.push(contender(
        "standardwebhooks, Standard Webhooks",
        move || {
            let verified = peer.verify(&delivery.body, &delivery.headers);
            verified.expect("it is genuine");
        },
    ));
    let peer = svix::webhooks::Webhook::new(SECRET).expect("a secret");
    contenders.push(contender("svix, Standard Webhooks", move || {
        let verified = peer.verify(&of_svix.body, &of_svix.headers);
        verified.expect("it is genuine");
    }));
    compare(contenders)
}

/// The MAC of `body`, from a key that was hashed before.
pub fn hmac(body: &[u8]) -> impl FnMut() + '_ {
    let keyed = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    move || {
        let mut mac = keyed.clone();
        mac.update(body);
        black_box(mac.finalize());
    }
}

/// Which built-in HMAC schemes allocate while they verify.
fn allocating() -> String {
    let now = Timestamp::now();
    let is_hmac = |scheme: &Scheme| {
        matches!(
            scheme.algorithm,
            Algorithm::HmacSha1
                | Algorithm::HmacSha224
                | Algorithm::HmacSha256
                | Algorithm::HmacSha384
                | Algorithm::HmacSha512
        )
    };
    let (mut count, mut allocating) = (0, Vec::new());
    let all = providers::ALL.iter().map(|(_, describe)| describe());
    for scheme in all.filter(is_hmac) {
        let Ok(keyring) = Keyring::new(&scheme, deliveries::secret()) else {
            continue;
        };
        let Ok(signed) = testing::sample(&scheme, now).sign(&scheme, deliveries::secret()) else {
            continue;
        };
        let Ok(uri) = signed.url.parse() else {
            continue;
        };
        let incoming = Incoming::new(&signed.method, &uri, &signed.headers, &signed.body);
        let (verified, allocated) =
            allocations::count(|| verify(&incoming, &scheme, &keyring, now));
        if verified.is_err() {
            continue;
        }
        count += 1;
        if allocated.calls > 0 {
            allocating.push(format!("{} {}", scheme.id, allocated.calls));
        }
    }
    let list = if allocating.is_empty() {
        "none".to_owned()
    } else {
        allocating.join(", ")
    };
    format!(
        "Of {count} built-in HMAC schemes, tried with a small delivery, these allocate while they verify: {list}.\n"
    )
}
