//! Runs a built example, and the lines that it prints.

use std::{
    env,
    io::{BufRead as _, BufReader, Read, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// An example that runs, until it is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    lines: Receiver<String>,
    /// What it printed until now, on stdout and stderr.
    pub(crate) printed: Vec<String>,
}

impl Program {
    /// Starts the example called `name`.
    #[track_caller]
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        Self::start_with(name, arguments, &[])
    }

    /// Starts it with these variables, and with nothing of this process's environment that it looks at.
    #[track_caller]
    pub(crate) fn start_with(name: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(built(name))
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        hand_on(child.stdout.take().unwrap(), sender.clone());
        hand_on(child.stderr.take().unwrap(), sender);
        Self {
            child,
            lines,
            printed: Vec::new(),
        }
    }

    /// Waits for a line that begins with `text`.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("no line begins with {text:?}: {:#?}", self.printed);
            };
            let found = line.starts_with(text);
            self.printed.push(line);
            if found {
                return;
            }
        }
    }

    /// The lines to try that it prints before it listens, with the status that each is said to have.
    #[track_caller]
    pub(crate) fn tries_at_start(&mut self) -> Vec<Try> {
        self.wait_for("listening on ");
        let pairs = self.printed.windows(2);
        let tries = pairs.filter_map(|pair| {
            let status = pair[0].strip_prefix("# ")?.get(..3)?.parse().ok()?;
            Some(Try::new(status, &pair[1]))
        });
        tries.collect()
    }

    /// Types a line.
    #[track_caller]
    pub(crate) fn type_in(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Asks it to end, sees that it does so without an error, and answers with all that it printed.
    #[track_caller]
    pub(crate) fn end(mut self) -> Vec<String> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
        let code = self.wait();
        assert_eq!(code, 0, "{self:#?}");
        std::mem::take(&mut self.printed)
    }

    /// Waits for its end, and answers with its exit code.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> i32 {
        let end = Instant::now() + PATIENCE;
        loop {
            // It may wait for somebody who reads.
            self.printed.extend(self.lines.try_iter());
            if let Some(status) = self.child.try_wait().unwrap() {
                self.printed.extend(self.lines.iter());
                return status.code().expect("it was not killed");
            }
            assert!(Instant::now() < end, "it does not end: {self:#?}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs an example to its end with `input` on stdin: its exit code, and what it printed.
#[track_caller]
pub(crate) fn run(name: &str, arguments: &[&str], input: &str) -> (i32, Vec<String>) {
    let mut program = Program::start(name, arguments);
    // It may not read its stdin at all.
    let _ = program
        .child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes());
    let code = program.wait();
    (code, std::mem::take(&mut program.printed))
}

/// The example's program, beside the folder of the tests'.
#[track_caller]
fn built(name: &str) -> PathBuf {
    let this = env::current_exe().unwrap();
    let folder = this.parent().and_then(|deps| deps.parent()).unwrap();
    let program = folder.join("examples").join(name);
    let is_there = program.is_file();
    assert!(
        is_there,
        "there is no {}: run `cargo build --examples`, with the features of this test",
        program.display()
    );
    program
}

fn hand_on(output: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
}

/// A line to try.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    /// The status that it is said to have.
    pub(crate) status: u16,
    pub(crate) line: String,
}

impl Try {
    #[track_caller]
    pub(crate) fn new(status: u16, line: &str) -> Self {
        assert!(line.starts_with("curl -i "), "{line}");
        Self {
            status,
            line: line.to_owned(),
        }
    }

    /// Sends it: the status and the body of the answer.
    #[track_caller]
    pub(crate) fn send(&self) -> (u16, String) {
        let quiet = r"curl -sS --max-time 30 -w '\n%{http_code}' ";
        let answer = shell(&self.line.replacen("curl -i ", quiet, 1));
        let (body, status) = answer.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    }

    /// Sends it, and sees that its status is the one that it is said to have.
    #[track_caller]
    pub(crate) fn check(&self) {
        let (status, body) = self.send();
        assert_eq!(status, self.status, "{body} is the answer to {}", self.line);
        if status == 401 {
            assert_eq!(body, "webhook verification failed\n");
        }
    }

    /// The same with the last bit of its body changed, which is 401.
    #[track_caller]
    pub(crate) fn changed(&self) -> Self {
        let body = self.line.find("--data-binary '").unwrap() + "--data-binary '".len();
        let end = body + self.line[body..].find('\'').unwrap() - 1;
        let mut line = self.line.clone().into_bytes();
        line[end] ^= 1;
        Self::new(401, &String::from_utf8(line).unwrap())
    }
}

/// Runs a line in a POSIX shell, and answers with what it printed.
#[track_caller]
pub(crate) fn shell(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}{line}");
    String::from_utf8(output.stdout).unwrap()
}
