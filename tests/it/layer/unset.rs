//! A receiver without a secret, and the ways around verification: there are none.

use std::{collections::BTreeSet, fs, path::Path};

use axum::{Router, routing::post};
use axum_webhook::{
    Endpoint, FileKeys, Keyring, RotatingKeys, Secret, TenantFrom, TenantKeys, VerifiedWebhook,
    WebhookLayer, providers,
    scheme::{Algorithm, Dedupe, Locate, Scheme},
    sign::Signed,
    testing::{FailingStore, FixedClock},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http::HeaderValue;
use tower::Layer as _;

use super::support::{
    Answer, Counter, HANDLED, counting, endpoint, forged, layer, now, of_body, request, right,
    send, signed, without_header,
};

// --- Nothing is configured: T-A3.

/// Each way in which a secret can be left out ends before there is a layer, for every provider.
#[test]
fn t_a3_a_secret_that_is_not_set_builds_nothing() {
    let empty = std::env::temp_dir().join(format!("axum-webhook-empty-{}", std::process::id()));
    fs::write(&empty, "\n").unwrap();
    let unset = [
        Secret::new(""),
        Secret::from_bytes(Vec::new()),
        Secret::from_env("AXUM_WEBHOOK_UNSET"),
        Secret::from_file(&empty),
        Secret::from_file(empty.with_extension("missing")),
    ];
    fs::remove_file(&empty).unwrap();
    for secret in unset {
        assert!(secret.is_err(), "{secret:?}");
    }
    let none = Vec::<Secret>::new;
    for (id, describe) in providers::ALL {
        let scheme = describe();
        assert!(WebhookLayer::new(describe(), none()).is_err(), "{id}");
        assert!(Endpoint::new(describe(), none()).is_err(), "{id}");
        assert!(Keyring::new(&scheme, none()).is_err(), "{id}");
        assert!(RotatingKeys::new(&scheme, none()).is_err(), "{id}");
        assert!(FileKeys::new(&scheme, none()).is_err(), "{id}");
    }
}

/// The same in the words of a configuration.
#[cfg(feature = "config")]
#[test]
fn t_a3_a_configuration_without_a_secret_is_refused() {
    for (id, describe) in providers::ALL {
        if describe().algorithm.needs_feature().is_some() {
            continue;
        }
        for secrets in [
            "",
            "secrets = []",
            "secrets = [\"\"]",
            "secrets = [\"plain:\"]",
            "secrets = [\"plain: \"]",
            "secrets = [\"env:AXUM_WEBHOOK_UNSET\"]",
            "secrets = [\"file:/nowhere/at/all\"]",
        ] {
            let text = format!(
                "[[endpoint]]\nname = \"a\"\npath = \"/a\"\npublic_url = \"https://example.com\"\nprovider = \"{id}\"\n{secrets}\n"
            );
            let layer = axum_webhook::config::Config::from_toml(&text).and_then(|it| it.layer());
            assert!(layer.is_err(), "{id}: {secrets:?}");
        }
    }
}

/// The genuine delivery with another text in the place of its credential.
fn presenting(scheme: &Scheme, genuine: &Signed, text: &str) -> Signed {
    let mut signed = genuine.clone();
    let value = HeaderValue::from_str(text).unwrap();
    match &scheme.shapes[0].signature.at {
        Locate::Header(name) => drop(signed.headers.insert(name, value)),
        Locate::Bearer => drop(signed.headers.insert("authorization", value)),
        Locate::Json(pointer) => {
            let batch = scheme.shapes[0].each.as_ref();
            let item = batch.map_or_else(String::new, |it| format!("{}/0{}", it.array, it.item));
            let mut body: serde_json::Value = serde_json::from_slice(&signed.body).unwrap();
            *body.pointer_mut(&format!("{item}{pointer}")).unwrap() = text.into();
            signed.body = body.to_string().into_bytes();
        }
        Locate::Query(name) => {
            let (path, query) = signed.url.split_once('?').unwrap();
            let rest = query
                .split('&')
                .filter(|it| !it.starts_with(&format!("{name}=")));
            let rest: Vec<_> = rest.collect();
            signed.url = format!("{path}?{}&{name}={text}", rest.join("&"));
        }
        other => panic!("{}: {other} is new: teach it here", scheme.id),
    }
    signed
}

/// What nothing looks like, in the languages that senders are written in, is equal to no credential.
#[tokio::test]
async fn t_a3_a_credential_that_is_none_is_refused() {
    let mut tested = 0;
    for (id, scheme) in crate::signable() {
        if !matches!(
            scheme.algorithm,
            Algorithm::SharedToken | Algorithm::BasicAuth
        ) {
            continue;
        }
        let runs = Counter::default();
        let service = layer(&scheme).layer(counting(&runs));
        let genuine = signed(&scheme);
        for text in [
            "",
            "null",
            "undefined",
            "None",
            "nil",
            "false",
            "true",
            "0",
            "[]",
            "Bearer",
            "Basic",
            "Bearer null",
            "Token",
            "Basic Og==",
            "Basic OjA=",
            "user:",
            ":",
        ] {
            let answer = send(&service, request(&presenting(&scheme, &genuine, text))).await;
            let refused = scheme.answers.refused.status;
            assert_eq!(answer.status.as_u16(), refused, "{id}: {text:?}");
        }
        let basic = |text: &str| format!("Basic {}", BASE64.encode(text));
        for text in [
            basic(""),
            basic("user:"),
            basic(":"),
            basic(":right-password"),
        ] {
            let answer = send(&service, request(&presenting(&scheme, &genuine, &text))).await;
            assert!(answer.rejection.is_some(), "{id}: {text:?}");
        }
        assert_eq!(runs.count(), 0, "{id}");
        send(&service, request(&genuine)).await.assert_handled(id);
        tested += 1;
    }
    assert!(tested > 10, "{tested}");
}

// --- Every way to a layer verifies: T-A4.

/// Every public way to build a layer for GitHub with the secret `right`, and every switch that it has.
fn every_layer() -> Vec<(&'static str, WebhookLayer)> {
    let scheme = providers::github;
    let by = |endpoint: Endpoint| WebhookLayer::for_endpoint(endpoint).unwrap();
    let github = || endpoint(&scheme());
    let at_path = || github().with_path("/webhook");
    let keys = || RotatingKeys::new(&scheme(), right(&scheme())).unwrap();
    let tenants = TenantKeys::new(&scheme(), move |_| async move {
        Ok::<_, &str>(Some(vec![right(&scheme())]))
    });
    let with_tenants = Endpoint::from_source(scheme(), tenants)
        .unwrap()
        .with_tenant(TenantFrom::path("/{tenant}").unwrap());
    let layers = vec![
        (
            "new",
            WebhookLayer::new(scheme(), right(&scheme())).unwrap(),
        ),
        ("for_endpoint", by(github())),
        ("by_path", WebhookLayer::by_path(vec![at_path()]).unwrap()),
        (
            "by_segment",
            WebhookLayer::by_segment("/{name}", vec![github().with_name("webhook")]).unwrap(),
        ),
        (
            "by_detection",
            WebhookLayer::by_detection(vec![github()]).unwrap(),
        ),
        (
            "from_source",
            by(Endpoint::from_source(scheme(), keys()).unwrap()),
        ),
        ("tenants", by(with_tenants)),
        ("dangerous_fail_open", {
            let layer = by(github().dangerous_fail_open());
            layer.with_replay_store(FailingStore::new())
        }),
        ("dedupe off", by(github().with_dedupe(Dedupe::Off).unwrap())),
        ("run_to_the_end", by(github()).run_to_the_end()),
        ("on_refusal", by(github()).on_refusal(|_| {})),
    ];
    let clock = FixedClock::new(now());
    let with_clock = |(name, layer): (_, WebhookLayer)| (name, layer.with_clock(clock.clone()));
    layers.into_iter().map(with_clock).collect()
}

/// Requests that are not genuine, from the one that is nothing but a body to the one with another secret.
fn not_genuine() -> Vec<(&'static str, Signed)> {
    let scheme = providers::github();
    let genuine = signed(&scheme);
    let mut bare = genuine.clone();
    bare.headers.clear();
    let mut changed = genuine.clone();
    changed.body.push(b' ');
    vec![
        ("a body alone", bare),
        (
            "no signature",
            without_header(&genuine, "x-hub-signature-256"),
        ),
        ("another body", changed),
        ("another secret", forged(&scheme)),
        (
            "another provider's",
            of_body(&providers::stripe(), "/webhook", "{}"),
        ),
    ]
}

#[tokio::test]
async fn t_a4_no_way_to_build_a_layer_forwards_what_is_not_genuine() {
    for (way, layer) in every_layer() {
        let runs = Counter::default();
        let service = layer.layer(counting(&runs));
        for (name, signed) in not_genuine() {
            let answer = send(&service, request(&signed)).await;
            assert!(answer.rejection.is_some(), "{way}: {name}: {answer:?}");
            assert!(answer.status.is_client_error(), "{way}: {name}: {answer:?}");
        }
        assert_eq!(runs.count(), 0, "{way}");
        let genuine = request(&signed(&providers::github()));
        send(&service, genuine).await.assert_handled(way);
    }
}

/// The two that let requests through on purpose make no `VerifiedWebhook` of them.
#[tokio::test]
async fn t_a4_what_is_let_through_unverified_is_no_verified_webhook() {
    let shadow = endpoint(&providers::github()).with_shadow_mode();
    let waiting = Endpoint::dangerous_pairing(providers::asana(), |_| {}).unwrap();
    for (way, endpoint) in [("shadow mode", shadow), ("dangerous_pairing", waiting)] {
        let runs = Counter::default();
        let count = runs.clone();
        let handler = async move |_: VerifiedWebhook| {
            count.add();
            HANDLED
        };
        let layer = WebhookLayer::for_endpoint(endpoint).unwrap();
        let app = Router::new()
            .route("/webhook", post(handler))
            .layer(layer.with_clock(FixedClock::new(now())));
        let genuine = ("genuine", signed(&providers::github()));
        for (name, signed) in not_genuine().into_iter().chain([genuine]) {
            let answer: Answer = send(&app, request(&signed)).await;
            assert!(!answer.status.is_success(), "{way}: {name}: {answer:?}");
        }
        assert_eq!(runs.count(), 0, "{way}");
    }
}

/// A switch that weakens something is called so. Whoever adds one adds it to the tests above.
#[test]
fn t_a4_the_switches_that_weaken_something_are_the_known_ones() {
    let words = [
        "dangerous",
        "shadow",
        "unverified",
        "skip",
        "bypass",
        "insecure",
        "disable",
        "trust",
    ];
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            let public = text
                .lines()
                .filter(|line| line.trim_start().starts_with("pub "));
            let names =
                public.filter_map(|line| line.split_once("fn ")?.1.split(['(', '<']).next());
            let weak = names.filter(|name| words.iter().any(|word| name.contains(word)));
            found.extend(weak.map(str::to_owned));
        }
    }
    let known = [
        // The operator may hand what is genuine to its handler once more.
        "dangerous_allow_replay",
        "dangerous_fail_open",
        "dangerous_pairing",
        "dangerous_without_body_budget",
        // Whose keys to try, which the signature then shows.
        "unverified_body_field",
        "with_shadow_mode",
    ];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), known);
}
