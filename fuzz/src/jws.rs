//! Tokens.

use std::sync::LazyLock;

use axum_webhook::providers;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderMap;
use serde::de::IgnoredAny;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    Outcome,
    support::{BODY, Judge, NOW, append, fill, hex, lines, mac},
};

/// How far the clocks may be apart where the scheme has no tolerance.
const LEEWAY: i64 = 60;

/// Compact JWS. The data is the token itself, or behind the byte 0xff its header and its payload, a line each, which are then
/// signed as they should be.
pub fn jws(data: &[u8]) -> Outcome {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::new(providers::netlify()));
    static HASH: LazyLock<String> = LazyLock::new(|| hex(&Sha256::digest(BODY)));
    let token = match data.split_first() {
        Some((0xff, parts)) => {
            let mut parts = lines(parts).map(|part| {
                let part = fill(part, &[HASH.as_str(), "1700000000", r#"{"alg":"HS256"}"#]);
                URL_SAFE_NO_PAD.encode(part)
            });
            let mut part = || parts.next().unwrap_or_default();
            let input = format!("{}.{}", part(), part());
            format!(
                "{input}.{}",
                URL_SAFE_NO_PAD.encode(mac(&[input.as_bytes()]))
            )
            .into_bytes()
        }
        _ => data.to_vec(),
    };
    let mut headers = HeaderMap::new();
    if !append(&mut headers, "x-webhook-signature", &token) {
        return Outcome::Skipped;
    }
    let accepted = JUDGE.accepts(&headers, BODY);
    if let Some(verdict) = reference(&token, &HASH) {
        assert_eq!(accepted, verdict, "{}", String::from_utf8_lossy(&token));
    }
    Outcome::of(accepted)
}

/// Whether the token is genuine; `None` where what it says can be read in more than one way.
fn reference(token: &[u8], hash: &str) -> Option<bool> {
    let parts = std::str::from_utf8(token)
        .ok()
        .filter(|token| token.len() <= 4096);
    let parts: Vec<_> = parts.unwrap_or_default().split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Some(false);
    };
    let input = format!("{header}.{payload}");
    if signature != URL_SAFE_NO_PAD.encode(mac(&[input.as_bytes()])) {
        return Some(false);
    }
    let decode = |part| URL_SAFE_NO_PAD.decode(part).ok();
    let (Some(header), Some(payload)) = (decode(header), decode(payload)) else {
        return Some(false);
    };
    let (header, payload) = (read(&header)?, read(&payload)?);
    Some(header_fits(&header) && payload_fits(&payload, hash))
}

/// What serde reads, unless a name stands there twice, which it does not notice, or it is deeper or larger than it goes.
fn read(text: &[u8]) -> Option<Value> {
    let value: Value = match serde_json::from_slice(text) {
        Ok(value) => value,
        Err(_) => {
            return serde_json::from_slice::<IgnoredAny>(text)
                .is_err()
                .then_some(Value::Null);
        }
    };
    // Written again, it has as many names as what it was made of.
    let colons = |text: &[u8]| text.split(|c| *c == b':').count();
    (colons(value.to_string().as_bytes()) == colons(text)).then_some(value)
}

fn header_fits(header: &Value) -> bool {
    header.get("alg").is_some_and(|alg| alg == "HS256")
        && header.get("crit").is_none()
        && header.get("b64").is_none()
        && header
            .get("kid")
            .is_none_or(|kid| kid.is_string() || kid.is_null())
}

fn payload_fits(payload: &Value, hash: &str) -> bool {
    let is_issuer = |value: &Value| value == "netlify";
    let issuer = payload.get("iss").is_some_and(|issuer| match issuer {
        Value::Array(issuers) => issuers.iter().any(is_issuer),
        issuer => is_issuer(issuer),
    });
    // A time is a whole number, and written as one.
    let time = |name: &str| match payload.get(name) {
        None => Some(None),
        Some(Value::Number(number)) => {
            let digits = number.to_string();
            let is_whole = digits.len() <= 12 && digits.bytes().all(|c| c.is_ascii_digit());
            is_whole.then(|| digits.parse::<i64>().ok())
        }
        Some(_) => None,
    };
    let (Some(expires), Some(from)) = (time("exp"), time("nbf")) else {
        return false;
    };
    issuer
        && payload.get("sha256").is_some_and(|claimed| claimed == hash)
        && expires.is_none_or(|expires| NOW - expires <= LEEWAY)
        && from.is_none_or(|from| from - NOW <= LEEWAY)
}
