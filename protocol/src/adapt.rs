//! What a cluster that adapts its size to the work is told.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a cluster adapts its number of workers to the work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdaptConfig {
    /// Workers that it has at the least.
    pub minimum: usize,
    /// Workers that it has at the most.
    pub maximum: usize,
    /// The time in which the work that is there should be done.
    pub target: Duration,
    /// The time between two looks at the work.
    pub interval: Duration,
    /// How many looks in a row must find too many workers before some leave.
    pub wait_count: u32,
    /// Threads of a worker, as long as there is none to be asked.
    pub threads_per_worker: u32,
}

impl Default for AdaptConfig {
    fn default() -> Self {
        AdaptConfig {
            minimum: 0,
            maximum: usize::MAX,
            target: Duration::from_secs(5),
            interval: Duration::from_secs(1),
            wait_count: 3,
            threads_per_worker: 1,
        }
    }
}
