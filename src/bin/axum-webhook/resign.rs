//! A captured delivery, signed anew: the event stays, the time and the signature are of now.

use axum_webhook::{
    Secret, Timestamp,
    scheme::{Locate, Scheme, Shape},
    sign::{Draft, Signed},
    testing::{Captured, example},
};
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::{failure::Failure, place};

/// What a connection adds, and no provider signs.
const HOP_BY_HOP: [header::HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The headers of a delivery without those of its connection.
pub(crate) fn headers(captured: &Captured) -> HeaderMap {
    let mut headers = captured.headers.clone();
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}

/// Signs a captured delivery as its provider would now, for `url`. Where the body does not hold the id, `id` is another one.
pub(crate) fn resign(
    captured: &Captured,
    scheme: &Scheme,
    secrets: &[Secret],
    url: &str,
    id: Option<String>,
    now: Timestamp,
) -> Result<Signed, Failure> {
    let content_type = captured.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let shape = place::shape(scheme, content_type.unwrap_or_default())
        .ok_or_else(|| Failure::usage("the scheme has no shape"))?;
    let stale = stale(scheme, shape);
    let mut body = captured.body.to_vec();
    let mut url = url.to_owned();
    let mut headers = headers(captured);
    for at in &stale {
        match at {
            Locate::Json(pointer) => without_json(&mut body, &pointer.to_string()),
            Locate::Form(name) => {
                let text = String::from_utf8_lossy(&body);
                body = without_pair(&text, name).into_bytes();
            }
            Locate::Query(name) => {
                if let Some((path, query)) = url.split_once('?') {
                    let query = without_pair(query, name);
                    let separator = if query.is_empty() { "" } else { "?" };
                    url = format!("{path}{separator}{query}");
                }
            }
            at => without_header(&mut headers, at),
        }
    }
    let mut draft = Draft::new(body)
        .with_method(captured.method.clone())
        .with_url(url)
        .with_timestamp(now);
    if let Some(content_type) = content_type {
        draft = draft.with_content_type(content_type);
    }
    let elsewhere = |at: &Option<Locate>| at.clone().filter(place::is_elsewhere);
    if let Some(at) = elsewhere(&shape.event_id) {
        let id = id.or_else(|| value(captured, &at));
        let id = id.unwrap_or_else(|| format!("evt_replay{}", now.unix_micros()));
        draft = draft.with_id(id);
    }
    if let Some(at) = elsewhere(&shape.event_type) {
        draft = draft.with_event_type(value(captured, &at).unwrap_or_else(|| "replay".to_owned()));
    }
    let names = shape.signed_headers.as_ref().map(|list| &list.names);
    for field in &shape.fields {
        let is_ours = field.is.is_some() || Some(&field.at) == names;
        if place::is_elsewhere(&field.at) && !is_ours {
            let text = value(captured, &field.at).unwrap_or_else(|| example(field));
            draft = draft.with_field(&field.name, text);
        }
    }
    let mut signed = draft
        .sign(scheme, secrets.to_vec())
        .map_err(Failure::usage)?;
    if content_type.is_none() {
        signed.headers.remove(header::CONTENT_TYPE);
    }
    for name in signed.headers.keys() {
        headers.remove(name);
    }
    headers.extend(signed.headers);
    Ok(Signed { headers, ..signed })
}

/// The places of what the signer writes anew.
fn stale(scheme: &Scheme, shape: &Shape) -> Vec<Locate> {
    let mut stale = vec![shape.signature.at.clone()];
    // A time in the body is the event's own, unless the receiver holds it against its clock.
    let time = shape.timestamp.as_ref().map(|time| time.at.clone());
    stale.extend(time.filter(|at| scheme.tolerance.is_some() || place::is_elsewhere(at)));
    stale.extend(shape.body_hash.as_ref().map(|hash| hash.at.clone()));
    // Where a value of the query is kept, it is read from the capture.
    let fields = shape.fields.iter().map(|field| &field.at);
    let kept = shape.event_id.iter().chain(&shape.event_type).chain(fields);
    stale.extend(kept.filter(|at| matches!(at, Locate::Query(_))).cloned());
    stale
}

/// What stands there now, outside the body.
fn value(captured: &Captured, at: &Locate) -> Option<String> {
    let header = |name| Some(captured.headers.get(name)?.to_str().ok()?.to_owned());
    match at {
        Locate::Header(name) => header(name),
        Locate::Headers(names) => names.iter().find_map(header),
        Locate::Query(wanted) => {
            let pairs = captured.uri.query()?.split('&');
            let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(name, _)| name == wanted)?;
            let value = percent_decode_str(value).decode_utf8().ok()?;
            Some(value.into_owned())
        }
        _ => None,
    }
}

fn without_header(headers: &mut HeaderMap, at: &Locate) {
    match at {
        Locate::Header(name) | Locate::RepeatedHeader(name) => {
            headers.remove(name);
        }
        Locate::Headers(names) => {
            for name in names {
                headers.remove(name);
            }
        }
        Locate::HeaderFamily(prefix) => {
            let names: Vec<_> = headers.keys().cloned().collect();
            for name in names {
                if name.as_str().starts_with(prefix.as_str()) {
                    headers.remove(name);
                }
            }
        }
        Locate::Bearer => {
            headers.remove(header::AUTHORIZATION);
        }
        _ => {}
    }
}

/// A form or a query without the pairs of this name; the others stay as they are written.
fn without_pair(text: &str, name: &str) -> String {
    let pairs = text.split('&').filter(|pair| {
        let key = pair.split('=').next().unwrap_or_default();
        percent_decode_str(key).decode_utf8_lossy() != name
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A JSON document without the value at a pointer. It is written anew only where there is one.
fn without_json(body: &mut Vec<u8>, pointer: &str) {
    let Ok(mut document) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return;
    };
    let parent = document.pointer_mut(parent).and_then(Value::as_object_mut);
    let key = key.replace("~1", "/").replace("~0", "~");
    if parent.is_some_and(|parent| parent.remove(&key).is_some()) {
        *body = document.to_string().into_bytes();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum_webhook::{Keyring, config::Config, testing::sample, verify};
    use bytes::Bytes;

    use super::*;

    /// Every provider that signs with a secret: a delivery of yesterday is genuine again, as the same event.
    #[test]
    fn every_provider_s_delivery_is_genuine_again() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/receiver/all.toml");
        let config = Config::from_file(file).expect("the receiver's file");
        let yesterday = Timestamp::from_unix_seconds(1_795_273_200);
        let now = yesterday.saturating_add(Duration::from_hours(24));
        let mut checked = 0;
        for (name, endpoint) in config.names().zip(config.each_endpoint()) {
            let endpoint = endpoint.expect(name);
            let scheme = endpoint.scheme();
            if scheme.algorithm.has_public_key() {
                continue;
            }
            let secrets = config.secrets(name).expect(name);
            let keyring = Keyring::new(scheme, secrets.clone()).expect(name);
            let path = endpoint.path().unwrap_or("/");
            let url = endpoint.public_url().map_or_else(
                || format!("http://127.0.0.1:3000{path}"),
                |public_url| public_url.join(path),
            );
            let signed = sample(scheme, yesterday).with_url(&url);
            let signed = signed.sign(scheme, secrets.clone()).expect(name);
            let captured = captured(signed);
            let url = match captured.uri.query() {
                Some(query) => format!("{url}?{query}"),
                None => url,
            };
            let anew = resign(&captured, scheme, &secrets, &url, None, now)
                .unwrap_or_else(|failure| panic!("{name}: {failure}"));
            let anew = self::captured(anew);
            let read = |captured: &Captured, at| {
                let incoming = captured.incoming();
                let incoming = match endpoint.public_url() {
                    Some(url) => incoming.with_public_url(url),
                    None => incoming,
                };
                let authentic = verify(&incoming, scheme, &keyring, at)
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
                authentic.event_id(scheme, &incoming)
            };
            let (old, new) = (read(&captured, yesterday), read(&anew, now));
            let in_token = scheme
                .shapes
                .iter()
                .any(|shape| matches!(shape.event_id, Some(Locate::Claim(_) | Locate::Item(_))));
            assert!(old == new || in_token, "{name}: {old:?} {new:?}");
            checked += 1;
        }
        assert!(checked > 120, "{checked}");
    }

    fn captured(signed: Signed) -> Captured {
        Captured {
            method: signed.method,
            uri: signed.url.parse().expect("a URL"),
            headers: signed.headers,
            body: Bytes::from(signed.body),
            received: None,
        }
    }

    #[test]
    fn what_is_not_stale_stays_as_it_is_written() {
        assert_eq!(without_pair("a=%20&s%69g=1&b", "sig"), "a=%20&b");
        let mut body = br#"{ "a": 1.0 }"#.to_vec();
        without_json(&mut body, "/sig");
        assert_eq!(body, br#"{ "a": 1.0 }"#);
    }
}
