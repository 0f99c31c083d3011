//! For the tests of your own application: a clock that stands still, signed requests, and the
//! contract of a replay store of your own ([`store_contract!`](crate::store_contract)).
//!
//! ```
//! use axum_webhook::{Secret, providers, sign::Draft, testing};
//!
//! let secret = Secret::new("It's a Secret to Everybody")?;
//! let signed = Draft::new("{}").sign(&providers::github(), secret)?;
//! let request = testing::request(&signed)?;
//! assert_eq!(request.uri(), "/webhook");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod captured;
pub mod contract;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use std::time::Duration;

use axum_core::body::Body;
use http::Request;
use serde_json::{Value, json};

pub use self::captured::{Captured, CapturedError};

use crate::{
    clock::Clock,
    scheme::{Charset, Field, Locate, MediaType, Scheme, Shape},
    sign::{Draft, Signed, put},
    timestamp::Timestamp,
};

/// A clock that stands still until it is moved. Clones show the same time.
#[derive(Clone, Debug)]
pub struct FixedClock(Arc<AtomicI64>);

impl FixedClock {
    /// Creates a clock that shows `time`.
    #[must_use]
    pub fn new(time: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(time.unix_micros())))
    }

    /// Sets the clock.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.unix_micros(), Ordering::SeqCst);
    }

    /// Moves the clock ahead.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().saturating_add(by));
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The request that delivers what was signed, with the URL's path and query as its target.
///
/// # Errors
///
/// If the URL's path and query are not a request target.
pub fn request(signed: &Signed) -> Result<Request<Body>, http::Error> {
    let after_scheme = signed
        .url
        .split_once("://")
        .map_or(signed.url.as_str(), |(_, rest)| rest);
    let target = after_scheme
        .find('/')
        .and_then(|at| after_scheme.get(at..))
        .unwrap_or("/");
    let mut request = Request::builder()
        .method(signed.method.clone())
        .uri(target)
        .body(Body::from(signed.body.clone()))?;
    *request.headers_mut() = signed.headers.clone();
    Ok(request)
}

/// A delivery that has everything the scheme signs, ready for [`Draft::sign`].
///
/// Its event id is `evt_sample` followed by the time, so that each second has its own event.
///
/// ```
/// use axum_webhook::{Secret, Timestamp, providers, testing};
///
/// let scheme = providers::stripe();
/// let signed = testing::sample(&scheme, Timestamp::now()).sign(&scheme, Secret::new("whsec_x")?)?;
/// assert!(signed.headers.contains_key("stripe-signature"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sample(scheme: &Scheme, now: Timestamp) -> Draft {
    let asks_for = |kind| move |shape: &&Shape| shape.when.content_type == kind;
    let shape = scheme
        .shapes
        .iter()
        .find(asks_for(None))
        .or_else(|| scheme.shapes.iter().find(asks_for(Some(MediaType::Json))))
        .or_else(|| scheme.shapes.first());
    let id = format!("evt_sample{}", now.unix_seconds());
    let Some(shape) = shape else {
        return Draft::new("{}");
    };
    if shape.when.content_type == Some(MediaType::Form) {
        let only = shape
            .fields
            .iter()
            .any(|field| matches!(field.at, Locate::OnlyForm(_)));
        let start = if only { "" } else { "greeting=hello" };
        return fields(Draft::new(start), shape)
            .with_content_type(MediaType::Form.to_string())
            .with_timestamp(now)
            .with_id(id);
    }
    let body = match &shape.each {
        Some(batch) => {
            let mut item = Value::Null;
            for field in &shape.fields {
                if let Locate::Json(pointer) = &field.at {
                    put(&mut item, pointer, Value::from(example(field)));
                }
            }
            let mut element = Value::Null;
            put(&mut element, &batch.item, item);
            let mut document = Value::Null;
            put(&mut document, &batch.array, json!([element]));
            document
        }
        None => json!({"greeting": "hello"}),
    };
    let draft = Draft::new(body.to_string()).with_timestamp(now);
    if shape.each.is_some() {
        return draft;
    }
    fields(draft, shape).with_id(id).with_event_type("sample")
}

/// The values that the content names. The list of signed headers is written by the signer itself.
fn fields(draft: Draft, shape: &Shape) -> Draft {
    let names = shape.signed_headers.as_ref().map(|list| &list.names);
    shape
        .fields
        .iter()
        .filter(|field| Some(&field.at) != names)
        .fold(draft, |draft, field| {
            draft.with_field(&field.name, example(field))
        })
}

/// A value of the form that a field of a scheme's content must have.
#[must_use]
pub fn example(field: &Field) -> String {
    match field.width {
        Some(width) => {
            let piece = match width.charset {
                Charset::Digits => "1234567890",
                _ => "a1b2c3d4e5",
            };
            piece.chars().cycle().take(width.min).collect()
        }
        None => format!("sample-{}", field.name.replace('_', "-")),
    }
}
