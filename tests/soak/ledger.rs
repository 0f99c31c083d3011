//! What the servers and the providers have told, and what must never be in it.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use crate::{
    endpoints::{Place, body, hash, of_event},
    plan::{LEASE, STORE_PATIENCE, micros},
};

/// A run of a handler. Times are in microseconds.
pub(crate) struct Run {
    /// The number of the server's process, and of the run in it.
    pub(crate) id: (u32, u32),
    /// Who asked for it: a letter for the kind of delivery, and more.
    attempt: String,
    event: String,
    hash: u64,
    began: u64,
    ended: Option<u64>,
    how: String,
}

/// A time in which something was not as usual.
pub(crate) struct Window {
    pub(crate) what: Fault,
    pub(crate) began: u64,
    pub(crate) ended: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fault {
    RedisKilled,
    RedisPaused,
    PostgresStopped,
    ServerKilled,
    /// Of the server at this place.
    ClockStepped(usize),
    SecretsChanged,
}

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RedisKilled => "Redis killed",
            Self::RedisPaused => "Redis paused",
            Self::PostgresStopped => "Postgres stopped",
            Self::ServerKilled => "server killed",
            Self::ClockStepped(_) => "clock stepped",
            Self::SecretsChanged => "secrets changed",
        }
    }
}

#[derive(Default)]
pub(crate) struct Ledger {
    runs: HashMap<(u32, u32), Run>,
    /// When a process was killed.
    killed: HashMap<u32, u64>,
    pub(crate) windows: Vec<Window>,
    /// The runs of which a provider knows that they were a success, and what became of their events.
    answered: HashMap<(u32, u32), String>,
    /// How often the providers did or met something.
    pub(crate) counts: BTreeMap<String, usize>,
    /// The event that comes next.
    pub(crate) events: u32,
    /// The events whose providers heard of a success.
    pub(crate) acknowledged: Vec<u32>,
    pub(crate) longest_recovery: [u64; 2],
    /// Since when a store has been back from which no success was heard yet.
    back: [Option<u64>; 2],
}

/// What is found at the end.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) runs: usize,
    pub(crate) forged: usize,
    pub(crate) changed: usize,
    pub(crate) lost: usize,
    pub(crate) together: usize,
    /// Two at a time, but the first one hung for longer than its lease.
    pub(crate) past_lease: usize,
    pub(crate) double_redis: usize,
    /// Double successes where the process of the first was killed between its effect and its mark.
    pub(crate) across_crash: usize,
    pub(crate) double_postgres: usize,
    /// What is known of each pair of runs that must not be.
    pub(crate) details: Vec<String>,
}

impl Ledger {
    pub(crate) fn count(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }

    pub(crate) fn counted(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or_default()
    }

    /// Hears a line of a server.
    pub(crate) fn hear(&mut self, server: u32, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["begin", number, attempt, event, hash, began] => {
                let id = (server, number.parse().unwrap());
                let run = Run {
                    id,
                    attempt: attempt.to_owned(),
                    event: event.to_owned(),
                    hash: hash.parse().unwrap(),
                    began: began.parse().unwrap(),
                    ended: None,
                    how: String::new(),
                };
                self.runs.insert(id, run);
            }
            ["end", number, how, ended] => {
                let id = (server, number.parse().unwrap());
                let run = self.runs.get_mut(&id).unwrap();
                run.ended = Some(ended.parse().unwrap());
                how.clone_into(&mut run.how);
            }
            _ => panic!("{line}"),
        }
    }

    pub(crate) fn killed(&mut self, server: u32, at: u64) {
        self.killed.insert(server, at);
    }

    /// A provider has heard that this run was a success, and what became of its event.
    pub(crate) fn answered(&mut self, run: &str, settlement: &str) {
        let (server, number) = run.split_once('.').unwrap();
        let id = (server.parse().unwrap(), number.parse().unwrap());
        self.answered.insert(id, settlement.to_owned());
    }

    pub(crate) fn is_back(&mut self, store: usize, at: u64) {
        self.back[store] = Some(at);
    }

    /// A success of a handler with this store, asked for and answered at these times.
    pub(crate) fn success(&mut self, store: usize, asked: u64, answered: u64) {
        if let Some(back) = self.back[store].filter(|back| answered >= *back) {
            self.back[store] = None;
            self.longest_recovery[store] = self.longest_recovery[store].max(answered - back);
        }
        let away = [Fault::RedisKilled, Fault::PostgresStopped][store];
        let is_away = |window: &Window| {
            window.what == away && window.began < asked && answered < window.ended
        };
        if self.windows.iter().rev().take(20).any(is_away) {
            self.count("handled while the store was away");
        }
    }

    pub(crate) fn is_stepped(&self, server: usize, from: u64, to: u64) -> bool {
        let mut latest = self.windows.iter().rev().take(20);
        latest.any(|window| {
            window.what == Fault::ClockStepped(server) && window.began <= to && from <= window.ended
        })
    }

    /// Judges all that was told. `booked` is how often each event is in the table of payments.
    pub(crate) fn findings(&self, booked: &HashMap<String, usize>) -> Findings {
        let mut found = Findings {
            runs: self.runs.len(),
            ..Findings::default()
        };
        let mut runs_of: HashMap<u32, Vec<&Run>> = HashMap::new();
        for run in self.runs.values() {
            let is_genuine = run.attempt.starts_with('g');
            match number(&run.event).filter(|number| is_genuine && *number < self.events) {
                Some(number) => {
                    found.changed +=
                        usize::from(run.hash != hash(body(&run.event, number).as_bytes()));
                    runs_of.entry(number).or_default().push(run);
                }
                None => found.forged += 1,
            }
        }
        let is_genuine = |event: &&String| number(event).is_some_and(|event| event < self.events);
        found.forged += booked.keys().filter(|event| !is_genuine(event)).count();

        let places = Place::all();
        for event in 0..self.events {
            let mut runs = runs_of.remove(&event).unwrap_or_default();
            runs.sort_by_key(|run| run.began);
            self.look_for_two_at_a_time(&runs, &mut found);
            let successes: Vec<&Run> = runs.into_iter().filter(|run| run.how == "paid").collect();
            let paid = if places[of_event(event)].store == 0 {
                self.look_for_doubles(&successes, &mut found);
                successes.len()
            } else {
                let paid = booked.get(&format!("evt-{event}")).copied();
                let paid = paid.unwrap_or_default();
                found.double_postgres += usize::from(paid > 1);
                paid
            };
            found.lost += usize::from(paid == 0);
        }
        found
    }

    fn look_for_two_at_a_time(&self, runs: &[&Run], found: &mut Findings) {
        for (at, first) in runs.iter().enumerate() {
            let ended = first
                .ended
                .or_else(|| self.killed.get(&first.id.0).copied());
            let ended = ended.unwrap_or(u64::MAX);
            for second in runs.iter().skip(at + 1) {
                if second.began >= ended {
                    continue;
                }
                // Its lease began when the store heard of it, and the store may have been slow to answer.
                let lease = micros(LEASE.saturating_sub(STORE_PATIENCE));
                let is_past_lease =
                    first.attempt.ends_with("hang") && second.began - first.began >= lease;
                if is_past_lease {
                    found.past_lease += 1;
                } else {
                    found.together += 1;
                    found
                        .details
                        .push(self.details("two at a time", first, second));
                }
            }
        }
    }

    /// A second success is only what was promised ("at least once across crashes") if the process of the
    /// first one was killed before anybody heard that it is done, and while its claim could still count.
    fn look_for_doubles(&self, successes: &[&Run], found: &mut Findings) {
        for pair in successes.windows(2) {
            let [first, second] = pair else { continue };
            let ended = first.ended.unwrap_or(u64::MAX);
            let killed = self.killed.get(&first.id.0);
            let is_cut_short = killed.is_some_and(|killed| {
                *killed >= first.began && *killed <= ended.saturating_add(micros(LEASE))
            });
            // What is marked as done stays so, whatever is killed.
            let is_marked = self
                .answered
                .get(&first.id)
                .is_some_and(|what| what == "Committed");
            if is_cut_short && !is_marked {
                found.across_crash += 1;
            } else {
                found.double_redis += 1;
                found
                    .details
                    .push(self.details("double success", first, second));
            }
        }
    }

    /// What is known of two runs of an event, in milliseconds since the first one began.
    fn details(&self, what: &str, first: &Run, second: &Run) -> String {
        let since = |time: u64| (i128::from(time) - i128::from(first.began)) / 1000;
        let mut text = format!("{what}: {}", first.event);
        for run in [first, second] {
            let ended = run.ended.map(since);
            let answered = self.answered.get(&run.id);
            let killed = self.killed.get(&run.id.0).map(|killed| since(*killed));
            write!(
                text,
                "; {} by server {} from {} to {ended:?}, {}, answered {answered:?}, killed {killed:?}",
                run.attempt,
                run.id.0,
                since(run.began),
                run.how,
            )
            .unwrap();
        }
        for window in &self.windows {
            let (began, ended) = (since(window.began), since(window.ended));
            if ended > -10_000 && began < since(second.began) {
                write!(text, "; {} {began} to {ended}", window.what.name()).unwrap();
            }
        }
        text
    }
}

/// The number of an event of ours.
fn number(event: &str) -> Option<u32> {
    event.strip_prefix("evt-")?.parse().ok()
}
