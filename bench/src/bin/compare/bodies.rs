//! Bodies of several frames, each freshly copied as from a socket.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, body::Body, extract::DefaultBodyLimit};
use axum_webhook::providers;
use bench::deliveries::{self, Delivery, send};
use bytes::Bytes;
use http::StatusCode;
use http_body::{Frame, SizeHint};

use crate::{
    Paths, page,
    page::Goal,
    rounds::{Row, compare, contender},
    verification::{LIMIT, hmac},
};

const FRAME: usize = 64 << 10;
const NONE: &str = "a handler without verification";
const OURS: &str = "axum-webhook, length known";
const CHUNKED: &str = "axum-webhook, length unknown";

pub fn run(paths: &Paths) {
    measure(paths, "bodies");
}

/// The same; bench/run sets glibc so that every large buffer is mapped anew.
pub fn run_fresh(paths: &Paths) {
    measure(paths, "bodies-fresh");
}

fn measure(paths: &Paths, group: &str) {
    let [one, sixteen] = [1 << 20, 16 << 20].map(rows);
    let goals = [
        Goal {
            name: OURS,
            versus: LIMIT,
            limit: 1.20,
        },
        Goal {
            name: OURS,
            versus: NONE,
            limit: 1.0,
        },
    ];
    let text = format!(
        "1 MiB:\n\n{}{}\n{}\n16 MiB:\n\n{}\n{}",
        page::table(&one),
        page::goals(&one, &goals),
        peaks(&one, 1 << 20),
        page::table(&sixteen),
        peaks(&sixteen, 16 << 20),
    );
    page::put(&paths.page(), group, &text);
}

fn rows(size: usize) -> Vec<Row> {
    let github = providers::github();
    let delivery = Delivery::signed(&github, deliveries::body(size));
    let none = deliveries::unverified().layer(DefaultBodyLimit::disable());
    let ours: Router = deliveries::verified().layer(deliveries::layer(&github));
    let framed = |name, app: &Router, is_length_known| {
        let (app, delivery) = (app.clone(), delivery.clone());
        contender(name, move || {
            let frames = Frames {
                rest: delivery.body.clone(),
                is_length_known,
            };
            send(
                app.clone(),
                delivery.with_body(Body::new(frames)),
                StatusCode::OK,
            );
        })
    };
    compare(vec![
        contender(LIMIT, hmac(&delivery.body)),
        framed(NONE, &none, true),
        framed(OURS, &ours, true),
        framed(CHUNKED, &ours, false),
    ])
}

fn peaks(rows: &[Row], size: usize) -> String {
    let peak = |name: &str| {
        let row = rows.iter().find(|row| row.name == name).expect("it ran");
        #[expect(clippy::cast_precision_loss, reason = "it is to be printed")]
        let share = row.allocated.peak as f64 / size as f64;
        share
    };
    #[expect(clippy::cast_precision_loss, reason = "it is to be printed")]
    let two_frames = 1.0 + 2.0 * FRAME as f64 / size as f64;
    format!(
        "The most memory at once, in bodies: {:.2} without verification; {:.2} with the length known (goal: {two_frames:.2}), \
         {:.2} without (goal: 1.50).\n",
        peak(NONE),
        peak(OURS),
        peak(CHUNKED)
    )
}

/// A body that copies one frame after the other.
struct Frames {
    rest: Bytes,
    is_length_known: bool,
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let len = self.rest.len().min(FRAME);
        let data = self.rest.split_to(len);
        let frame = (len > 0).then(|| Ok(Frame::data(Bytes::copy_from_slice(&data))));
        Poll::Ready(frame)
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_length_known {
            SizeHint::with_exact(self.rest.len() as u64)
        } else {
            SizeHint::default()
        }
    }
}
