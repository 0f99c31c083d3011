//! A Redis of one test alone, to be killed, which keeps what it has answered.

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

pub(crate) struct Redis {
    program: &'static str,
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let program = ["redis-server", "valkey-server"]
            .into_iter()
            .find(|program| Command::new(program).arg("--version").output().is_ok())
            .expect("there is no redis-server to kill: install redis-server");
        let port = free_port();
        let folder = env::temp_dir().join(format!("axum-webhook-redis-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let redis = Self {
            process: Self::spawn(program, port, &folder),
            program,
            port,
            folder,
        };
        redis.wait();
        redis
    }

    fn spawn(program: &str, port: u16, folder: &Path) -> Child {
        Command::new(program)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--dir"])
            .arg(folder)
            .args(["--save", "", "--appendonly", "yes"])
            // With the default of `everysec` an answer may go out before it is written.
            .args(["--appendfsync", "always"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn wait(&self) {
        for _ in 0..1000 {
            if self.ask("PING").is_some_and(|answer| answer == "+PONG") {
                return;
            }
            sleep(Duration::from_millis(10));
        }
        panic!("Redis does not start");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The first line of its answer to a command.
    pub(crate) fn ask(&self, command: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let patience = Some(Duration::from_secs(5));
        stream.set_read_timeout(patience).unwrap();
        write!(stream, "{command}\r\n").ok()?;
        let mut answer = [0; 64];
        let length = stream.read(&mut answer).ok()?;
        let text = str::from_utf8(&answer[..length]).ok()?;
        text.lines().next().map(str::to_owned)
    }

    /// As the kernel does it to whoever takes too much memory.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.process = Self::spawn(self.program, self.port, &self.folder);
        self.wait();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}
