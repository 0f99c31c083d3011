//! Those who have no secret, and those who can't write a request.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use axum_webhook::{Timestamp, sign::Signed, testing::Delivery};
use tokio::time::timeout;

use crate::{
    endpoints::{COUNT, LIVE, Place, body, of_event},
    http::{message, send},
    plan::{ANSWER, Random},
    world::World,
};

/// How far from now a delivery is that is not fresh, whatever the servers' clocks are set to.
const LONG_AGO: Duration = Duration::from_hours(1);

/// Sends a delivery that nobody signed as it arrives.
pub(crate) async fn forge(world: Arc<World>, mut random: Random) {
    let events = world.ledger().events;
    // Of an event that is there, or of one that never was.
    let number = match events {
        0 => 0,
        events => u32::try_from(random.below(events as usize)).unwrap(),
    };
    let event = match random.below(2) {
        0 => format!("evt-{number}"),
        _ => format!("forged-{number}"),
    };
    let place = &world.places[of_event(number)];
    let forged = forgeries(&world, place, &event, number);
    let (class, signed) = &forged[random.below(forged.len())];
    let more = format!("x-attempt: f.{}\r\n", class.replace(' ', "-"));
    let message = message(signed, &place.path(), &more);
    world.ledger().count(format!("forged: {class}"));
    send_bad(&world, class, &message, &mut random).await;
}

fn forgeries(
    world: &World,
    place: &Place,
    event: &str,
    number: u32,
) -> Vec<(&'static str, Signed)> {
    let newest = world.told.load(SeqCst);
    let secret = place.secret(newest);
    let text = body(event, number);
    let delivery = Delivery::new(&place.scheme, secret.clone())
        .with_draft(|_| place.draft(event, text.clone()));
    let misses = delivery.near_misses().unwrap();
    // The near misses in time are too near for a clock that is stepped.
    let mut forged: Vec<_> = misses
        .into_iter()
        .filter(|miss| !matches!(miss.name(), "stale" | "future"))
        .map(|miss| (miss.name(), miss.signed().clone()))
        .collect();
    if place.scheme.tolerance.is_some() {
        let (now, delivery) = (Timestamp::now(), &delivery);
        let at = |time| delivery.clone().with_time(time).sign().unwrap();
        forged.push(("stale", at(now.saturating_sub(LONG_AGO))));
        forged.push(("future", at(now.saturating_add(LONG_AGO))));
    }
    if let Some(retired) = newest.checked_sub(LIVE) {
        let signed = place.sign(event, text.clone(), place.secret(retired));
        forged.push(("secret of before the overlap", signed));
    }
    // The same provider's endpoint with the other store.
    let other = Place::all()
        .into_iter()
        .find(|other| other.store != place.store && other.scheme.id == place.scheme.id);
    let other = other.unwrap().secret(newest);
    forged.push((
        "signature of another endpoint",
        place.sign(event, text.clone(), other),
    ));
    let mut swapped = place.sign("evt-of-another", body("evt-of-another", number), secret);
    swapped.body = text.into_bytes();
    forged.push(("signature of another event", swapped));
    forged
}

/// Sends what is no proper request, or none for a webhook.
pub(crate) async fn stammer(world: Arc<World>, mut random: Random) {
    let place = &world.places[random.below(COUNT)];
    let secret = place.secret(world.told.load(SeqCst));
    let signed = place.sign("malformed-1", body("malformed-1", 1), secret.clone());
    let path = place.path();
    let genuine = |more: &str| message(&signed, &path, &format!("x-attempt: m\r\n{more}"));
    let length = format!("content-length: {}\r\n", signed.body.len());
    let (class, message) = match random.below(10) {
        0 => {
            let noise = (0..=random.below(500)).map(|_| random.next().to_le_bytes()[0]);
            // With an end, since hyper waits for that of a head as long as `axum::serve` sets no limit.
            ("no HTTP", noise.chain(*b"\r\n\r\n").collect())
        }
        1 => ("GET", replaced(&genuine(""), "POST", "GET")),
        2 => ("two lengths", genuine("content-length: 7\r\n")),
        3 => {
            let huge = "content-length: 99000000\r\n";
            ("announced too large", replaced(&genuine(""), &length, huge))
        }
        4 => {
            let longer = format!("content-length: {}\r\n", signed.body.len() + 20);
            ("body breaks off", replaced(&genuine(""), &length, &longer))
        }
        5 => ("compressed", genuine("content-encoding: gzip\r\n")),
        6 => {
            let path = place.path();
            ("no such path", replaced(&genuine(""), &path, "/nowhere"))
        }
        7 => {
            // The body begins with `{`, which is no size of a chunk.
            let chunked = "transfer-encoding: chunked\r\n";
            ("bad chunk", replaced(&genuine(""), &length, chunked))
        }
        8 => {
            let other = body("malformed-2", 1).replace("\"note\":\"", "\"note\":7,\"n\":\"");
            let signed = place.sign("malformed-2", other, secret);
            let message = message(&signed, &path, "x-attempt: m\r\n");
            ("signed, but no payload", message)
        }
        _ => {
            let mut signed = signed.clone();
            for value in signed.headers.values_mut() {
                let noise = format!("{:x}=,;, {:x}", random.next(), random.next());
                *value = noise.parse().unwrap();
            }
            (
                "headers of noise",
                message(&signed, &path, "x-attempt: m\r\n"),
            )
        }
    };
    world.ledger().count(format!("malformed: {class}"));
    send_bad(&world, class, &message, &mut random).await;
}

async fn send_bad(world: &World, class: &str, message: &[u8], random: &mut Random) {
    let Ok(answer) = timeout(ANSWER, send(message, world.server(random.below(2)))).await else {
        let mut ledger = world.ledger();
        ledger.count(format!("hung: {class}"));
        return ledger.count("hung");
    };
    let Some(answer) = answer else {
        return;
    };
    let mut ledger = world.ledger();
    if answer.status < 300 {
        ledger.count("forged answered as a success");
    }
    ledger.count(match answer.header("x-refused") {
        Some(code) => format!("refused: {code}"),
        None => format!("refused: status {}", answer.status),
    });
}

fn replaced(message: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = str::from_utf8(message).unwrap();
    text.replacen(from, to, 1).into_bytes()
}
