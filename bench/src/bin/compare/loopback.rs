//! A server and `wrk` on loopback: the socket is a part of what a request costs.

use std::{
    env,
    ffi::OsString,
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{self, Child, Command, Stdio},
};

use axum::Router;
use axum_webhook::providers;
use bench::deliveries::{self, Delivery};
use rustix::param::clock_ticks_per_second;
use tokio::{net::TcpListener, runtime::Builder};

use crate::{
    Paths,
    page::{self, Bound},
    rounds::{Spread, spread},
};

const ROUNDS: usize = 9;
const SIZE: usize = 1 << 10;
const VARIANTS: [&str; 3] = [
    "a handler without verification",
    "axum-webhook, signed bodies",
    "axum-webhook, forged bodies",
];

/// What one run of `wrk` says.
#[derive(Clone, Copy)]
struct Load {
    per_second: f64,
    /// CPU time of the server for one request, in seconds.
    cpu: f64,
}

pub fn run(paths: &Paths) {
    let own = env::current_exe().expect("this program");
    let mut server = Server(
        Command::new(own)
            .arg("serve")
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts"),
    );
    let output = BufReader::new(server.0.stdout.take().expect("it is piped"));
    let ports: Vec<u16> = output
        .lines()
        .take(2)
        .map(|line| line.expect("a line").parse().expect("a port"))
        .collect();
    let scripts = ["signed", "signed", "forged"].map(script);
    let ports = [ports[0], ports[1], ports[1]];
    let mut loads: [Vec<Load>; 3] = Default::default();
    for round in 0..=ROUNDS {
        for place in 0..VARIANTS.len() {
            let variant = (place + round) % VARIANTS.len();
            let load = wrk(&server, ports[variant], &scripts[variant]);
            // The first round warms up.
            if round > 0 {
                loads[variant].push(load);
            }
        }
    }
    scripts
        .iter()
        .for_each(|script| fs::remove_file(script).unwrap_or_default());
    let ratio = |variant: usize, of: fn(&Load) -> f64| {
        let pairs = loads[variant].iter().zip(&loads[0]);
        spread(pairs.map(|(own, base)| of(own) / of(base)))
    };
    let (rate, cpu) = (|load: &Load| load.per_second, |load: &Load| load.cpu);
    let mut text = "| | requests a second | p10 – p90 | server's CPU per request | p10 – p90 | here |\n|---|---|---|---|---|---|\n".to_owned();
    for (variant, name) in VARIANTS.iter().enumerate() {
        let (rates, cpus) = (ratio(variant, rate), ratio(variant, cpu));
        let own = spread(loads[variant].iter().map(cpu)).median * 1e6;
        text += &format!(
            "| {name} | {} | {} | {own:.1} µs |\n",
            cells(rates),
            cells(cpus)
        );
    }
    text += &page::goals_head();
    text += &page::goal_line(
        "requests a second, signed",
        0.85,
        ratio(1, rate),
        Bound::AtLeast,
    );
    text += &page::goal_line(
        "server's CPU per request, signed",
        1.20,
        ratio(1, cpu),
        Bound::AtMost,
    );
    let forged = spread(
        loads[2]
            .iter()
            .zip(&loads[1])
            .map(|(own, base)| own.cpu / base.cpu),
    );
    text += &page::goal_line(
        "server's CPU per request, forged beside signed",
        1.0,
        forged,
        Bound::AtMost,
    );
    page::put(&paths.page(), "loopback", &text);
}

fn cells(ratio: Spread) -> String {
    format!(
        "**{:.2}** | {:.2} – {:.2}",
        ratio.median, ratio.p10, ratio.p90
    )
}

/// Ends with this program, whatever becomes of it.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server, in a process of its own so that its CPU time is its own: prints a port for each variant.
pub fn serve() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let verified = deliveries::verified().layer(deliveries::layer(&providers::github()));
    let serve = |app: Router| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("it is bound").port());
        axum::serve(listener, app).await.expect("it serves");
    };
    runtime.block_on(async {
        let (_, _) = tokio::join!(serve(deliveries::unverified()), serve(verified));
    });
}

/// A request for `wrk`, as a script in Lua.
fn script(kind: &str) -> PathBuf {
    let delivery = Delivery::signed(&providers::github(), deliveries::body(SIZE));
    let text = std::str::from_utf8(&delivery.body).expect("JSON");
    let header = "x-hub-signature-256";
    let signature = match kind {
        "forged" => format!("sha256={}", "0".repeat(64)),
        _ => delivery.headers[header].to_str().expect("text").to_owned(),
    };
    let lua = format!(
        "wrk.method = 'POST'\nwrk.body = '{text}'\nwrk.headers['{header}'] = '{signature}'\n"
    );
    let file = env::temp_dir().join(format!("axum-webhook-{}-{kind}.lua", process::id()));
    fs::write(&file, lua).expect("it can be written");
    file
}

fn wrk(server: &Server, port: u16, script: &PathBuf) -> Load {
    let url = format!("http://127.0.0.1:{port}/webhook");
    let arguments = ["-t1", "-c16", "-d2s", "--script"].map(OsString::from);
    let before = cpu_seconds(server);
    let mut wrk = Command::new("wrk");
    let output = wrk
        .args(arguments)
        .arg(script)
        .arg(url)
        .output()
        .expect("wrk is there: it is a package of Debian");
    let cpu = cpu_seconds(server) - before;
    let text = String::from_utf8(output.stdout).expect("text");
    let number = |line: &str, place: usize| line.split_whitespace().nth(place)?.parse::<f64>().ok();
    let requests = text
        .lines()
        .find(|line| line.contains(" requests in "))
        .and_then(|line| number(line, 0));
    let rate = text
        .lines()
        .find(|line| line.starts_with("Requests/sec:"))
        .and_then(|line| number(line, 1));
    let refused = text.contains("Non-2xx");
    assert_eq!(
        refused,
        script.to_string_lossy().contains("forged"),
        "{text}"
    );
    Load {
        per_second: rate.expect("wrk says it"),
        cpu: cpu / requests.expect("wrk says it"),
    }
}

/// User and system time of the server (proc_pid_stat(5)).
fn cpu_seconds(server: &Server) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.0.id())).expect("it runs");
    let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
    let ticks = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u32>().expect("a number"));
    #[expect(clippy::cast_precision_loss, reason = "it is a hundred")]
    let per_second = clock_ticks_per_second() as f64;
    f64::from(ticks.sum::<u32>()) / per_second
}
