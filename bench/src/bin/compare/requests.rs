//! Whole requests through axum, and the ways in which others verify them.

use std::{
    hint::black_box,
    sync::{Arc, LazyLock},
};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{FromRef, Request},
    http::{HeaderMap, StatusCode},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::post,
};
use axum_github_webhook_extract::{GithubEvent, GithubToken};
use axum_standardwebhooks::{SharedWebhook, StandardWebhook};
use axum_webhook::providers;
use bench::deliveries::{self, Delivery, SECRET};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::Full;
use serde::Deserialize;
use sha2::Sha256;
use tower::{Layer as _, Service, layer::util::Identity};
use tower_github_webhook::ValidateGitHubWebhookLayer;
use webhook_verify::{Provider, tower::VerifyLayer};

use crate::{
    Paths, page,
    page::Goal,
    plot,
    rounds::{Contender, Row, compare, contender},
    verification::hmac,
};

const NONE: &str = "a handler without verification";
const FLOOR: &str = "the same, and HMAC-SHA256 alone";
const AROUND: &str = "axum-webhook around the router";
const INSIDE: &str = "axum-webhook by Router::layer";
const IN_HANDLER: &str = "HMAC-SHA256 in the handler";
const EMPTY: &str = "an empty layer by Router::layer";
const ANY: &str = "any layer around, without verification";
const ANY_INSIDE: &str = "any layer by Router::layer, without verification";
const ANY_MAC: &str = "any layer around, with HMAC-SHA256";
const ANY_MAC_INSIDE: &str = "any layer by Router::layer, with HMAC-SHA256";

pub fn run(paths: &Paths) {
    let (small, large) = (rows(1 << 10), rows(64 << 10));
    let goals = [
        (AROUND, NONE, 1.80),
        (INSIDE, NONE, 1.95),
        (AROUND, FLOOR, 1.12),
        (ANY_MAC, FLOOR, 1.12),
    ];
    let goals = goals.map(|(name, versus, limit)| Goal {
        name,
        versus,
        limit,
    });
    let own = |name: &str| {
        small
            .iter()
            .find(|row| row.name == name)
            .expect("it ran")
            .allocated
            .calls
    };
    let above = |name| own(name).cast_signed() - own(NONE).cast_signed();
    let allocations = format!(
        "\nAllocations above {NONE}: {} around the router, {} by `Router::layer`; the goal is 3.\n",
        above(AROUND),
        above(INSIDE)
    );
    let title = "A request of 1 KiB through axum: time beside a handler without verification";
    plot::bars(&paths.file("requests.svg"), title, &small);
    let text = format!(
        "Body of 1 KiB:\n\n{}{}{allocations}\n![](requests.svg)\n\nBody of 64 KiB:\n\n{}",
        page::table(&small),
        page::goals(&small, &goals),
        page::table(&large),
    );
    page::put(&paths.page(), "requests", &text);
    page::put(&paths.readme(), "requests", &short(&small));
}

/// The table of the README, without what shows only where the time goes.
fn short(rows: &[Row]) -> String {
    let mut text =
        "| a request of 1 KiB through axum | time | p10 – p90 | allocations |\n|---|---|---|---|\n"
            .to_owned();
    let parts = |row: &&Row| {
        ![IN_HANDLER, EMPTY, ANY, ANY_INSIDE, ANY_MAC, ANY_MAC_INSIDE].contains(&&*row.name)
    };
    for row in rows.iter().filter(parts) {
        let ratio = row.ratio(&rows[0]);
        text += &format!(
            "| {} | {:.2} | {:.2} – {:.2} | {} |\n",
            row.name, ratio.median, ratio.p10, ratio.p90, row.allocated.calls
        );
    }
    text
}

#[derive(Deserialize)]
struct Event {
    id: String,
}

fn rows(size: usize) -> Vec<Row> {
    let body = deliveries::body(size);
    let (github, standard) = (providers::github(), providers::standard_webhooks());
    let delivery = Delivery::signed(&github, body.clone());
    let by_standard = Delivery::signed(&standard, body.clone());
    let json = post(|Json(event): Json<Event>| async move { event.id });
    let verified = post(|body: Bytes| async move { body.len().to_string() });
    let plain = || Router::new().route("/webhook", verified.clone());
    let mut json_delivery = delivery.clone();
    json_delivery
        .headers
        .insert("content-type", "application/json".parse().expect("a value"));
    let mut json_standard = by_standard.clone();
    json_standard
        .headers
        .insert("content-type", "application/json".parse().expect("a value"));

    let in_handler = post(|body: Bytes| async move {
        check(&body);
        body.len().to_string()
    });
    let in_handler = Router::new().route("/webhook", in_handler);
    let (none, mut mac) = (deliveries::unverified(), hmac(&body));
    let floor = {
        let (none, delivery) = (none.clone(), delivery.clone());
        contender(FLOOR, move || {
            mac();
            delivery.send(none.clone(), StatusCode::OK);
        })
    };
    let token = GithubToken(Arc::new(SECRET.to_owned()));
    let extract = Router::new()
        .route(
            "/webhook",
            post(|GithubEvent(event): GithubEvent<Event>| async move { event.id }),
        )
        .with_state(token);
    let webhook = standardwebhooks::Webhook::new(SECRET).expect("a secret");
    let state = StandardState(SharedWebhook::new(webhook));
    let extract_standard = Router::new()
        .route("/webhook", post(|StandardWebhook(Json(event)): StandardWebhook<Json<Event>>| async move { event.id }))
        .with_state(state);
    let peer_layer =
        VerifyLayer::<Body>::new(Provider::GitHub, webhook_verify::Secret::new(SECRET));
    // It hands on a body of its own, and answers with one.
    let tower_github = ValidateGitHubWebhookLayer::new(SECRET).layer(tower::util::MapRequest::new(
        plain(),
        |request: http::Request<Full<Bytes>>| request.map(Body::new),
    ));
    let tower_github =
        tower::util::MapResponse::new(tower_github, |response: http::Response<_>| {
            response.map(Body::new)
        });
    compare(vec![
        through(NONE, none, &delivery),
        floor,
        through(IN_HANDLER, in_handler, &delivery),
        through(
            EMPTY,
            deliveries::unverified().layer(Identity::new()),
            &delivery,
        ),
        through(ANY, deliveries::hands_on(|_| {}), &delivery),
        through(ANY_INSIDE, deliveries::hands_on_inside(|_| {}), &delivery),
        through(ANY_MAC, deliveries::hands_on(check), &delivery),
        through(
            ANY_MAC_INSIDE,
            deliveries::hands_on_inside(check),
            &delivery,
        ),
        through(AROUND, deliveries::around(&github), &delivery),
        through(
            INSIDE,
            deliveries::verified().layer(deliveries::layer(&github)),
            &delivery,
        ),
        through(
            "axum-webhook around, Stripe",
            deliveries::around(&providers::stripe()),
            &Delivery::signed(&providers::stripe(), body.clone()),
        ),
        through(
            "axum-webhook around, Standard Webhooks",
            deliveries::around(&standard),
            &by_standard,
        ),
        through(
            "webhook-verify around the router",
            peer_layer.layer(plain()),
            &delivery,
        ),
        through(
            "from_fn, with care",
            plain().layer(from_fn(careful)),
            &delivery,
        ),
        through(
            "from_fn, as blogs have it",
            plain().layer(from_fn(blog)),
            &delivery,
        ),
        through("tower-github-webhook", tower_github, &delivery),
        through(
            "a handler with Json, without verification",
            Router::new().route("/webhook", json),
            &json_delivery,
        ),
        through(
            "axum-github-webhook-extract (with Json)",
            extract,
            &json_delivery,
        ),
        through(
            "axum-standardwebhooks (with Json)",
            extract_standard,
            &json_standard,
        ),
    ])
}

fn through<'a, S>(name: &str, service: S, delivery: &Delivery) -> Contender<'a>
where
    S: Service<http::Request<Body>, Response = Response> + Clone + 'a,
    S::Error: std::fmt::Debug,
{
    let delivery = delivery.clone();
    contender(name, move || delivery.send(service.clone(), StatusCode::OK))
}

/// The MAC of a body, by a key that was taken in before.
fn check(body: &Bytes) {
    static KEY: LazyLock<Hmac<Sha256>> =
        LazyLock::new(|| Hmac::new_from_slice(SECRET.as_bytes()).expect("any key will do"));
    let mut mac = KEY.clone();
    mac.update(body);
    black_box(mac.finalize());
}

#[derive(Clone)]
struct StandardState(SharedWebhook);

impl FromRef<StandardState> for SharedWebhook {
    fn from_ref(state: &StandardState) -> Self {
        state.0.clone()
    }
}

/// What a careful reader of the documentation writes.
async fn careful(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 32 << 20).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let Some(tag) = signature(&parts.headers).and_then(|text| hex::decode(text).ok()) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(&body);
    if mac.verify_slice(&tag).is_err() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// What is found in articles: a text of the body, a text of the tag, and a comparison of texts.
async fn blog(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let text = String::from_utf8_lossy(&body).into_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(text.as_bytes());
    let tag: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if signature(&parts.headers) != Some(&tag) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn signature(headers: &HeaderMap) -> Option<&str> {
    headers
        .get("x-hub-signature-256")?
        .to_str()
        .ok()?
        .strip_prefix("sha256=")
}
