//! The memory of the server that is never killed.

use crate::{proc, world::World};

const MIB: f64 = (1 << 20) as f64;

/// Samples of resident memory, in MiB, by the seconds since the start.
#[derive(Default)]
pub(crate) struct Memory(Vec<(f64, f64)>);

impl Memory {
    #[expect(clippy::cast_precision_loss, reason = "memory is less than 2^52 bytes")]
    pub(crate) fn sample(&mut self, world: &World, seconds: f64) {
        let bytes = proc::bytes(world.process(0), "VmRSS:");
        self.0.push((seconds, bytes.unwrap() as f64 / MIB));
    }

    pub(crate) fn last(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, mib)| *mib)
    }

    pub(crate) fn peak(&self) -> f64 {
        most(&self.0)
    }

    /// How much it had when it was warm: the most of the first third.
    pub(crate) fn warm(&self) -> f64 {
        most(&self.0[..self.0.len().div_ceil(3)])
    }

    /// The slope of the second half in MiB an hour, by least squares.
    pub(crate) fn slope(&self) -> f64 {
        let half = &self.0[self.0.len() / 2..];
        let mean = |of: fn(&(f64, f64)) -> f64| {
            half.iter().map(of).sum::<f64>() / half.iter().map(|_| 1.0).sum::<f64>()
        };
        let (time, mib) = (mean(|sample| sample.0), mean(|sample| sample.1));
        let (mut above, mut below) = (0.0, 0.0);
        for sample in half {
            above += (sample.0 - time) * (sample.1 - mib);
            below += (sample.0 - time).powi(2);
        }
        3600.0 * above / below
    }
}

fn most(samples: &[(f64, f64)]) -> f64 {
    samples.iter().map(|(_, mib)| *mib).fold(0.0, f64::max)
}
