//! No credential leaves the process: every byte of every answer is looked at.

use std::collections::BTreeSet;

use axum_webhook::{
    Endpoint, WebhookLayer, inspector, providers, scheme::Scheme, sign::Signed, testing::FixedClock,
};
use serde_json::Value;
use tower::Layer as _;

use super::{
    super::support::{
        Counter, counting, endpoint, forged, layer, now, of_body, request, send, signed,
        with_header,
    },
    Page,
};
use crate::signable;

/// The values by their places: headers, the query, JSON, fields of a form.
fn values(signed: &Signed) -> Vec<(String, String)> {
    let mut values = Vec::new();
    for (name, value) in &signed.headers {
        values.push((format!("header {name}"), value.to_str().unwrap().to_owned()));
    }
    let query = signed.url.split_once('?').map_or("", |(_, query)| query);
    let fields = |text: &str| -> Vec<(String, String)> {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        let decoded = |text: &str| {
            let spaced = text.replace('+', " ");
            let bytes = percent_encoding::percent_decode_str(&spaced);
            bytes.decode_utf8_lossy().into_owned()
        };
        pairs
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect()
    };
    values.extend(
        fields(query)
            .into_iter()
            .map(|(name, value)| (format!("query {name}"), value)),
    );
    match serde_json::from_slice(&signed.body) {
        Ok(json) => leaves("json", &json, &mut values),
        Err(_) => {
            let text = String::from_utf8_lossy(&signed.body);
            values.extend(
                fields(&text)
                    .into_iter()
                    .map(|(name, value)| (format!("form {name}"), value)),
            );
        }
    }
    values
}

fn leaves(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                leaves(&format!("{path}/{name}"), value, out);
            }
        }
        Value::Array(list) => {
            for (number, value) in list.iter().enumerate() {
                leaves(&format!("{path}/{number}"), value, out);
            }
        }
        Value::String(text) => out.push((path.to_owned(), text.clone())),
        _ => {}
    }
}

/// What differs between two deliveries that only the secret tells apart is a signature, or the secret itself.
fn credentials(one: &Signed, other: &Signed) -> BTreeSet<String> {
    let (one, other) = (values(one), values(other));
    let mut found = BTreeSet::new();
    for ((place, mine), (_, yours)) in one.iter().zip(&other).filter(|(one, other)| one != other) {
        for text in [mine, yours] {
            found.insert(text.clone());
            // Each part that is in one and not in the other.
            let cut = |text: &str| {
                let parts = text.split([',', ';', '=', ' ', ':']).map(str::to_owned);
                parts
                    .filter(|part| part.len() >= 8)
                    .collect::<BTreeSet<_>>()
            };
            let shared: BTreeSet<_> = cut(mine).intersection(&cut(yours)).cloned().collect();
            found.extend(cut(text).into_iter().filter(|part| !shared.contains(part)));
        }
        assert!(!place.is_empty());
    }
    found
}

/// All that the page can get, about as many deliveries as there are.
async fn everything(page: &Page) -> String {
    let mut all = String::new();
    for path in [
        "",
        "/page.js",
        "/page.css",
        "/deliveries",
        "/deliveries?q=e",
    ] {
        all.push_str(page.get(path).await.text());
    }
    for delivery in page.list().await {
        let answer = page.get(&format!("/deliveries/{}", delivery["id"])).await;
        all.push_str(answer.text());
    }
    all
}

/// As it stands in an answer, where it would have been escaped.
fn escaped(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    text.trim_matches('"').to_owned()
}

#[track_caller]
fn assert_hidden(all: &str, name: &str, credential: &str) {
    for form in [
        credential.to_owned(),
        escaped(credential),
        escaped(&escaped(credential)),
    ] {
        assert!(!all.contains(&form), "{name}: {credential} is shown");
    }
}

#[tokio::test]
async fn no_provider_s_signature_or_secret_is_shown() {
    let mut checked = 0;
    for (id, scheme) in signable() {
        let inspector = inspector();
        let layer = layer(&scheme).with_inspector(&inspector);
        let service = layer.layer(counting(&Counter::default()));
        let page = Page::of(&inspector);
        let (genuine, forgery) = (signed(&scheme), forged(&scheme));
        send(&service, request(&genuine)).await;
        send(&service, request(&forgery)).await;
        assert_eq!(page.list().await.len(), 2, "{id}");
        let all = everything(&page).await;
        let credentials = credentials(&genuine, &forgery);
        assert!(!credentials.is_empty(), "{id}");
        for credential in &credentials {
            assert_hidden(&all, id, credential);
            checked += 1;
        }
        for secret in secrets(&scheme) {
            assert_hidden(&all, id, &secret);
        }
    }
    assert!(checked > 300, "{checked}");
}

/// The texts of the secrets that `right` and `wrong` make.
fn secrets(scheme: &Scheme) -> Vec<String> {
    let mut texts: Vec<_> = ["right", "wrong"]
        .iter()
        .flat_map(|seed| {
            [
                format!("{seed}-secret-of-the-tests"),
                format!("{seed}-password"),
            ]
        })
        .collect();
    texts.extend(scheme.secret_parts.iter().map(|name| format!("the-{name}")));
    texts
}

#[tokio::test]
async fn a_signature_is_not_found_by_searching_for_it() {
    let scheme = providers::github();
    let inspector = inspector();
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let delivery = of_body(
        &scheme,
        "/webhook",
        r#"{"client_secret":"abcdef-ghijkl","zen":"calm"}"#,
    );
    send(&service, request(&delivery))
        .await
        .assert_handled("genuine");
    let signature = delivery.headers["x-hub-signature-256"].to_str().unwrap();
    assert_eq!(page.found("calm").await, [1]);
    assert_eq!(page.found("CALM").await, [1]);
    assert_eq!(page.found("x-hub-signature").await, [1]);
    for part in [signature, &signature[7..12], "abcdef", "ghijkl"] {
        assert_eq!(page.found(part).await, [0_u64; 0], "{part}");
    }
}

#[tokio::test]
async fn credentials_of_others_are_masked_wherever_they_stand() {
    let scheme = providers::github();
    let inspector = inspector();
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let body = r#"{"note":"copied: topsecret-cookie-value and bearer-of-bad-news","id":1,"access_token":"hush-hush-hush","deep":[{"password":"pass-word-1"}]}"#;
    let path = "/webhook?api_key=query-credential&page=2&again=query-credential";
    let mut delivery = of_body(&scheme, path, body);
    for (name, value) in [
        ("authorization", "Bearer bearer-of-bad-news"),
        ("cookie", "sid=topsecret-cookie-value; theme=dark"),
        ("x-api-key", "an-api-key"),
        ("x-forwarded-authorization", "Basic dXNlcjpwYXNzd29yZA=="),
        ("x-odd", "0123456789abcdef0123456789abcdef"),
        ("x-echo", "it was query-credential"),
        ("x-plain", "plain as day"),
        ("idempotency-key", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ] {
        delivery = with_header(&delivery, name, value);
    }
    send(&service, request(&delivery))
        .await
        .assert_handled("genuine");
    let all = everything(&page).await;
    for credential in [
        "topsecret-cookie-value",
        "bearer-of-bad-news",
        "an-api-key",
        "dXNlcjpwYXNzd29yZA",
        "query-credential",
        "0123456789abcdef0123456789abcdef",
        "hush-hush-hush",
        "pass-word-1",
    ] {
        assert_hidden(&all, "github", credential);
    }
    for shown in [
        "plain as day",
        "page=2",
        "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "copied: ",
    ] {
        assert!(all.contains(shown), "{shown}");
    }
}

#[tokio::test]
async fn a_body_whose_credential_can_not_be_found_is_not_shown() {
    // Adyen's signature stands in the JSON.
    let scheme = providers::adyen();
    let inspector = inspector().with_body_limit(axum_webhook::ByteSize::bytes(4096));
    let service = layer(&scheme)
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let genuine = signed(&scheme);
    let text = String::from_utf8(genuine.body.clone()).unwrap();
    let (_, after) = text.split_once("hmacSignature\":\"").unwrap();
    let (signature, _) = after.split_once('"').unwrap();
    let form = "application/x-www-form-urlencoded";
    for (name, body, kind) in [
        ("whole", text.clone(), "application/json"),
        (
            "cut",
            format!("{text}{}", " ".repeat(8192)),
            "application/json",
        ),
        (
            "broken",
            text.replace("hmacSignature", "hmacSig\\"),
            "application/json",
        ),
        ("as a form", text.clone(), form),
        ("as a field", format!("a={text}&b=%"), form),
        ("not text", format!("{text}\u{0}"), "text/plain"),
    ] {
        let mut delivery = genuine.clone();
        delivery
            .headers
            .insert("content-type", kind.parse().unwrap());
        delivery.body = body.into_bytes();
        if name == "not text" {
            delivery.body.push(0xff);
        }
        send(&service, request(&delivery)).await;
        let shown = page.newest().await;
        let is_whole = matches!(name, "whole" | "as a field");
        assert_eq!(
            shown["body"]["kind"] != "withheld",
            is_whole,
            "{name}: {shown:#}"
        );
        assert_hidden(&everything(&page).await, name, signature);
    }
}

#[tokio::test]
async fn the_key_that_a_provider_sends_is_not_shown() {
    for (scheme, header, body) in [
        (providers::asana(), Some("x-hook-secret"), "{}"),
        (
            providers::notion(),
            None,
            r#"{"verification_token":"secret_paired-key-of-the-tests"}"#,
        ),
    ] {
        let id = scheme.id.clone();
        let inspector = inspector();
        let endpoint = Endpoint::dangerous_pairing(scheme.clone(), |_| {}).unwrap();
        let layer = WebhookLayer::for_endpoint(endpoint).unwrap();
        let service = layer
            .with_inspector(&inspector)
            .layer(counting(&Counter::default()));
        let page = Page::of(&inspector);
        let mut question =
            http::Request::post("/webhook").header("content-type", "application/json");
        if let Some(header) = header {
            question = question.header(header, "secret_paired-key-of-the-tests");
        }
        let question = question.body(axum::body::Body::from(body)).unwrap();
        assert_eq!(send(&service, question).await.status, 200, "{id}");
        assert_eq!(page.newest().await["state"], "answered", "{id}");
        assert_hidden(&everything(&page).await, &id, "paired-key-of-the-tests");
    }
}

#[tokio::test]
async fn a_stale_delivery_shows_its_age_and_not_its_signature() {
    let scheme = providers::stripe();
    let inspector = inspector();
    let clock = FixedClock::new(now());
    clock.advance(std::time::Duration::from_hours(1));
    let layer = WebhookLayer::for_endpoint(endpoint(&scheme))
        .unwrap()
        .with_clock(clock);
    let service = layer
        .with_inspector(&inspector)
        .layer(counting(&Counter::default()));
    let page = Page::of(&inspector);
    let delivery = signed(&scheme);
    send(&service, request(&delivery)).await;
    let shown = page.newest().await;
    assert_eq!(shown["code"], "stale", "{shown:#}");
    let signature = delivery.headers["stripe-signature"].to_str().unwrap();
    assert_hidden(
        &everything(&page).await,
        "stripe",
        signature.split_once("v1=").unwrap().1,
    );
}
