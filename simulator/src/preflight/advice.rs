//! What to do when a graph does not fit.

use super::trial::{self, Trial};
use crate::simulate::{Checked, MOST_WORKERS, SimulateError};
use partita_protocol::bytes;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Advice {
    /// Nothing: it fits.
    Run,
    /// One task alone needs more than a worker has: its data has to be cut into more partitions.
    MorePartitions {
        /// How many times as many.
        times: u64,
    },
    /// With so many workers it fits.
    MoreWorkers {
        /// How many.
        workers: usize,
    },
    /// With so much memory for each worker it fits.
    MoreMemory {
        /// Bytes.
        nbytes: u64,
    },
    /// Fewer tasks at a time on each worker.
    FewerThreads {
        /// How many.
        threads: u32,
    },
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Advice::Run => write!(f, "run it"),
            Advice::MorePartitions { times } => {
                write!(f, "cut the data into {times} times as many partitions: one task alone does not fit")
            }
            Advice::MoreWorkers { workers } => write!(f, "take {workers} workers"),
            Advice::MoreMemory { nbytes } => write!(f, "give each worker {}", bytes::show(*nbytes)),
            Advice::FewerThreads { threads } => write!(f, "run {threads} tasks at a time on each worker"),
        }
    }
}

/// Times that the number of workers is doubled in search of one that fits.
const DOUBLINGS: u32 = 6;

/// Tasks of all trials together, at the most.
const TRIED: usize = 2_000_000;

/// What to do, the best first.
pub(super) fn advice(checked: &Checked, trial: &Trial, largest: u64) -> Result<Vec<Advice>, SimulateError> {
    let (usable, peak) = (trial::usable(checked), trial.peak());
    if peak <= usable {
        return Ok(vec![Advice::Run]);
    }
    let memory = Advice::MoreMemory { nbytes: trial::limit_for(checked, peak) };
    if largest > usable {
        // More workers would not help: no worker can hold what this task needs.
        return Ok(vec![Advice::MorePartitions { times: largest.div_ceil(usable.max(1)).max(2) }, memory]);
    }
    let mut list = Vec::new();
    let mut left = TRIED / checked.plan.len().max(1);
    let mut fits = |workers: usize, threads: u32| -> Result<bool, SimulateError> {
        left = left.saturating_sub(1);
        Ok(left > 0 && Trial::run(checked, workers, threads)?.peak() <= usable)
    };
    for workers in (1..=DOUBLINGS).map(|times| checked.workers() << times).take_while(|count| *count <= MOST_WORKERS) {
        if fits(workers, checked.threads)? {
            list.push(Advice::MoreWorkers { workers });
            break;
        }
    }
    let threads = u32::try_from(usable / largest.max(1)).unwrap_or(u32::MAX).max(1);
    if threads < checked.threads && fits(checked.workers(), threads)? {
        list.push(Advice::FewerThreads { threads });
    }
    list.push(memory);
    Ok(list)
}
