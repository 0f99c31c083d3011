//! Strangers who send what is large, slow or strange.

use std::{
    io::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body, http::Request, routing::post};
use axum_webhook::{VerifiedWebhook, sign::Signed};
use futures_util::{FutureExt as _, future::join_all};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    runtime::{Builder, Runtime},
    time::{sleep, timeout},
};
use tower::{Layer as _, ServiceExt as _};

use crate::{
    client::{Receiver, answer, deliver, head, layer, serve, signed},
    process::{MIB, connections, forget_peak, peak, resident},
};

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Small deliveries one after the other until it is over: how long each took, sorted.
async fn genuine(address: SocketAddr, over: Arc<AtomicBool>) -> Vec<Duration> {
    let small = signed(vec![b'x'; 10_000]);
    let mut times = Vec::new();
    while !over.load(SeqCst) {
        let start = Instant::now();
        let (status, text) = deliver(address, &small).await.unwrap();
        assert_eq!(status, 200, "{text}");
        times.push(start.elapsed());
        sleep(Duration::from_millis(10)).await;
    }
    times.sort_unstable();
    times
}

fn p99(times: &[Duration]) -> Duration {
    times[(times.len() * 99 / 100).min(times.len() - 1)]
}

/// A thousand who send most of a large body and then nothing: as many as the budget has room for wait, and the others
/// are told to come again. Small deliveries get in all the time. Afterwards all of the budget is free.
pub(crate) fn t_m1_slow_large_bodies_are_bounded() {
    const PIECES: usize = 12;
    const BUDGET: usize = 64 * MIB;
    /// How many of them large bodies may have.
    const ROOM: usize = BUDGET * 3 / 4 / (PIECES << 16);
    /// What the two ends of a connection take beside its body: hyper's buffer alone grows to more than 64 KiB.
    const CONNECTION: usize = 160 << 10;
    let strangers_at_once = connections(1000);
    let runtime = runtime();
    let patient = Duration::from_mins(5);
    let bounded = layer()
        .with_body_budget("64MiB".parse().unwrap())
        .with_body_timeouts(patient, patient);
    let receiver = serve(&runtime, bounded);
    let address = receiver.address;
    let piece: Arc<[u8]> = [b"10000\r\n".as_slice(), &vec![b'x'; 1 << 16], b"\r\n"]
        .concat()
        .into();
    let before = resident();
    forget_peak();
    runtime.block_on(async {
        let over = Arc::new(AtomicBool::new(false));
        let providers = tokio::spawn(genuine(address, Arc::clone(&over)));
        let refused = Arc::<AtomicUsize>::default();
        let strangers = (0..strangers_at_once).map(|_| {
            let (piece, refused) = (Arc::clone(&piece), Arc::clone(&refused));
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let head = head(&signed(Vec::new()), "transfer-encoding: chunked");
                stream.write_all(&head).await.unwrap();
                for _ in 0..PIECES {
                    if stream.write_all(&piece).await.is_err() {
                        break;
                    }
                }
                let answer = answer(&mut stream).await;
                refused.fetch_add(1, SeqCst);
                answer
            })
        });
        let strangers: Vec<_> = strangers.collect();
        let start = Instant::now();
        while refused.load(SeqCst) < strangers_at_once - ROOM {
            assert!(start.elapsed() < patient, "{refused:?}");
            sleep(Duration::from_millis(10)).await;
        }
        // Now those who wait have all that large bodies may have.
        sleep(Duration::from_secs(2)).await;
        over.store(true, SeqCst);
        let times = providers.await.unwrap();
        let (mut told, mut broken, mut waiting) = (0, 0, 0);
        for stranger in strangers {
            if !stranger.is_finished() {
                waiting += 1;
                stranger.abort();
                continue;
            }
            // What arrives after the answer may break the connection before that is read.
            let Some((status, text)) = stranger.await.unwrap() else {
                broken += 1;
                continue;
            };
            let text = text.to_ascii_lowercase();
            assert_eq!(status, 503, "{text}");
            assert!(text.contains("retry-after: 5\r\n"), "{text}");
            assert!(text.contains("connection: close\r\n"), "{text}");
            told += 1;
        }
        println!(
            "  {strangers_at_once} bodies of 768 KiB: {told} told to come again, {broken} broken, {waiting} wait; \
             {} small ones handled, p99 {:?}; {} MiB more at most",
            times.len(),
            p99(&times),
            peak().saturating_sub(before) / MIB,
        );
        assert!(told > 0 && waiting > 0 && times.len() > 20);
    });
    assert!(peak().saturating_sub(before) <= BUDGET + strangers_at_once * CONNECTION);
    all_is_free(&runtime, &receiver, BUDGET);
}

/// As many large bodies as three quarters of the budget hold are held by handlers at the same time, and no more.
fn all_is_free(runtime: &Runtime, receiver: &Receiver, budget: usize) {
    let room = budget * 3 / 4 / MIB;
    let large = Arc::new(signed(vec![b'x'; MIB]));
    let (before, start) = (receiver.begun.load(SeqCst), Instant::now());
    runtime.block_on(async {
        let held = (0..room).map(|_| {
            let (large, address) = (Arc::clone(&large), receiver.address);
            tokio::spawn(async move {
                // The receiver may not have seen yet that the others are gone.
                loop {
                    match deliver(address, &large).await {
                        Some((200, _)) => return,
                        _ => sleep(Duration::from_millis(100)).await,
                    }
                }
            })
        });
        let held: Vec<_> = held.collect();
        while receiver.begun.load(SeqCst) < before + room {
            assert!(start.elapsed() < Duration::from_mins(1), "it is not free");
            sleep(Duration::from_millis(10)).await;
        }
        let one_more = deliver(receiver.address, &large).await;
        assert!(one_more.is_none_or(|(status, _)| status == 503));
        receiver.gate.add_permits(room);
        join_all(held)
            .await
            .into_iter()
            .for_each(|one| one.unwrap());
        assert_eq!(receiver.begun.load(SeqCst), before + room);
    });
}

/// Requests without a signature whose bodies never come: each has its answer at once.
pub(crate) fn t_m2_what_the_head_refuses_costs_no_body() {
    let connections = connections(2500);
    let runtime = runtime();
    let address = serve(&runtime, layer()).address;
    let before = resident();
    forget_peak();
    let text = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n";
    let asking = (0..connections).map(|_| async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text).await.unwrap();
        answer(&mut stream).await.unwrap().0
    });
    let start = Instant::now();
    let statuses = runtime.block_on(join_all(asking));
    let grown = peak().saturating_sub(before);
    println!(
        "  {connections} answered in {:?}, {} MiB more at most",
        start.elapsed(),
        grown / MIB
    );
    assert!(statuses.iter().all(|status| *status == 401));
    assert!(start.elapsed() < Duration::from_secs(30));
    // Both ends of each connection are in this process.
    assert!(grown < 64 * MIB, "{grown}");
}

/// One byte a second: cut off by the time for a body, and the others do not notice.
pub(crate) fn t_m3_bodies_that_trickle_are_cut() {
    const TOTAL: Duration = Duration::from_secs(4);
    let connections = connections(2000);
    let runtime = runtime();
    let slow = layer().with_body_timeouts(Duration::from_secs(2), TOTAL);
    let address = serve(&runtime, slow).address;
    runtime.block_on(async {
        let over = Arc::new(AtomicBool::new(false));
        let providers = tokio::spawn(genuine(address, Arc::clone(&over)));
        let trickling = (0..connections).map(|_| async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = head(&signed(Vec::new()), "content-length: 1000");
            stream.write_all(&head).await.unwrap();
            let start = Instant::now();
            for _ in 0..60 {
                let _ = stream.write_all(b"x").await;
                // Until a second is over or it is answered.
                if let Ok(answer) = timeout(Duration::from_secs(1), answer(&mut stream)).await {
                    return (answer.map(|answer| answer.0), start.elapsed());
                }
            }
            panic!("it was never cut off");
        });
        let cut = join_all(trickling).await;
        over.store(true, SeqCst);
        let times = providers.await.unwrap();
        let longest = cut.iter().map(|(_, time)| *time).max().unwrap();
        println!(
            "  {connections} cut off, the last one after {longest:?}; {} small ones handled, p99 {:?}",
            times.len(),
            p99(&times),
        );
        for (status, time) in cut {
            assert!(matches!(status, Some(408) | None), "{status:?}");
            // A slow machine may be late.
            let (early, late) = (Duration::from_secs(1), Duration::from_secs(30));
            assert!(time + early >= TOTAL && time <= TOTAL + late, "{time:?}");
        }
        assert!(times.len() > 50, "{}", times.len());
    });
}

/// A MiB in as many chunks.
pub(crate) fn t_m4_a_body_in_pieces_of_one_byte_is_handled() {
    let runtime = runtime();
    let receiver = serve(&runtime, layer());
    receiver.gate.add_permits(1);
    let genuine = signed(vec![b'x'; MIB]);
    let before = resident();
    forget_peak();
    let start = Instant::now();
    let status = runtime.block_on(async {
        let mut stream = TcpStream::connect(receiver.address).await.unwrap();
        let head = head(&genuine, "transfer-encoding: chunked");
        stream.write_all(&head).await.unwrap();
        let some = b"1\r\nx\r\n".repeat(1 << 10);
        for _ in 0..1 << 10 {
            stream.write_all(&some).await.unwrap();
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        answer(&mut stream).await.unwrap().0
    });
    let grown = peak().saturating_sub(before);
    println!(
        "  handled in {:?}, {} KiB more at most",
        start.elapsed(),
        grown / 1024
    );
    assert_eq!(status, 200);
    assert!(grown <= 4 * MIB, "{grown}");
}

/// 64 KiB of signatures cost no more than twice what a genuine delivery of a KiB does.
pub(crate) fn t_m5_a_large_signature_costs_little() {
    let genuine = signed(vec![b'x'; 1 << 10]);
    let mut large = genuine.clone();
    let entries = "sha256=0123,".repeat((64 << 10) / 12);
    let name = "x-hub-signature-256"
        .parse::<axum::http::HeaderName>()
        .unwrap();
    large.headers.clear();
    large.headers.insert(name, entries.parse().unwrap());
    let (of_genuine, of_large) = (cost(&genuine, 200), cost(&large, 401));
    println!("  genuine {of_genuine:?}, large {of_large:?}");
    assert!(of_large <= 2 * of_genuine);
}

/// The time of one request without a connection, the least of several rounds.
fn cost(signed: &Signed, status: u16) -> Duration {
    const REQUESTS: u32 = 100;
    let app = Router::new().route("/", post(async |_: VerifiedWebhook| ()));
    let service = layer().layer(app);
    let rounds = (0..10).map(|_| {
        let start = Instant::now();
        for _ in 0..REQUESTS {
            let mut request = Request::post("/")
                .body(Body::from(signed.body.clone()))
                .unwrap();
            *request.headers_mut() = signed.headers.clone();
            let response = service.clone().oneshot(request).now_or_never();
            assert_eq!(response.unwrap().unwrap().status(), status);
        }
        start.elapsed() / REQUESTS
    });
    rounds.min().unwrap()
}

/// 128 MiB of zeros in 130 KB, for a provider that signs what arrives: refused by its head, and never unpacked.
pub(crate) fn t_m7_a_zip_bomb_is_not_unpacked() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let zeros = vec![0; MIB];
    for _ in 0..128 {
        packer.write_all(&zeros).unwrap();
    }
    let mut bomb = signed(packer.finish().unwrap());
    assert!(bomb.body.len() < 200_000);
    bomb.headers
        .insert("content-encoding", "gzip".parse().unwrap());
    let runtime = runtime();
    let receiver = serve(&runtime, layer());
    let before = resident();
    forget_peak();
    let (status, _) = runtime.block_on(deliver(receiver.address, &bomb)).unwrap();
    assert_eq!((status, receiver.begun.load(SeqCst)), (415, 0));
    let grown = peak().saturating_sub(before);
    println!(
        "  {} bytes refused, {} KiB more at most",
        bomb.body.len(),
        grown / 1024
    );
    assert!(grown < 8 * MIB, "{grown}");
}
