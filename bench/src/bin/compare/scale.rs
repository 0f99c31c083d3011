//! Whether a request costs more where there are many endpoints, keys or tenants.

use std::{cell::Cell, convert::Infallible, time::Duration};

use axum::body::Body;
use axum_webhook::{
    Endpoint, Secret, TenantFrom, TenantKeys, WebhookLayer, providers, scheme::Scheme,
};
use bench::deliveries::{self, Delivery, SECRET};
use http::{HeaderName, HeaderValue, Request, StatusCode};
use tokio::runtime::Builder;
use tower::{Layer as _, ServiceExt as _};

use crate::{
    Paths,
    page::{self, Goal},
    plot::{self, Curve},
    rounds::{Contender, Row, compare, contender},
};

const ENDPOINTS: [usize; 5] = [1, 10, 100, 1_000, 10_000];
const KEYS: [usize; 4] = [1, 2, 3, 4];
const TENANTS: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

/// How much more the last of a curve may cost than the first.
const FLAT: f64 = 1.05;

const TENANT: HeaderName = HeaderName::from_static("x-tenant");

/// What there is more and more of: how it is called, and how many.
struct Scale {
    name: &'static str,
    counts: &'static [usize],
    contender: fn(&Parts, String, usize) -> Contender<'static>,
}

const SCALES: [Scale; 7] = [
    Scale {
        name: "endpoints by path",
        counts: &ENDPOINTS,
        contender: by_path,
    },
    Scale {
        name: "endpoints by path with a name in it",
        counts: &ENDPOINTS,
        contender: by_pattern,
    },
    Scale {
        name: "endpoints by segment",
        counts: &ENDPOINTS,
        contender: by_segment,
    },
    Scale {
        name: "keys, of which the first fits",
        counts: &KEYS,
        contender: first_key,
    },
    Scale {
        name: "keys, of which the last fits",
        counts: &KEYS,
        contender: last_key,
    },
    Scale {
        name: "cached tenants, of which one calls",
        counts: &TENANTS,
        contender: one_tenant,
    },
    Scale {
        name: "cached tenants, in turn",
        counts: &TENANTS,
        contender: all_tenants,
    },
];

/// An older key is one more MAC, which nothing can save.
const NO_GOAL: &str = "keys, of which the last fits";

/// What all contenders have in common.
struct Parts {
    scheme: Scheme,
    delivery: Delivery,
}

pub fn run(paths: &Paths) {
    let scheme = providers::github();
    let parts = Parts {
        delivery: Delivery::signed(&scheme, deliveries::body(1 << 10)),
        scheme,
    };
    let mut text = String::new();
    let mut curves = Vec::new();
    for scale in SCALES {
        let named = |count: &usize| format!("{count} {}", scale.name);
        let contenders = scale.counts.iter();
        let contenders = contenders.map(|count| (scale.contender)(&parts, named(count), *count));
        let rows: Vec<Row> = compare(contenders.collect());
        text += &page::table(&rows);
        if let ([first, .., last], true) = (rows.as_slice(), scale.name != NO_GOAL) {
            let goal = Goal {
                name: &last.name,
                versus: &first.name,
                limit: FLAT,
            };
            text += &page::goals(&rows, &[goal]);
        }
        text += "\n";
        let points = scale.counts.iter().zip(&rows);
        curves.push(Curve {
            name: scale.name,
            points: points
                .map(|(count, row)| (*count, row.ratio(&rows[0])))
                .collect(),
        });
    }
    let title = "A request of 1 KiB through the layer: time beside the fewest of its kind";
    plot::curves(&paths.file("scale.svg"), title, &curves);
    page::put(&paths.page(), "scale", &text);
}

fn endpoint(parts: &Parts) -> Endpoint {
    Endpoint::new(parts.scheme.clone(), deliveries::secret()).expect("an endpoint")
}

/// The one endpoint that is called, with others around it.
fn among(parts: &Parts, count: usize, path: impl Fn(usize) -> String, own: &str) -> Vec<Endpoint> {
    let one = endpoint(parts);
    let others = (1..count).map(|number| {
        one.clone()
            .with_name(format!("e{number}"))
            .with_path(path(number))
    });
    others
        .chain([one.clone().with_name("webhook").with_path(own)])
        .collect()
}

fn sent(parts: &Parts, name: String, layer: WebhookLayer) -> Contender<'static> {
    let (app, delivery) = (layer.layer(deliveries::verified()), parts.delivery.clone());
    contender(name, move || delivery.send(app.clone(), StatusCode::OK))
}

fn by_path(parts: &Parts, name: String, count: usize) -> Contender<'static> {
    let endpoints = among(
        parts,
        count,
        |number| format!("/other/{number}"),
        "/webhook",
    );
    let layer = WebhookLayer::by_path(endpoints).expect("a layer");
    sent(parts, name, layer)
}

/// All of them with a name in the path, which axum has not matched yet.
fn by_pattern(parts: &Parts, name: String, count: usize) -> Contender<'static> {
    let path = |number| format!("/{{tenant}}/{number}");
    let endpoints = among(parts, count, path, "/{endpoint}");
    let layer = WebhookLayer::by_path(endpoints).expect("a layer");
    sent(parts, name, layer)
}

fn by_segment(parts: &Parts, name: String, count: usize) -> Contender<'static> {
    let endpoints = among(parts, count, |number| format!("/{number}"), "/webhook");
    let layer = WebhookLayer::by_segment("/{name}", endpoints).expect("a layer");
    sent(parts, name, layer)
}

fn first_key(parts: &Parts, name: String, count: usize) -> Contender<'static> {
    keys(
        parts,
        name,
        [SECRET.to_owned()].into_iter().chain(others(count)),
    )
}

fn last_key(parts: &Parts, name: String, count: usize) -> Contender<'static> {
    keys(parts, name, others(count).chain([SECRET.to_owned()]))
}

fn others(count: usize) -> impl Iterator<Item = String> {
    (1..count).map(|number| format!("another secret {number}"))
}

fn keys(parts: &Parts, name: String, texts: impl Iterator<Item = String>) -> Contender<'static> {
    let secrets: Vec<Secret> = texts
        .map(|text| Secret::new(text).expect("a secret"))
        .collect();
    let layer = WebhookLayer::new(parts.scheme.clone(), secrets).expect("a layer");
    sent(parts, name, layer)
}

fn one_tenant(parts: &Parts, name: String, count: usize) -> Contender<'static> {
    tenants(parts, name, count, 0)
}

/// None has its keys in the processor's cache because it was there just now: the step has no factor in common
/// with any count, so it leads far away, and round all of them.
fn all_tenants(parts: &Parts, name: String, count: usize) -> Contender<'static> {
    tenants(parts, name, count, 7_919)
}

/// All of them are looked up before the time is taken.
fn tenants(parts: &Parts, name: String, count: usize, step: usize) -> Contender<'static> {
    let keys = TenantKeys::new(&parts.scheme, |_| async {
        Ok::<_, Infallible>(Some(deliveries::secret()))
    });
    let keys = keys.with_fresh(Duration::from_hours(24));
    let endpoint = Endpoint::from_source(parts.scheme.clone(), keys).expect("an endpoint");
    let endpoint = endpoint.with_tenant(TenantFrom::header(TENANT.as_str()).expect("a name"));
    let layer = WebhookLayer::for_endpoint(endpoint).expect("a layer");
    let app = layer.layer(deliveries::verified());
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        for tenant in 0..count {
            let answer = app
                .clone()
                .oneshot(of_tenant(&parts.delivery, tenant))
                .await;
            assert_eq!(answer.expect("it answers").status(), StatusCode::OK);
        }
    });
    let (delivery, turn) = (parts.delivery.clone(), Cell::new(0));
    contender(name, move || {
        turn.set((turn.get() + step) % count);
        deliveries::send(
            app.clone(),
            of_tenant(&delivery, turn.get()),
            StatusCode::OK,
        );
    })
}

fn of_tenant(delivery: &Delivery, tenant: usize) -> Request<Body> {
    let mut request = delivery.request();
    let name = HeaderValue::try_from(format!("tenant-{tenant:06}")).expect("a name");
    request.headers_mut().insert(TENANT, name);
    request
}
