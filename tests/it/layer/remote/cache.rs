//! How often keys are fetched: rarely, once at a time, and never as often as a stranger likes.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use http::{HeaderValue, Response, header};
use tokio::{task::JoinSet, time::timeout};

use super::{
    JWK_SET, Receiver, delivery, jwk_set, key, later, scheme,
    server::{KeyServer, status},
    with_document,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

fn lasting(text: String, cache_control: &'static str) -> impl Fn() -> Response<Body> {
    move || {
        let mut response = Response::new(Body::from(text.clone()));
        let value = HeaderValue::from_static(cache_control);
        response.headers_mut().insert(header::CACHE_CONTROL, value);
        response
    }
}

#[tokio::test]
async fn keys_are_kept_for_as_long_as_the_answer_says_within_bounds() {
    for (cache_control, before, after) in [
        ("max-age=600", 9 * MINUTE, 2 * MINUTE),
        ("max-age=0", 4 * MINUTE, 2 * MINUTE),
        ("no-store", 4 * MINUTE, 2 * MINUTE),
        ("max-age=31536000", 23 * HOUR, 2 * HOUR),
        ("private", 59 * MINUTE, 2 * MINUTE),
    ] {
        let server = KeyServer::new().await;
        let key = key();
        let reply = lasting(jwk_set(&[("a", &key)]), cache_control);
        server.reply(move |_| reply());
        let receiver = Receiver::new(&scheme(JWK_SET), &server);
        receiver
            .send(delivery("a", &key, "1"))
            .await
            .assert_handled("first");
        later(before).await;
        receiver
            .send(delivery("a", &key, "2"))
            .await
            .assert_handled("kept");
        assert_eq!(server.requests.count(), 1, "{cache_control}");
        later(after).await;
        receiver
            .send(delivery("a", &key, "3"))
            .await
            .assert_handled("anew");
        assert_eq!(server.requests.count(), 2, "{cache_control}");
    }
}

#[tokio::test]
async fn a_key_that_is_new_is_fetched_and_its_delivery_accepted() {
    let server = KeyServer::new().await;
    let (old, new) = (key(), key());
    server.publish(jwk_set(&[("old", &old)]));
    let receiver = Receiver::new(&scheme(JWK_SET), &server);
    receiver
        .send(delivery("old", &old, "1"))
        .await
        .assert_handled("old");
    server.publish(jwk_set(&[("old", &old), ("new", &new)]));
    later(31 * SECOND).await;
    receiver
        .send(delivery("new", &new, "2"))
        .await
        .assert_handled("new");
    receiver
        .send(delivery("old", &old, "3"))
        .await
        .assert_handled("old still");
    assert_eq!(server.requests.count(), 2);
}

#[tokio::test]
async fn a_key_without_an_id_that_changed_is_fetched_and_its_delivery_accepted() {
    let server = KeyServer::new().await;
    let (old, new) = (key(), key());
    server.publish(old.public_key_pem());
    let scheme = with_document("\"pem\"");
    let mut scheme = scheme;
    scheme.key_id = None;
    let receiver = Receiver::new(&scheme, &server);
    receiver
        .send(delivery("", &old, "1"))
        .await
        .assert_handled("old");
    server.publish(new.public_key_pem());
    later(31 * SECOND).await;
    receiver
        .send(delivery("", &new, "2"))
        .await
        .assert_handled("new");
    assert_eq!(server.requests.count(), 2);
    // Forgeries can make that happen once in each interval, and no more often.
    for _ in 0..100 {
        let answer = receiver.send(delivery("", &old, "3")).await;
        answer.assert_refused("the old key is gone", "mismatch");
    }
    assert_eq!(server.requests.count(), 2);
    later(31 * SECOND).await;
    for _ in 0..100 {
        let answer = receiver.send(delivery("", &old, "3")).await;
        answer.assert_refused("the old key is gone", "mismatch");
    }
    assert_eq!(server.requests.count(), 3);
    assert_eq!(receiver.runs.count(), 2);
}

#[tokio::test]
async fn a_thousand_requests_at_once_fetch_once() {
    let server = KeyServer::new().await;
    let key = key();
    server.publish(jwk_set(&[("a", &key)]));
    let receiver = Arc::new(Receiver::new(&scheme(JWK_SET), &server));
    let mut tasks = JoinSet::new();
    for number in 0..1000 {
        let request = delivery("a", &key, &number.to_string());
        let receiver = Arc::clone(&receiver);
        tasks.spawn(async move { receiver.send(request).await.assert_handled("one of many") });
    }
    tasks.join_all().await;
    assert_eq!(receiver.runs.count(), 1000);
    assert_eq!(server.connections.count(), 1);
}

#[tokio::test]
async fn who_goes_away_while_keys_are_fetched_does_not_break_it_off() {
    let server = KeyServer::new().await;
    let key = key();
    server.publish(jwk_set(&[("a", &key)]));
    let receiver = Receiver::new(&scheme(JWK_SET), &server);
    // It is polled once.
    let first = receiver.send(delivery("a", &key, "1"));
    assert!(timeout(Duration::ZERO, first).await.is_err());
    receiver
        .send(delivery("a", &key, "2"))
        .await
        .assert_handled("the next");
    assert_eq!(server.connections.count(), 1);
}

#[tokio::test]
async fn t_d5_ten_thousand_made_up_key_ids_fetch_once_in_an_interval() {
    let server = KeyServer::new().await;
    let key = key();
    server.publish(jwk_set(&[("a", &key)]));
    let receiver = Receiver::new(&scheme(JWK_SET), &server);
    receiver
        .send(delivery("a", &key, "1"))
        .await
        .assert_handled("genuine");
    for interval in 1..=3 {
        later(31 * SECOND).await;
        for number in 0..10_000 {
            let request = delivery(&format!("made-up-{number}"), &key, "1");
            let answer = receiver.send(request).await;
            assert_eq!(answer.status, 401);
            assert_eq!(answer.code(), Some("key-not-found"));
        }
        receiver
            .send(delivery("a", &key, "2"))
            .await
            .assert_handled("genuine");
        assert!(server.requests.count() <= 1 + interval);
    }
    assert_eq!(receiver.runs.count(), 4);
}

#[tokio::test]
async fn made_up_urls_are_asked_for_as_long_as_there_is_room_and_starve_no_known_one() {
    let server = KeyServer::new().await;
    let key = key();
    let set = jwk_set(&[("a", &key)]);
    server.reply(move |request| match request.uri().path() {
        "/certs/good" => Response::new(set.clone().into()),
        _ => status(404),
    });
    let named = scheme(&JWK_SET.replace(
        "url = \"https://keys.example.com/jwks.json\"",
        "url = { at = { header = \"x-key-url\" }, path = \"/certs/*\" }",
    ));
    let receiver = Receiver::new(&named, &server);
    let from = |name: &str| {
        let mut request = delivery("a", &key, "1");
        let url = format!("https://keys.example.com/certs/{name}");
        request
            .headers_mut()
            .insert("x-key-url", url.parse().unwrap());
        request
    };
    receiver.send(from("good")).await.assert_handled("good");
    let mut refused = 0;
    for number in 0..2000 {
        let answer = receiver.send(from(&format!("made-up-{number}"))).await;
        match answer.code() {
            Some("key-not-found") => refused += 1,
            _ => answer.assert_try_again("no room", "keys-unavailable"),
        }
    }
    assert_eq!(
        refused, 15,
        "sixteen at once, and the good one was the first"
    );
    assert_eq!(server.requests.count(), 16);
    receiver
        .send(from("good"))
        .await
        .assert_handled("good still");
    later(61 * SECOND).await;
    for number in 0..100 {
        receiver.send(from(&format!("more-{number}"))).await;
    }
    assert_eq!(server.requests.count(), 22, "one more every ten seconds");
    // Also in the long run the good one keeps its place.
    for hour in 0..20 {
        later(HOUR).await;
        for number in 0..100 {
            receiver.send(from(&format!("later-{hour}-{number}"))).await;
        }
        receiver
            .send(from("good"))
            .await
            .assert_handled("good still");
    }
    assert_eq!(receiver.runs.count(), 22);
}

#[tokio::test]
async fn while_the_host_is_down_known_keys_last_a_day_longer() {
    let server = KeyServer::new().await;
    let key = key();
    server.publish(jwk_set(&[("a", &key)]));
    let receiver = Receiver::new(&scheme(JWK_SET), &server);
    receiver
        .send(delivery("a", &key, "1"))
        .await
        .assert_handled("fresh");
    server.reply(|_| status(500));
    later(2 * HOUR).await;
    for _ in 0..100 {
        receiver
            .send(delivery("a", &key, "2"))
            .await
            .assert_handled("stale");
    }
    assert_eq!(
        server.requests.count(),
        2,
        "a host that is down is left alone"
    );
    let answer = receiver.send(delivery("b", &key, "3")).await;
    answer.assert_try_again("an unknown key may be new", "keys-unavailable");
    later(22 * HOUR).await;
    receiver
        .send(delivery("a", &key, "4"))
        .await
        .assert_handled("stale for a day");
    later(2 * HOUR).await;
    let answer = receiver.send(delivery("a", &key, "5")).await;
    answer.assert_try_again("too old", "keys-unavailable");
    server.publish(jwk_set(&[("a", &key)]));
    later(31 * SECOND).await;
    receiver
        .send(delivery("a", &key, "6"))
        .await
        .assert_handled("back");
}
