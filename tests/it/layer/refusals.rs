//! What the sender of a refused request learns, which is nothing, and what the operator learns, which is why.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{Router, extract::ConnectInfo, routing::post_service};
use axum_webhook::{
    Endpoint, Rejection, RejectionKind, VerifyError, WebhookLayer, providers,
    replay::MemoryReplayStore,
    scheme::{Answers, Scheme},
    sign::{Draft, Signed},
    testing::{self, FixedClock},
};
use bytes::Bytes;
use http::StatusCode;
use tower::Layer as _;

use super::support::{
    Answer, Counter, Frames, Step, counting, endpoint, forged, forged_to, layer, layer_for, now,
    of_body, request, right, secret, send, signed, signed_to, with_body, with_header,
    without_header,
};

/// Every way to fail verification that a request to Standard Webhooks has, with its code.
fn failures(scheme: &Scheme) -> Vec<(&'static str, Signed, &'static str)> {
    let genuine = of_body(scheme, "/webhook", r#"{"message":"hello"}"#);
    let signature = genuine.headers["webhook-signature"].to_str().unwrap();
    let with = |name, value: &str| with_header(&genuine, name, value);
    let twice = |name: &'static str| {
        let mut twice = genuine.clone();
        let value = twice.headers[name].clone();
        twice.headers.append(name, value);
        twice
    };
    let at = |offset: i64| {
        let time = axum_webhook::Timestamp::from_unix_seconds(now().unix_seconds() + offset);
        testing::sample(scheme, time)
            .sign(scheme, right(scheme))
            .unwrap()
    };
    let changed = |change: fn(&mut Vec<u8>)| {
        let mut changed = genuine.clone();
        change(&mut changed.body);
        changed
    };
    vec![
        (
            "no signature",
            without_header(&genuine, "webhook-signature"),
            "missing",
        ),
        (
            "no timestamp",
            without_header(&genuine, "webhook-timestamp"),
            "missing",
        ),
        ("no id", without_header(&genuine, "webhook-id"), "missing"),
        (
            "an empty signature",
            with("webhook-signature", ""),
            "missing",
        ),
        (
            "an empty timestamp",
            with("webhook-timestamp", ""),
            "missing",
        ),
        ("an empty id", with("webhook-id", ""), "missing"),
        ("two signatures", twice("webhook-signature"), "duplicate"),
        ("two timestamps", twice("webhook-timestamp"), "duplicate"),
        ("two ids", twice("webhook-id"), "duplicate"),
        (
            "rubbish",
            with("webhook-signature", "rubbish"),
            "signature-malformed",
        ),
        (
            "an unknown version",
            with("webhook-signature", "v2,abcd"),
            "signature-malformed",
        ),
        (
            "cut off",
            with("webhook-signature", &signature[..20]),
            "signature-malformed",
        ),
        (
            "no base64",
            with("webhook-signature", &signature.replace('=', "*")),
            "signature-malformed",
        ),
        (
            "too many",
            with("webhook-signature", &[signature; 33].join(" ")),
            "too-many-signatures",
        ),
        (
            "too long",
            with("webhook-signature", &"v1,x ".repeat(1000)),
            "too-long",
        ),
        (
            "no number",
            with("webhook-timestamp", "soon"),
            "timestamp-malformed",
        ),
        (
            "milliseconds",
            with("webhook-timestamp", "1700000000000"),
            "timestamp-malformed",
        ),
        (
            "an id with a separator",
            with("webhook-id", "a.b"),
            "separator-in-value",
        ),
        ("stale", at(-301), "stale"),
        ("future", at(301), "future"),
        ("another secret", forged(scheme), "mismatch"),
        ("another id", with("webhook-id", "msg_2"), "mismatch"),
        (
            "another time",
            with("webhook-timestamp", "1700000001"),
            "mismatch",
        ),
        ("a changed byte", changed(|body| body[2] ^= 1), "mismatch"),
        ("a byte more", changed(|body| body.push(b' ')), "mismatch"),
        (
            "a byte less",
            changed(|body| body.truncate(body.len() - 1)),
            "mismatch",
        ),
        ("no body", changed(Vec::clear), "mismatch"),
    ]
}

/// What leaves the machine.
type Public = (StatusCode, Vec<(String, String)>, Bytes);

fn public(answer: &Answer) -> Public {
    let headers = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    (answer.status, headers, answer.body.clone())
}

/// T-A6, T-A7, T-J2: each failure has its own reason, one answer, and no handler.
#[tokio::test]
async fn t_j2_t_a6_t_a7_every_failure_has_one_public_answer_and_runs_no_handler() {
    let scheme = providers::standard_webhooks();
    let (runs, store) = (Counter::default(), Arc::new(MemoryReplayStore::new()));
    let service = layer(&scheme)
        .with_shared_replay_store(Arc::clone(&store))
        .layer(counting(&runs));
    let mut answers: Vec<(&str, Public)> = Vec::new();
    for (name, signed, code) in failures(&scheme) {
        let answer = send(&service, request(&signed)).await;
        answer.assert_refused(name, code);
        answers.push((name, public(&answer)));
        assert_eq!(runs.count(), 0, "{name}");
    }
    for (name, public) in &answers {
        assert_eq!(*public, answers[0].1, "{name}");
    }
    assert!(store.is_empty());
    // The positive control: the delivery that all of them are made from is genuine.
    send(
        &service,
        request(&of_body(&scheme, "/webhook", r#"{"message":"hello"}"#)),
    )
    .await
    .assert_handled("genuine");
    assert_eq!(runs.count(), 1);
}

/// T-J2: nor does the answer say which provider it is.
#[tokio::test]
async fn t_j2_providers_with_standard_answers_answer_forgeries_alike() {
    let mut answers = BTreeSet::new();
    let mut special = Vec::new();
    for (id, scheme) in crate::signable() {
        let runs = Counter::default();
        let service = layer(&scheme).layer(counting(&runs));
        send(&service, request(&signed(&scheme)))
            .await
            .assert_handled(id);
        let forged = send(&service, request(&forged(&scheme))).await;
        if scheme.answers.refused != Answers::standard().refused {
            // The provider's documentation asks for another answer.
            special.push((id, forged.status.as_u16()));
            assert_eq!(runs.count(), 1, "{id}");
            continue;
        }
        assert_eq!(forged.status, 401, "{id}");
        let (status, headers, body) = public(&forged);
        answers.insert((status.as_u16(), headers, body));
        // A body, and nothing else.
        let mut bare = forged_to(&scheme, "/webhook");
        bare.headers.clear();
        let bare = send(&service, request(&bare)).await;
        let (status, headers, body) = public(&bare);
        answers.insert((status.as_u16(), headers, body));
        assert_eq!(runs.count(), 1, "{id}");
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(
        special,
        [("clickup", 400), ("pagerduty", 503), ("xero", 401)]
    );
}

/// T-A6, with what each provider needs in its head.
#[tokio::test]
async fn t_a6_each_header_that_verification_needs_is_needed() {
    let table: &[(Scheme, &[&str])] = &[
        (providers::github(), &["x-hub-signature-256"]),
        (providers::gitea(), &["x-gitea-signature"]),
        (
            providers::gitlab(),
            &["webhook-id", "webhook-timestamp", "webhook-signature"],
        ),
        (providers::stripe(), &["stripe-signature"]),
        (
            providers::slack(),
            &[
                "content-type",
                "x-slack-signature",
                "x-slack-request-timestamp",
            ],
        ),
        (
            providers::svix(),
            &["svix-id", "svix-timestamp", "svix-signature"],
        ),
        (
            providers::zoom(),
            &["x-zm-signature", "x-zm-request-timestamp"],
        ),
        (
            providers::hubspot(),
            &["x-hubspot-signature-v3", "x-hubspot-request-timestamp"],
        ),
        (
            providers::quicknode(),
            &["x-qn-nonce", "x-qn-timestamp", "x-qn-signature"],
        ),
        (providers::square(), &["x-square-hmacsha256-signature"]),
        (providers::twilio(), &["x-twilio-signature"]),
        (providers::docusign(), &["x-docusign-signature-1"]),
        (providers::linear(), &["linear-signature"]),
        (providers::shopify(), &["x-shopify-hmac-sha256"]),
        (providers::telegram(), &["x-telegram-bot-api-secret-token"]),
        (providers::postmark(), &["authorization"]),
    ];
    for (scheme, needed) in table {
        let id = &scheme.id;
        let runs = Counter::default();
        let service = layer(scheme).layer(counting(&runs));
        let genuine = signed(scheme);
        send(&service, request(&genuine)).await.assert_handled(id);
        for name in *needed {
            for broken in [
                without_header(&genuine, name),
                with_header(&genuine, name, ""),
                with_header(&genuine, name, "x"),
            ] {
                let answer = send(&service, request(&broken)).await;
                assert_eq!(answer.status, 401, "{id} {name}: {:?}", answer.rejection);
            }
        }
        assert_eq!(runs.count(), 1, "{id}");
    }
}

/// T-A7: what is refused for other reasons does not run the handler either.
#[tokio::test]
async fn t_a7_no_refusal_of_any_kind_runs_the_handler() {
    let scheme = providers::github();
    let genuine = signed(&scheme);
    let by_path = |path: &str| {
        WebhookLayer::by_path(vec![
            endpoint(&scheme)
                .with_path(path)
                .with_body_limit("10B".parse().unwrap()),
        ])
        .unwrap()
        .with_clock(FixedClock::new(now()))
    };
    let mut get = genuine.clone();
    get.method = http::Method::GET;
    for (layer, signed, status) in [
        (by_path("/other"), genuine.clone(), 404),
        (by_path("/webhook"), get, 405),
        (
            by_path("/webhook"),
            with_header(&genuine, "content-encoding", "br"),
            415,
        ),
        (by_path("/webhook"), genuine.clone(), 413),
    ] {
        let runs = Counter::default();
        let answer = send(&layer.layer(counting(&runs)), request(&signed)).await;
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(runs.count(), 0, "{status}");
    }
}

// --- What the operator learns.

#[tokio::test]
async fn the_observer_hears_of_each_refusal_with_reason_endpoint_and_hints() {
    let scheme = providers::standard_webhooks();
    let heard: Arc<Mutex<Vec<Rejection>>> = Arc::default();
    let keep = Arc::clone(&heard);
    let layer = layer_for(endpoint(&scheme).with_name("payments"))
        .on_refusal(move |rejection| keep.lock().unwrap().push(rejection.clone()));
    let service = layer.layer(counting(&Counter::default()));
    send(&service, request(&signed(&scheme)))
        .await
        .assert_handled("genuine");
    assert!(heard.lock().unwrap().is_empty());

    for (name, signed, code) in failures(&scheme) {
        let answer = send(&service, request(&signed)).await;
        let heard: Vec<_> = heard.lock().unwrap().drain(..).collect();
        let [heard] = heard.as_slice() else {
            panic!("{name}: {heard:?}");
        };
        assert_eq!(heard.code(), code, "{name}");
        assert_eq!(heard.endpoint(), Some("payments"), "{name}");
        assert_eq!(heard.provider(), Some("standard-webhooks"), "{name}");
        assert_eq!(heard.status(), 401, "{name}");
        assert!(std::error::Error::source(heard).is_some(), "{name}");
        let RejectionKind::Verification(error) = heard.kind() else {
            panic!("{name}: {heard:?}");
        };
        assert_eq!(error.to_string(), heard.to_string(), "{name}");
        // The same stands in the response's extensions, for middleware outside.
        let kept = answer.rejection.unwrap();
        assert_eq!(kept.kind(), heard.kind(), "{name}");
        assert_eq!(kept.diagnoses(), heard.diagnoses(), "{name}");
    }
}

#[tokio::test]
async fn hints_say_what_to_look_at() {
    let scheme = providers::standard_webhooks();
    // Nobody guesses where nobody listens.
    let service = layer(&scheme)
        .on_refusal(|_| {})
        .layer(counting(&Counter::default()));
    let genuine = signed(&scheme);
    let mut empty = genuine.clone();
    empty.body.clear();
    for (name, signed, hint) in [
        ("another secret", forged(&scheme), "keys tried: key-1"),
        (
            "another body",
            empty,
            "did a layer outside this one read it?",
        ),
        (
            "another provider",
            signed(&providers::stripe()),
            "this looks like stripe",
        ),
        (
            "milliseconds",
            with_header(&genuine, "webhook-timestamp", "1700000000000"),
            "is in milliseconds",
        ),
        (
            "an old one",
            with_header(&genuine, "webhook-timestamp", "1699990000"),
            "is this machine's clock right",
        ),
    ] {
        let answer = send(&service, request(&signed)).await;
        let rejection = answer.rejection.expect(name);
        let hints: Vec<_> = rejection
            .diagnoses()
            .iter()
            .map(ToString::to_string)
            .collect();
        let hints = hints.join("\n");
        assert!(hints.contains(hint), "{name}: {rejection}: {hints:?}");
    }
}

/// A public key costs much more to try than a MAC, so keys and signatures count together.
#[cfg(feature = "ed25519")]
#[tokio::test]
async fn t_g4_keys_times_signatures_are_limited_where_the_keys_are_public() {
    let text = r#"
        id = "acme"
        algorithm = "ed25519"
        secret = "public-key"
        content = "{body}"
        signature = { at = { header = "x-sig" }, list = { items = "," }, encoding = "hex" }
        "#;
    let scheme: Scheme = toml::from_str(text).unwrap();
    let mut keys = vec![testing::secret(&scheme).with_id("0")];
    for (id, point) in [
        (
            "1",
            "5f70d8f2c26c918ecf3ecb668b0e6848f683b99c9342b8c6c0790dce6ffeea5e",
        ),
        (
            "2",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        ),
        (
            "3",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        ),
    ] {
        keys.push(axum_webhook::Secret::new(point).unwrap().with_id(id));
    }
    let layer = layer_for(Endpoint::new(scheme.clone(), keys).unwrap());
    let signed = Draft::new("{}")
        .sign(&scheme, testing::secret(&scheme))
        .unwrap();
    let right = signed.headers["x-sig"].to_str().unwrap();
    for (count, code) in [(8, None), (9, Some("too-many-signatures"))] {
        let mut list = vec!["5a".repeat(64); count - 1];
        list.push(right.to_owned());
        let delivery = with_header(&signed, "x-sig", &list.join(","));
        let service = layer.clone().layer(counting(&Counter::default()));
        let answer = send(&service, request(&delivery)).await;
        assert_eq!(answer.code(), code, "{count} signatures, 4 keys");
    }
}

/// What stands at an end of the content separates nothing, so a value may contain it.
#[tokio::test]
async fn a_value_may_contain_what_only_begins_or_ends_the_content() {
    for (content, id, code) in [
        ("id={id}.{body}", "id=5", None),
        ("id={id}.{body}", "5.6", Some("separator-in-value")),
        ("{body}.{id}!", "5!6", None),
        ("{body}.{id}!", "5.6", Some("separator-in-value")),
        ("{id}.{body}!", "5!6", None),
    ] {
        let text = format!(
            r#"
            id = "acme"
            algorithm = "hmac-sha256"
            content = {content:?}
            event_id = {{ header = "x-id" }}
            signature = {{ at = {{ header = "x-sig" }}, encoding = "hex" }}
            "#
        );
        let scheme: Scheme = toml::from_str(&text).unwrap();
        // Who signs does not look at the separator.
        let draft = Draft::new("{}").with_id(id);
        let Ok(signed) = draft.sign(&scheme, right(&scheme)) else {
            assert!(code.is_some(), "{content} {id}");
            continue;
        };
        let service = layer(&scheme).layer(counting(&Counter::default()));
        let answer = send(&service, request(&signed)).await;
        assert_eq!(answer.code(), code, "{content} {id}");
    }
}

#[tokio::test]
async fn an_error_can_be_matched() {
    let scheme = providers::standard_webhooks();
    let service = layer(&scheme).layer(counting(&Counter::default()));
    let stale = with_header(&signed(&scheme), "webhook-timestamp", "1699990000");
    let rejection = send(&service, request(&stale)).await.rejection.unwrap();
    let RejectionKind::Verification(VerifyError::Stale { age }) = rejection.kind() else {
        panic!("{rejection:?}");
    };
    assert_eq!(age.as_secs(), 10_000);
}

/// T-J1: at the finest level, of good and bad requests, nothing private is traced or shown.
#[cfg(feature = "tracing")]
#[tokio::test]
async fn t_j1_nothing_private_is_traced_or_shown() {
    use std::fmt::Write as _;

    use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

    use super::support::{Log, hex, wrong};

    let log = Log::capture();
    for (id, scheme) in crate::signable() {
        let layer = layer(&scheme).with_replay_store(MemoryReplayStore::new());
        let service = layer.clone().layer(counting(&Counter::default()));
        let genuine = signed(&scheme);
        let mut shown = format!("{layer:?} {layer:#?} {service:?} {:?}", right(&scheme));
        let mut bad = vec![forged(&scheme)];
        for name in genuine.headers.keys() {
            bad.push(without_header(&genuine, name.as_str()));
            let mut cut = genuine.clone();
            let value = genuine.headers[name].to_str().unwrap();
            let value = value[..value.len() - 1].parse().unwrap();
            cut.headers.insert(name.clone(), value);
            bad.push(cut);
        }
        let mut changed = genuine.clone();
        if let Some(byte) = changed.body.last_mut() {
            *byte ^= 1;
        }
        bad.push(changed);

        let before = log.text().len();
        for signed in bad.iter().chain([&genuine, &genuine]) {
            let answer = send(&service, request(signed)).await;
            let Answer {
                headers, rejection, ..
            } = &answer;
            write!(shown, "{rejection:?} {headers:#?} {}", answer.text()).unwrap();
            if let Some(rejection) = &answer.rejection {
                let source = std::error::Error::source(rejection);
                write!(shown, "{rejection} {source:?}").unwrap();
            }
        }
        let traced = log.text()[before..].to_owned();
        assert!(
            traced.contains("webhook refused"),
            "{id}: the positive control: {traced}"
        );

        let mut private: Vec<(&str, String)> = Vec::new();
        for (name, seed) in [("the secret", "right"), ("the other secret", "wrong")] {
            let key: Vec<u8> = seed.bytes().cycle().take(32).collect();
            let text = format!("{seed}-secret-of-the-tests");
            private.extend([
                (name, format!("{seed}-password")),
                (name, hex(text.as_bytes())),
                (name, BASE64.encode(&text)),
                (name, text),
                (name, String::from_utf8(key.clone()).unwrap()),
                (name, hex(&key)),
                (name, BASE64.encode(&key)),
            ]);
        }
        private.push(("the body", String::from_utf8(genuine.body.clone()).unwrap()));
        private.push(("a value of the body", "hello".to_owned()));
        for name in scheme.secret_parts.iter().map(|name| format!("the-{name}")) {
            private.push(("a part of the secret", name));
        }
        for (name, secret) in [("right", right(&scheme)), ("wrong", wrong(&scheme))] {
            assert!(
                format!("{secret:?} {secret:#?}").contains("[redacted]"),
                "{name}"
            );
        }
        // The expected signature is the one of the genuine delivery, in whatever header or field it stands.
        for (name, value) in &genuine.headers {
            let value = value.to_str().unwrap();
            let is_plain = ["content-type", "x-contentful-signed-headers"].contains(&name.as_str())
                || [
                    "sample",
                    "evt_sample1700000000",
                    "1700000000",
                    "1700000000000",
                    "2023-11-14T22:13:20Z",
                ]
                .contains(&value);
            if !is_plain {
                private.push(("a header", value.to_owned()));
                private.extend(
                    value
                        .split(['=', ',', ' ', ';'])
                        .filter(|piece| piece.len() >= 16 && !piece.starts_with("evt_sample"))
                        .map(|piece| ("a signature", piece.to_owned())),
                );
            }
        }
        for (what, text) in &private {
            assert!(
                !traced.contains(text.as_str()),
                "{id}: {what} is traced: {text}\n{traced}"
            );
            assert!(
                !shown.contains(text.as_str()),
                "{id}: {what} is shown: {text}\n{shown}"
            );
        }
    }
}

// --- Nobody is trusted for where they come from: T-A5, T-H3.

#[tokio::test]
async fn t_a5_a_loopback_peer_gets_no_exception() {
    let scheme = providers::github();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let peers: [SocketAddr; 3] = [
        (Ipv4Addr::LOCALHOST, 1).into(),
        "[::1]:1".parse().unwrap(),
        "[::ffff:127.0.0.1]:1".parse().unwrap(),
    ];
    for signed in [
        forged(&scheme),
        without_header(&signed(&scheme), "x-hub-signature-256"),
    ] {
        for peer in peers {
            for header in [
                "x-forwarded-for",
                "x-real-ip",
                "forwarded",
                "cf-connecting-ip",
            ] {
                let signed = with_header(&signed, header, "127.0.0.1");
                let signed = with_header(&signed, "host", "localhost");
                let mut request = request(&signed);
                request.extensions_mut().insert(ConnectInfo(peer));
                request.extensions_mut().insert(peer);
                let answer = send(&service, request).await;
                assert_eq!(answer.status, 401, "{peer} {header}");
            }
        }
    }
    assert_eq!(runs.count(), 0);
}

/// A delivery that is signed with its URL, and whose URL is nothing but that.
fn with_signed_url(scheme: &Scheme, seed: &str, url: &str) -> Signed {
    let draft = if scheme.id == "twilio" {
        Draft::new("From=%2B15551234&Body=hello")
            .with_content_type("application/x-www-form-urlencoded")
    } else {
        testing::sample(scheme, now())
    };
    draft
        .with_url(url)
        .sign(scheme, secret(scheme, seed))
        .unwrap()
}

/// What a request says of itself does not change the URL that is verified.
#[tokio::test]
async fn t_h3_headers_about_the_host_never_change_the_url() {
    for scheme in [
        providers::square(),
        providers::twilio(),
        providers::hubspot(),
        providers::mandrill(),
    ] {
        let id = &scheme.id;
        let runs = Counter::default();
        let service = layer(&scheme).layer(counting(&runs));
        let genuine = with_signed_url(&scheme, "right", "https://example.com/a?b=c");
        // Signed with the right secret, for another host of the same account.
        let elsewhere = |url: &str| with_signed_url(&scheme, "right", url);
        for (name, value) in [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-port", "8443"),
            ("x-forwarded-prefix", "/evil"),
            ("x-original-url", "/evil"),
            ("x-rewrite-url", "/evil"),
            ("forwarded", "host=evil.example;proto=http"),
        ] {
            let before = runs.count();
            let answer = send(&service, request(&with_header(&genuine, name, value))).await;
            answer.assert_handled(&format!("{id} {name}"));
            assert_eq!(runs.count(), before + 1);
            for url in [
                "https://evil.example/a?b=c",
                "http://example.com/a?b=c",
                "https://example.com:8443/a?b=c",
                "https://example.com/evil/a?b=c",
            ] {
                let signed = with_header(&elsewhere(url), name, value);
                let mut request = request(&signed);
                *request.uri_mut() = "/a?b=c".parse().unwrap();
                let answer = send(&service, request).await;
                answer.assert_refused(&format!("{id} {name} {url}"), "mismatch");
            }
            assert_eq!(runs.count(), before + 1, "{id} {name}");
        }
        for target in [
            "/a",
            "/a?b=d",
            "/a?b=c&d=e",
            "/b?b=c",
            "/a/?b=c",
            "/%61?b=c",
        ] {
            let mut request = request(&genuine);
            *request.uri_mut() = target.parse().unwrap();
            let answer = send(&service, request).await;
            answer.assert_refused(&format!("{id} {target}"), "mismatch");
        }
    }
}

/// T-H4, T-H5: nesting and the form of the target change nothing.
#[tokio::test]
async fn t_h4_a_signed_url_is_the_same_wherever_the_layer_stands() {
    for scheme in [providers::square(), providers::twilio()] {
        let id = &scheme.id;
        let by = |seed: &str, path: &str| {
            with_signed_url(&scheme, seed, &format!("https://example.com{path}"))
        };
        let runs = Counter::default();
        let route = || post_service(counting(&runs));
        let inner = || Router::new().route("/b", route());
        let whole: Router = Router::new().route("/x/a/b", route());
        let apps = [
            (
                "inside a nest",
                Router::new().nest("/x/a", inner().layer(layer(&scheme))),
            ),
            (
                "inside two nests",
                Router::new().nest(
                    "/x",
                    Router::new().nest("/a", inner().layer(layer(&scheme))),
                ),
            ),
            (
                "outside a nest",
                Router::new().nest("/x/a", inner()).layer(layer(&scheme)),
            ),
            (
                "on a nested service",
                Router::new().nest_service("/x", layer(&scheme).layer(counting(&runs))),
            ),
            (
                "on a route",
                Router::new().route("/x/a/b", route().layer(layer(&scheme))),
            ),
            (
                "around the router",
                Router::new().fallback_service(layer(&scheme).layer(whole)),
            ),
        ];
        for (name, app) in apps {
            let name = format!("{id} {name}");
            for path in ["/x/a/b", "/x/a/b?c=d&e", "/x/a/b?"] {
                let genuine = send(&app, request(&by("right", path))).await;
                genuine.assert_handled(&name);
                let forged = send(&app, request(&by("wrong", path))).await;
                forged.assert_refused(&name, "mismatch");
            }
            // Signed for the path that is left inside the nest.
            let mut inner_path = request(&by("right", "/b"));
            *inner_path.uri_mut() = "/x/a/b".parse().unwrap();
            send(&app, inner_path)
                .await
                .assert_refused(&name, "mismatch");

            let mut absolute = request(&by("right", "/x/a/b?c=d"));
            *absolute.uri_mut() = "http://evil.example:81/x/a/b?c=d".parse().unwrap();
            send(&app, absolute).await.assert_handled(&name);
        }
    }
}

// --- Changing secrets: T-A10.

#[tokio::test]
async fn t_a10_a_new_layer_knows_the_new_secret_only() {
    let scheme = providers::github();
    let with = |seeds: &[&str]| {
        let secrets: Vec<_> = seeds.iter().map(|seed| secret(&scheme, seed)).collect();
        let endpoint = Endpoint::new(scheme.clone(), secrets).unwrap();
        layer_for(endpoint).layer(counting(&Counter::default()))
    };
    let by = |seed: &str| {
        testing::sample(&scheme, now())
            .sign(&scheme, secret(&scheme, seed))
            .unwrap()
    };
    for (seeds, accepted, refused) in [
        (&["old"][..], &["old"][..], &["new"][..]),
        (&["new", "old"], &["new", "old"], &["newer"]),
        (&["new"], &["new"], &["old"]),
    ] {
        let service = with(seeds);
        for seed in accepted {
            send(&service, request(&by(seed)))
                .await
                .assert_handled(seed);
        }
        for seed in refused {
            let answer = send(&service, request(&by(seed))).await;
            answer.assert_refused(seed, "mismatch");
        }
    }
}

/// A secret has its time, and the layer's clock decides.
#[tokio::test]
async fn a_secret_counts_within_its_time_only() {
    let scheme = providers::github();
    let clock = FixedClock::new(now());
    let at =
        |offset: i64| axum_webhook::Timestamp::from_unix_seconds(now().unix_seconds() + offset);
    let old = || secret(&scheme, "old").with_not_after(at(100));
    let new = || secret(&scheme, "new").with_not_before(at(50));
    let endpoint = Endpoint::new(scheme.clone(), [new(), old()]).unwrap();
    let service = layer_for(endpoint)
        .with_clock(clock.clone())
        .layer(counting(&Counter::default()));
    for (offset, new_is_live, old_is_live) in [
        (0, false, true),
        (49, false, true),
        (50, true, true),
        (99, true, true),
        (100, true, false),
    ] {
        clock.set(at(offset));
        for (seed, is_live) in [("new", new_is_live), ("old", old_is_live)] {
            let signed = testing::sample(&scheme, now())
                .sign(&scheme, secret(&scheme, seed))
                .unwrap();
            let answer = send(&service, request(&signed)).await;
            let want = if is_live { 200 } else { 401 };
            assert_eq!(answer.status.as_u16(), want, "{seed} at {offset}");
        }
    }
}

/// A refusal says nothing of how long the body was, nor that it was read.
#[tokio::test]
async fn the_answer_to_a_forgery_does_not_depend_on_its_body() {
    let scheme = providers::github();
    let service = layer(&scheme).layer(counting(&Counter::default()));
    let forged = forged(&scheme);
    let mut answers = Vec::new();
    for body in [Vec::new(), vec![b'{'], vec![0; 100_000]] {
        for size in [1000, 100_000] {
            let answer = send(&service, with_body(&forged, Frames::pieces(&body, size))).await;
            answers.push(public(&answer));
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

/// The observer hears of what is refused for other reasons, too.
#[tokio::test(start_paused = true)]
async fn the_observer_hears_of_refusals_of_every_kind() {
    let scheme = providers::stripe();
    let heard: Arc<Mutex<Vec<Rejection>>> = Arc::default();
    let keep = Arc::clone(&heard);
    let layer = WebhookLayer::by_path(vec![endpoint(&scheme).with_path("/webhook")])
        .unwrap()
        .with_clock(FixedClock::new(now()))
        .on_refusal(move |rejection| keep.lock().unwrap().push(rejection.clone()));
    let service = layer.layer(counting(&Counter::default()));
    let genuine = signed(&scheme);
    let mut get = genuine.clone();
    get.method = http::Method::GET;
    let whole = |signed: &Signed| Frames::pieces(&signed.body, 100);
    let large = with_header(&genuine, "content-length", "1048577");
    let packed = with_header(&genuine, "content-encoding", "gzip");
    for (signed, body, code, endpoint) in [
        (
            &signed_to(&scheme, "/other"),
            whole(&genuine),
            "no-endpoint",
            None,
        ),
        (&get, whole(&genuine), "method", Some("stripe")),
        (&packed, whole(&genuine), "content-encoding", Some("stripe")),
        (&large, whole(&genuine), "body-too-large", Some("stripe")),
        (
            &genuine,
            Frames::new([Step::Hang]),
            "body-timeout",
            Some("stripe"),
        ),
        (
            &genuine,
            Frames::new([Step::Fail]),
            "body-unreadable",
            Some("stripe"),
        ),
        (&genuine, Frames::new([]), "mismatch", Some("stripe")),
    ] {
        let answer = send(&service, with_body(signed, body)).await;
        assert_eq!(answer.code(), Some(code));
        let heard: Vec<_> = heard.lock().unwrap().drain(..).collect();
        let [heard] = heard.as_slice() else {
            panic!("{code}: {heard:?}");
        };
        assert_eq!((heard.code(), heard.endpoint()), (code, endpoint));
    }
}
