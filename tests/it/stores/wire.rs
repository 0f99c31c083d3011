//! A line to a server that loses answers, or everything, when it is told to.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum_webhook::{
    replay::{Claim, ClaimToken, ReplayStore},
    testing::contract::fresh_key,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

const PASS: u8 = 0;
/// The next question is one whose answer is lost.
const WAIT: u8 = 1;
/// The next answer is lost, and its connection with it.
const LOSE: u8 = 2;
/// Answers are lost, and nobody is told.
const SILENT: u8 = 3;

pub(super) struct Line {
    pub(super) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    mode: AtomicU8,
    questions: AtomicUsize,
    /// How a question begins that does something; `None` where all do.
    start: Option<u8>,
    /// A command of Redis that arrives as one that no server knows.
    missing: Option<&'static str>,
    /// A command on which it hangs up.
    hated: Option<&'static str>,
}

impl Line {
    /// A line to the server of `url`, which has to have a port.
    pub(super) async fn to(url: &str) -> Self {
        let state = State {
            // A pool asks for a sign of life and for the form of a statement, and then binds its values.
            start: url.starts_with("postgres").then_some(b'B'),
            ..State::default()
        };
        Self::with(url, state).await
    }

    /// A line to the Redis of `url`, as if it did not know a command.
    #[cfg(feature = "redis")]
    pub(super) async fn to_one_without(command: &'static str, url: &str) -> Self {
        let state = State {
            missing: Some(command),
            ..State::default()
        };
        Self::with(url, state).await
    }

    /// A line to the Redis of `url`, as if there were a proxy that hangs up on a command.
    #[cfg(feature = "redis")]
    pub(super) async fn to_one_that_hangs_up_on(command: &'static str, url: &str) -> Self {
        let state = State {
            hated: Some(command),
            ..State::default()
        };
        Self::with(url, state).await
    }

    async fn with(url: &str, state: State) -> Self {
        let after = url.split_once("://").unwrap().1;
        let host = after.split_once('/').map_or(after, |(host, _)| host);
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let server: SocketAddr = host.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) =
                    TcpStream::connect(server).await.unwrap().into_split();
                tokio::spawn(questions(from_client, to_server, Arc::clone(&shared)));
                tokio::spawn(answers(from_server, to_client, Arc::clone(&shared)));
            }
        });
        Self { address, state }
    }

    pub(super) fn lose_next_answer(&self) {
        self.state.mode.store(WAIT, Ordering::SeqCst);
    }

    pub(super) fn fall_silent(&self) {
        self.state.mode.store(SILENT, Ordering::SeqCst);
    }

    pub(super) fn heal(&self) {
        self.state.mode.store(PASS, Ordering::SeqCst);
    }

    /// That an answer was lost since it was told to.
    #[track_caller]
    pub(super) fn assert_lost(&self) {
        assert_eq!(self.state.mode.load(Ordering::SeqCst), PASS);
    }

    /// How many pieces clients have sent.
    pub(super) fn questions(&self) -> usize {
        self.state.questions.load(Ordering::SeqCst)
    }
}

async fn questions(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: Arc<State>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        state.questions.fetch_add(1, Ordering::SeqCst);
        let question = &mut buffer[..length];
        if state.start.is_none_or(|start| question[0] == start) {
            let _ = state
                .mode
                .compare_exchange(WAIT, LOSE, Ordering::SeqCst, Ordering::SeqCst);
        }
        if let Some(command) = state.hated
            && places(command, question).next().is_some()
        {
            return;
        }
        if let Some(command) = state.missing {
            rename(command, question);
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

fn rename(command: &str, question: &mut [u8]) {
    for place in places(command, question).collect::<Vec<_>>() {
        question[place] = b'_';
    }
}

/// Where `command` stands as a word of its own, and not inside a script.
fn places(command: &str, question: &[u8]) -> impl Iterator<Item = usize> {
    let word = format!("\r\n{command}\r\n");
    let places = question.windows(word.len()).enumerate();
    places.filter_map(move |(place, bytes)| (bytes == word.as_bytes()).then_some(place + 2))
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: Arc<State>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        match state.mode.load(Ordering::SeqCst) {
            PASS | WAIT if to.write_all(&buffer[..length]).await.is_err() => return,
            LOSE => {
                state.mode.store(PASS, Ordering::SeqCst);
                return;
            }
            _ => {}
        }
    }
}

/// The token and the fence of a claim.
#[track_caller]
pub(super) fn new(claim: Claim) -> (ClaimToken, u64) {
    match claim {
        Claim::New { token, fence } => (token, fence),
        other => panic!("it should be new: {other:?}"),
    }
}

/// What a store behind `line` has to do when answers are lost: the question was carried out, and is not a
/// stranger's when it is asked again.
pub(super) async fn survives_lost_answers(store: &impl ReplayStore, line: &Line) {
    let time = Duration::from_mins(1);
    // What is prepared once, is.
    let key = fresh_key();
    let (token, _) = new(store.claim(&key, time).await.unwrap());
    assert!(store.renew(&key, token, time).await.unwrap());
    assert!(store.commit(&key, token, time).await.unwrap());

    let key = fresh_key();
    line.lose_next_answer();
    let (token, _) = new(store.claim(&key, time).await.unwrap());
    line.assert_lost();
    let other = store.claim(&key, time).await.unwrap();
    assert!(matches!(other, Claim::InFlight { .. }), "{other:?}");
    line.lose_next_answer();
    assert!(store.renew(&key, token, time).await.unwrap());
    line.assert_lost();
    line.lose_next_answer();
    assert!(store.release(&key, token).await.unwrap());
    line.assert_lost();
    let (token, _) = new(store.claim(&key, time).await.unwrap());
    line.lose_next_answer();
    assert!(store.commit(&key, token, time).await.unwrap());
    line.assert_lost();
    assert_eq!(store.claim(&key, time).await.unwrap(), Claim::Done);
}

/// What a store behind `line` has to do when nothing answers any more: say so soon, and work again afterwards.
pub(super) async fn survives_silence(store: &impl ReplayStore, line: &Line) {
    let time = Duration::from_mins(1);
    new(store.claim(&fresh_key(), time).await.unwrap());
    line.fall_silent();
    let start = Instant::now();
    let error = store.claim(&fresh_key(), time).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(3), "{error}");
    line.heal();
    let start = Instant::now();
    new(store.claim(&fresh_key(), time).await.unwrap());
    assert!(start.elapsed() < Duration::from_secs(3));
}
