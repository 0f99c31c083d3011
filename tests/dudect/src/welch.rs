//! Welch's t-test over the times of two classes, as they come.

/// How many measurements are looked at first, to see which times are usual.
const FIRST: usize = 20_000;

/// A test over all times, and one over those of each share that is not held up by something else.
#[derive(Default)]
pub struct Test {
    first: Vec<(usize, f64)>,
    crops: Vec<Crop>,
}

/// The test over the times up to a limit.
struct Crop {
    limit: f64,
    classes: [Moments; 2],
}

/// Of which shares the times are looked at, in percent.
const SHARES: [usize; 8] = [25, 50, 75, 90, 95, 98, 99, 100];

impl Test {
    /// Adds the time of an input of the class 0 or 1.
    pub fn add(&mut self, class: usize, time: f64) {
        if self.crops.is_empty() {
            self.first.push((class, time));
            if self.first.len() == FIRST {
                self.begin();
            }
            return;
        }
        for crop in &mut self.crops {
            if time <= crop.limit {
                crop.classes[class].add(time);
            }
        }
    }

    fn begin(&mut self) {
        let mut times: Vec<f64> = self.first.iter().map(|(_, time)| *time).collect();
        times.sort_by(f64::total_cmp);
        self.crops = SHARES
            .into_iter()
            .map(|share| Crop {
                limit: match times.get(FIRST * share / 100) {
                    Some(limit) => *limit,
                    None => f64::INFINITY,
                },
                classes: Default::default(),
            })
            .collect();
        for (class, time) in std::mem::take(&mut self.first) {
            self.add(class, time);
        }
    }

    /// The largest |t| of all shares.
    pub fn t(&self) -> f64 {
        let tests = self.crops.iter().map(|crop| t(&crop.classes).abs());
        tests.fold(0.0, f64::max)
    }
}

fn t([a, b]: &[Moments; 2]) -> f64 {
    let error = a.variance() / a.count + b.variance() / b.count;
    if error > 0.0 {
        (a.mean - b.mean) / error.sqrt()
    } else {
        0.0
    }
}

/// Mean and variance, by Welford's way.
#[derive(Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.squares += off * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0).max(1.0)
    }
}
