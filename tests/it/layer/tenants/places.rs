//! Where the tenant stands, and what becomes of a request that names none.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, routing::any};
use axum_webhook::{
    Endpoint, LayerError, RotatingKeys, Secret, ShadowVerdict, Tenant, TenantFrom, VerifiedWebhook,
    WebhookLayer, providers, telemetry::Event, testing::FixedClock,
};
use bytes::Bytes;
use http::Request;
use tower::Layer as _;

use super::{
    super::support::{
        Counter, Frames, Step, counting, endpoint, handler, now, ok, request, right, secret, send,
        with_body, with_header,
    },
    Directory, EVENT, delivery, from_to, in_path, layer_of, service_of, to,
};

/// A handler that answers whose delivery it got.
fn naming() -> Router {
    Router::new().fallback(any(async |hook: VerifiedWebhook| {
        hook.tenant().map(Tenant::to_string).unwrap_or_default()
    }))
}

/// A URL or a body for a tenant.
type OfTenant = fn(&str) -> String;

#[tokio::test]
async fn each_place_names_the_tenant_and_only_its_key_counts() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme", "umbrella"]);
    let to_all = "https://example.com/hook";
    let places: [(TenantFrom, OfTenant, OfTenant); 5] = [
        (
            in_path(),
            |tenant| format!("https://example.com/webhooks/{tenant}/stripe"),
            |_| EVENT.to_owned(),
        ),
        (
            TenantFrom::query("t").unwrap(),
            |tenant| format!("https://example.com/hook?t={tenant}"),
            |_| EVENT.to_owned(),
        ),
        (
            TenantFrom::header("x-tenant").unwrap(),
            |_| "https://example.com/hook".to_owned(),
            |_| EVENT.to_owned(),
        ),
        (
            TenantFrom::host("{tenant}.hooks.example.com").unwrap(),
            |tenant| format!("https://{tenant}.HOOKS.example.com:443/hook"),
            |_| EVENT.to_owned(),
        ),
        (
            TenantFrom::unverified_body_field("/account/id").unwrap(),
            |_| "https://example.com/hook".to_owned(),
            |tenant| format!(r#"{{"id":"evt_1","account":{{"id":"{tenant}"}}}}"#),
        ),
    ];
    for (from, url, body) in places {
        let name = from.to_string();
        let service = layer_of(&scheme, directory.keys(&scheme), from).layer(naming());
        let sent = |signer: &str, tenant: &str| {
            let signed = delivery(&scheme, &url(tenant), &body(tenant), signer);
            let host = signed.url.split('/').nth(2).unwrap().to_owned();
            request(&with_header(
                &with_header(&signed, "host", &host),
                "x-tenant",
                tenant,
            ))
        };
        for tenant in ["acme", "umbrella"] {
            let answer = send(&service, sent(tenant, tenant)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.text()),
                (200, tenant),
                "{name}"
            );
        }
        let answer = send(&service, sent("acme", "umbrella")).await;
        answer.assert_refused(&name, "mismatch");
        let rejection = answer.rejection.unwrap();
        assert_eq!(rejection.tenant().map(Tenant::as_str), Some("umbrella"));
        let answer = send(&service, sent("acme", "nobody")).await;
        answer.assert_refused(&name, "key-not-found");
        let none = request(&delivery(&scheme, to_all, "{}", "acme"));
        let answer = send(&service, none).await;
        answer.assert_refused(&name, "tenant");
        assert!(answer.rejection.unwrap().tenant().is_none(), "{name}");
    }
}

/// Its items are looked at with the tenant's key only.
#[tokio::test]
async fn a_batch_names_its_tenant_beside_its_items() {
    let scheme = providers::adyen();
    let directory = Directory::of(&scheme, &["acme", "umbrella"]);
    let from = TenantFrom::unverified_body_field("/tenant").unwrap();
    let service = layer_of(&scheme, directory.keys(&scheme), from).layer(naming());
    let body = r#"{"tenant":"acme","notificationItems":[
        {"NotificationRequestItem":{"pspReference":"1","eventCode":"CAPTURE","success":"true"}},
        {"NotificationRequestItem":{"pspReference":"2","eventCode":"REFUND","success":"true"}}
    ]}"#;
    let sent = |signer| request(&delivery(&scheme, "https://example.com/hook", body, signer));
    let answer = send(&service, sent("acme")).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "acme"));
    let answer = send(&service, sent("umbrella")).await;
    answer.assert_refused("signed by another tenant", "mismatch");
}

/// Also a wrong signature, an unknown tenant and a tenant of a hostile form get the same bytes; see `assert_refused`.
#[tokio::test]
async fn what_the_head_says_of_the_tenant_is_judged_with_the_body_unread() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    let runs = Counter::default();
    let service = service_of(&scheme, directory.keys(&scheme), &runs);
    let long = "a".repeat(10 * 1024);
    for (tenant, code) in [
        ("nobody", "key-not-found"),
        ("ACME", "key-not-found"),
        ("acm%D0%B5", "key-not-found"),
        ("%252e%252e", "key-not-found"),
        ("..", "tenant"),
        (".", "tenant"),
        ("%2e%2e", "tenant"),
        ("%2E", "tenant"),
        ("..%2f..%2fetc", "tenant"),
        ("a%5cb", "tenant"),
        ("acme%00", "tenant"),
        ("acme%0a", "tenant"),
        ("%ff", "tenant"),
        ("", "tenant"),
        (long.as_str(), "tenant"),
    ] {
        let body = Frames::new([Step::Data(Bytes::from_static(b"{}"))]);
        let polls = body.polls.clone();
        let unread = with_body(&from_to(&scheme, "acme", tenant), Body::new(body));
        let answer = send(&service, unread).await;
        answer.assert_refused(tenant, code);
        assert_eq!((polls.count(), runs.count()), (0, 0), "{tenant}");
    }
    // Another spelling of the URL is the same tenant.
    let answer = send(&service, request(&from_to(&scheme, "acme", "%61cme"))).await;
    answer.assert_handled("percent-encoded");
}

/// The answer says neither that a tenant exists nor how far its delivery got.
#[tokio::test]
async fn t_j3_an_unknown_tenant_is_answered_like_a_known_one() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme", "other"]);
    let runs = Counter::default();
    let service = service_of(&scheme, directory.keys(&scheme), &runs);
    let mut answers = Vec::new();
    for (name, signer, tenant) in [
        ("known, and another tenant's signature", "other", "acme"),
        ("known, and nobody's signature", "nobody", "acme"),
        ("unknown, with a tenant's signature", "acme", "nobody"),
        ("unknown, with its own signature", "nobody", "nobody"),
        // By then it is known that there is none.
        ("unknown, again", "nobody", "nobody"),
        ("no name at all", "acme", "%00"),
    ] {
        let answer = send(&service, request(&from_to(&scheme, signer, tenant))).await;
        let (status, headers, body) = (answer.status, answer.headers, answer.body);
        answers.push((name, (status, headers, body)));
    }
    for (name, answer) in &answers {
        assert_eq!(*answer, answers[0].1, "{name}");
    }
    assert_eq!(runs.count(), 0);
    let genuine = send(&service, request(&to(&scheme, "acme"))).await;
    genuine.assert_handled("the control");
}

#[tokio::test]
async fn the_observer_and_shadow_mode_know_the_tenant() {
    let scheme = providers::stripe();
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let directory = Directory::of(&scheme, &["acme"]);
    let endpoint = Endpoint::from_source(scheme.clone(), directory.keys(&scheme))
        .unwrap()
        .with_tenant(in_path())
        .with_shadow_mode();
    let layer = WebhookLayer::for_endpoint(endpoint)
        .unwrap()
        .with_clock(FixedClock::new(now()))
        .on_refusal({
            let seen = Arc::clone(&seen);
            move |rejection| {
                let line = format!("{} {:?}", rejection.code(), rejection.tenant());
                seen.lock().unwrap().push(line);
            }
        });
    let verdicts: Arc<Mutex<Vec<bool>>> = Arc::default();
    let service = layer.layer(handler({
        let verdicts = Arc::clone(&verdicts);
        move |request: Request<Body>| {
            let verdict = request.extensions().get::<ShadowVerdict>().unwrap();
            verdicts.lock().unwrap().push(verdict.rejection().is_none());
            async { ok() }
        }
    }));
    for (signer, tenant) in [
        ("acme", "acme"),
        ("wrong", "acme"),
        ("acme", "nobody"),
        ("acme", ".."),
    ] {
        let answer = send(&service, request(&from_to(&scheme, signer, tenant))).await;
        answer.assert_handled(tenant);
    }
    assert_eq!(*verdicts.lock().unwrap(), [true, false, false, false]);
    assert_eq!(
        *seen.lock().unwrap(),
        [
            r#"mismatch Some(Tenant("acme"))"#,
            r#"key-not-found Some(Tenant("nobody"))"#,
            "tenant None"
        ]
    );
}

#[tokio::test]
async fn the_events_and_the_report_name_the_tenant() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let layer = layer_of(&scheme, directory.keys(&scheme), in_path()).on_event({
        let heard = Arc::clone(&heard);
        move |event| {
            let (what, tenant) = match event {
                Event::Verified(verified) => ("verified", verified.tenant),
                Event::Refused(rejection) => ("refused", rejection.tenant()),
                _ => return,
            };
            heard.lock().unwrap().push(format!("{what} {tenant:?}"));
        }
    });
    let report = layer.report().to_string();
    assert!(
        report.contains("tenants: named by path /webhooks/{tenant}/stripe"),
        "{report}"
    );
    let service = layer.layer(counting(&Counter::default()));
    for (signer, tenant) in [("acme", "acme"), ("wrong", "acme"), ("acme", "..")] {
        send(&service, request(&from_to(&scheme, signer, tenant))).await;
    }
    assert_eq!(
        *heard.lock().unwrap(),
        [
            r#"verified Some(Tenant("acme"))"#,
            r#"refused Some(Tenant("acme"))"#,
            "refused None"
        ]
    );
}

#[tokio::test]
async fn a_question_is_answered_with_the_tenants_own_secret() {
    let scheme = providers::meta();
    let directory = Directory::default();
    for tenant in ["acme", "umbrella"] {
        let secret = Secret::new(format!("app-secret-of-{tenant}"))
            .unwrap()
            .with_part("verify_token", format!("token-of-{tenant}"))
            .unwrap();
        directory.set(tenant, [secret]);
    }
    let runs = Counter::default();
    let service = service_of(&scheme, directory.keys(&scheme), &runs);
    let ask = async |tenant: &str, token: &str| {
        let asking = Request::get(format!(
            "https://example.com/webhooks/{tenant}/stripe?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1234"
        ));
        send(&service, asking.body(Body::empty()).unwrap()).await
    };
    let answer = ask("acme", "token-of-acme").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "1234"));
    for (tenant, token) in [
        ("umbrella", "token-of-acme"),
        ("nobody", "token-of-acme"),
        ("..", "token-of-acme"),
    ] {
        assert_eq!(ask(tenant, token).await.status, 405, "{tenant}");
    }
    assert_eq!(runs.count(), 0);
}

#[tokio::test]
async fn by_path_an_endpoint_is_selected_by_its_pattern() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme", "own"]);
    let tenants = Endpoint::from_source(scheme.clone(), directory.keys(&scheme))
        .unwrap()
        .with_name("tenants")
        .with_path("/webhooks/{tenant}/stripe")
        .with_tenant(in_path());
    let own = Endpoint::new(scheme.clone(), secret(&scheme, "own"))
        .unwrap()
        .with_name("own")
        .with_path("/webhooks/own/stripe");
    let layer = WebhookLayer::by_path(vec![tenants, own])
        .unwrap()
        .with_clock(FixedClock::new(now()));
    let service = layer.layer(Router::new().fallback(any(async |hook: VerifiedWebhook| {
        format!("{} {:?}", hook.endpoint(), hook.tenant())
    })));
    for (tenant, said) in [
        ("acme", r#"tenants Some(Tenant("acme"))"#),
        ("own", "own None"),
    ] {
        let answer = send(&service, request(&to(&scheme, tenant))).await;
        assert_eq!(answer.text(), said);
    }
    let elsewhere = delivery(
        &scheme,
        "https://example.com/webhooks/acme/x",
        EVENT,
        "acme",
    );
    let answer = send(&service, request(&elsewhere)).await;
    answer.assert_is("elsewhere", 404, "no-endpoint", "not found\n");
}

#[test]
fn what_would_mix_up_tenants_is_no_layer() {
    let github = || endpoint(&providers::github());
    let scheme = providers::github();
    let rotating = RotatingKeys::new(&scheme, right(&scheme)).unwrap();
    let rotating = Endpoint::from_source(scheme, rotating).unwrap();
    for shared in [github(), rotating] {
        let error = WebhookLayer::for_endpoint(shared.with_tenant(in_path())).unwrap_err();
        assert_eq!(error, LayerError::TenantsShareKeys("github".to_owned()));
        assert!(error.to_string().contains("`TenantKeys`"), "{error}");
    }
    let at = |name: &'static str, path: &str| github().with_name(name).with_path(path);
    let overlapping = [("/a/{tenant}", "/{other}/b"), ("/a/{tenant}", "/a/{*rest}")];
    for (one, other) in overlapping {
        let error = WebhookLayer::by_path(vec![at("one", one), at("other", other)]).unwrap_err();
        let want = LayerError::PathsOverlap(one.to_owned(), other.to_owned());
        assert_eq!(error, want);
        let text = error.to_string();
        assert!(text.contains(one) && text.contains(other), "{text}");
    }
    let apart = vec![
        at("one", "/a/{tenant}"),
        at("two", "/a/b"),
        at("three", "/b/{tenant}"),
    ];
    assert!(WebhookLayer::by_path(apart).is_ok());
}

/// Without a place for its tenant, the keys of an endpoint find nobody's.
#[tokio::test]
async fn keys_of_tenants_need_a_tenant() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    let endpoint = Endpoint::from_source(scheme.clone(), directory.keys(&scheme)).unwrap();
    let layer = WebhookLayer::for_endpoint(endpoint)
        .unwrap()
        .with_clock(FixedClock::new(now()));
    let service = layer.layer(counting(&Counter::default()));
    let answer = send(&service, request(&to(&scheme, "acme"))).await;
    answer.assert_refused("no place", "key-not-found");
    assert_eq!(directory.asked.count(), 0);
}
