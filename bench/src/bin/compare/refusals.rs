//! What a forger costs, beside a genuine sender.

use axum::Router;
use axum_webhook::{WebhookService, providers};
use bench::deliveries::{self, Delivery, long_header};
use http::StatusCode;

use crate::{
    Paths, page,
    page::Goal,
    rounds::{Contender, compare, contender},
};

const GENUINE: &str = "genuine, GitHub";
const STRIPE: &str = "genuine, Stripe";
const LONG: &str = "genuine, Stripe, header of 4 KiB with 32 entries";

pub fn run(paths: &Paths) {
    let body = deliveries::body(1 << 10);
    let (github, stripe) = (providers::github(), providers::stripe());
    let (of_github, of_stripe) = (deliveries::around(&github), deliveries::around(&stripe));
    let genuine = Delivery::signed(&github, body.clone());
    let with = |name: &'static str, value: Option<&str>| {
        let mut delivery = genuine.clone();
        match value {
            Some(value) => delivery
                .headers
                .insert(name, value.parse().expect("a value")),
            None => delivery.headers.remove(name),
        };
        delivery
    };
    let header = "x-hub-signature-256";
    let zeros = "0".repeat(64);
    let wrong = with(header, Some(&format!("sha256={zeros}")));
    let by_stripe = Delivery::signed(&stripe, body);
    let own = by_stripe.headers["stripe-signature"]
        .to_str()
        .expect("text")
        .to_owned();
    let right = own.rsplit_once("v1=").expect("a signature").1;
    let long = |last: &str| {
        let mut delivery = by_stripe.clone();
        let value = long_header(&own, last).parse().expect("a value");
        delivery.headers.insert("stripe-signature", value);
        delivery
    };
    let refused = [
        ("wrong signature", wrong),
        ("no signature", with(header, None)),
        (
            "signature header of 4 KiB",
            with(header, Some(&"x".repeat(4096))),
        ),
        (
            "announced as 1 GiB",
            with("content-length", Some("1073741824")),
        ),
    ];
    let mut contenders = vec![sent(GENUINE, &of_github, genuine.clone(), StatusCode::OK)];
    for (name, delivery) in &refused {
        let status = if *name == "announced as 1 GiB" {
            StatusCode::PAYLOAD_TOO_LARGE
        } else {
            StatusCode::UNAUTHORIZED
        };
        contenders.push(sent(name, &of_github, delivery.clone(), status));
    }
    contenders.push(sent(STRIPE, &of_stripe, by_stripe.clone(), StatusCode::OK));
    contenders.push(sent(LONG, &of_stripe, long(right), StatusCode::OK));
    contenders.push(sent(
        "the same, all of them wrong",
        &of_stripe,
        long(&zeros),
        StatusCode::UNAUTHORIZED,
    ));
    let rows = compare(contenders);
    let cheaper = refused.iter().map(|(name, _)| Goal {
        name,
        versus: GENUINE,
        limit: 1.0,
    });
    let mut goals: Vec<Goal<'_>> = cheaper.collect();
    goals.push(Goal {
        name: LONG,
        versus: STRIPE,
        limit: 2.0,
    });
    goals.push(Goal {
        name: "the same, all of them wrong",
        versus: STRIPE,
        limit: 2.0,
    });
    page::put(
        &paths.page(),
        "refusals",
        &(page::table(&rows) + &page::goals(&rows, &goals)),
    );
}

fn sent<'a>(
    name: &str,
    service: &WebhookService<Router>,
    delivery: Delivery,
    wanted: StatusCode,
) -> Contender<'a> {
    let service = service.clone();
    contender(name, move || delivery.send(service.clone(), wanted))
}
