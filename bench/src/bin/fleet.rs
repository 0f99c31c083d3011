//! What a fleet needs of its replay store: a simulation of one shard, event by event.
//!
//! Keys are hashes, so the shards of a store share the events evenly and have nothing to do with each other: one
//! shard with its share of the deliveries stands for all. The shard is a queue with one server, as Redis is. A delivery
//! claims, is handled, and commits; what is refused comes again as its provider decides. Nothing here is measured: the
//! time and the memory of a step are the arguments, which `bench/run fleet` measures before it runs this.
//!
//! ```text
//! cargo run --release --bin fleet -- [--rate N] [--claim-us N] [--commit-us N] [--bytes N] [--seconds N]
//! ```

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet, VecDeque},
    env,
    process::ExitCode,
};

/// Seconds; the simulation's clock.
type Time = f64;

#[derive(Clone, Copy)]
struct Fleet {
    /// Deliveries per second, of all instances.
    rate: f64,
    claim: Time,
    commit: Time,
    /// What an event takes in the memory of the store.
    bytes: f64,
    seconds: Time,
}

/// A shard that does not answer from `from` to `until`.
#[derive(Clone, Copy)]
struct Outage {
    from: Time,
    until: Time,
    /// How much of what it had acknowledged before is gone: the lag of its replica.
    forgets: Time,
}

#[derive(Default)]
struct Report {
    utilisation: f64,
    waits: Vec<f32>,
    deliveries: u64,
    refused: u64,
    duplicates: u64,
    handled_twice: u64,
    lost: u64,
    /// The longest wait after an outage.
    wait_afterwards: Time,
}

/// Between an instance and the store, there and back.
const ROUND_TRIP: Time = 0.000_5;
/// How long a request waits for the store: what `RedisReplayStore` waits.
const PATIENCE: Time = 2.5;
/// How long a claim counts without a word from its owner: the layer's default.
const LEASE: Time = 120.0;
/// How long after a refusal a provider tries again; the last one is repeated.
const RETRIES: [Time; 3] = [5.0, 30.0, 60.0];
/// One event in so many is sent twice by its provider, although it was answered.
const SENT_TWICE: u64 = 200;
/// After so long, at most.
const SENT_AGAIN: Time = 5.0;
/// Half of all handlers take less, one in a hundred takes more than twelve times as long.
const HANDLER: Time = 0.02;

#[derive(Clone, Copy, PartialEq)]
enum What {
    /// A delivery of an event, and which attempt it is.
    Arrives(u32),
    /// Its handler has ended.
    Handled,
    /// The store could not be told: again, after twice this pause.
    Insists { pause: Time, until: Time },
}

#[derive(Clone, Copy, PartialEq)]
struct Next {
    at: Time,
    event: u64,
    what: What,
}

impl Eq for Next {}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at
            .total_cmp(&other.at)
            .then(self.event.cmp(&other.event))
    }
}

/// SplitMix64: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Above 0, up to 1.
    fn unit(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Of a normal distribution.
    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

struct Shard {
    fleet: Fleet,
    outage: Option<Outage>,
    next: BinaryHeap<Reverse<Next>>,
    dice: Dice,
    /// When the server has done all that waits for it.
    free_at: Time,
    busy: Time,
    /// Until when each claim counts.
    claimed: HashMap<u64, Time>,
    done: HashSet<u64>,
    /// What a replica may not have yet: when it was acknowledged, whose it is, and whether it is "done".
    recent: VecDeque<(Time, u64, bool)>,
    handled: HashSet<u64>,
    report: Report,
}

impl Shard {
    fn run(fleet: Fleet, shards: u32, outage: Option<Outage>) -> Report {
        let mut shard = Self {
            fleet,
            outage,
            next: BinaryHeap::new(),
            dice: Dice(1),
            free_at: 0.0,
            busy: 0.0,
            claimed: HashMap::new(),
            done: HashSet::new(),
            recent: VecDeque::new(),
            handled: HashSet::new(),
            report: Report::default(),
        };
        let rate = fleet.rate / f64::from(shards);
        let (mut arrival, mut event) = (0.0, 0);
        loop {
            arrival -= shard.dice.unit().ln() / rate;
            if arrival > fleet.seconds {
                break;
            }
            event += 1;
            // What is due before it happens before it.
            shard.advance(arrival);
            shard.arrives(arrival, event, 0);
            if event % SENT_TWICE == 0 {
                let at = arrival + SENT_AGAIN * shard.dice.unit();
                shard.plan(at, event, What::Arrives(0));
            }
        }
        shard.report.utilisation = shard.busy / fleet.seconds;
        shard.advance(f64::INFINITY);
        shard.report.lost = event - shard.handled.len() as u64;
        shard.report
    }

    fn plan(&mut self, at: Time, event: u64, what: What) {
        self.next.push(Reverse(Next { at, event, what }));
    }

    fn advance(&mut self, until: Time) {
        while let Some(Reverse(next)) = self.next.peek().copied() {
            if next.at > until {
                return;
            }
            self.next.pop();
            match next.what {
                What::Arrives(attempt) => self.arrives(next.at, next.event, attempt),
                What::Handled => {
                    if !self.handled.insert(next.event) {
                        self.report.handled_twice += 1;
                    }
                    self.settles(next.at, next.event, 0.1, next.at + LEASE);
                }
                What::Insists { pause, until } => {
                    self.settles(next.at, next.event, pause, until);
                }
            }
        }
    }

    /// When the store has answered; `None` if it does not, or not in time.
    fn ask(&mut self, at: Time, work: Time) -> Option<Time> {
        if let Some(outage) = self.outage
            && at >= outage.from
        {
            if at < outage.until {
                return None;
            }
            if outage.forgets > 0.0 {
                self.forget(outage);
            }
        }
        let start = self.free_at.max(at + ROUND_TRIP / 2.0);
        if start - at > PATIENCE {
            return None;
        }
        self.free_at = start + work;
        self.busy += work;
        let wait = (start - at - ROUND_TRIP / 2.0).max(0.0);
        self.report.waits.push(wait as f32);
        if let Some(outage) = self.outage
            && at > outage.until
        {
            self.report.wait_afterwards = self.report.wait_afterwards.max(wait);
        }
        Some(self.free_at + ROUND_TRIP / 2.0)
    }

    /// The replica takes over without the last that its primary acknowledged.
    fn forget(&mut self, outage: Outage) {
        for (at, event, is_done) in self.recent.drain(..) {
            if at >= outage.from - outage.forgets {
                if is_done {
                    self.done.remove(&event);
                }
                self.claimed.remove(&event);
            }
        }
        self.outage = Some(Outage {
            forgets: 0.0,
            ..outage
        });
    }

    fn remember(&mut self, at: Time, event: u64, is_done: bool) {
        let Some(outage) = self.outage.filter(|outage| outage.forgets > 0.0) else {
            return;
        };
        self.recent.push_back((at, event, is_done));
        while self
            .recent
            .front()
            .is_some_and(|first| first.0 < at - outage.forgets)
        {
            self.recent.pop_front();
        }
    }

    fn arrives(&mut self, at: Time, event: u64, attempt: u32) {
        self.report.deliveries += 1;
        let answered = self.ask(at, self.fleet.claim);
        let is_free = self.claimed.get(&event).is_none_or(|until| *until <= at);
        match answered {
            Some(_) if self.done.contains(&event) => self.report.duplicates += 1,
            Some(answered) if is_free => {
                self.claimed.insert(event, at + LEASE);
                self.remember(at, event, false);
                let handler = HANDLER * self.dice.normal().mul_add(1.08, 0.0).exp();
                self.plan(answered + handler, event, What::Handled);
            }
            // Nobody could say, or it is being handled: 503.
            _ => {
                self.report.refused += 1;
                let again = RETRIES[RETRIES.len().min(attempt as usize + 1) - 1];
                let again = again * (0.5 + self.dice.unit());
                self.plan(at + again, event, What::Arrives(attempt + 1));
            }
        }
    }

    /// The handler has ended, and says so until it is heard, or its lease has run out.
    fn settles(&mut self, at: Time, event: u64, pause: Time, until: Time) {
        if self.ask(at, self.fleet.commit).is_some() {
            // A replica that has forgotten the claim has nothing to mark.
            if self.claimed.remove(&event).is_some_and(|until| at < until) {
                self.done.insert(event);
                self.remember(at, event, true);
            }
        } else if at + pause < until {
            let pause_after = (2.0 * pause).min(5.0);
            let what = What::Insists {
                pause: pause_after,
                until,
            };
            self.plan(at + pause, event, what);
        }
    }
}

impl Report {
    fn wait(&mut self, quantile: f64) -> f64 {
        let at = ((self.waits.len() - 1) as f64 * quantile) as usize;
        f64::from(*self.waits.select_nth_unstable_by(at, f32::total_cmp).1)
    }
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s < 0.001 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s => format!("{s:.1} s"),
    }
}

fn memory(bytes: f64) -> String {
    match bytes {
        b if b < 1e12 => format!("{:.0} GB", b / 1e9),
        b => format!("{:.1} TB", b / 1e12),
    }
}

fn print(fleet: Fleet) -> bool {
    let work = fleet.claim + fleet.commit;
    println!(
        "{:.0} deliveries a second; a claim takes {}, a commit {}, an event {:.0} bytes.\n",
        fleet.rate,
        time(fleet.claim),
        time(fleet.commit),
        fleet.bytes
    );
    println!(
        "| shards | busy | wait, median | wait, 99 % | wait, longest | 503 |\n|---|---|---|---|---|---|"
    );
    let least = (fleet.rate * work).floor() as u32;
    let enough = (fleet.rate * work / 0.6).ceil() as u32;
    let mut sound = true;
    for shards in [least - 1, least + 1, enough, 2 * enough] {
        let mut report = Shard::run(fleet, shards, None);
        println!(
            "| {shards} | {:.0} % | {} | {} | {} | {:.2} % |",
            100.0 * report.utilisation,
            time(report.wait(0.5)),
            time(report.wait(0.99)),
            time(report.wait(1.0)),
            100.0 * report.refused as f64 / report.deliveries as f64
        );
        sound &= report.lost == 0 && report.handled_twice == 0;
    }

    println!("\nWith {enough} shards, of which one fails; the figures are that shard's:\n");
    println!(
        "| what happens | 503 | longest wait afterwards | duplicates told | handled twice | lost |\n|---|---|---|---|---|---|"
    );
    let from = fleet.seconds / 8.0;
    for (what, down, forgets) in [
        ("it is back in 5 s, with its append-only file", 5.0, 0.0),
        ("it is back in 30 s, with its append-only file", 30.0, 0.0),
        (
            "it is back in 150 s, after all leases have run out",
            150.0,
            0.0,
        ),
        ("a replica that lags 0.2 s takes over in 5 s", 5.0, 0.2),
        (
            "it is back in 5 s, and has forgotten everything",
            5.0,
            f64::INFINITY,
        ),
    ] {
        let outage = Some(Outage {
            from,
            until: from + down,
            forgets,
        });
        let report = Shard::run(fleet, enough, outage);
        println!(
            "| {what} | {} | {} | {} | {} | {} |",
            report.refused,
            time(report.wait_afterwards),
            report.duplicates,
            report.handled_twice,
            report.lost
        );
        sound &= report.lost == 0;
        sound &= forgets > 0.0 || down > LEASE || report.handled_twice == 0;
    }

    println!("\n| \"done\" is kept for | in all | of {enough} shards, each |\n|---|---|---|");
    for (name, kept) in [
        ("15 minutes", 900.0),
        ("1 hour", 3600.0),
        ("8 hours", 28_800.0),
        ("1 day", 86_400.0),
        ("3 days", 259_200.0),
    ] {
        let all = fleet.rate * kept * fleet.bytes;
        println!(
            "| {name} | {} | {} |",
            memory(all),
            memory(all / f64::from(enough))
        );
    }
    sound
}

fn main() -> ExitCode {
    let mut fleet = Fleet {
        rate: 1e6,
        claim: 11e-6,
        commit: 11e-6,
        bytes: 250.0,
        seconds: 240.0,
    };
    let mut arguments = env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse::<f64>().ok());
        match (name.as_str(), value) {
            ("--rate", Some(value)) => fleet.rate = value,
            ("--claim-us", Some(value)) => fleet.claim = value / 1e6,
            ("--commit-us", Some(value)) => fleet.commit = value / 1e6,
            ("--bytes", Some(value)) => fleet.bytes = value,
            ("--seconds", Some(value)) => fleet.seconds = value,
            _ => {
                eprintln!(
                    "usage: fleet [--rate N] [--claim-us N] [--commit-us N] [--bytes N] [--seconds N]"
                );
                return ExitCode::FAILURE;
            }
        }
    }
    if print(fleet) {
        ExitCode::SUCCESS
    } else {
        eprintln!(
            "an event was lost, or handled twice although the store had forgotten nothing and was back in time"
        );
        ExitCode::FAILURE
    }
}
