//! What a graph takes on one cluster: time on the clock and on processors, for costs as ratios of neighbouring runs.

use crate::graphs::merge_of;
use crate::measure::{median, round};
use partita::{Compute, LocalCluster};
use std::time::Instant;

/// What a tick of the kernel's account of processor time is in seconds, on every Linux of today.
const TICK: f64 = 0.01;

/// Seconds on the clock and on processors that runs took.
#[derive(Default)]
pub(crate) struct Spent {
    walls: Vec<f64>,
    processors: Vec<f64>,
}

impl Spent {
    /// Runs one `merge` on a cluster, and gives its sum.
    pub(crate) fn merge(&mut self, cluster: &LocalCluster, n: u64) -> partita::Result<u64> {
        let client = cluster.client();
        let (wall, processor) = (Instant::now(), processor_seconds());
        let sum = merge_of(n).compute_on(&client)?;
        self.walls.push(wall.elapsed().as_secs_f64());
        self.processors.push(processor_seconds() - processor);
        Ok(sum)
    }

    /// The median of the ratios of neighbouring runs on the clock, and the ratio of all time on processors; without so many
    /// runs at the beginning.
    pub(crate) fn over(&self, plain: &Spent, warmup: usize) -> (f64, f64) {
        let ratios: Vec<f64> =
            self.walls.iter().zip(&plain.walls).skip(warmup).map(|(own, plain)| own / plain).collect();
        let sum = |of: &Spent| of.processors.iter().skip(warmup).sum::<f64>();
        (round(median(&ratios)), round(sum(self) / sum(plain)))
    }

    /// The last run's time on the clock.
    pub(crate) fn last(&self) -> f64 {
        self.walls.last().copied().unwrap_or_default()
    }

    /// The median time of a run on the clock.
    pub(crate) fn wall(&self, warmup: usize) -> f64 {
        round(median(&self.walls[warmup.min(self.walls.len() - 1)..]))
    }
}

/// Processor time of the whole process so far, in seconds.
fn processor_seconds() -> f64 {
    processor_seconds_of("self")
}

/// Processor time of a process so far, in seconds; none of one that has ended.
pub(crate) fn processor_seconds_of(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The second field is the name in brackets, and may have spaces; the times are the fields 14 and 15.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * TICK
}
