//! The events of tenants: each tenant has its own.

use axum::{Router, routing::any};
use axum_webhook::{Tenant, VerifiedWebhook, providers, replay::MemoryReplayStore};
use tower::Layer as _;

use super::{
    super::support::{Counter, HANDLED, counting, request, send},
    Directory, from_to, in_path, layer_of, to,
};

#[tokio::test]
async fn events_of_the_same_id_are_each_tenants_own() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme", "umbrella"]);
    let layer = layer_of(&scheme, directory.keys(&scheme), in_path())
        .with_replay_store(MemoryReplayStore::new());
    let runs = Counter::default();
    let service = layer.layer(counting(&runs));
    for (signer, tenant, is_handled) in [
        ("acme", "acme", true),
        ("umbrella", "umbrella", true),
        ("acme", "acme", false),
        ("umbrella", "umbrella", false),
        // Another spelling of the path is no other tenant.
        ("acme", "%61cme", false),
    ] {
        let answer = send(&service, request(&from_to(&scheme, signer, tenant))).await;
        assert_eq!(answer.status, 200, "{tenant}: {:?}", answer.rejection);
        assert_eq!(answer.text() == HANDLED, is_handled, "{tenant}");
    }
    let answer = send(&service, request(&from_to(&scheme, "acme", "umbrella"))).await;
    answer.assert_refused("acme's delivery at umbrella's", "mismatch");
    assert_eq!(runs.count(), 2);
}

#[tokio::test]
async fn a_refusal_behind_the_signature_names_the_tenant_too() {
    let scheme = providers::stripe();
    let directory = Directory::of(&scheme, &["acme"]);
    let layer = layer_of(&scheme, directory.keys(&scheme), in_path())
        .with_replay_store(MemoryReplayStore::new());
    let service = layer.layer(Router::new().fallback(any(async |hook: VerifiedWebhook| {
        assert!(hook.retry_later());
    })));
    let answer = send(&service, request(&to(&scheme, "acme"))).await;
    answer.assert_try_again("the handler wants a retry", "retry-asked");
    let rejection = answer.rejection.unwrap();
    assert_eq!(rejection.tenant().map(Tenant::as_str), Some("acme"));
}
