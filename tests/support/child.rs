//! A server in a process of its own: this program, started with other arguments. It ends with this.
#![allow(dead_code, reason = "each program takes what it needs")]

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    process::{Child as Process, ChildStdin, Command, Stdio},
    thread::{self, JoinHandle},
};

pub(crate) struct Child {
    process: Process,
    /// The address that it has told.
    pub(crate) address: SocketAddr,
    input: Option<ChildStdin>,
    lines: Option<JoinHandle<()>>,
}

impl Child {
    /// Starts it and waits for its address, its first line. `hear` gets the other ones.
    pub(crate) fn start(arguments: &[&str], hear: impl Fn(&str) + Send + 'static) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.next().unwrap().unwrap().parse().unwrap();
        let lines = thread::spawn(move || lines.map_while(Result::ok).for_each(|line| hear(&line)));
        Self {
            input: process.stdin.take(),
            process,
            address,
            lines: Some(lines),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Writes a line for it to read.
    pub(crate) fn order(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{line}").unwrap();
    }

    /// Kills it; all that it has told is heard when this is over.
    pub(crate) fn kill(&mut self) {
        // A process that has ended already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(lines) = self.lines.take() {
            lines.join().unwrap();
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Tells the one that has started this process.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}
