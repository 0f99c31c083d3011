//! Requests as bytes, each on a connection of its own.
#![allow(dead_code, reason = "each program takes what it needs")]

use std::{fmt::Write as _, net::SocketAddr};

use axum_webhook::sign::Signed;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let line = lines.find(|(other, _)| other.eq_ignore_ascii_case(name));
        line.map(|(_, value)| value)
    }
}

/// A delivery as HTTP/1.1; `more` are further lines for its head.
pub(crate) fn message(signed: &Signed, path: &str, more: &str) -> Vec<u8> {
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n{more}",
        signed.body.len()
    );
    for (name, value) in &signed.headers {
        write!(head, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
    }
    head += "\r\n";
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&signed.body);
    bytes
}

/// The answer; `None` where the connection was refused or broke.
pub(crate) async fn send(message: &[u8], to: SocketAddr) -> Option<Answer> {
    let mut stream = TcpStream::connect(to).await.ok()?;
    stream.write_all(message).await.ok()?;
    let mut response = Vec::new();
    // Who refuses a request without reading all of it may break the connection behind the answer.
    let _ = stream.read_to_end(&mut response).await;
    let response = String::from_utf8(response).ok()?;
    let (head, body) = response.split_once("\r\n\r\n")?;
    Some(Answer {
        status: head.get(9..12)?.parse().ok()?,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}
