//! The providers: each signs its events, and tries them until it hears of a success.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use crate::{
    endpoints::{body, of_event},
    http::{Answer, message, send},
    plan::{ANSWER, FIRST_PAUSE, HANG, LAST_PAUSE, LONG, PATIENCE, Random, now},
    world::World,
};

/// Makes an event, and delivers it until it is a success.
pub(crate) async fn deliver(world: Arc<World>, mut random: Random) {
    let event = {
        let mut ledger = world.ledger();
        ledger.events += 1;
        ledger.events - 1
    };
    // Of the duplicates, some come with the first try, and some after the event is done.
    if random.permille(120) {
        let random = Random(random.next());
        world.spawn(copy(
            Arc::clone(&world),
            event,
            random,
            "copies at the same time",
        ));
    }
    let mut pause = FIRST_PAUSE;
    let mut calm = None;
    loop {
        if once(&world, event, &mut random).await {
            break;
        }
        world.ledger().count("retries");
        sleep(pause).await;
        pause = LAST_PAUSE.min(2 * pause);
        if world.is_calm.load(SeqCst) {
            let calm: &mut Instant = calm.get_or_insert_with(Instant::now);
            if calm.elapsed() > PATIENCE {
                world.ledger().count("events given up");
                return;
            }
        }
    }
    world.ledger().acknowledged.push(event);
}

/// Delivers a copy of an event. Nobody tries it again, and what becomes of it shows in what the handlers tell.
pub(crate) async fn copy(world: Arc<World>, event: u32, mut random: Random, kind: &'static str) {
    world.ledger().count(kind);
    let attempt = Attempt::new(&world, event, "ok", &mut random);
    attempt.deliver(&world).await;
}

/// One try, of which some are cut off, and some meet a handler that fails; whether it was a success.
async fn once(world: &Arc<World>, event: u32, random: &mut Random) -> bool {
    let wish = match random.below(1000) {
        0..50 => "fail",
        50..60 => "panic",
        60 if world.has_time() => "hang",
        61..63 if world.has_time() => "long",
        _ => "ok",
    };
    let attempt = Attempt::new(world, event, wish, random);
    world.ledger().count(format!("handlers asked to {wish}"));
    if random.permille(50) {
        world.ledger().count("aborted by their client");
        attempt.abort(world, random).await;
        return false;
    }
    if wish == "hang" {
        // The provider waits no longer, but something on the way keeps the connection open.
        let of_it = Arc::clone(world);
        world.spawn(async move {
            attempt.deliver(&of_it).await;
        });
        return false;
    }
    attempt.deliver(world).await
}

/// A genuine delivery on its way to a server.
struct Attempt {
    wish: &'static str,
    place: usize,
    server: usize,
    secret: usize,
    message: Vec<u8>,
    asked: u64,
    patience: Duration,
}

impl Attempt {
    fn new(world: &World, number: u32, wish: &'static str, random: &mut Random) -> Self {
        let place = of_event(number);
        // During the overlap some still sign with the secret before.
        let newest = world.told.load(SeqCst);
        let secret = newest.saturating_sub(usize::from(random.permille(250)));
        let event = format!("evt-{number}");
        let endpoint = &world.places[place];
        let signed = endpoint.sign(&event, body(&event, number), endpoint.secret(secret));
        let more = format!("x-attempt: g.{wish}\r\nx-wish: {wish}\r\n");
        Self {
            wish,
            place,
            server: random.below(2),
            secret,
            message: message(&signed, &endpoint.path(), &more),
            asked: now(),
            patience: match wish {
                "hang" => ANSWER + HANG,
                "long" => ANSWER + LONG,
                _ => ANSWER,
            },
        }
    }

    /// Whether it was a success.
    async fn deliver(self, world: &World) -> bool {
        world.ledger().count("deliveries");
        let sent = send(&self.message, world.server(self.server));
        let Ok(answer) = timeout(self.patience, sent).await else {
            let mut ledger = world.ledger();
            ledger.count(format!("hung: {}", self.wish));
            ledger.count("hung");
            return false;
        };
        let Some(answer) = answer else {
            world.ledger().count("connection broken");
            return false;
        };
        self.judge(world, &answer);
        answer.status == 200
    }

    fn judge(&self, world: &World, answer: &Answer) {
        let answered = now();
        let mut ledger = world.ledger();
        if let Some(code) = answer.header("x-refused") {
            ledger.count(format!("refused: {code}"));
            let is_outrun = code == "mismatch" && !world.is_live(self.secret);
            let is_stepped = matches!(code, "stale" | "future")
                && ledger.is_stepped(self.server, self.asked, answered);
            if answer.status != 503 && !is_outrun && !is_stepped {
                ledger.count("genuine refused");
            }
        }
        let run = answer.header("x-run");
        match (answer.status, run) {
            (200, Some(run)) => {
                ledger.count("successes");
                let store = world.places[self.place].store;
                ledger.success(store, self.asked, answered);
                ledger.answered(run, answer.header("x-settlement").unwrap_or_default());
            }
            (200, None) => ledger.count("duplicates answered as a success"),
            (500, _) => ledger.count("handler failed"),
            _ => {}
        }
    }

    /// Goes away somewhere in the request, or before the answer.
    async fn abort(self, world: &World, random: &mut Random) {
        let Ok(mut stream) = TcpStream::connect(world.server(self.server)).await else {
            return;
        };
        let end = match random.below(2) {
            0 => random.below(self.message.len()),
            _ => self.message.len(),
        };
        let _ = stream.write_all(&self.message[..end]).await;
        sleep(Duration::from_millis(random.next() % 35)).await;
    }
}
