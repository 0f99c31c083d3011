//! A Postgres of one test alone, to be stopped as by a crash.

use std::{
    env, fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const STOP: &[&str] = &["stop", "--mode=immediate", "--silent"];

pub(crate) struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let folder = env::temp_dir().join(format!("axum-webhook-postgres-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let postgres = Self {
            programs: programs(),
            folder,
            port,
        };
        let options = ["--username=webhook", "--auth=trust", "--encoding=UTF8"];
        postgres.run(
            "initdb",
            &[&options[..], &["--no-locale", "--no-sync"]].concat(),
        );
        postgres.start_again();
        postgres
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://webhook@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends all its processes at once; what is not committed is lost, and its log is read at the next start.
    pub(crate) fn kill(&self) {
        self.run("pg_ctl", STOP);
    }

    pub(crate) fn start_again(&self) {
        let listen = format!("--options=-h 127.0.0.1 -p {} -k ''", self.port);
        let start = ["start", "--wait", "--timeout=60", "--silent", "--log=log"];
        self.run("pg_ctl", &[&start[..], &[&listen]].concat());
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let status = self.command(program, arguments).status().unwrap();
        assert!(status.success(), "{program} {arguments:?}: {status}");
    }

    /// A program of Postgres, which does not run as root.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let program = self.programs.join(program);
        let mut command = if rustix::process::getuid().is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .args(arguments)
            .arg("--pgdata=data")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // One that has stopped already is as good.
        let _ = self.command("pg_ctl", STOP).stderr(Stdio::null()).status();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where the programs of Postgres are; Debian keeps them out of `PATH`.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = versions.flatten().map(|version| version.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let has_it = |folder: &PathBuf| Path::new(folder).join("pg_ctl").exists();
    let mut folders = env::split_paths(&path).chain(debian);
    folders
        .find(has_it)
        .expect("there is no Postgres to stop: install postgresql")
}
