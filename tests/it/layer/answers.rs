//! What a provider wants to hear, to the byte.

use axum::body::Body;
use axum_webhook::{providers, replay::MemoryReplayStore};
use tower::Layer as _;

use super::support::{
    Counter, counting, endpoint, forged, handler, layer, layer_for, of_body, request, send, signed,
    without_header,
};

/// Xero's intent to receive: several requests without events, right and wrong; 200 to the right
/// ones by the handler, and a bare 401 to the wrong ones.
#[tokio::test]
async fn xero_hears_a_bare_401() {
    let scheme = providers::xero();
    let runs = Counter::default();
    let service = layer(&scheme).layer(counting(&runs));
    let genuine = of_body(
        &scheme,
        "/webhook",
        r#"{"events":[],"entropy":"S0m3r4Nd0mt3xt"}"#,
    );
    send(&service, request(&genuine))
        .await
        .assert_handled("right");
    let mut changed = genuine.clone();
    changed.body.push(b' ');
    for (name, bad) in [
        ("wrong signature", changed),
        ("no signature", without_header(&genuine, "x-xero-signature")),
        ("forged", forged(&scheme)),
    ] {
        let answer = send(&service, request(&bad)).await;
        assert_eq!(answer.status, 401, "{name}");
        assert!(answer.body.is_empty(), "{name}");
        assert!(answer.headers.is_empty(), "{name}: {:?}", answer.headers);
    }
    assert_eq!(runs.count(), 1);
}

/// What a provider wants to hear instead of the plain answers.
#[tokio::test]
async fn exact_answers_are_given_where_a_provider_wants_them() {
    let plain = Some("text/plain; charset=utf-8");
    let sentence = "webhook verification failed\n";
    for (scheme, refused) in [
        // 4xx makes PagerDuty drop the event, and disable the extension in the end.
        (providers::pagerduty(), (503, sentence, plain)),
        // 401 makes ClickUp suspend the webhook.
        (providers::clickup(), (400, sentence, plain)),
        (providers::xero(), (401, "", None)),
        (providers::adyen(), (401, sentence, plain)),
        (providers::telegram(), (401, sentence, plain)),
        (providers::microsoft_graph(), (401, sentence, plain)),
        (providers::airtable(), (401, sentence, plain)),
    ] {
        let service = layer(&scheme).layer(counting(&Counter::default()));
        let answer = send(&service, request(&forged(&scheme))).await;
        let kind = answer.header("content-type");
        assert_eq!(
            (answer.status.as_u16(), answer.text(), kind),
            refused,
            "{}",
            scheme.id
        );
    }
    for (scheme, accepted) in [
        (providers::adyen(), (200, "[accepted]")),
        // Airtable wants no body.
        (providers::airtable(), (200, "")),
        (providers::microsoft_graph(), (202, "")),
        (providers::pagerduty(), (202, "")),
        (providers::xero(), (200, "")),
        (providers::discord_webhook_events(), (204, "")),
    ] {
        let answer = &scheme.answers.accepted;
        assert_eq!((answer.status, &*answer.body), accepted, "{}", scheme.id);
        assert_eq!(scheme.answers.duplicate, *answer, "{}", scheme.id);
    }
    // To a repeated event, where events are told apart.
    for (scheme, duplicate) in [
        (providers::adyen(), (200, "[accepted]")),
        (providers::pagerduty(), (202, "")),
        (providers::xero(), (200, "")),
    ] {
        let runs = Counter::default();
        let service = layer_for(endpoint(&scheme))
            .with_replay_store(MemoryReplayStore::new())
            .layer(counting(&runs));
        let delivery = || request(&signed(&scheme));
        send(&service, delivery()).await.assert_handled(&scheme.id);
        let answer = send(&service, delivery()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            duplicate,
            "{}",
            scheme.id
        );
        assert_eq!(runs.count(), 1);
    }
}

/// Telegram takes a method of its API in the answer, and it is the handler's, unchanged.
#[tokio::test]
async fn a_handler_s_answer_is_never_replaced() {
    let reply = r#"{"method":"sendMessage","chat_id":1,"text":"hi"}"#;
    for scheme in [providers::telegram(), providers::adyen(), providers::xero()] {
        let service = layer(&scheme).layer(handler(move |_| async move {
            http::Response::builder()
                .status(202)
                .header("content-type", "application/json")
                .body(Body::from(reply))
                .unwrap()
        }));
        let answer = send(&service, request(&signed(&scheme))).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (202, reply),
            "{}",
            scheme.id
        );
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}
