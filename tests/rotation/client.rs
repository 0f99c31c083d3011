//! The provider: one connection on which deliveries follow each other.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use axum_webhook::{Secret, Timestamp, providers, sign::Draft};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::TcpStream,
    time::sleep,
};

use crate::way::Way;

/// Between two deliveries, so that the operator has his turn on a small machine.
const PAUSE: Duration = Duration::from_millis(1);

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) requests: usize,
    /// Genuine ones that were answered 200, and that were not though their secret was live all the time.
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
    /// Those whose secret was taken out while they were on their way, which may end either way.
    pub(crate) outrun: usize,
    pub(crate) outrun_but_accepted: usize,
    pub(crate) forged: usize,
    /// The statuses for the new secret and for the old one.
    pub(crate) after_the_overlap: (u16, u16),
}

impl Counts {
    pub(crate) fn sum(all: Vec<Self>) -> Self {
        all.into_iter().fold(Self::default(), |sum, one| Self {
            requests: sum.requests + one.requests,
            accepted: sum.accepted + one.accepted,
            refused: sum.refused + one.refused,
            outrun: sum.outrun + one.outrun,
            outrun_but_accepted: sum.outrun_but_accepted + one.outrun_but_accepted,
            forged: sum.forged + one.forged,
            after_the_overlap: one.after_the_overlap,
        })
    }
}

pub(crate) struct Client<'a> {
    stream: BufStream<TcpStream>,
    way: &'a Way,
    number: usize,
    pub(crate) counts: Counts,
}

impl<'a> Client<'a> {
    pub(crate) async fn connect(address: SocketAddr, way: &'a Way, number: usize) -> Self {
        Self {
            stream: BufStream::new(TcpStream::connect(address).await.unwrap()),
            way,
            number,
            counts: Counts::default(),
        }
    }

    /// Delivers one event: most are signed with the newest secret, some with the one before it, some with none
    /// that is live.
    pub(crate) async fn deliver(&mut self) {
        let told = self.way.told();
        match self.counts.requests % 8 {
            0..5 => self.deliver_genuine(told).await,
            5..7 => self.deliver_genuine(told.saturating_sub(1)).await,
            _ => {
                let secret = match told.checked_sub(self.way.retired) {
                    Some(number) if self.counts.forged.is_multiple_of(2) => self.way.secret(number),
                    _ => Secret::new("whsec_a_guess_that_is_wrong").unwrap(),
                };
                self.counts.forged += 1;
                self.send(secret, true).await;
            }
        }
        sleep(PAUSE).await;
    }

    async fn deliver_genuine(&mut self, number: usize) {
        let status = self.send(self.way.secret(number), false).await;
        match (status, self.way.is_live(number)) {
            (200, true) => self.counts.accepted += 1,
            (401, true) => self.counts.refused += 1,
            (200, false) => {
                self.counts.outrun += 1;
                self.counts.outrun_but_accepted += 1;
            }
            (401, false) => self.counts.outrun += 1,
            (status, _) => panic!("{status}"),
        }
    }

    /// The statuses for the newest secret and for the one before it. The old one's delivery comes first, so that
    /// no signature with the new one makes the files be read.
    pub(crate) async fn deliver_both(&mut self) -> (u16, u16) {
        let told = self.way.told();
        let old = self.send(self.way.secret(told - 1), true).await;
        let new = self.send(self.way.secret(told), false).await;
        (new, old)
    }

    async fn send(&mut self, secret: Secret, is_forged: bool) -> u16 {
        self.counts.requests += 1;
        let id = format!("evt_{}_{}", self.number, self.counts.requests);
        let signed = Draft::new(format!(r#"{{"id":"{id}","is_forged":{is_forged}}}"#))
            .with_timestamp(Timestamp::now())
            .sign(&providers::stripe(), secret)
            .unwrap();
        let mut head = format!(
            "POST /webhooks/{} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n",
            self.way.name,
            signed.body.len()
        );
        for (name, value) in &signed.headers {
            write!(head, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
        }
        head += "\r\n";
        self.stream.write_all(head.as_bytes()).await.unwrap();
        self.stream.write_all(&signed.body).await.unwrap();
        self.stream.flush().await.unwrap();
        self.status().await
    }

    /// The status of the next response, which is read to its end.
    async fn status(&mut self) -> u16 {
        let mut first = String::new();
        self.stream.read_line(&mut first).await.unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await.unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.unwrap();
        first[9..12].parse().unwrap()
    }
}
