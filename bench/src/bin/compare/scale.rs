//! Whether a request costs more where there are many endpoints, and what a second key costs.

use axum_webhook::{Endpoint, Secret, WebhookLayer, providers};
use bench::deliveries::{self, Delivery, SECRET};
use http::StatusCode;
use tower::Layer as _;

use crate::{
    Paths, page,
    page::Goal,
    rounds::{compare, contender},
};

pub fn run(paths: &Paths) {
    let scheme = providers::github();
    let delivery = Delivery::signed(&scheme, deliveries::body(1 << 10));
    let sent = |name: String, layer: WebhookLayer| {
        let (app, delivery) = (layer.layer(deliveries::verified()), delivery.clone());
        contender(name, move || delivery.send(app.clone(), StatusCode::OK))
    };
    let one = Endpoint::new(scheme.clone(), deliveries::secret()).expect("an endpoint");
    let by_path = |count: usize| {
        let others = (1..count).map(|number| {
            one.clone()
                .with_name(format!("e{number}"))
                .with_path(format!("/other/{number}"))
        });
        let endpoints = others.chain([one.clone().with_path("/webhook")]).collect();
        sent(
            name(count),
            WebhookLayer::by_path(endpoints).expect("a layer"),
        )
    };
    let keys = |count: usize| {
        let others = (1..count).map(|number| format!("another secret {number}"));
        let secrets: Vec<Secret> = others
            .chain([SECRET.to_owned()])
            .map(|text| Secret::new(text).expect("a secret"))
            .collect();
        sent(
            format!("{count} keys, of which the last fits"),
            WebhookLayer::new(scheme.clone(), secrets).expect("a layer"),
        )
    };
    let rows = compare(vec![
        by_path(1),
        by_path(100),
        by_path(10_000),
        keys(1),
        keys(2),
        keys(4),
    ]);
    let goals = [Goal {
        name: &name(10_000),
        versus: &name(1),
        limit: 1.05,
    }];
    page::put(
        &paths.page(),
        "scale",
        &(page::table(&rows) + &page::goals(&rows, &goals)),
    );
}

fn name(endpoints: usize) -> String {
    format!("{endpoints} endpoints by path")
}
