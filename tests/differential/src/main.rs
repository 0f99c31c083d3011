//! Answers the requests of tests/differential: `ours` with axum-webhook's layer, `peers` with the verifiers on crates.io.
//!
//! Requests come in batches, one JSON object a line and an empty line behind the last. A line of answers comes for each:
//! `NAME=+` for accepted, `NAME=-` for refused.

mod clock;
mod ours;
mod peers;

use std::io::{BufRead as _, Write as _, stdin, stdout};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

/// What is asked.
#[derive(Deserialize)]
struct Question {
    family: String,
    secret: String,
    headers: Vec<(String, String)>,
    body: String,
    url: String,
}

impl Question {
    fn body(&self) -> Vec<u8> {
        STANDARD.decode(&self.body).expect("the body is base64")
    }

    /// The headers as hyper hands them over; `None` where it would not. Their bytes are Latin-1 characters here.
    fn headers(&self) -> Option<HeaderMap> {
        let header = |(name, value): &(String, String)| {
            let bytes: Option<Vec<_>> = value.chars().map(|c| u8::try_from(c).ok()).collect();
            let value = HeaderValue::from_bytes(&bytes?).ok()?;
            Some((HeaderName::try_from(name).ok()?, value))
        };
        let headers = self.headers.iter().map(header);
        let mut map = HeaderMap::new();
        for (name, value) in headers.collect::<Option<Vec<_>>>()? {
            map.append(name, value);
        }
        Some(map)
    }
}

fn main() {
    let side = std::env::args().nth(1);
    // A peer that panics has answered; what it says beside that is of no use.
    std::panic::set_hook(Box::new(|info| {
        if !peers::is_asked() {
            eprintln!("{info}");
        }
    }));
    let mut ours = ours::Ours::default();
    let mut answer = |question: &Question| match side.as_deref() {
        Some("ours") => format!("ours={}", sign(ours.accepts(question))),
        _ => {
            let verdicts = peers::verdicts(question).into_iter();
            let texts = verdicts.map(|(name, accepts)| format!("{name}={}", sign(accepts)));
            texts.collect::<Vec<_>>().join(" ")
        }
    };
    let mut batch = Vec::new();
    for line in stdin().lock().lines() {
        let line = line.expect("the requests are UTF-8");
        if !line.is_empty() {
            batch.push(serde_json::from_str(&line).expect("the requests are JSON"));
            continue;
        }
        let mut answers = String::new();
        for question in batch.drain(..) {
            answers += &answer(&question);
            answers.push('\n');
        }
        let mut out = stdout().lock();
        out.write_all(answers.as_bytes())
            .expect("somebody reads the answers");
        out.flush().expect("somebody reads the answers");
    }
}

const fn sign(accepts: bool) -> char {
    if accepts { '+' } else { '-' }
}
