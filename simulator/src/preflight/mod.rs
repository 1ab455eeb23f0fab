//! A look at memory before a run: what each worker will need at its peak.

mod advice;
mod forecast;

pub use advice::Advice;

use crate::report::{Held, show_time, thousands};
use crate::simulate::Checked;
use forecast::Forecast;
use partita_protocol::bytes;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// What a graph will need of the workers' memory, predicted by a quick look: tasks are started in their order as threads
/// become free, on the worker that holds the most of their inputs. No machine runs, nothing waits for messages.
///
/// Made by [`Simulation::preflight`](crate::Simulation::preflight). The peak of a full simulation may differ; both are
/// predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preflight {
    /// The bytes that each worker holds at its peak, by place.
    pub peaks: Vec<u64>,
    /// Bytes that each may hold; 0 for no limit.
    pub limit: u64,
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
    /// What to do.
    pub advice: Vec<Advice>,
}

impl Preflight {
    pub(crate) fn new(checked: &Checked) -> Self {
        let forecast = Forecast::new(checked, checked.workers());
        let (largest, largest_nbytes) = forecast::largest(checked);
        let advice = advice::advice(checked, &forecast, largest_nbytes);
        Preflight {
            limit: checked.memory,
            worker: checked.infos[forecast.fullest].name.to_string(),
            at: Duration::from_nanos(forecast.at),
            guilty: forecast.guilty,
            peaks: forecast.peaks,
            largest: checked.plan.name(largest),
            largest_nbytes,
            advice,
        }
    }

    /// The most that a worker holds.
    pub fn peak(&self) -> u64 {
        self.peaks.iter().copied().max().unwrap_or(0)
    }

    /// Whether no worker goes over its limit.
    pub fn fits(&self) -> bool {
        self.limit == 0 || self.peak() <= self.limit
    }
}

impl fmt::Display for Preflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match (self.limit, self.fits()) {
            (0, _) => "there is no limit".to_string(),
            (limit, true) => format!("it fits into {}", bytes::show(limit)),
            (limit, false) => format!("it does not fit into {}", bytes::show(limit)),
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
