//! What is counted: one delivery of 1 KiB in one frame.

use std::hint::black_box;

use axum_webhook::{Timestamp, providers, scheme::Scheme};
use bench::{
    by_hand::ByHand,
    deliveries::{self, Delivery, Verification},
    prototype::Prototype,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use tower::{Layer as _, layer::util::Identity};

/// One thing that is counted.
pub struct Case {
    pub name: &'static str,
    /// The case whose cost is taken off.
    pub above: Option<&'static str>,
    /// Whether it hashes the body.
    pub hashes: bool,
    pub run: Box<dyn FnMut()>,
}

type HandWritten = fn(&ByHand, &HeaderMap, &[u8]) -> Option<()>;

pub fn all() -> Vec<Case> {
    let body = deliveries::body(1 << 10);
    let verify = |name, scheme: Scheme| {
        let verification = Verification::new(scheme, body.clone());
        case(name, None, true, move || verification.run())
    };
    let now = Timestamp::now().unix_seconds();
    let by_hand = |name, key: ByHand, scheme: &Scheme, verify: HandWritten| {
        let delivery = Delivery::signed(scheme, body.clone());
        case(name, None, true, move || {
            verify(&key, &delivery.headers, &delivery.body).expect("it is genuine");
        })
    };
    let (key, alone) = (ByHand::new(now), body.clone());
    let around = |name, scheme: &Scheme| {
        let (app, delivery) = (
            deliveries::around(scheme),
            Delivery::signed(scheme, body.clone()),
        );
        case(name, Some("handler"), true, move || {
            delivery.send(app.clone(), StatusCode::OK)
        })
    };
    let refused = |name, hashes, scheme: &Scheme, change: &dyn Fn(&mut Delivery)| {
        let (app, mut delivery) = (
            deliveries::around(scheme),
            Delivery::signed(scheme, body.clone()),
        );
        change(&mut delivery);
        case(name, Some("request"), hashes, move || {
            delivery.send(app.clone(), StatusCode::UNAUTHORIZED);
        })
    };
    let (github, stripe) = (providers::github(), providers::stripe());
    let standard = providers::standard_webhooks();
    let delivery = Delivery::signed(&github, body.clone());
    let (request, handler, empty) = (delivery.clone(), delivery.clone(), delivery.clone());
    let layered = delivery;
    let unverified = deliveries::unverified();
    let by_empty_layer = deliveries::unverified().layer(Identity::new());
    let (around_any, inside_any) = (
        Delivery::signed(&github, body.clone()),
        Delivery::signed(&github, body.clone()),
    );
    let hands_on = deliveries::hands_on(|_| {});
    let hands_on_inside = deliveries::hands_on_inside(|_| {});
    let prototype = Prototype {
        key: key.clone(),
        limit: 32 << 20,
    };
    let prototype_inside = deliveries::unverified().layer(prototype.clone());
    let prototype = prototype.layer(deliveries::unverified());
    let (around_prototype, inside_prototype) = (
        Delivery::signed(&stripe, body.clone()),
        Delivery::signed(&stripe, body.clone()),
    );
    let by_router = deliveries::verified().layer(deliveries::layer(&github));
    vec![
        // What no verification can do without, and the least that one does.
        case("hmac-alone", None, true, {
            let key = key.clone();
            move || {
                black_box(key.mac(&alone));
            }
        }),
        by_hand("by-hand-github", key.clone(), &github, ByHand::github),
        by_hand("by-hand-stripe", key, &stripe, ByHand::stripe),
        by_hand(
            "by-hand-standard-webhooks",
            ByHand::of_base64(now),
            &standard,
            ByHand::standard_webhooks,
        ),
        verify("verify-github", providers::github()),
        verify("verify-stripe", providers::stripe()),
        verify("verify-standard-webhooks", providers::standard_webhooks()),
        verify("verify-slack", providers::slack()),
        verify("verify-shopify", providers::shopify()),
        case("request", None, false, move || drop(request.request())),
        case("handler", None, false, move || {
            handler.send(unverified.clone(), StatusCode::OK);
        }),
        // The layer of the goals, which knows its one scheme, and does nothing else.
        case(
            "around-router-prototype",
            Some("handler"),
            true,
            move || {
                around_prototype.send(prototype.clone(), StatusCode::OK);
            },
        ),
        case("router-layer-prototype", Some("handler"), true, move || {
            inside_prototype.send(prototype_inside.clone(), StatusCode::OK);
        }),
        // What axum takes for any layer.
        case("router-layer-empty", Some("handler"), false, move || {
            empty.send(by_empty_layer.clone(), StatusCode::OK);
        }),
        // What it takes to read a body and to hand it on, in one boxed future.
        case("around-router-any", Some("handler"), false, move || {
            around_any.send(hands_on.clone(), StatusCode::OK);
        }),
        case("router-layer-any", Some("handler"), false, move || {
            inside_any.send(hands_on_inside.clone(), StatusCode::OK);
        }),
        around("around-router-github", &github),
        around("around-router-stripe", &stripe),
        around("around-router-standard-webhooks", &standard),
        case("around-router-with-store", Some("handler"), true, {
            let delivery = Delivery::signed(&standard, body.clone());
            let app = deliveries::around_with_store(&standard);
            move || delivery.send(app.clone(), StatusCode::OK)
        }),
        case("router-layer-github", Some("handler"), true, move || {
            layered.send(by_router.clone(), StatusCode::OK);
        }),
        refused("refused-without-signature", false, &github, &|delivery| {
            delivery.headers.remove("x-hub-signature-256");
        }),
        refused("refused-wrong-signature", true, &github, &|delivery| {
            let wrong = format!("sha256={}", "0".repeat(64));
            set(delivery, "x-hub-signature-256", &wrong);
        }),
        refused("refused-long-header", true, &stripe, &|delivery| {
            let genuine = delivery.headers["stripe-signature"].to_str();
            let long = deliveries::long_header(genuine.expect("text"), &"0".repeat(64));
            set(delivery, "stripe-signature", &long);
        }),
    ]
}

fn case(
    name: &'static str,
    above: Option<&'static str>,
    hashes: bool,
    run: impl FnMut() + 'static,
) -> Case {
    Case {
        name,
        above,
        hashes,
        run: Box::new(run),
    }
}

fn set(delivery: &mut Delivery, name: &'static str, value: &str) {
    let value = HeaderValue::from_str(value).expect("a value");
    delivery.headers.insert(name, value);
}
