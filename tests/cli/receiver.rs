//! The receiver example, as a process of its own.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver as Lines, channel},
    thread,
    time::Duration,
};

/// A server that verifies; it ends with the test.
#[derive(Debug)]
pub(crate) struct Receiver {
    child: Child,
    port: u16,
    handled: Lines<String>,
}

impl Receiver {
    /// Serves a configuration on a port that is free.
    pub(crate) fn start(config: &Path) -> Self {
        let binaries = Path::new(env!("CARGO_BIN_EXE_axum-webhook")).parent();
        let program = binaries.unwrap().join("examples/receiver");
        assert!(
            program.is_file(),
            "`cargo test` builds the receiver; for one test: cargo build --features cli --example receiver"
        );
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the receiver starts");
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, handled) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let (sender, port) = channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("listening on http://127.0.0.1:") {
                    let _ = sender.send(address.parse().expect("a port"));
                }
            }
        });
        let port = port.recv_timeout(Duration::from_mins(1));
        Self {
            child,
            port: port.expect("the receiver listens"),
            handled,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The ids of the events that were handled, once nobody sends any more.
    pub(crate) fn handled(mut self) -> Vec<String> {
        // A line is printed before its answer is sent, so all of them are in the pipe.
        self.child.kill().expect("it runs");
        let lines = std::mem::replace(&mut self.handled, channel().1);
        let ids = lines.iter().map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
            line["event_id"].as_str().unwrap_or_default().to_owned()
        });
        ids.collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
