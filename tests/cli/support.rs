//! Runs the binary.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// Secrets of these tests. No output may contain one.
pub(crate) const SECRETS: &[&str] = &[
    "hunter2-hunter2-hunter2",
    "whsec_dGhpc2lzYXRlc3RzdHJpbmc",
    "It's a Secret to Everybody",
    "8f742231b10e8888abcd99yyyzzz85a5",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
];

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the output is text");
        let ran = Self {
            code: output.status.code().expect("it was not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        for secret in SECRETS {
            ran.lacks(secret);
        }
        ran
    }

    /// The output does not contain a secret.
    #[track_caller]
    pub(crate) fn lacks(&self, secret: &str) {
        let found = self.stdout.contains(secret) || self.stderr.contains(secret);
        assert!(!found, "a secret is in the output: {self:?}");
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The binary, with nothing of this process's environment that it looks at.
pub(crate) fn binary(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_axum-webhook"));
    command
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .stdin(Stdio::null());
    command
}

/// A shell that runs a command line in which the binary is known, and the secrets stand in variables.
pub(crate) fn shell(command: &str, folder: &Path) -> Command {
    let binaries = Path::new(env!("CARGO_BIN_EXE_axum-webhook")).parent();
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", binaries.unwrap().display());
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .env("HUNTER", SECRETS[0])
        .env("STRIPE_SECRET", SECRETS[1])
        .env("GITHUB_SECRET", SECRETS[2])
        .env("SLACK_SECRET", SECRETS[3]);
    shell
}

/// Runs the binary in a folder.
#[track_caller]
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let output = binary(folder).args(arguments).output();
    Ran::of(output.expect("the binary runs"))
}

/// Runs the binary with a secret in the variable `SECRET`, and with this on stdin.
#[track_caller]
pub(crate) fn run_with(folder: &Path, secret: &str, input: &[u8], arguments: &[&str]) -> Ran {
    let mut child = binary(folder)
        .args(arguments)
        .env("SECRET", secret)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // It may not read its stdin at all.
    let _ = child.stdin.take().unwrap().write_all(input);
    Ran::of(child.wait_with_output().expect("it ends"))
}

/// A folder of its own, which goes away with the test.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("axum-webhook-cli-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a folder can be made");
        Self(path)
    }

    /// A folder with the files for the sessions.
    pub(crate) fn with_files() -> Self {
        let folder = Self::new();
        for entry in fs::read_dir(file("files")).expect("there are files") {
            let path = entry.expect("a file").path();
            let copy = folder.path().join(path.file_name().unwrap());
            fs::copy(&path, copy).expect("it can be copied");
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    #[track_caller]
    pub(crate) fn write(&self, name: &str, text: &[u8]) {
        fs::write(self.0.join(name), text).expect("a file can be written");
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect("the file is there")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file of these tests.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli")
        .join(name)
}
