//! A real terminal, with a command in it.

use std::{
    fmt::Write as _,
    fs::File,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::{Child, Command},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags, open},
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

use super::support::SECRETS;

/// No command of these tests takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A pseudo-terminal, and the process that believes in it.
#[derive(Debug)]
pub(crate) struct Terminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    child: Child,
}

impl Terminal {
    /// Starts a command in a terminal of its own.
    pub(crate) fn start(mut command: Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it is ours");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let end = || -> OwnedFd {
            open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("it can be opened")
        };
        let child = command
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("the command starts");
        // What the command itself holds open would keep the terminal alive.
        drop(command);
        let keyboard = File::from(master);
        let mut reader = keyboard.try_clone().expect("it can be read, too");
        let (sender, screen) = channel();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            // At the end Linux says EIO.
            while let Ok(len @ 1..) = reader.read(&mut piece) {
                let _ = sender.send(piece[..len].to_vec());
            }
        });
        Self {
            keyboard,
            screen,
            seen: Vec::new(),
            child,
        }
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.raw().contains(text) {
            match self.screen.recv_timeout(until - Instant::now()) {
                Ok(piece) => self.seen.extend(piece),
                Err(why) => panic!("{text:?} does not come ({why}): {}", self.raw()),
            }
        }
    }

    /// Types a line.
    pub(crate) fn type_in(&mut self, line: &str) {
        self.keyboard
            .write_all(format!("{line}\n").as_bytes())
            .expect("it can be typed");
    }

    /// What Ctrl-C sends.
    pub(crate) fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("it runs");
    }

    /// Everything that was printed so far, with all that moves the cursor.
    pub(crate) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// Waits for the end. No secret was on the screen.
    #[track_caller]
    pub(crate) fn end(mut self) -> Shown {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.screen.recv_timeout(until - Instant::now()) {
                Ok(piece) => self.seen.extend(piece),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("it does not end: {}", self.raw());
                }
            }
        }
        let status = self.child.wait().expect("it ends");
        let raw = self.raw();
        for secret in SECRETS {
            assert!(!raw.contains(secret), "a secret is on the screen: {raw}");
        }
        Shown {
            code: status.code().expect("it was not killed"),
            raw,
        }
    }
}

/// What a terminal has shown.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) code: i32,
    pub(crate) raw: String,
}

impl Shown {
    /// What is left on the screen, without colours; and the code, where it is not zero.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for line in self.raw.split_inclusive('\n') {
            let (line, end) = match line.strip_suffix("\r\n") {
                Some(line) => (line, "\n"),
                None => (line, ""),
            };
            // A carriage return begins the line anew.
            let line = line.rsplit('\r').next().unwrap_or_default();
            text.push_str(&without_escapes(line));
            text.push_str(end);
        }
        if self.code != 0 {
            let _ = writeln!(text, "[exit {}]", self.code);
        }
        text
    }
}

/// The text without its escape sequences, all of which end in a letter.
fn without_escapes(text: &str) -> String {
    let mut pieces = text.split('\x1b');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| c.is_ascii_alphabetic());
        plain.push_str(end.map_or("", |end| &piece[end + 1..]));
    }
    plain
}
