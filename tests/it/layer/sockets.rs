//! Attacks on what lies below a request: lines, targets and the time that bytes take, over real connections.

use std::{future::pending, net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::post};
use axum_webhook::{VerifiedWebhook, providers, scheme::Scheme, sign::Signed};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tower::Layer as _;

use super::{
    http2::{Http2, head, http2_server},
    support::{
        Counter, HANDLED, REFUSED, Wire, counting, forged, layer, serve, signed, signed_to,
        wire_head, wire_text, without_header,
    },
};

/// The pause that a body may make.
pub(super) const IDLE: Duration = Duration::from_millis(300);

/// The time that a body may take.
pub(super) const TOTAL: Duration = Duration::from_millis(900);

pub(super) const PATIENCE: Duration = Duration::from_secs(10);

async fn server(scheme: &Scheme) -> (SocketAddr, Counter) {
    let runs = Counter::default();
    let layer = layer(scheme).with_body_timeouts(IDLE, TOTAL);
    (serve(layer.layer(counting(&runs))).await, runs)
}

/// What a server answers to these bytes on a connection of its own; `None` if it hangs up.
async fn status_of(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Option<u16> {
    let mut wire = Wire::connect(address).await;
    wire.write(bytes).await;
    wire.response().await.map(|response| response.status)
}

/// A delivery as it stands on the wire, with a part of its text exchanged.
#[track_caller]
fn with_text(signed: &Signed, old: &str, new: &str) -> Vec<u8> {
    let text = String::from_utf8(wire_text(signed)).unwrap();
    assert_eq!(text.matches(old).count(), 1, "{old:?} in {text}");
    text.replace(old, new).into_bytes()
}

// --- Lines: T-E5, T-G1.

/// What is signed is of the header's one line: nothing in a line starts another one, and two lines are not one.
#[tokio::test]
async fn t_e5_no_line_break_and_no_folded_line_gets_into_what_is_signed() {
    let scheme = providers::standard_webhooks();
    let (address, runs) = server(&scheme).await;
    let genuine = signed(&scheme);
    let id = genuine.headers["webhook-id"].to_str().unwrap();
    let line = format!("webhook-id: {id}\r\n");
    for (name, new) in [
        ("folded by a space", format!("webhook-id: {id}\r\n x\r\n")),
        ("folded by a tab", format!("webhook-id: {id}\r\n\tx\r\n")),
        ("folded and empty", format!("webhook-id:\r\n {id}\r\n")),
        (
            "a carriage return in it",
            format!("webhook-id: {id}\rx\r\n"),
        ),
        ("a zero in it", format!("webhook-id: {id}\0x\r\n")),
        (
            "a separator from a line break",
            format!("webhook-id: {id}\nx\r\n"),
        ),
        ("a space before the colon", format!("webhook-id : {id}\r\n")),
        ("on two lines", format!("{line}{line}")),
        (
            "on two lines, the second is another",
            format!("{line}webhook-id: x\r\n"),
        ),
        (
            "on two lines, the first is another",
            format!("webhook-id: x\r\n{line}"),
        ),
        (
            "joined as a proxy does",
            format!("webhook-id: {id}, {id}\r\n"),
        ),
    ] {
        let status = status_of(address, with_text(&genuine, &line, &new)).await;
        assert!(
            matches!(status, Some(400 | 401) | None),
            "{name}: {status:?}"
        );
    }
    assert_eq!(runs.count(), 0);
    assert_eq!(status_of(address, wire_text(&genuine)).await, Some(200));
    assert_eq!(runs.count(), 1);
}

/// Two lines of a header are two, in whatever case their names and whatever their values are.
#[tokio::test]
async fn t_g1_a_security_header_on_two_lines_is_refused() {
    for (scheme, name) in [
        (providers::github(), "x-hub-signature-256"),
        (providers::stripe(), "stripe-signature"),
        (providers::slack(), "x-slack-signature"),
        (providers::slack(), "x-slack-request-timestamp"),
        (providers::gitlab_token(), "x-gitlab-token"),
        (providers::postmark(), "authorization"),
    ] {
        let (address, runs) = server(&scheme).await;
        let genuine = signed(&scheme);
        let right = genuine.headers[name].to_str().unwrap();
        let wrong = forged(&scheme).headers[name].to_str().unwrap().to_owned();
        let bare = without_header(&genuine, name);
        let length = format!("content-length: {}", genuine.body.len());
        let upper = name.to_uppercase();
        for lines in [
            [format!("{name}: {right}"), format!("{name}: {right}")],
            [format!("{name}: {right}"), format!("{upper}: {right}")],
            [format!("{name}: {right}"), format!("{name}: {wrong}")],
            [format!("{upper}: {wrong}"), format!("{name}: {right}")],
            [format!("{name}: {right}"), format!("{name}:")],
            [format!("{name}:"), format!("{name}: {right}")],
        ] {
            let mut bytes = wire_head(&bare, &[&length, &lines[0], &lines[1], ""]).into_bytes();
            bytes.extend_from_slice(&genuine.body);
            let status = status_of(address, bytes).await;
            assert_eq!(status, Some(401), "{}: {lines:?}", scheme.id);
        }
        assert_eq!(runs.count(), 0, "{}", scheme.id);
        // In capitals and alone, it is the same header.
        let line = format!("{upper}: {right}");
        let mut bytes = wire_head(&bare, &[&length, &line, ""]).into_bytes();
        bytes.extend_from_slice(&genuine.body);
        assert_eq!(status_of(address, bytes).await, Some(200), "{}", scheme.id);
    }
}

/// The process and the connection outlive whatever headers say.
#[tokio::test]
async fn t_g2_a_genuine_delivery_is_handled_after_ten_thousand_malformed_ones() {
    const ROUNDS: usize = 10_000;
    let scheme = providers::stripe();
    let (address, runs) = server(&scheme).await;
    let genuine = signed(&scheme);
    let right = genuine.headers["stripe-signature"].to_str().unwrap();
    let bare = without_header(&genuine, "stripe-signature");
    let values = [
        String::new(),
        ",".to_owned(),
        "=".to_owned(),
        "t=,v1=".to_owned(),
        "t=1,t=2,v1=00".to_owned(),
        "t=-9223372036854775808,v1=00".to_owned(),
        format!("t={},v1=00", "9".repeat(400)),
        right.replace("v1", "v0"),
        right[..right.len() / 2].to_owned(),
        format!("{right},"),
        right.repeat(40),
        "\u{e9}\u{661}".to_owned(),
    ];
    let requests = values.map(|value| {
        let line = format!("stripe-signature: {value}");
        wire_head(&bare, &[&line, "content-length: 0", ""])
    });
    let mut wire = Wire::connect(address).await;
    // Sent many at a time, so that the test takes seconds.
    let batch = requests.concat();
    for _ in 0..ROUNDS.div_ceil(requests.len()) {
        wire.write(&batch).await;
        for request in &requests {
            let response = wire.response().await.unwrap();
            assert_eq!(
                (response.status, &*response.body),
                (401, REFUSED),
                "{request}"
            );
        }
    }
    assert_eq!(runs.count(), 0);
    let answer = wire.ask_again(&wire_text(&genuine)).await.unwrap();
    assert_eq!((answer.status, &*answer.body), (200, HANDLED));
}

/// Every client of this test comes from loopback, and the server knows it.
#[tokio::test]
async fn t_a5_a_forgery_from_loopback_is_refused() {
    let scheme = providers::github();
    let app = Router::new()
        .route(
            "/webhook",
            post(
                async |ConnectInfo(peer): ConnectInfo<SocketAddr>, _: VerifiedWebhook| {
                    assert!(peer.ip().is_loopback());
                    HANDLED
                },
            ),
        )
        .layer(layer(&scheme));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    let unsigned = without_header(&signed(&scheme), "x-hub-signature-256");
    for bad in [forged(&scheme), unsigned] {
        assert_eq!(status_of(address, wire_text(&bad)).await, Some(401));
    }
    let genuine = wire_text(&signed(&scheme));
    assert_eq!(status_of(address, genuine).await, Some(200), "the control");
}

// --- Targets: T-H5.

/// The URL that counts is the configured one with the path and query of the target, in whichever form that comes.
#[tokio::test]
async fn t_h5_the_authority_of_a_target_is_not_a_part_of_the_url() {
    for scheme in [
        providers::square(),
        providers::twilio(),
        providers::hubspot(),
    ] {
        let id = &scheme.id;
        let (address, runs) = server(&scheme).await;
        let genuine = signed_to(&scheme, "/webhook?a=b");
        let path = genuine.url.strip_prefix("https://example.com").unwrap();
        let cases = [
            ("http://example.com", path.to_owned(), 200),
            ("https://evil.example:81", path.to_owned(), 200),
            ("http://evil.example", path.replace("webhook", "other"), 401),
            ("http://evil.example", path.replace("a=b", "a=c"), 401),
            ("http://example.com", format!("/{path}"), 401),
            ("http://example.com", format!("/?{path}"), 401),
        ];
        for (origin, path_there, status) in &cases {
            let absolute = format!("POST {origin}{path_there} HTTP/1.1");
            let bytes = with_text(&genuine, &format!("POST {path} HTTP/1.1"), &absolute);
            let answer = status_of(address, bytes).await;
            assert_eq!(answer, Some(*status), "{id}: {absolute}");
        }
        assert_eq!(runs.count(), 2, "{id}");

        let (address, runs) = http2_server(&scheme).await;
        let mut client = Http2::connect(address).await;
        for (origin, path_there, status) in &cases {
            let mut request = head(&genuine);
            *request.uri_mut() = format!("{origin}{path_there}").parse().unwrap();
            let answer = client.send(request, &genuine.body).await;
            assert_eq!(answer.status(), *status, "{id}: {origin}{path_there}");
        }
        assert_eq!(runs.count(), 2, "{id}");
    }
}

// --- Slow clients: T-I3.

/// Clients that send a byte now and then are cut off, and keep no other one waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_i3_a_hundred_clients_that_trickle_are_cut_off_and_harm_nobody() {
    let scheme = providers::github();
    let (address, runs) = server(&scheme).await;
    let genuine = signed(&scheme);
    let mut slow = JoinSet::new();
    for _ in 0..100 {
        let head = wire_head(&genuine, &["content-length: 100000", ""]);
        slow.spawn(async move {
            let stream = TcpStream::connect(address).await.unwrap();
            let (mut read, mut write) = stream.into_split();
            write.write_all(head.as_bytes()).await.unwrap();
            let start = Instant::now();
            let trickle = async {
                // Quicker than the pause that is allowed, so the total decides.
                while write.write_all(b"x").await.is_ok() {
                    sleep(IDLE / 3).await;
                }
                pending::<()>().await;
            };
            let mut answer = Vec::new();
            let read = timeout(PATIENCE, read.read_to_end(&mut answer));
            tokio::select! {
                // A reset is as good as an end.
                end = read => drop(end.expect("it is never cut off")),
                () = trickle => {}
            }
            (String::from_utf8(answer).unwrap(), start.elapsed())
        });
    }
    // Genuine ones are answered all the while.
    for _ in 0..20 {
        assert_eq!(status_of(address, wire_text(&genuine)).await, Some(200));
        sleep(TOTAL / 20).await;
    }
    for (answer, took) in slow.join_all().await {
        let is_408 = answer.starts_with("HTTP/1.1 408 ");
        assert!(is_408 || answer.is_empty(), "{answer}");
        assert!(took >= TOTAL && took < PATIENCE / 2, "{took:?}");
    }
    assert_eq!(runs.count(), 20);
}
