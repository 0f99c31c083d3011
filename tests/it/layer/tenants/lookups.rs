//! What is looked up, how often, and what happens while it can't be.

use std::{convert::Infallible, time::Duration};

use axum_webhook::{Secret, Tenant, TenantKeys, providers, sign::Signed};
use tokio::{task::JoinSet, time::advance};

use super::{
    super::support::{Counter, request, secret, send},
    Directory, from_to, service_of, to,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

fn tenant(name: &str) -> Tenant {
    name.parse().unwrap()
}

#[tokio::test]
async fn a_stampede_is_one_lookup() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    directory.set_pause(Duration::from_millis(50));
    let runs = Counter::default();
    let service = service_of(&scheme, directory.keys(&scheme), &runs);
    let mut senders = JoinSet::new();
    for number in 0..64 {
        // Every other one is a stranger who knows the name.
        let signer = if number % 2 == 0 { "acme" } else { "wrong" };
        let request = request(&from_to(&scheme, signer, "acme"));
        let service = service.clone();
        senders.spawn(async move { (signer, send(&service, request).await) });
    }
    while let Some(sent) = senders.join_next().await {
        match sent.unwrap() {
            ("acme", answer) => answer.assert_handled("genuine"),
            (_, answer) => answer.assert_refused("forged", "mismatch"),
        }
    }
    assert_eq!((directory.asked.count(), runs.count()), (1, 32));
}

/// A lookup goes on for the others if the one who asked first has gone.
#[tokio::test(start_paused = true)]
async fn a_lookup_survives_who_asked_for_it() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    directory.set_pause(SECOND);
    let service = service_of(&scheme, directory.keys(&scheme), &Counter::default());
    let first = send(&service, request(&to(&scheme, "acme")));
    let gone = tokio::time::timeout(Duration::from_millis(1), first).await;
    assert!(gone.is_err());
    let answer = send(&service, request(&to(&scheme, "acme"))).await;
    answer.assert_handled("the second");
    assert_eq!(directory.asked.count(), 1);
}

#[tokio::test]
async fn ten_thousand_tenants_are_looked_up_once_each() {
    let scheme = providers::stripe();
    let directory = Directory::default();
    let names: Vec<String> = (0..10_000)
        .map(|number| format!("tenant-{number}"))
        .collect();
    for name in &names {
        directory.set(name, [secret(&scheme, name)]);
    }
    let keys = directory.keys(&scheme);
    let runs = Counter::default();
    let service = service_of(&scheme, keys.clone(), &runs);
    for round in 0..2 {
        for name in &names {
            let answer = send(&service, request(&to(&scheme, name))).await;
            assert_eq!(
                answer.status, 200,
                "{name}, round {round}: {:?}",
                answer.rejection
            );
        }
    }
    assert_eq!((directory.asked.count(), runs.count()), (10_000, 20_000));
    assert_eq!(keys.kept(), 10_000);
}

#[tokio::test]
async fn made_up_names_put_out_no_tenant() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    let keys = directory.keys(&scheme).with_capacity(2);
    let service = service_of(&scheme, keys.clone(), &Counter::default());
    let acme = to(&scheme, "acme");
    send(&service, request(&acme)).await.assert_handled("acme");
    for number in 0..15_000 {
        let mut made_up = acme.clone();
        made_up.url = made_up.url.replace("acme", &format!("made-up-{number}"));
        let answer = send(&service, request(&made_up)).await;
        assert_eq!(answer.code(), Some("key-not-found"));
    }
    assert_eq!(directory.asked.count(), 15_001);
    send(&service, request(&acme)).await.assert_handled("acme");
    assert_eq!((directory.asked.count(), keys.kept()), (15_001, 1));
    // Of the names without a tenant the oldest makes room.
    let shown = format!("{keys:?}");
    assert!(shown.contains("unknown: 10000"), "{shown}");
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_who_is_used_stays() {
    let scheme = providers::stripe();
    let names: Vec<String> = (0..100).map(|number| format!("tenant-{number}")).collect();
    let directory = Directory::of(&scheme, &["acme"]);
    for name in &names {
        directory.set(name, [secret(&scheme, name)]);
    }
    let keys = directory.keys(&scheme).with_capacity(10);
    let service = service_of(&scheme, keys.clone(), &Counter::default());
    for name in &names {
        send(&service, request(&to(&scheme, "acme")))
            .await
            .assert_handled("acme");
        send(&service, request(&to(&scheme, name)))
            .await
            .assert_handled(name);
        assert!(keys.kept() <= 10);
    }
    // Where all were used lately, one of them has to go; the one that is used all the time goes rarely.
    let again = directory.asked.count() - 101;
    assert!(again <= 20, "acme was looked up {again} times more");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_is_not_there_is_not_asked_for_again_for_a_while() {
    let scheme = providers::stripe();
    let directory = Directory::default();
    let service = service_of(&scheme, directory.keys(&scheme), &Counter::default());
    for _ in 0..5 {
        let answer = send(&service, request(&to(&scheme, "acme"))).await;
        answer.assert_refused("not yet", "key-not-found");
        advance(5 * SECOND).await;
    }
    assert_eq!(directory.asked.count(), 1);
    directory.set("acme", [secret(&scheme, "acme")]);
    advance(6 * SECOND).await;
    let answer = send(&service, request(&to(&scheme, "acme"))).await;
    answer.assert_handled("signed up");
    assert_eq!(directory.asked.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_lookup_that_fails_is_503_and_soon_tried_again() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    directory.set_down(true);
    let service = service_of(&scheme, directory.keys(&scheme), &Counter::default());
    for _ in 0..3 {
        let answer = send(&service, request(&to(&scheme, "acme"))).await;
        answer.assert_try_again("down", "keys-unavailable");
        let said = answer.rejection.unwrap().to_string();
        assert!(said.contains("the database is down"), "{said}");
    }
    assert_eq!(directory.asked.count(), 1);
    directory.set_down(false);
    advance(5 * SECOND).await;
    let answer = send(&service, request(&to(&scheme, "acme"))).await;
    answer.assert_handled("up again");
}

#[tokio::test(start_paused = true)]
async fn a_known_tenant_outlives_an_outage_for_the_grace_time() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    let service = service_of(&scheme, directory.keys(&scheme), &Counter::default());
    let ask = async || send(&service, request(&to(&scheme, "acme"))).await;
    ask().await.assert_handled("fresh");
    directory.set_down(true);
    advance(6 * MINUTE).await;
    for _ in 0..10 {
        ask().await.assert_handled("no longer fresh");
    }
    assert_eq!(directory.asked.count(), 2);
    advance(31 * SECOND).await;
    ask().await.assert_handled("still");
    assert_eq!(directory.asked.count(), 3);
    advance(Duration::from_hours(1)).await;
    let answer = ask().await;
    answer.assert_try_again("the grace is over", "keys-unavailable");
    directory.set_down(false);
    advance(31 * SECOND).await;
    ask().await.assert_handled("up again");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_left_is_refused_once_its_keys_are_no_longer_fresh() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    let keys = directory.keys(&scheme);
    let service = service_of(&scheme, keys.clone(), &Counter::default());
    let ask = async || send(&service, request(&to(&scheme, "acme"))).await;
    ask().await.assert_handled("there");
    directory.remove("acme");
    ask().await.assert_handled("still fresh");
    advance(5 * MINUTE).await;
    ask().await.assert_refused("gone", "key-not-found");
    assert_eq!(keys.kept(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_changed_is_looked_up_but_not_for_every_forgery() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme", "umbrella"]);
    let service = service_of(&scheme, directory.keys(&scheme), &Counter::default());
    for tenant in ["acme", "umbrella"] {
        send(&service, request(&to(&scheme, tenant)))
            .await
            .assert_handled(tenant);
    }
    advance(MINUTE).await;
    directory.set("acme", [secret(&scheme, "new")]);
    let new = from_to(&scheme, "new", "acme");
    send(&service, request(&new))
        .await
        .assert_handled("the new secret");
    let old = request(&to(&scheme, "acme"));
    send(&service, old)
        .await
        .assert_refused("the old one", "mismatch");
    send(&service, request(&to(&scheme, "umbrella")))
        .await
        .assert_handled("umbrella");
    assert_eq!(directory.asked.count(), 3);
    for _ in 0..100 {
        let forged = request(&from_to(&scheme, "wrong", "acme"));
        send(&service, forged)
            .await
            .assert_refused("forged", "mismatch");
    }
    assert_eq!(directory.asked.count(), 3);
    advance(31 * SECOND).await;
    for _ in 0..100 {
        let forged = request(&from_to(&scheme, "wrong", "acme"));
        send(&service, forged)
            .await
            .assert_refused("forged", "mismatch");
    }
    assert_eq!(directory.asked.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_is_looked_up_with_the_next_request() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme", "umbrella"]);
    let keys = directory.keys(&scheme);
    let service = service_of(&scheme, keys.clone(), &Counter::default());
    let send = async |signed: &Signed| send(&service, request(signed)).await;
    for tenant in ["acme", "umbrella", "nobody"] {
        send(&to(&scheme, tenant)).await;
    }
    directory.set("acme", [secret(&scheme, "new"), secret(&scheme, "acme")]);
    directory.set("nobody", [secret(&scheme, "nobody")]);
    keys.forget(&tenant("acme"));
    keys.forget(&tenant("nobody"));
    send(&from_to(&scheme, "new", "acme"))
        .await
        .assert_handled("new");
    send(&to(&scheme, "acme"))
        .await
        .assert_handled("old, beside it");
    send(&to(&scheme, "nobody"))
        .await
        .assert_handled("signed up");
    assert_eq!(directory.asked.count(), 5);

    // What began before is older than what was forgotten.
    directory.set_pause(SECOND);
    keys.forget_all();
    let umbrella = to(&scheme, "umbrella");
    let (before, ()) = tokio::join!(send(&umbrella), async {
        tokio::time::sleep(SECOND / 2).await;
        keys.forget(&tenant("umbrella"));
    });
    before.assert_handled("looked up before");
    assert_eq!(keys.kept(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_names_keeps_no_known_tenant_waiting() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    let service = service_of(&scheme, directory.keys(&scheme), &Counter::default());
    send(&service, request(&to(&scheme, "acme")))
        .await
        .assert_handled("acme");
    advance(6 * MINUTE).await;
    directory.set_pause(2 * SECOND);
    let mut flood = JoinSet::new();
    for number in 0..3000 {
        let request = request(&from_to(&scheme, "wrong", &format!("made-up-{number}")));
        let service = service.clone();
        flood.spawn(async move { send(&service, request).await.code() });
    }
    tokio::time::sleep(SECOND / 10).await;
    let asked = tokio::time::Instant::now();
    send(&service, request(&to(&scheme, "acme")))
        .await
        .assert_handled("acme");
    assert!(
        asked.elapsed() <= 2 * SECOND + SECOND / 10,
        "{:?}",
        asked.elapsed()
    );
    let codes = flood.join_all().await;
    let count = |wanted| codes.iter().filter(|code| **code == Some(wanted)).count();
    // 32 at a time, of which those end that have their turn in 2.5 s; the others may come again.
    assert_eq!(
        (count("key-not-found"), count("keys-unavailable")),
        (32, 2968)
    );
    assert!(
        directory.asked.count() <= 2 + 64,
        "{}",
        directory.asked.count()
    );
}

#[tokio::test]
async fn secrets_that_are_none_and_a_lookup_that_panics_are_503() {
    let scheme = providers::standard_webhooks();
    let keys = TenantKeys::new(&scheme, |tenant: Tenant| async move {
        assert_ne!(tenant.as_str(), "panic");
        let secrets = match tenant.as_str() {
            "none" => Vec::new(),
            _ => vec![Secret::new("not base64!").unwrap()],
        };
        Ok::<_, Infallible>(Some(secrets))
    });
    let runs = Counter::default();
    let service = service_of(&scheme, keys, &runs);
    let signed = super::super::support::signed(&scheme);
    for tenant in ["none", "wrong", "panic"] {
        let mut signed = signed.clone();
        signed.url = format!("https://example.com/webhooks/{tenant}/stripe");
        let answer = send(&service, request(&signed)).await;
        answer.assert_try_again(tenant, "keys-unavailable");
        let said = format!("{:?}", answer.rejection);
        assert!(!said.contains("not base64!"), "{said}");
    }
    assert_eq!(runs.count(), 0);
}
