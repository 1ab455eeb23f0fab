//! A look at memory before a run: what each worker will need at its peak, and what to do if it is not there.

mod advice;
mod trial;

pub use advice::Advice;

use crate::report::{Held, show_time, thousands};
use crate::simulate::{Checked, SimulateError};
use partita_protocol::bytes;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use trial::Trial;

/// What a graph will need of the workers' memory: what they hold at their peaks in a simulation without faults in which
/// there is no limit.
///
/// Made by [`Simulation::preflight`](crate::Simulation::preflight).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preflight {
    /// The bytes that each worker holds at its peak, by place.
    pub peaks: Vec<u64>,
    /// Bytes that each may hold; 0 for no limit.
    pub limit: u64,
    /// Bytes of these over which a worker starts nothing new: 80 %.
    pub usable: u64,
    /// The fullest worker.
    pub worker: String,
    /// When it is the fullest, since the graph was handed in.
    pub at: Duration,
    /// What it holds then, largest first.
    pub guilty: Vec<Held>,
    /// The task that alone needs the most: its result and its inputs.
    pub largest: String,
    /// The bytes that it needs.
    pub largest_nbytes: u64,
    /// What to do, the best first. More workers and fewer threads were tried, more memory and partitions are reckoned.
    pub advice: Vec<Advice>,
}

impl Preflight {
    pub(crate) fn new(checked: &Checked) -> Result<Self, SimulateError> {
        let trial = Trial::run(checked, checked.workers(), checked.threads)?;
        let (largest, largest_nbytes) = trial::largest(checked);
        let advice = advice::advice(checked, &trial, largest_nbytes)?;
        let fullest = trial.fullest;
        Ok(Preflight {
            limit: checked.memory,
            usable: trial::usable(checked),
            worker: fullest.name,
            at: fullest.peak.at,
            guilty: fullest.peak.held,
            peaks: trial.peaks,
            largest: checked.plan.name(largest),
            largest_nbytes,
            advice,
        })
    }

    /// The most that a worker holds.
    pub fn peak(&self) -> u64 {
        self.peaks.iter().copied().max().unwrap_or(0)
    }

    /// Whether no worker comes to hold so much that it would start nothing new, with nothing on disk.
    pub fn fits(&self) -> bool {
        self.limit == 0 || self.peak() <= self.usable
    }
}

impl fmt::Display for Preflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match (self.limit, self.fits()) {
            (0, _) => "there is no limit".to_string(),
            (limit, true) => format!("it fits into {}", bytes::show(limit)),
            (limit, false) => {
                let usable = bytes::show(self.usable);
                format!("it does not fit into {}, of which {usable} can be filled", bytes::show(limit))
            }
        };
        let (peak, at) = (bytes::show(self.peak()), show_time(self.at));
        writeln!(f, "a worker needs up to {peak}: {verdict} ({} after {at})", self.worker)?;
        for held in self.guilty.iter().take(8) {
            writeln!(f, "  {:>12}  {} × {}", bytes::show(held.nbytes), thousands(held.count), held.group)?;
        }
        writeln!(f, "  the largest task, `{}`, needs {}", self.largest, bytes::show(self.largest_nbytes))?;
        let mut advice = self.advice.iter();
        if let Some(first) = advice.next() {
            writeln!(f, "  advice: {first}")?;
        }
        advice.try_for_each(|other| writeln!(f, "      or: {other}"))
    }
}
