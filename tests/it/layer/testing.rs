//! What an application's own tests are given: deliveries and near misses of the whole catalogue, and a store that fails.

use std::{collections::BTreeSet, time::Duration};

use axum_webhook::{
    Endpoint, Secret, Timestamp, WebhookLayer, providers,
    scheme::{Algorithm, Coverage, Scheme, SecretFormat},
    sign::{SignError, Signed},
    testing::{self, Delivery, FailingStore, FixedClock, StoreStep, Vector, Vectors},
};
use http::HeaderMap;
use tower::Layer as _;

use super::support::{
    Counter, HANDLED, Wire, counting, handler, layer, layer_for, now, request, right, send, serve,
    signed, status, wire_text,
};

/// The delivery of a shape to the endpoints of these tests.
fn delivery(scheme: &Scheme, shape: usize) -> Delivery {
    Delivery::of_shape(scheme, shape, right(scheme)).with_time(now())
}

fn shapes() -> impl Iterator<Item = (Scheme, usize)> {
    crate::signable().flat_map(|(_, scheme)| {
        let shapes = 0..scheme.shapes.len();
        shapes.map(move |shape| (scheme.clone(), shape))
    })
}

#[tokio::test]
async fn t_b3_every_shape_of_every_provider_is_handled_and_its_near_misses_are_refused_by_their_codes()
 {
    let (mut refused, mut wrong) = (0, Vec::new());
    for (scheme, shape) in shapes() {
        let name = format!("{} (shape {shape})", scheme.id);
        let runs = Counter::default();
        let service = layer(&scheme).layer(counting(&runs));
        let delivery = delivery(&scheme, shape);
        let genuine = delivery.request().unwrap();
        let answer = send(&service, genuine).await;
        if answer.code().is_some() {
            wrong.push(format!("{name}: {:?}", answer.rejection));
        }
        for miss in delivery.near_misses().unwrap() {
            let answer = send(&service, miss.request().unwrap()).await;
            let is_the_answer = answer.status.as_u16() == scheme.answers.refused.status;
            if answer.code() != Some(miss.code()) || !is_the_answer {
                wrong.push(format!("{name}, {miss:?}: {:?}", answer.rejection));
            }
            refused += 1;
        }
        if runs.count() != 1 {
            wrong.push(format!("{name}: handled {} times", runs.count()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 1000, "{refused}");
}

/// The same for values that a scheme fixes. Only public keys have them in the catalogue.
#[tokio::test]
async fn t_b3_a_value_that_a_scheme_fixes_is_held_against_its_text_and_the_part_of_the_secret() {
    let text = r#"
        id = "acme"
        algorithm = "hmac-sha256"
        content = "{version}.{topic}.{body}"
        signature = { at = { header = "x-signature" }, encoding = "hex" }
        secret_parts = ["topic"]
        fields = [
            { name = "version", at = { header = "x-version" }, is = "2" },
            { name = "topic", at = { header = "x-topic" }, is = "{secret.topic}" },
        ]
        "#;
    let scheme: Scheme = toml::from_str(text).unwrap();
    // The provider signs for other versions and topics too, with the same secret.
    let provider = text.replace(r#", is = "2""#, "");
    let provider = provider.replace(r#", is = "{secret.topic}""#, "");
    let provider: Scheme = toml::from_str(&provider).unwrap();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    for (version, topic, code) in [
        ("2", "the-topic", None),
        ("3", "the-topic", Some("unexpected-value")),
        ("2", "the-topi", Some("unexpected-value")),
        ("2", "another", Some("unexpected-value")),
    ] {
        let delivery = delivery(&provider, 0).with_draft(|draft| {
            let draft = draft.with_field("version", version);
            draft.with_field("topic", topic)
        });
        let answer = send(&service, delivery.request().unwrap()).await;
        assert_eq!(answer.code(), code, "{version} {topic}");
    }
    assert_eq!(runs.count(), 1);
}

#[test]
fn no_kind_of_near_miss_is_left_out_where_it_applies() {
    for (scheme, shape) in shapes() {
        let name = format!("{} (shape {shape})", scheme.id);
        let misses = delivery(&scheme, shape).near_misses().unwrap();
        let has = |kind: &str| misses.iter().filter(|miss| miss.name() == kind).count();
        assert_eq!(has("wrong key"), 1, "{name}");
        assert_eq!(has("tampered signature"), 1, "{name}");
        assert_eq!(has("truncated signature"), 1, "{name}");
        let is_timed = scheme.tolerance.is_some() && scheme.shapes[shape].timestamp.is_some();
        assert_eq!(has("stale"), usize::from(is_timed), "{name}");
        assert_eq!(has("future"), usize::from(is_timed), "{name}");
        let tampered = has("tampered body") + has("tampered field");
        match scheme.coverage {
            Coverage::Body => assert_eq!(has("tampered body"), 1, "{name}"),
            Coverage::Credential => assert_eq!(has("tampered body"), 0, "{name}"),
            _ => assert_eq!(has("tampered body"), 0, "{name}: {tampered}"),
        }
    }
}

/// The private key is made for the tests; what comes out is held by the same checks as the provider's own.
#[tokio::test]
async fn with_a_key_pair_for_tests_every_provider_with_public_keys_is_signed_for_too() {
    let (mut signed, mut wrong) = (0, Vec::new());
    for (id, describe) in providers::ALL {
        let scheme = describe();
        if !scheme.algorithm.has_public_key() || scheme.algorithm.needs_feature().is_some() {
            continue;
        }
        let endpoint = Endpoint::new(scheme.clone(), testing::secret(&scheme)).unwrap();
        let layer = layer_for(endpoint);
        for shape in 0..scheme.shapes.len() {
            let name = format!("{id} (shape {shape})");
            let delivery =
                Delivery::of_shape(&scheme, shape, testing::secret(&scheme)).with_time(now());
            let runs = Counter::default();
            let service = layer.clone().layer(counting(&runs));
            let answer = send(&service, delivery.request().unwrap()).await;
            if answer.code().is_some() || runs.count() != 1 {
                wrong.push(format!("{name}: {:?}", answer.rejection));
            }
            for miss in delivery.near_misses().unwrap() {
                let answer = send(&service, miss.request().unwrap()).await;
                if answer.code() != Some(miss.code()) {
                    wrong.push(format!("{name}, {miss:?}: {:?}", answer.rejection));
                }
            }
            assert_eq!(runs.count(), 1, "{name}: a near miss was handled");
            signed += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    if cfg!(all(
        feature = "ed25519",
        feature = "public-key",
        feature = "jwt"
    )) {
        assert!(signed >= 19, "{signed}");
    }
}

#[test]
fn a_secret_for_tests_is_the_same_for_the_application_and_its_test_and_another_for_the_next_provider()
 {
    for (id, describe) in providers::ALL {
        let scheme = describe();
        if scheme.algorithm.needs_feature().is_some() {
            continue;
        }
        let report = |scheme: &Scheme| {
            let endpoint = Endpoint::new(scheme.clone(), testing::secret(scheme)).unwrap();
            let url = "https://example.com".parse().unwrap();
            let layer = WebhookLayer::for_endpoint(endpoint.with_public_url(url));
            layer.unwrap().report()
        };
        // It looks like no placeholder and no API key.
        let report = report(&scheme);
        assert!(report.endpoints[0].warnings.is_empty(), "{id}: {report}");
    }
    let sign = |scheme: &Scheme, secret: Secret| {
        let delivery = Delivery::new(scheme, secret).with_time(now());
        let signed = delivery.sign().unwrap();
        signed.headers["x-hub-signature-256"].clone()
    };
    let github = providers::github();
    let own = sign(&github, testing::secret(&github));
    assert_eq!(own, sign(&github, testing::secret(&github)));
    assert_ne!(own, sign(&github, testing::secret(&providers::gitea())));
}

#[test]
fn what_only_the_provider_can_sign_is_an_error_that_says_so() {
    for (id, describe) in providers::ALL {
        let scheme = describe();
        if !scheme.algorithm.has_public_key() || scheme.algorithm.needs_feature().is_some() {
            continue;
        }
        let vector = crate::core::vectors::accepted(id).remove(0);
        let delivery = Delivery::new(&scheme, vector.secrets().unwrap());
        let says =
            |error: Option<SignError>| assert_eq!(error, Some(SignError::Unsupported), "{id}");
        says(delivery.sign().err());
        says(delivery.request().err());
        says(delivery.near_misses().err());
    }
}

/// The layer of a recorded delivery, as it stood on its day.
fn layer_of(scheme: &Scheme, vector: &Vector) -> WebhookLayer {
    let endpoint = Endpoint::new(scheme.clone(), vector.secrets().unwrap()).unwrap();
    let endpoint = match &vector.url {
        Some(url) => endpoint.with_public_url(url.split('?').next().unwrap().parse().unwrap()),
        None => endpoint,
    };
    layer_for(endpoint).with_clock(FixedClock::new(vector.time()))
}

/// Whether this build lacks what a delivery needs, and the layer says so when it is built.
fn is_for_another_build(scheme: &Scheme, vector: &Vector) -> bool {
    let feature = if scheme.algorithm.needs_feature().is_some() {
        scheme.algorithm.needs_feature()
    } else if scheme.secret == SecretFormat::Nfkd && !vector.secret.is_ascii() {
        Some("nfkd").filter(|_| !cfg!(feature = "nfkd"))
    } else {
        None
    };
    if let Some(feature) = feature {
        let error = Endpoint::new(scheme.clone(), vector.secrets().unwrap()).unwrap_err();
        assert!(
            error.to_string().contains(feature),
            "{}: {error}",
            scheme.id
        );
    }
    feature.is_some()
}

/// Public keys have no other genuine deliveries than these.
#[tokio::test]
async fn t_c3_each_recorded_delivery_is_accepted_and_its_near_misses_refused_in_this_build() {
    let (mut names, mut refused, mut wrong) = (BTreeSet::new(), 0, Vec::new());
    for (id, describe) in providers::ALL {
        let scheme = describe();
        for vector in crate::core::vectors::accepted(id) {
            let name = format!("{id}: {}", vector.name);
            let is_packed = vector.headers.contains_key("content-encoding");
            if is_for_another_build(&scheme, &vector) || (is_packed && !cfg!(feature = "gzip")) {
                continue;
            }
            let runs = Counter::default();
            let service = layer_of(&scheme, &vector).layer(counting(&runs));
            for miss in vector.near_misses(&scheme).unwrap() {
                let answer = send(&service, miss.request().unwrap()).await;
                let is_the_answer = answer.status.as_u16() == scheme.answers.refused.status;
                if answer.code() != Some(miss.code()) || !is_the_answer {
                    wrong.push(format!("{name}, {}: {:?}", miss.name(), answer.rejection));
                }
                names.insert(miss.name());
                refused += 1;
            }
            assert_eq!(runs.count(), 0, "{name}");
            let answer = send(&service, vector.request().unwrap()).await;
            if answer.rejection.is_some() || !answer.status.is_success() {
                wrong.push(format!("{name}: {answer:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 1000, "{refused}");
    let all = [
        "doubled signature",
        "missing signature",
        "tampered body",
        "tampered field",
        "tampered signature",
        "truncated body",
        "truncated signature",
    ];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), all);
}

/// What `sign` gives is enough for a client that writes it to a socket.
#[tokio::test]
async fn a_real_client_sends_the_same_deliveries() {
    for scheme in [
        providers::stripe(),
        providers::square(),
        providers::twilio(),
    ] {
        let runs = Counter::default();
        let address = serve(layer(&scheme).layer(counting(&runs))).await;
        let mut wire = Wire::connect(address).await;
        let delivery = delivery(&scheme, 0);
        let mut send = async |signed: &Signed| wire.ask_again(&wire_text(signed)).await.unwrap();
        assert_eq!(send(&delivery.sign().unwrap()).await.body, HANDLED);
        for miss in delivery.near_misses().unwrap() {
            let response = send(miss.signed()).await;
            assert_eq!(response.status, 401, "{}: {}", scheme.id, miss.name());
        }
        assert_eq!(runs.count(), 1, "{}", scheme.id);
    }
}

#[test]
fn what_is_said_of_a_delivery_is_what_is_sent() {
    let delivery = Delivery::new(
        &providers::standard_webhooks(),
        right(&providers::standard_webhooks()),
    )
    .with_body(r#"{"type":"invoice.paid"}"#)
    .with_url("https://example.com/hooks/in?tenant=a")
    .with_time(Timestamp::from_unix_seconds(1_600_000_000))
    .with_draft(|draft| {
        draft
            .with_id("evt_7")
            .with_content_type("application/json; charset=utf-8")
    });
    let signed = delivery.sign().unwrap();
    assert_eq!(signed.url, "https://example.com/hooks/in?tenant=a");
    assert_eq!(signed.body, br#"{"type":"invoice.paid"}"#);
    let header = |headers: &HeaderMap, name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header(&signed.headers, "webhook-id"), "evt_7");
    assert_eq!(header(&signed.headers, "webhook-timestamp"), "1600000000");
    assert_eq!(
        header(&signed.headers, "content-type"),
        "application/json; charset=utf-8"
    );
    assert_eq!(delivery.request().unwrap().uri(), "/hooks/in?tenant=a");
}

#[test]
fn neither_a_delivery_nor_a_vector_shows_its_secret() {
    let scheme = providers::telegram();
    assert_eq!(scheme.algorithm, Algorithm::SharedToken);
    let delivery = Delivery::new(&scheme, Secret::new("do-not-show-this").unwrap());
    let misses = delivery.near_misses().unwrap();
    let vectors: Vectors = toml::from_str(
        r#"
        [[vector]]
        name = "a token"
        secret = "do-not-show-this"
        headers = { "x-telegram-bot-api-secret-token" = "do-not-show-this" }
        body = "{}"
        "#,
    )
    .unwrap();
    let text = format!("{delivery:?} {misses:?} {vectors:?}");
    assert!(!text.contains("do-not-show-this"), "{text}");
}

// The store that fails.

fn stripe() -> Scheme {
    providers::stripe()
}

#[tokio::test]
async fn a_store_that_fails_is_answered_503_and_nothing_is_lost() {
    let store = FailingStore::new().at(StoreStep::Claim).times(2);
    let runs = Counter::default();
    let service = layer(&stripe())
        .with_replay_store(store.clone())
        .layer(counting(&runs));
    for _ in 0..2 {
        let answer = send(&service, request(&signed(&stripe()))).await;
        answer.assert_try_again("down", "store-unavailable");
    }
    assert_eq!((runs.count(), store.failures()), (0, 2));
    send(&service, request(&signed(&stripe())))
        .await
        .assert_handled("back");
    // It remembers what it did while it worked.
    let again = send(&service, request(&signed(&stripe()))).await;
    assert_eq!(again.status, 200);
    assert_eq!((runs.count(), store.failures()), (1, 2));
}

#[tokio::test]
async fn a_store_that_fails_for_ever_does_so_until_it_recovers() {
    let store = FailingStore::new();
    let runs = Counter::default();
    let service = layer(&stripe())
        .with_replay_store(store.clone())
        .layer(counting(&runs));
    for _ in 0..5 {
        let answer = send(&service, request(&signed(&stripe()))).await;
        answer.assert_try_again("down", "store-unavailable");
    }
    assert_eq!(store.failures(), 5);
    store.recover();
    send(&service, request(&signed(&stripe())))
        .await
        .assert_handled("back");
    assert_eq!((runs.count(), store.failures()), (1, 5));
}

#[tokio::test(start_paused = true)]
async fn a_store_can_fail_at_one_step_only() {
    let store = FailingStore::new().at(StoreStep::Release).times(1);
    let service = layer(&stripe())
        .with_replay_store(store.clone())
        .layer(handler(|_| async { status(500) }));
    let answer = send(&service, request(&signed(&stripe()))).await;
    assert_eq!(answer.status, 500, "the claim did not fail");
    // The release is tried again behind the answer.
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(store.failures(), 1);
}

#[test]
fn an_endpoint_takes_a_failing_store_over_another_one() {
    let store = FailingStore::new().over(FailingStore::new().times(0));
    let endpoint = Endpoint::new(stripe(), right(&stripe())).unwrap();
    let layer = WebhookLayer::for_endpoint(endpoint).unwrap();
    assert!(layer.with_replay_store(store).unguarded().is_empty());
}

mod contract {
    use axum_webhook::{replay::MemoryReplayStore, testing::FailingStore};

    // Once it has recovered it is a store like any other.
    axum_webhook::store_contract!(
        #[tokio::test(start_paused = true)]
        FailingStore::new().times(0).over(MemoryReplayStore::new())
    );
}
