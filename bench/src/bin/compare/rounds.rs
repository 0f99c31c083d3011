//! Contenders, side by side: in rounds whose order rotates, by the CPU time of the thread.

use std::{iter, time::Duration};

use bench::allocations::{self, Allocated};
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: usize = 100;

/// How long a contender runs in one round.
const SLICE: Duration = Duration::from_millis(3);

/// One of those that are compared.
pub struct Contender<'a> {
    name: String,
    run: Box<dyn FnMut() + 'a>,
}

pub fn contender<'a>(name: impl Into<String>, run: impl FnMut() + 'a) -> Contender<'a> {
    Contender {
        name: name.into(),
        run: Box::new(run),
    }
}

/// What came of a contender.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    /// Seconds per run, one for each round.
    pub seconds: Vec<f64>,
    /// What one run allocates, counted apart from the time.
    pub allocated: Allocated,
}

/// The median of ratios, and what lies around it.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub p10: f64,
    pub median: f64,
    pub p90: f64,
}

impl Row {
    /// This one's time to the base's, round by round: a load that comes and goes falls out.
    pub fn ratio(&self, base: &Self) -> Spread {
        spread(iter::zip(&self.seconds, &base.seconds).map(|(own, base)| own / base))
    }

    pub fn nanos(&self) -> f64 {
        spread(self.seconds.iter().copied()).median * 1e9
    }
}

pub fn spread(values: impl Iterator<Item = f64>) -> Spread {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |tenths: usize| values[(values.len() - 1) * tenths / 10];
    Spread {
        p10: at(1),
        median: at(5),
        p90: at(9),
    }
}

/// Runs them all.
pub fn compare(mut contenders: Vec<Contender<'_>>) -> Vec<Row> {
    let iterations: Vec<u32> = contenders.iter_mut().map(calibrate).collect();
    let count = contenders.len();
    let mut seconds = vec![Vec::with_capacity(ROUNDS); count];
    for round in 0..ROUNDS {
        for place in 0..count {
            let index = (place + round) % count;
            let (run, iterations) = (&mut contenders[index].run, iterations[index]);
            let time = cpu_time(|| (0..iterations).for_each(|_| run()));
            seconds[index].push(time.as_secs_f64() / f64::from(iterations));
        }
    }
    iter::zip(contenders, seconds)
        .map(|(mut contender, seconds)| Row {
            allocated: allocations::count(&mut contender.run).1,
            name: contender.name,
            seconds,
        })
        .collect()
}

/// The CPU time of this thread, which a neighbour does not make longer by being scheduled.
pub fn cpu_time(run: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::try_from(time).expect("the clock counts from 0 on")
    };
    let start = now();
    run();
    now() - start
}

/// How often a contender runs in one slice.
fn calibrate(contender: &mut Contender<'_>) -> u32 {
    let mut iterations = 1;
    while cpu_time(|| (0..iterations).for_each(|_| (contender.run)())) < SLICE {
        iterations *= 2;
    }
    iterations
}
