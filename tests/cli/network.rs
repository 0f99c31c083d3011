//! `send`, `record` and `replay` over real sockets, against the receiver example.

use std::{collections::HashSet, fmt::Write as _, fs, net::TcpListener, process::Stdio};

use super::{
    receiver::Receiver,
    support::{Folder, Ran, SECRETS, binary, run, run_with, shell},
    terminal::Terminal,
};

/// A folder with a receiver's configuration, and the receiver.
fn receiver() -> (Folder, Receiver) {
    let folder = Folder::with_files();
    let endpoint = |id: &str, secret: &str| {
        format!(
            "[[endpoint]]\nname = \"{id}\"\nprovider = \"{id}\"\nsecrets = [\"plain:{secret}\"]\n"
        )
    };
    let config = [
        endpoint("stripe", SECRETS[1]),
        endpoint("github", SECRETS[2]),
        endpoint("svix", SECRETS[4]),
    ];
    folder.write("receiver.toml", config.concat().as_bytes());
    let receiver = Receiver::start(&folder.path().join("receiver.toml"));
    (folder, receiver)
}

/// `record` in a terminal of its own, and its URL for a path.
fn recorder(folder: &Folder, flags: &str) -> (Terminal, impl Fn(&str) -> String + use<>) {
    let command = format!("exec axum-webhook record --listen 127.0.0.1:0 {flags}");
    let mut terminal = Terminal::start(shell(&command, folder.path()));
    terminal.expect("Ctrl-C ends it");
    let raw = terminal.raw();
    let (_, rest) = raw.split_once("listening on ").expect("it says where");
    let origin = rest.split(';').next().unwrap().to_owned();
    (terminal, move |path| format!("{origin}{path}"))
}

#[track_caller]
fn check(ran: &Ran, code: i32, text: &str) {
    assert_eq!(ran.code, code, "{ran:?}");
    assert!(ran.stdout.contains(text), "{ran:?}");
}

#[test]
fn a_delivery_is_sent_and_handled() {
    let (folder, receiver) = receiver();
    let url = receiver.url("/webhooks/stripe");
    let from_config = [
        "send",
        "-c",
        "receiver.toml",
        "-e",
        "stripe",
        "-t",
        &url,
        "--id",
        "evt_1",
    ];
    check(&run(folder.path(), &from_config), 0, "200 OK in ");
    let flags = [
        "send",
        "-p",
        "stripe",
        "-s",
        "env:SECRET",
        "-t",
        &url,
        "--json",
        "--id",
        "evt_1",
    ];
    let ran = run_with(folder.path(), SECRETS[1], b"", &flags);
    assert_eq!(
        (ran.code, &ran.json()["status"]),
        (0, &200.into()),
        "{ran:?}"
    );
    let ran = run_with(folder.path(), SECRETS[0], b"", &flags);
    assert_eq!(
        (ran.code, &ran.json()["status"]),
        (1, &401.into()),
        "{ran:?}"
    );
    assert_eq!(receiver.handled().len(), 1, "the second is the same event");
}

#[test]
fn many_are_sent_at_a_time_and_measured() {
    let (folder, receiver) = receiver();
    let url = receiver.url("/webhooks/stripe");
    let flags = [
        "send",
        "-c",
        "receiver.toml",
        "-e",
        "stripe",
        "-t",
        &url,
        "--repeat",
        "60",
        "--concurrency",
        "4",
        "--json",
    ];
    let ran = run(folder.path(), &flags);
    let summary = ran.json();
    assert_eq!(
        (ran.code, &summary["answers"]["200"]),
        (0, &60.into()),
        "{ran:?}"
    );
    let latency = |name: &str| summary["latency_ms"][name].as_f64().unwrap();
    assert!(
        latency("min") > 0.0 && latency("p50") <= latency("p99"),
        "{ran:?}"
    );
    assert!(ran.stderr.is_empty(), "no bar without a terminal: {ran:?}");
    let ids: HashSet<String> = receiver.handled().into_iter().collect();
    assert_eq!(ids.len(), 60, "each is an event of its own");
}

#[test]
fn a_bar_is_drawn_on_a_terminal_and_taken_away() {
    let (folder, receiver) = receiver();
    let command = format!(
        "axum-webhook send -c receiver.toml -e github -t {} --repeat 30",
        receiver.url("/webhooks/github")
    );
    let shown = Terminal::start(shell(&command, folder.path())).end();
    assert!(shown.raw.contains("\r[#"), "{shown:?}");
    assert!(shown.raw.contains("/30"), "{shown:?}");
    let text = shown.text();
    assert!(!text.contains("/30") && text.contains("30 × 200"), "{text}");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let folder = Folder::with_files();
    let on_terminal = |command: &str| Terminal::start(shell(command, folder.path())).end().raw;
    let lint = "axum-webhook lint url.toml";
    assert!(on_terminal(lint).contains("\x1b[31m"));
    for plain in [
        format!("NO_COLOR=1 {lint}"),
        format!("TERM=dumb {lint}"),
        format!("{lint} | cat"),
        format!("{lint} --json"),
    ] {
        assert!(!on_terminal(&plain).contains('\x1b'), "{plain}");
    }
}

#[test]
fn nobody_there_is_said_by_the_exit_code() {
    let folder = Folder::with_files();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/");
    for flags in [
        ["send", "-p", "stripe", "-s", "env:SECRET", "-t", &url].as_slice(),
        &[
            "send",
            "-p",
            "stripe",
            "-s",
            "env:SECRET",
            "-t",
            &url,
            "-r",
            "3",
        ],
        &["replay", "stripe.http", "-t", &url],
        &[
            "replay",
            "stripe.http",
            "-p",
            "stripe",
            "-s",
            "env:SECRET",
            "-t",
            &url,
        ],
    ] {
        let ran = run_with(folder.path(), SECRETS[1], b"", flags);
        assert_eq!(ran.code, 3, "{flags:?}: {ran:?}");
    }
    // A server that never answers.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", deaf.local_addr().unwrap());
    let ran = run(
        folder.path(),
        &["replay", "stripe.http", "-t", &url, "--timeout", "1s"],
    );
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("no answer within 1 s"), "{ran:?}");
}

#[test]
fn what_is_recorded_is_a_fixture_that_verifies() {
    let folder = Folder::with_files();
    let (terminal, url) = recorder(&folder, "-p stripe -s env:STRIPE_SECRET --count 3");
    let url = url("/webhooks/stripe");
    let flags = ["send", "-p", "stripe", "-s", "env:SECRET", "-t", &url];
    check(
        &run_with(folder.path(), SECRETS[1], b"", &flags),
        0,
        "200 OK",
    );
    check(
        &run_with(folder.path(), SECRETS[0], b"", &flags),
        1,
        "401 Unauthorized",
    );
    let flags = [&flags[..], &["--body", "-"]].concat();
    let body = b"{\"id\":\"evt_\\u00e4\",\n\"type\":\"a\"}\n";
    check(
        &run_with(folder.path(), SECRETS[1], body, &flags),
        0,
        "200 OK",
    );
    let shown = terminal.end();
    assert_eq!(shown.code, 0, "{shown:?}");
    let text = shown.text();
    assert!(
        text.contains(
            "genuine POST /webhooks/stripe, 64 bytes: deliveries/001-post-webhooks-stripe.http\n"
        ),
        "{text}"
    );
    assert!(text.contains("refused POST /webhooks/stripe"), "{text}");
    for (number, code) in [(1, 0), (2, 1), (3, 0)] {
        let file = format!("deliveries/00{number}-post-webhooks-stripe.http");
        let flags = ["verify", &file, "-p", "stripe", "-s", "env:SECRET"];
        assert_eq!(
            run_with(folder.path(), SECRETS[1], b"", &flags).code,
            code,
            "{file}"
        );
    }
    let third = fs::read(
        folder
            .path()
            .join("deliveries/003-post-webhooks-stripe.http"),
    )
    .unwrap();
    assert!(third.ends_with(body), "the body is kept to the byte");
    let mode = fs::metadata(
        folder
            .path()
            .join("deliveries/003-post-webhooks-stripe.http"),
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(&mode.unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_recorder_without_a_provider_keeps_everything() {
    let folder = Folder::with_files();
    let (terminal, url) = recorder(&folder, "--answer 204 --dir a/b");
    for path in ["/x", "/x?secret=1", "/x"] {
        let ran = run(folder.path(), &["replay", "github.http", "-t", &url(path)]);
        check(&ran, 0, "204 No Content");
    }
    terminal.interrupt();
    let shown = terminal.end();
    assert_eq!(shown.code, 0, "{shown:?}");
    assert_eq!(shown.raw.matches("kept").count(), 3, "{shown:?}");
    assert!(
        !shown.raw.contains("secret=1"),
        "a query may be a credential: {shown:?}"
    );
    let kept =
        |number| fs::read(folder.path().join(format!("a/b/00{number}-post-x.http"))).unwrap();
    let original = fs::read(folder.path().join("github.http")).unwrap();
    let body = |message: &[u8]| {
        let at = message
            .windows(4)
            .position(|end| end == b"\r\n\r\n")
            .unwrap();
        message[at..].to_vec()
    };
    for number in 1..=3 {
        assert_eq!(body(&kept(number)), body(&original));
    }
}

#[test]
fn a_recorder_answers_the_provider_s_question() {
    let folder = Folder::with_files();
    let (terminal, url) = recorder(&folder, "-p slack -s env:SLACK_SECRET --count 1");
    let url = url("/webhooks/slack");
    let flags = [
        "replay",
        "slack-question.http",
        "-p",
        "slack",
        "-s",
        "env:SECRET",
        "-t",
        &url,
    ];
    let ran = run_with(folder.path(), SECRETS[3], b"", &flags);
    check(
        &ran,
        0,
        "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
    );
    assert!(terminal.end().text().contains("answered POST"));
}

#[test]
fn an_old_delivery_is_refused_as_it_was_and_taken_when_signed_anew() {
    let (folder, receiver) = receiver();
    // The capture is of 2026-11-22T15:00:00Z; a month before or after, the receiver's clock is far from it.
    let old = fs::read_to_string(folder.path().join("stripe.http")).unwrap();
    let old = old.replace("t=1795359600", "t=1700000000");
    folder.write("old.http", old.as_bytes());
    let origin = receiver.url("/");
    let path = "/webhooks/stripe";
    let at_path = receiver.url(path);
    let ran = run(folder.path(), &["replay", "old.http", "-t", &at_path]);
    check(&ran, 1, "401 Unauthorized");
    let signed = [
        "replay",
        "old.http",
        "-c",
        "receiver.toml",
        "-e",
        "stripe",
        "-t",
        &at_path,
    ];
    check(&run(folder.path(), &signed), 0, "200 OK");
    // The same event once more is a duplicate, which the receiver takes and does not handle.
    check(&run(folder.path(), &signed), 0, "200 OK");
    // Where only the server is said, the path is that of the capture.
    let ran = run(
        folder.path(),
        &["replay", "github.http", "-t", &origin, "--json"],
    );
    assert_eq!(
        (ran.code, &ran.json()["status"]),
        (0, &200.into()),
        "{ran:?}"
    );
    assert_eq!(receiver.handled().len(), 2);
}

#[test]
fn a_new_id_is_a_new_event() {
    let (folder, receiver) = receiver();
    let flags = [
        "sign",
        "-c",
        "receiver.toml",
        "-e",
        "svix",
        "--json",
        "--id",
        "msg_1",
    ];
    let signed = run(folder.path(), &flags).json();
    let mut message = String::from("POST /webhooks/svix HTTP/1.1\n");
    for (name, value) in signed["headers"].as_object().unwrap() {
        writeln!(message, "{name}: {}", value.as_str().unwrap()).unwrap();
    }
    message += "\n{\"greeting\":\"hello\"}";
    folder.write("svix.http", message.as_bytes());
    let url = receiver.url("/");
    let replay = [
        "replay",
        "svix.http",
        "-c",
        "receiver.toml",
        "-e",
        "svix",
        "-t",
        &url,
    ];
    let anew = [&replay[..], &["--new-id"]].concat();
    for flags in [&replay[..], &replay, &anew, &anew] {
        check(&run(folder.path(), flags), 0, "200 OK");
    }
    let ids = receiver.handled();
    assert_eq!((ids.len(), ids[0].as_str()), (3, "msg_1"), "{ids:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::with_files();
    let mut child = binary(folder.path())
        .args(["providers", "list"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
