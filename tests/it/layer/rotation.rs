//! Secrets that change while requests come.

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum_webhook::{
    Endpoint, KeyringError, RotatingKeys, Secret, WebhookHandle, providers,
    replay::MemoryReplayStore, sign::Draft,
};

use super::support::{Answer, Counter, counting, layer_for, now, request, send};

const CHANGES: usize = 200;

fn secret(number: usize) -> Secret {
    Secret::new(format!("the secret of number {number}"))
        .unwrap()
        .with_id(format!("key-of-{number}"))
}

/// A provider that signs with the secret that it was told last, while two are live.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_secrets_change_with_an_overlap_nothing_genuine_is_refused() {
    let scheme = providers::stripe();
    let keys = RotatingKeys::new(&scheme, secret(0)).unwrap();
    let endpoint = Endpoint::from_source(scheme.clone(), keys.clone()).unwrap();
    let runs = Counter::default();
    let layer = layer_for(endpoint);
    let service = tower::Layer::layer(&layer, counting(&runs));
    let deliver = |number: usize| {
        let service = service.clone();
        let signed = Draft::new(r#"{"id":"evt_1","type":"x"}"#)
            .with_timestamp(now())
            .sign(&scheme, secret(number))
            .unwrap();
        async move { send(&service, request(&signed)).await }
    };

    let told = Arc::new(AtomicUsize::new(0));
    let operator = tokio::spawn({
        let (keys, told) = (keys.clone(), Arc::clone(&told));
        async move {
            for number in 1..=CHANGES {
                keys.rotate([secret(number), secret(number - 1)]).unwrap();
                told.store(number, Ordering::SeqCst);
                // What the provider sent before it heard of this is on its way for a while.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    });
    let mut sent = 0;
    while !operator.is_finished() {
        let number = told.load(Ordering::SeqCst);
        let answer = deliver(number).await;
        // The provider heard of nothing new in between, so this secret was live all the time.
        if told.load(Ordering::SeqCst) == number {
            answer.assert_handled(&format!("number {number}"));
            sent += 1;
        }
    }
    operator.await.unwrap();
    assert!(sent > CHANGES / 4, "{sent}");

    keys.rotate(secret(CHANGES)).unwrap();
    let answer = deliver(CHANGES).await;
    answer.assert_handled("the new one, alone");
    let answer = deliver(CHANGES - 1).await;
    answer.assert_refused("the old one, after the overlap", "mismatch");
    assert_eq!(
        keys.keyring().ids().collect::<Vec<_>>(),
        [format!("key-of-{CHANGES}")]
    );
}

#[tokio::test]
async fn secrets_that_are_none_change_nothing() {
    let scheme = providers::standard_webhooks();
    let good = || Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let keys = RotatingKeys::new(&scheme, good()).unwrap();
    assert!(keys.rotate(Vec::new()).is_err());
    assert!(keys.rotate(Secret::new("not base64!").unwrap()).is_err());
    assert!(RotatingKeys::new(&scheme, Vec::new()).is_err());
    assert_eq!(keys.keyring().ids().collect::<Vec<_>>(), ["key-1"]);
}

// --- By name, from the layer.

/// An endpoint of `secret(0)`, and deliveries to it signed with the secret of a number.
fn by_name(endpoint: Endpoint) -> (WebhookHandle, impl AsyncFn(usize) -> Answer) {
    let layer = layer_for(endpoint);
    let handle = layer.handle();
    let service = tower::Layer::layer(&layer, counting(&Counter::default()));
    let deliver = async move |number: usize| {
        let signed = Draft::new(r#"{"id":"evt_1","type":"x"}"#)
            .with_timestamp(now())
            .sign(&providers::stripe(), secret(number))
            .unwrap();
        send(&service, request(&signed)).await
    };
    (handle, deliver)
}

#[tokio::test]
async fn t_a10_the_secrets_of_an_endpoint_change_by_its_name() {
    let endpoint = Endpoint::new(providers::stripe(), secret(0)).unwrap();
    let (handle, deliver) = by_name(endpoint.with_name("payments"));
    deliver(0).await.assert_handled("before");
    deliver(1).await.assert_refused("before", "mismatch");
    handle.rotate("payments", [secret(1), secret(0)]).unwrap();
    deliver(0).await.assert_handled("during");
    deliver(1).await.assert_handled("during");
    handle.rotate("payments", secret(1)).unwrap();
    deliver(0).await.assert_refused("after", "mismatch");
    deliver(1).await.assert_handled("after");
}

/// A layer is cloned and set up further after it has given a handle.
#[tokio::test]
async fn a_handle_changes_what_was_made_of_its_layer_later() {
    let endpoint = Endpoint::new(providers::stripe(), secret(0)).unwrap();
    let layer = layer_for(endpoint);
    let handle = layer.handle();
    let later = layer.with_replay_store(MemoryReplayStore::new());
    let service = tower::Layer::layer(&later, counting(&Counter::default()));
    handle.rotate("stripe", secret(1)).unwrap();
    let signed = Draft::new(r#"{"id":"evt_1"}"#)
        .with_timestamp(now())
        .sign(&providers::stripe(), secret(1))
        .unwrap();
    send(&service, request(&signed))
        .await
        .assert_handled("later");
}

#[tokio::test]
async fn what_can_not_be_rotated_says_so_and_stays() {
    let scheme = providers::stripe();
    let (handle, deliver) = by_name(Endpoint::new(scheme.clone(), secret(0)).unwrap());
    let error = handle.rotate("payments", secret(1)).unwrap_err();
    assert_eq!(error.to_string(), "no endpoint is called \"payments\"");
    assert!(error.source().is_none());
    let error = handle.rotate("stripe", Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "there is no secret");
    assert!(error.source().unwrap().is::<KeyringError>());
    assert!(format!("{handle:?}").contains("stripe"), "{handle:?}");
    deliver(0).await.assert_handled("as before");

    let keys = RotatingKeys::new(&scheme, secret(0)).unwrap();
    let (handle, deliver) = by_name(Endpoint::from_source(scheme, keys).unwrap());
    let error = handle.rotate("stripe", secret(1)).unwrap_err();
    assert!(error.to_string().contains("come from a source"), "{error}");
    deliver(0).await.assert_handled("as before");

    let waiting = Endpoint::dangerous_pairing(providers::asana(), |_| {}).unwrap();
    let handle = layer_for(waiting).handle();
    let error = handle.rotate("asana", secret(1)).unwrap_err();
    assert!(error.to_string().contains("waits for one"), "{error}");
}
