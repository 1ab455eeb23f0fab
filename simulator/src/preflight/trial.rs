//! A run in which nobody runs out of memory.

use crate::report::WorkerReport;
use crate::simulate::{self, Checked, SimulateError};
use crate::universe::Number;

/// What workers hold if there is no limit.
pub(super) struct Trial {
    /// At its peak, each.
    pub(super) peaks: Vec<u64>,
    /// The one that holds the most.
    pub(super) fullest: WorkerReport,
}

impl Trial {
    /// Lets so many workers, with so many threads each, run the graph.
    pub(super) fn run(checked: &Checked, workers: usize, threads: u32) -> Result<Self, SimulateError> {
        let report = simulate::run(&checked.unlimited(workers, threads), None)?;
        let peaks = report.workers.iter().map(|worker| worker.peak.nbytes).collect();
        // There is a worker at the least.
        let fullest = report.fullest().cloned().ok_or(SimulateError::Empty)?;
        Ok(Trial { peaks, fullest })
    }

    /// The most that a worker holds.
    pub(super) fn peak(&self) -> u64 {
        self.fullest.peak.nbytes
    }
}

/// The bytes that a worker can fill before it starts nothing new; all there are if there is no limit.
pub(super) fn usable(checked: &Checked) -> u64 {
    match checked.memory {
        0 => u64::MAX,
        limit => (limit as f64 * checked.settings.storage.pause) as u64,
    }
}

/// The limit with which a worker can fill so many bytes.
pub(super) fn limit_for(checked: &Checked, nbytes: u64) -> u64 {
    // One more for what division loses.
    (nbytes as f64 / checked.settings.storage.pause).ceil() as u64 + 1
}

/// The task that alone needs the most, and how much: its result and its inputs.
pub(super) fn largest(checked: &Checked) -> (Number, u64) {
    let universe = checked.plan.universe();
    let nbytes = &checked.costs.nbytes;
    let needs = |number: Number| {
        let inputs = universe.definition(number).dependencies.iter();
        inputs.fold(nbytes[number as usize], |sum, input| sum.saturating_add(nbytes[*input as usize]))
    };
    universe.numbers().map(|number| (number, needs(number))).max_by_key(|(_, nbytes)| *nbytes).unwrap_or((0, 0))
}
