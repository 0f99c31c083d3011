//! The sender against customers of many kinds.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use axum_webhook::{Keyring, Secret, Timestamp, providers, testing::Captured, verify};
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::{
    contains,
    program::{Program, run},
};

/// With the customers that it brings.
pub(crate) fn delivers() {
    let started = Instant::now();
    let (code, printed) = run("sender", &[], "");
    assert_eq!(code, 0, "{printed:#?}");
    for text in [
        "attempt 1: 503",
        "attempt 2: 500",
        "attempt 3: 200",
        "Accepted",
        "attempt 1: 410",
        "Gone",
    ] {
        contains(&printed, text);
    }
    assert!(
        started.elapsed() >= Duration::from_secs(1),
        "the customer asked for it"
    );
}

/// The receiver of the examples knows it as the provider that has the same scheme.
#[test]
fn the_receiver_takes_what_the_sender_sends() {
    let mut receiver = Program::start("receiver", &["--listen", "127.0.0.1:0"]);
    receiver.wait_for("listening on ");
    let origin = receiver
        .printed
        .last()
        .unwrap()
        .split_once("http")
        .unwrap()
        .1;
    let url = format!("http{origin}/webhooks/dodo");
    let (code, printed) = run("sender", &["--to", &url], "");
    assert_eq!(code, 0, "{printed:#?}");
    let received = receiver.end();
    contains(&received, r#""endpoint":"dodo""#);
    contains(&received, r#""event_id":"msg_"#);
}

#[test]
fn each_attempt_has_the_same_id_and_a_time_of_its_own() {
    let customer = Customer::new(&[
        "429 Too Many Requests\r\nRetry-After: 2",
        "302 Found\r\nLocation: /elsewhere",
        "503 Service Unavailable\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT",
        "204 No Content",
    ]);
    let (code, printed) = run("sender", &["--to", &customer.url], "");
    assert_eq!(code, 0, "{printed:#?}");
    contains(&printed, "Accepted");

    let attempts = customer.attempts();
    assert_eq!(attempts.len(), 4);
    let scheme = providers::standard_webhooks();
    let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let keyring = Keyring::new(&scheme, secret).unwrap();
    for (_, request) in &attempts {
        verify(&request.incoming(), &scheme, &keyring, Timestamp::now()).unwrap();
        assert_eq!(request.uri.path(), "/hook", "no redirect is followed");
        assert_eq!(
            request.headers["webhook-id"],
            attempts[0].1.headers["webhook-id"]
        );
        assert_eq!(request.body, attempts[0].1.body);
    }
    let time = |attempt: usize| &attempts[attempt].1.headers["webhook-timestamp"];
    assert_ne!(time(0), time(1));
    let waited = attempts[1].0.duration_since(attempts[0].0);
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
}

#[test]
fn a_date_in_retry_after_is_waited_for() {
    let date = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3);
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&date);
    let busy = format!("503 Service Unavailable\r\nRetry-After: {}", date.unwrap());
    let customer = Customer::new(&[&busy, "200 OK"]);
    let (code, printed) = run("sender", &["--to", &customer.url], "");
    assert_eq!(code, 0, "{printed:#?}");
    let attempts = customer.attempts();
    let waited = attempts[1].0.duration_since(attempts[0].0);
    // The date has no fraction of a second.
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
}

#[test]
fn during_a_rotation_each_secret_verifies() {
    let customer = Customer::new(&["200 OK"]);
    let mut sender = Program::start_with(
        "sender",
        &["--to", &customer.url],
        &[
            (
                "SENDER_SECRET",
                "whsec_dGhlIG5ldyBzZWNyZXQgb2YgYSBzZW5kZXI=",
            ),
            (
                "SENDER_SECRET_OLD",
                "whsec_dGhlIG9sZCBzZWNyZXQgb2YgYSBzZW5kZXI=",
            ),
        ],
    );
    assert_eq!(sender.wait(), 0, "{sender:?}");
    let (_, request) = &customer.attempts()[0];
    let scheme = providers::standard_webhooks();
    for bytes in ["the new secret of a sender", "the old secret of a sender"] {
        let keyring = Keyring::new(&scheme, Secret::from_bytes(bytes).unwrap()).unwrap();
        verify(&request.incoming(), &scheme, &keyring, Timestamp::now()).unwrap();
    }
}

#[test]
fn an_endpoint_that_is_gone_is_left_alone() {
    let customer = Customer::new(&["410 Gone", "200 OK"]);
    let (code, printed) = run("sender", &["--to", &customer.url], "");
    assert_eq!(code, 1, "{printed:#?}");
    contains(&printed, "Gone");
    assert_eq!(customer.attempts().len(), 1);
}

#[test]
fn there_are_no_more_attempts_than_allowed_and_none_waits_for_ever() {
    let customer = Customer::new(&[SILENCE, "500 Internal Server Error", "200 OK"]);
    let arguments = ["--to", &customer.url, "--attempts", "2", "--timeout", "1"];
    let (code, printed) = run("sender", &arguments, "");
    assert_eq!(code, 1, "{printed:#?}");
    contains(&printed, "attempt 1: no answer");
    contains(&printed, "GivenUp");
    assert_eq!(customer.attempts().len(), 2);
}

#[test]
fn nobody_there_is_one_more_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    drop(listener);
    let (code, printed) = run("sender", &["--to", &url, "--attempts", "2"], "");
    assert_eq!(code, 1, "{printed:#?}");
    contains(&printed, "attempt 2: ");
    contains(&printed, "GivenUp");
}

/// In place of an answer's head: none comes.
const SILENCE: &str = "";

/// A customer that answers one request after the other as it was told to.
struct Customer {
    url: String,
    attempts: thread::JoinHandle<Vec<(Instant, Captured)>>,
}

impl Customer {
    fn new(answers: &[&str]) -> Self {
        let answers: Vec<String> = answers.iter().map(ToString::to_string).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let attempts = thread::spawn(move || {
            let mut silent = Vec::new();
            let mut attempts = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let Some(request) = read(&stream) else {
                    break;
                };
                attempts.push((Instant::now(), request));
                if answer.is_empty() {
                    silent.push(stream);
                } else {
                    let rest = "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                    write!(stream, "HTTP/1.1 {answer}{rest}").unwrap();
                }
            }
            attempts
        });
        Self {
            url: format!("http://{address}/hook"),
            attempts,
        }
    }

    /// What came, and when.
    fn attempts(self) -> Vec<(Instant, Captured)> {
        // Whoever waits for one more gets an empty one, and ends.
        let address = self.url.strip_prefix("http://").unwrap();
        let address = address.strip_suffix("/hook").unwrap();
        drop(TcpStream::connect(address));
        self.attempts.join().unwrap()
    }
}

/// A request with the body that `Content-Length` says; `None` if there is none.
fn read(stream: &TcpStream) -> Option<Captured> {
    let mut reader = BufReader::new(stream);
    let mut message = Vec::new();
    let mut length = 0;
    loop {
        let start = message.len();
        if reader.read_until(b'\n', &mut message).unwrap() == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&message[start..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    message.extend(body);
    Some(Captured::from_http(&message).unwrap())
}
