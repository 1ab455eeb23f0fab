//! What to do when a graph does not fit.

use super::forecast::Forecast;
use crate::simulate::Checked;
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

/// What to do, the best first.
pub(super) fn advice(checked: &Checked, forecast: &Forecast, largest: u64) -> Vec<Advice> {
    let (limit, peak) = (checked.memory, forecast.peak());
    if limit == 0 || peak <= limit {
        return vec![Advice::Run];
    }
    let mut list = Vec::new();
    let memory = Advice::MoreMemory { nbytes: peak };
    if largest > limit {
        // More workers would not help: no worker can hold what this task needs.
        return vec![Advice::MorePartitions { times: largest.div_ceil(limit).max(2) }, memory];
    }
    let fits = |factor: u32| {
        let workers = checked.workers().checked_mul(1 << factor)?;
        (Forecast::new(checked, workers).peak() <= limit).then_some(Advice::MoreWorkers { workers })
    };
    list.extend((1..=DOUBLINGS).find_map(fits));
    if checked.threads > 1 && largest.saturating_mul(u64::from(checked.threads)) > limit {
        list.push(Advice::FewerThreads { threads: (limit / largest.max(1)).max(1) as u32 });
    }
    list.push(memory);
    list
}
