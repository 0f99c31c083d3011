//! Whole requests through axum, set up as they were when the goals for them were set.
//!
//! All contenders have `DefaultBodyLimit::max(32 MiB)` on their router and a Stripe-like header, `t=…,v1=…`, and make the request
//! from texts. A handler answers with a status alone; it takes `Bytes` also where a layer has verified them, unless the row says otherwise.

use std::{hint::black_box, iter};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, Request},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::post,
};
use axum_webhook::{Timestamp, VerifiedWebhook, providers};
use bench::{
    allocations,
    by_hand::ByHand,
    deliveries::{self, Delivery, SECRET, send},
    prototype::Prototype,
};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;
use tower::{Layer as _, Service};

use crate::{
    Paths, page,
    page::{Bound, Goal},
    rounds::{Contender, Row, compare, contender, spread},
    verification::hmac,
};

const LIMIT: usize = 32 << 20;

const NONE: &str = "a handler without verification";
const FLOOR: &str = "the same, and HMAC-SHA256 alone";
const AROUND: &str = "axum-webhook around the router";
const INSIDE: &str = "axum-webhook by Router::layer";
const TAKEN: &str = "axum-webhook around, taken as VerifiedWebhook";
const PROTOTYPE: &str = "the layer of the goals, around the router";
const PROTOTYPE_INSIDE: &str = "the layer of the goals, by Router::layer";
const NAIVE: &str = "from_fn, with care";

pub fn run(paths: &Paths) {
    let (small, large) = (rows(1 << 10), rows(64 << 10));
    let goal = |(name, versus, limit)| Goal {
        name,
        versus,
        limit,
    };
    let of_small = [
        (AROUND, NONE, 1.80),
        (TAKEN, NONE, 1.75),
        (INSIDE, NONE, 1.95),
        (AROUND, FLOOR, 1.12),
    ];
    let of_large = [(AROUND, FLOOR, 1.02)];
    let row = |name: &str| small.iter().find(|row| row.name == name).expect("it ran");
    let seconds = |name| row(name).seconds.iter();
    let rounds = iter::zip(seconds(NONE), iter::zip(seconds(INSIDE), seconds(NAIVE)));
    let extra = spread(rounds.map(|(none, (own, naive))| (own - none) / (naive - none)));
    let what = format!("what {INSIDE} adds, beside what {NAIVE} adds");
    let own = row(NONE).allocated;
    let above = |name| row(name).allocated.calls.cast_signed() - own.calls.cast_signed();
    let delivery = delivery(1 << 10);
    let ((), of_request) = allocations::count(|| drop(request(&delivery)));
    let text = format!(
        "Body of 1 KiB:\n\n{}{}{}\nAllocations above {NONE}: {} around the router (goal: 1), {} by `Router::layer` (goal: 7).\n\n\
         {NONE} has {} allocations of {} bytes, {} of them to make the request. When the goals were set it was 22, 2844 and 6.\n\n\
         Body of 64 KiB:\n\n{}{}",
        page::table(&small),
        page::goals(&small, &of_small.map(goal)),
        page::goal_line(&what, 0.70, extra, Bound::AtMost),
        above(AROUND),
        above(INSIDE),
        own.calls,
        own.bytes,
        of_request.calls,
        page::table(&large),
        page::goals(&large, &of_large.map(goal)),
    );
    page::put(&paths.page(), "request-goals", &text);
}

fn delivery(size: usize) -> Delivery {
    Delivery::signed(&providers::stripe(), deliveries::body(size))
}

/// The request as it is made from texts.
fn request(delivery: &Delivery) -> Request {
    let mut request = Request::builder().method("POST").uri("/webhook");
    for (name, value) in &delivery.headers {
        request = request.header(name.as_str(), value.as_bytes());
    }
    let body = Body::from(delivery.body.clone());
    request.body(body).expect("it is one")
}

/// A router whose handler takes the body as it comes.
fn of_bytes() -> Router {
    let handler = |body: Bytes| async move {
        black_box(&body);
        StatusCode::OK
    };
    let router = Router::new().route("/webhook", post(handler));
    router.layer(DefaultBodyLimit::max(LIMIT))
}

fn rows(size: usize) -> Vec<Row> {
    let delivery = delivery(size);
    let layer = || deliveries::layer(&providers::stripe());
    let prototype = Prototype {
        key: ByHand::new(Timestamp::now().unix_seconds()),
        limit: LIMIT,
    };
    let taken = |hook: VerifiedWebhook| async move {
        black_box(hook.raw());
        StatusCode::OK
    };
    let taken = Router::new().route("/webhook", post(taken));
    let taken = taken.layer(DefaultBodyLimit::max(LIMIT));
    let mut mac = hmac(&delivery.body);
    let floor = {
        let (none, delivery) = (of_bytes(), delivery.clone());
        contender(FLOOR, move || {
            mac();
            send(none.clone(), request(&delivery), StatusCode::OK);
        })
    };
    compare(vec![
        through(NONE, of_bytes(), &delivery),
        floor,
        through(AROUND, layer().layer(of_bytes()), &delivery),
        through(TAKEN, layer().layer(taken), &delivery),
        through(INSIDE, of_bytes().layer(layer()), &delivery),
        through(PROTOTYPE, prototype.layer(of_bytes()), &delivery),
        through(PROTOTYPE_INSIDE, of_bytes().layer(prototype), &delivery),
        through(NAIVE, of_bytes().layer(from_fn(careful)), &delivery),
    ])
}

fn through<'a, S>(name: &str, service: S, delivery: &Delivery) -> Contender<'a>
where
    S: Service<Request, Response = Response> + Clone + 'a,
    S::Error: std::fmt::Debug,
{
    let delivery = delivery.clone();
    contender(name, move || {
        send(service.clone(), request(&delivery), StatusCode::OK);
    })
}

/// What a careful reader of the documentation writes.
async fn careful(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let Some((time, tag)) = signature(&parts.headers) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(&body);
    if mac.verify_slice(&tag).is_err() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

fn signature(headers: &HeaderMap) -> Option<(&str, Vec<u8>)> {
    let text = headers.get("stripe-signature")?.to_str().ok()?;
    let (time, tag) = text.strip_prefix("t=")?.split_once(",v1=")?;
    Some((time, hex::decode(tag).ok()?))
}
