//! What the layer costs: ratios to the same router without it, measured side by side in one run.
//!
//! ```text
//! cargo bench --bench layer
//! ```
//!
//! Each round runs every case once, in an order that rotates; a ratio is that of
//! a case to its baseline in the same round, and the table shows its median with
//! the quartiles. Carry the ratios, not the nanoseconds: machines differ and are shared.

#![allow(clippy::indexing_slicing, reason = "a benchmark may panic")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use axum::{Router, body::Body, routing::post};
use axum_webhook::{
    Incoming, Keyring, Secret, Timestamp, VerifiedWebhook, WebhookLayer, providers,
    replay::MemoryReplayStore,
    scheme::Scheme,
    sign::{Draft, Signed},
    testing, verify,
};
use bytes::Bytes;
use futures_util::FutureExt as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, StatusCode};
use sha2::Sha256;
use tower::ServiceExt as _;

const SECRET: &str = "only-for-benchmarks";
const ROUNDS: usize = 60;
const SLICE: Duration = Duration::from_millis(4);

fn main() {
    for size in [1 << 10, 64 << 10] {
        println!(
            "\nbody of {} KiB, one frame; medians of {ROUNDS} rounds",
            size >> 10
        );
        verification(size);
        requests(size);
    }
    refusals();
}

/// Verification alone, next to the MAC that it can't do without.
fn verification(size: usize) {
    let body = body(size);
    let mac = keyed_mac();
    let hmac = || {
        let mut mac = mac.clone();
        mac.update(&body);
        black_box(mac.finalize());
    };
    let schemes = [providers::github(), providers::stripe(), providers::slack()];
    let prepared: Vec<_> = schemes
        .iter()
        .map(|scheme| (scheme, keyring(scheme), sign(scheme, &body)))
        .collect();
    let mut cases: Vec<Case<'_>> = vec![("HMAC-SHA256 alone".to_owned(), Box::new(hmac))];
    for (scheme, keyring, signed) in &prepared {
        let uri = "/".parse().expect("a URI");
        let now = Timestamp::now();
        cases.push((
            format!("verify, {}", scheme.id),
            Box::new(move || {
                let incoming = Incoming::new(&signed.method, &uri, &signed.headers, &signed.body);
                black_box(verify(&incoming, scheme, keyring, now).expect("it is genuine"));
            }),
        ));
    }
    table(cases);
}

/// Whole requests through an axum router.
fn requests(size: usize) {
    let body = body(size);
    let scheme = providers::github();
    let signed = sign(&scheme, &body);
    let layer = || {
        WebhookLayer::new(scheme.clone(), Secret::new(SECRET).expect("a secret")).expect("a layer")
    };
    let bytes = |body: Bytes| async move { black_box(body.len()).to_string() };
    let hook = |hook: VerifiedWebhook| async move { black_box(hook.raw().len()).to_string() };
    let limit = axum::extract::DefaultBodyLimit::max(32 << 20);
    let none = Router::new().route("/webhook", post(bytes)).layer(limit);
    let layered = Router::new().route("/webhook", post(hook)).layer(layer());
    let around = tower::Layer::layer(&layer(), Router::new().route("/webhook", post(hook)));
    let stripe = providers::stripe();
    let signed_stripe = sign(&stripe, br#"{"id":"evt_1","type":"x"}"#);
    let replay = WebhookLayer::new(stripe, Secret::new(SECRET).expect("a secret"))
        .expect("a layer")
        .with_replay_store(MemoryReplayStore::new());
    let replay = Router::new().route("/webhook", post(hook)).layer(replay);

    let mac = keyed_mac();
    let call_none = || call(none.clone(), &signed, StatusCode::OK);
    let limit_of_all = || {
        let mut mac = mac.clone();
        mac.update(&body);
        black_box(mac.finalize());
        call(none.clone(), &signed, StatusCode::OK);
    };
    table(vec![
        (
            "a handler without verification".to_owned(),
            Box::new(call_none),
        ),
        (
            "the same, and HMAC alone (the limit)".to_owned(),
            Box::new(limit_of_all),
        ),
        (
            "the layer around the router".to_owned(),
            Box::new(|| call(around.clone(), &signed, StatusCode::OK)),
        ),
        (
            "the layer by `Router::layer`".to_owned(),
            Box::new(|| call(layered.clone(), &signed, StatusCode::OK)),
        ),
        (
            "a duplicate that the memory store knows (small body)".to_owned(),
            Box::new(|| call(replay.clone(), &signed_stripe, StatusCode::OK)),
        ),
    ]);
}

/// What a forger costs, next to a genuine sender.
fn refusals() {
    println!("\nrefusals at 1 KiB, next to a genuine delivery");
    let body = body(1 << 10);
    let scheme = providers::github();
    let signed = sign(&scheme, &body);
    let header = "x-hub-signature-256";
    let with = |value: Option<String>| {
        let mut signed = signed.clone();
        match value {
            Some(value) => signed
                .headers
                .insert(header, value.parse().expect("a value")),
            None => signed.headers.remove(header),
        };
        signed
    };
    let forged = with(Some(format!("sha256={}", "0".repeat(64))));
    let missing = with(None);
    let long = with(Some("x".repeat(4096)));
    let layer = WebhookLayer::new(scheme, Secret::new(SECRET).expect("a secret")).expect("a layer");
    let hook = |hook: VerifiedWebhook| async move { hook.raw().len().to_string() };
    let app = Router::new().route("/webhook", post(hook)).layer(layer);
    table(vec![
        (
            "genuine".to_owned(),
            Box::new(|| call(app.clone(), &signed, StatusCode::OK)),
        ),
        (
            "wrong signature".to_owned(),
            Box::new(|| call(app.clone(), &forged, StatusCode::UNAUTHORIZED)),
        ),
        (
            "no signature".to_owned(),
            Box::new(|| call(app.clone(), &missing, StatusCode::UNAUTHORIZED)),
        ),
        (
            "a header of 4 KiB".to_owned(),
            Box::new(|| call(app.clone(), &long, StatusCode::UNAUTHORIZED)),
        ),
    ]);
}

type Case<'a> = (String, Box<dyn FnMut() + 'a>);

/// Runs the cases in rotating order, and prints each as a ratio to the first.
fn table(mut cases: Vec<Case<'_>>) {
    let iterations: Vec<u32> = cases.iter_mut().map(|(_, run)| calibrate(run)).collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); cases.len()];
    let count = cases.len();
    for round in 0..ROUNDS {
        for place in 0..count {
            let index = (place + round) % count;
            let ((_, run), iterations) = (&mut cases[index], iterations[index]);
            let start = Instant::now();
            for _ in 0..iterations {
                run();
            }
            times[index].push(start.elapsed().as_secs_f64() / f64::from(iterations));
        }
    }
    println!(
        "  {:<54} {:>7} {:>15} {:>11}",
        "case", "ratio", "(quartiles)", "here"
    );
    for ((name, _), own) in cases.iter().zip(&times) {
        let mut ratios: Vec<f64> = own
            .iter()
            .zip(&times[0])
            .map(|(own, base)| own / base)
            .collect();
        ratios.sort_by(f64::total_cmp);
        let mut own = own.clone();
        own.sort_by(f64::total_cmp);
        println!(
            "  {name:<54} {:>6.2}x {:>6.2} – {:>5.2}x {:>8.2} µs",
            ratios[ROUNDS / 2],
            ratios[ROUNDS / 4],
            ratios[ROUNDS * 3 / 4],
            own[ROUNDS / 2] * 1e6
        );
    }
}

/// How often a case runs in one slice of time.
fn calibrate(run: &mut dyn FnMut()) -> u32 {
    let mut iterations = 1;
    loop {
        let start = Instant::now();
        for _ in 0..iterations {
            run();
        }
        if start.elapsed() >= SLICE {
            return iterations;
        }
        iterations *= 2;
    }
}

fn call<S>(service: S, signed: &Signed, wanted: StatusCode)
where
    S: tower::Service<Request<Body>, Response = http::Response<Body>>,
    S::Error: std::fmt::Debug,
{
    let request = testing::request(signed).expect("a request");
    let response = service
        .oneshot(request)
        .now_or_never()
        .expect("nothing here waits")
        .expect("the service answers");
    assert_eq!(response.status(), wanted);
    black_box(response);
}

fn body(size: usize) -> Vec<u8> {
    let mut body = br#"{"id":"evt_1","text":""#.to_vec();
    body.resize(size - 2, b'x');
    body.extend(b"\"}");
    body
}

fn sign(scheme: &Scheme, body: &[u8]) -> Signed {
    Draft::new(body)
        .sign(scheme, Secret::new(SECRET).expect("a secret"))
        .expect("it can be signed")
}

fn keyring(scheme: &Scheme) -> Keyring {
    Keyring::new(scheme, Secret::new(SECRET).expect("a secret")).expect("a keyring")
}

fn keyed_mac() -> Hmac<Sha256> {
    Hmac::new_from_slice(SECRET.as_bytes()).expect("any key will do")
}
