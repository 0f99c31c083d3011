//! A delivery made of nothing but its scheme.

use axum_core::body::Body;
use http::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::{
    scheme::{Charset, Field, Filter, Locate, MediaType, Scheme, Shape, Template},
    sign::{Draft, Signed, put},
    timestamp::Timestamp,
};

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
    match usual_shape(scheme).and_then(|at| scheme.shapes.get(at)) {
        Some(shape) => sample_of(shape, now, "hello"),
        None => Draft::new("{}"),
    }
}

/// The place of the shape that asks for the least.
pub(super) fn usual_shape(scheme: &Scheme) -> Option<usize> {
    let asks_for = |kind| move |shape: &Shape| shape.when.content_type == kind;
    let shapes = || scheme.shapes.iter();
    shapes()
        .position(asks_for(None))
        .or_else(|| shapes().position(asks_for(Some(MediaType::Json))))
        .or_else(|| shapes().next().map(|_| 0))
}

/// A delivery of one shape, with a text of any kind in what its body is free to say.
pub(super) fn sample_of(shape: &Shape, now: Timestamp, greeting: &str) -> Draft {
    let id = format!("evt_sample{}", now.unix_seconds());
    if shape.when.content_type == Some(MediaType::Form) {
        let only = shape.fields.iter().find_map(|field| match &field.at {
            Locate::OnlyForm(name) => Some((name.as_str(), example(field))),
            _ => None,
        });
        let (name, value) = only.unwrap_or_else(|| ("greeting", greeting.to_owned()));
        let start = format!("{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC));
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
        None if has_filter(shape, Filter::First) => json!([{"greeting": greeting}]),
        None if has_filter(shape, Filter::Sns) => {
            json!({"Message": greeting, "Type": "Notification"})
        }
        None => json!({"greeting": greeting}),
    };
    let draft = Draft::new(body.to_string()).with_timestamp(now);
    if shape.each.is_some() {
        return draft;
    }
    let draft = fields(draft, shape);
    // A list of events has no id of its own, nor a type.
    if has_filter(shape, Filter::First) {
        draft
    } else {
        draft.with_id(id).with_event_type("sample")
    }
}

fn has_filter(shape: &Shape, filter: Filter) -> bool {
    let mut values = shape.content.iter().flat_map(Template::values);
    values.any(|(_, filters)| filters.contains(&filter))
}

/// The values that the content names. What has to be a certain text, the time and the list of signed headers are written by
/// the signer itself.
fn fields(draft: Draft, shape: &Shape) -> Draft {
    let names = shape.signed_headers.as_ref().map(|list| &list.names);
    let time = shape.timestamp.as_ref().map(|field| &field.at);
    let is_free = |field: &&Field| {
        let at = Some(&field.at);
        field.is.is_none() && at != names && at != time
    };
    shape
        .fields
        .iter()
        .filter(is_free)
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
